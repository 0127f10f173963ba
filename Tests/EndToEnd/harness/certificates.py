"""A certificate authority and one certificate for localhost, made with openssl."""

from __future__ import annotations

import subprocess
from pathlib import Path


class Certificates:
    def __init__(self, folder: Path):
        folder.mkdir(parents=True, exist_ok=True)
        self.authority = folder / "authority.pem"
        self.certificate = folder / "localhost.pem"
        self.key = folder / "localhost.key"
        authority_key = folder / "authority.key"
        request = folder / "localhost.csr"
        names = folder / "names"
        names.write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\nbasicConstraints=CA:FALSE\n"
                         "extendedKeyUsage=serverAuth\n")

        def openssl(*arguments):
            subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)

        curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
        openssl("req", "-x509", *curve, "-keyout", authority_key, "-out", self.authority, "-days", "2",
                "-subj", "/CN=Citygate test authority", "-addext", "keyUsage=critical,keyCertSign,cRLSign")
        openssl("req", *curve, "-keyout", self.key, "-out", request, "-subj", "/CN=localhost")
        openssl("x509", "-req", "-in", request, "-CA", self.authority, "-CAkey", authority_key, "-CAcreateserial",
                "-days", "2", "-extfile", names, "-out", self.certificate)
        self.key.chmod(0o600)
