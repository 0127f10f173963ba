"""The relying party guide as its reader uses it: blocks of code copied out of the Markdown and run exactly as they are printed."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from .server import ROOT, Citygate, binary, free_port, new_folder

PAGES = ["RelyingPartyGuide.md", "RelyingPartyQuickStarts.md"]
# The first line of a block that is a file names it: “# login.rb: …”, “// login.go: …”.
NAMED = re.compile(r"^(?:#|//) ([a-z_0-9]+\.(?:py|go|rb|sh|conf))(?::|$)")


def blocks() -> dict[str, str]:
    """Every fenced block of the guide that names its file."""
    found: dict[str, str] = {}
    for page in PAGES:
        text = (ROOT / "Sources/Provider/Provider.docc" / page).read_text()
        for block in re.findall(r"^```\w+\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
            if name := NAMED.match(block):
                assert name[1] not in found, f"two blocks are {name[1]}"
                found[name[1]] = block
    return found


class Guide:
    """One reader: a folder, a port, and the environment that the guide tells to set."""

    def __init__(self, server: Citygate, **environment: str):
        self.server = server
        self.folder = new_folder("guide")
        self.port = free_port()
        self.here = f"http://127.0.0.1:{self.port}"
        commands = self.folder / "bin"
        commands.mkdir()
        (commands / "citygate").symlink_to(binary().resolve())
        programs = os.pathsep.join([str(commands), str(Path(sys.executable).parent), os.environ["PATH"]])
        self.environment = server.environment | {
            "PATH": programs, "ISSUER": server.issuer, "PORT": str(self.port), "PYTHONUNBUFFERED": "1"} | environment
        self.log = self.folder / "output.log"
        self.process: subprocess.Popen | None = None

    def __enter__(self) -> "Guide":
        return self

    def __exit__(self, *_):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(20)
        shutil.rmtree(self.folder, ignore_errors=True)

    def file(self, name: str) -> Path:
        """A block, saved under its name."""
        path = self.folder / name
        path.write_text(blocks()[name])
        return path

    def shell(self, name: str) -> str:
        """A block of commands; what it prints."""
        return self.run("bash", "-euo", "pipefail", self.file(name))

    def run(self, *command) -> str:
        """A command to its end; what it prints."""
        run = subprocess.run(command, cwd=self.folder, env=self.environment, capture_output=True, text=True, timeout=120)
        assert run.returncode == 0, f"{command}: {run.returncode}\n{run.stdout}\n{run.stderr}"
        return run.stdout

    def register(self, name: str) -> dict:
        """A block that registers a client; its id and secret go where the guide tells to put them."""
        client = json.loads(self.shell(name))
        self.environment["CLIENT_ID"] = client["client_id"]
        self.environment["CLIENT_SECRET"] = client.get("client_secret") or ""
        return client

    def start(self, *command, until: str | None = None) -> "Guide":
        """A program of the guide, until it listens, or until it says something."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen([str(word) for word in command], cwd=self.folder, env=self.environment,
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
        for _ in range(600):
            assert self.process.poll() is None, f"it ended by itself:\n{self.output()}"
            if until is not None and until in self.output() or until is None and self._listens():
                return self
            time.sleep(0.05)
        raise AssertionError(f"it does not listen:\n{self.output()}")

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def wait(self, timeout: float = 30) -> int:
        return self.process.wait(timeout)

    def output(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""
