"""Apache with mod_auth_openidc under a private configuration on loopback: a relying party that nobody here wrote."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import requests

from .sandbox import Client
from .server import Citygate, free_port, new_folder

MODULES = Path("/usr/lib/apache2/modules")
NEEDED = ["mpm_event", "authn_core", "authz_core", "authz_user", "headers", "env", "ssl", "socache_shmcb", "auth_openidc"]


class Apache:
    """Everything below `/` asks for a login; the page tells what the module learnt in headers `X-Claim-…`."""

    def __init__(self, provider: Citygate, client: Client, certificates):
        self.folder = new_folder("apache")
        self.port = free_port()
        self.certificates = certificates
        self.address = f"https://localhost:{self.port}"
        self.protected = f"{self.address}/index.html"
        pages = self.folder / "pages"
        pages.mkdir()
        (pages / "index.html").write_text("<!doctype html><html lang=en><title>protected</title><p id=arrived>protected</p>")
        (pages / "bye.html").write_text("<!doctype html><html lang=en><title>bye</title><p id=bye>bye</p>")
        # Apache's workers run as an unprivileged user, who may not enter pytest's folders.
        self.authority = Path(shutil.copy(certificates.authority, self.folder / "authority.pem"))
        self.authority.chmod(0o644)
        self.configuration = self.folder / "apache.conf"
        self.configuration.write_text(self._text(provider, client, pages))
        self.process: subprocess.Popen | None = None

    def _text(self, provider: Citygate, client: Client, pages: Path) -> str:
        loads = "\n".join(f"LoadModule {name}_module {MODULES}/mod_{name}.so" for name in NEEDED)
        user = "User www-data\nGroup www-data" if os.getuid() == 0 else ""
        return f"""
ServerRoot {self.folder}
ServerName localhost
PidFile {self.folder}/apache.pid
ErrorLog {self.folder}/error.log
LogLevel warn auth_openidc:info
Mutex file:{self.folder} default
{loads}
{user}
Listen 127.0.0.1:{self.port}
DocumentRoot {pages}
StartServers 1
SSLEngine on
SSLCertificateFile {self.certificates.certificate}
SSLCertificateKeyFile {self.certificates.key}
OIDCProviderMetadataURL {provider.issuer}/.well-known/openid-configuration
OIDCClientID {client.id}
OIDCClientSecret {client.secret}
OIDCProviderTokenEndpointAuth {client.method}
OIDCRedirectURI {self.address}/callback
OIDCDefaultLoggedOutURL {self.address}/bye.html
OIDCScope "openid profile"
OIDCPKCEMethod S256
OIDCCryptoPassphrase a-passphrase-of-the-tests-only
OIDCSSLValidateServer On
OIDCCABundlePath {self.authority}
OIDCCacheShmMax 100
<Directory {pages}>
    Require all granted
</Directory>
<Location />
    AuthType openid-connect
    Require valid-user
    Header always set X-Claim-Sub "expr=%{{reqenv:OIDC_CLAIM_sub}}"
    Header always set X-Claim-Iss "expr=%{{reqenv:OIDC_CLAIM_iss}}"
    Header always set X-Remote-User "expr=%{{REMOTE_USER}}"
</Location>
<Location /bye.html>
    AuthType None
    Require all granted
</Location>
"""

    def check(self):
        """Apache's own reading of the configuration (`apache2 -t`)."""
        result = subprocess.run(["/usr/sbin/apache2", "-t", "-f", self.configuration], capture_output=True, text=True)
        assert result.returncode == 0, result.stderr

    def __enter__(self) -> "Apache":
        self.check()
        self.process = subprocess.Popen(["/usr/sbin/apache2", "-f", self.configuration, "-D", "FOREGROUND"],
                                        stdin=subprocess.DEVNULL, start_new_session=True)
        for _ in range(200):
            try:
                requests.get(f"{self.address}/bye.html", verify=str(self.certificates.authority), timeout=2)
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

    def log(self) -> str:
        file = self.folder / "error.log"
        return "\n".join(file.read_text(errors="replace").splitlines()[-40:]) if file.exists() else ""
