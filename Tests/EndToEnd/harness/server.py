"""Citygate as a process of its own, in sandbox mode, with its own folder and port."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import requests

ROOT = Path(__file__).resolve().parents[3]


def binary() -> Path:
    """The program under test: CITYGATE_BIN, else the debug build of this checkout."""
    return Path(os.environ.get("CITYGATE_BIN") or ROOT / ".build" / "debug" / "citygate")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def new_folder(name: str) -> Path:
    """A short path (PostgreSQL's socket lies below it) that the unprivileged database user may enter."""
    folder = Path(tempfile.mkdtemp(prefix=f"cg-{name}-", dir="/tmp"))
    folder.chmod(0o755)
    return folder


class Citygate:
    """One server. Give two of them the same `database_url` and `keys` and they are one installation."""

    def __init__(self, name: str, *, certificates=None, database_url: str | None = None, keys: Path | None = None,
                 **settings: str):
        self.folder = new_folder(name)
        self.port = free_port()
        self.certificates = certificates
        host = "localhost" if certificates else "127.0.0.1"
        scheme = "https" if certificates else "http"
        self.issuer = settings.pop("issuer", f"{scheme}://{host}:{self.port}")
        self.address = f"{scheme}://{host}:{self.port}"
        self.keys = keys or self.folder / "keys"
        self.environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith("CITYGATE_") and k != "DATABASE_URL"},
            "CITYGATE_ISSUER": self.issuer,
            "CITYGATE_LISTEN_PORT": str(self.port),
            "CITYGATE_STATE_FOLDER": str(self.folder / "state"),
            "CITYGATE_KEYS_FOLDER": str(self.keys),
            "CITYGATE_SANDBOX_LIMIT_LOOPBACK": "false",
            **{f"CITYGATE_{key.upper()}": value for key, value in settings.items()},
        }
        if certificates:
            self.environment["CITYGATE_TLS_CERTIFICATE_FILE"] = str(certificates.certificate)
            self.environment["CITYGATE_TLS_KEY_FILE"] = str(certificates.key)
        if database_url:
            self.environment["DATABASE_URL"] = database_url
        self.database_url = database_url
        self.log = self.folder / "citygate.log"
        self.process: subprocess.Popen | None = None
        self.seconds_to_ready = 0.0

    def __enter__(self) -> "Citygate":
        try:
            return self.start()
        except BaseException:
            self.close()
            raise

    def __exit__(self, *_):
        self.close()

    # Life

    def start(self) -> "Citygate":
        began = time.monotonic()
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [str(binary()), "sandbox"], cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL,
                stdout=log, stderr=subprocess.STDOUT, start_new_session=True)
        while time.monotonic() - began < 90:
            if self.process.poll() is not None:
                raise RuntimeError(f"citygate ended with {self.process.returncode}:\n{self.last_lines()}")
            if self.is_ready():
                self.seconds_to_ready = time.monotonic() - began
                return self
            time.sleep(0.05)
        raise RuntimeError(f"citygate was not ready within 90 s:\n{self.last_lines()}")

    def is_ready(self) -> bool:
        try:
            return requests.get(f"{self.address}/readyz", timeout=2, verify=self.verify).status_code == 200
        except requests.RequestException:
            return False

    def stop(self, timeout: float = 40) -> int:
        """Asks the server to end, as an operator does; the exit status."""
        if self.process is None:
            return 0
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(timeout)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise AssertionError(f"citygate did not stop within {timeout} s of SIGTERM:\n{self.last_lines()}")
        return self.process.returncode

    def kill(self):
        """kill -9: no cleaning up of any kind."""
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def postgres_pid(self) -> int | None:
        """The private PostgreSQL's first process, as it wrote it down itself."""
        for file in (self.folder / "state").glob("**/postmaster.pid"):
            lines = file.read_text().splitlines()
            return int(lines[0]) if lines else None
        return None

    def kill_postgres(self):
        pid = self.postgres_pid()
        assert pid, "no private PostgreSQL is running"
        os.kill(pid, signal.SIGKILL)

    def close(self):
        try:
            self.stop()
        finally:
            pid = self.postgres_pid()
            if pid:
                try:
                    os.kill(pid, signal.SIGQUIT)
                except ProcessLookupError:
                    pass
            if os.environ.get("CITYGATE_KEEP_FOLDERS") != "1":
                shutil.rmtree(self.folder, ignore_errors=True)

    def command(self, *words: str, typed: str = "") -> dict | list:
        """A command of an operator beside the running server; what it prints as JSON."""
        done = subprocess.run([str(binary()), *words, "--sandbox", "--json"], cwd=self.folder, env=self.environment,
                              input=typed, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, f"{words}: {done.returncode}\n{done.stderr}"
        return json.loads(done.stdout)

    # Talking to it

    @property
    def verify(self):
        return str(self.certificates.authority) if self.certificates else True

    def session(self, allow: tuple[int, ...] = ()) -> requests.Session:
        """An HTTP session for which any 5xx is a failed test, but for the statuses in `allow`."""
        session = requests.Session()
        session.verify = self.verify
        session.trust_env = False

        def no_server_error(response, *_, **__):
            assert response.status_code < 500 or response.status_code in allow, (
                f"{response.status_code} from {response.request.method} {response.url}\n{response.text[:600]}\n"
                f"{self.last_lines(15)}")

        session.hooks["response"].append(no_server_error)
        return session

    def get(self, path: str, **options) -> requests.Response:
        return self.session().get(self.address + path, timeout=20, **options)

    def post(self, path: str, **options) -> requests.Response:
        return self.session().post(self.address + path, timeout=20, **options)

    def metadata(self) -> dict:
        return self.get("/.well-known/openid-configuration").json()

    def last_lines(self, count: int = 40) -> str:
        if not self.log.exists():
            return ""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-count:])
