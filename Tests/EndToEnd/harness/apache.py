"""Apache with modules that nobody here wrote, under a private configuration on loopback."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import requests

from .server import free_port, new_folder

MODULES = Path("/usr/lib/apache2/modules")
NEEDED = ["mpm_event", "authn_core", "authz_core", "authz_user", "headers", "env", "ssl", "socache_shmcb"]


class Apache:
    """A site over TLS with `/index.html` and `/bye.html`; what protects them stands in a part of a configuration."""

    def __init__(self, modules: list[str], part: str, environment: dict[str, str], certificates):
        self.folder = new_folder("apache")
        self.port = free_port()
        self.certificates = certificates
        self.address = f"https://localhost:{self.port}"
        self.protected = f"{self.address}/index.html"
        pages = self.folder / "pages"
        pages.mkdir()
        for path, word in [("index.html", "arrived"), ("bye.html", "bye")]:
            (pages / path).write_text(f"<!doctype html><html lang=en><title>{word}</title><p id={word}>{word}</p>")
        # Apache's workers run as an unprivileged user, who may not enter pytest's folders.
        self.authority = Path(shutil.copy(certificates.authority, self.folder / "authority.pem"))
        self.authority.chmod(0o644)
        self.environment = os.environ | environment | {"SITE": self.address, "AUTHORITY": str(self.authority)}
        (self.folder / "part.conf").write_text(part)
        self.configuration = self.folder / "apache.conf"
        self.configuration.write_text(self._text(modules, pages))
        self.process: subprocess.Popen | None = None

    def _text(self, modules: list[str], pages: Path) -> str:
        loads = "\n".join(f"LoadModule {name}_module {MODULES}/mod_{name}.so" for name in NEEDED + modules)
        user = "User www-data\nGroup www-data" if os.getuid() == 0 else ""
        return f"""
ServerRoot {self.folder}
ServerName localhost
PidFile {self.folder}/apache.pid
ErrorLog {self.folder}/error.log
LogLevel warn {' '.join(f'{name}:info' for name in modules)}
Mutex file:{self.folder} default
{loads}
{user}
Listen 127.0.0.1:{self.port}
DocumentRoot {pages}
StartServers 1
SSLEngine on
SSLCertificateFile {self.certificates.certificate}
SSLCertificateKeyFile {self.certificates.key}
<Directory {pages}>
    Require all granted
</Directory>
Include {self.folder}/part.conf
"""

    def check(self):
        """Apache's own reading of the configuration (`apache2 -t`)."""
        result = subprocess.run(["/usr/sbin/apache2", "-t", "-f", self.configuration], capture_output=True, text=True,
                                env=self.environment)
        assert result.returncode == 0, result.stderr

    def __enter__(self) -> "Apache":
        self.check()
        self.process = subprocess.Popen(["/usr/sbin/apache2", "-f", self.configuration, "-D", "FOREGROUND"],
                                        env=self.environment, stdin=subprocess.DEVNULL, start_new_session=True)
        for _ in range(200):
            try:
                self.get("/bye.html")
                return self
            except requests.RequestException:
                assert self.process.poll() is None, self.log()
                time.sleep(0.05)
        raise AssertionError(f"Apache did not start:\n{self.log()}")

    def __exit__(self, *_):
        if self.process:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(20)
        shutil.rmtree(self.folder, ignore_errors=True)

    def get(self, path: str, token: str | None = None) -> requests.Response:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return requests.get(self.address + path, headers=headers, verify=str(self.certificates.authority), timeout=10,
                            allow_redirects=False)

    def log(self) -> str:
        file = self.folder / "error.log"
        return "\n".join(file.read_text(errors="replace").splitlines()[-40:]) if file.exists() else ""


def openid_site(provider, client, certificates) -> Apache:
    """mod_auth_openidc as the guide tells to set it up; answers name what the module learnt in headers `X-Claim-…`."""
    from .guide import blocks

    tests_own = f"""
OIDCProviderTokenEndpointAuth {client.method}
OIDCCABundlePath ${{AUTHORITY}}
OIDCCacheShmMax 100
Header always set X-Claim-Sub "expr=%{{reqenv:OIDC_CLAIM_sub}}"
Header always set X-Claim-Iss "expr=%{{reqenv:OIDC_CLAIM_iss}}"
Header always set X-Remote-User "expr=%{{REMOTE_USER}}"
"""
    environment = {"ISSUER": provider.issuer, "CLIENT_ID": client.id, "CLIENT_SECRET": client.secret,
                   "PASSPHRASE": "a-passphrase-of-the-tests-only"}
    return Apache(["auth_openidc"], blocks()["mod_auth_openidc.conf"] + tests_own, environment, certificates)


def token_checker(guide, part: str, certificates) -> Apache:
    """mod_oauth2 as the guide tells to set it up: it asks about tokens, or checks them by the published keys."""
    from .guide import blocks

    return Apache(["oauth2"], blocks()[part], guide.environment, certificates)
