"""A PostgreSQL of the tests' own, for two servers on one database. It never touches a cluster of the system."""

from __future__ import annotations

import glob
import os
import shutil
import subprocess
import time
from pathlib import Path

from .server import new_folder


class Postgres:
    """initdb, start, stop; reachable over its Unix socket only."""

    def __init__(self):
        self.folder = new_folder("pg")
        self.data = self.folder / "data"
        programs = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda p: float(p.split("/")[4]))
        self.programs = Path(os.environ.get("CITYGATE_POSTGRES_BINARIES") or programs[-1])
        self.process: subprocess.Popen | None = None
        # PostgreSQL refuses to run as root: step down to the user that Debian's package made.
        self.step_down = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.getuid() == 0 else []
        if os.getuid() == 0:
            shutil.chown(self.folder, "postgres", "postgres")

    @property
    def url(self) -> str:
        return f"host={self.folder} user=citygate dbname=postgres"

    def __enter__(self) -> "Postgres":
        run = dict(check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd=self.folder)
        subprocess.run([*self.step_down, self.programs / "initdb", "-D", self.data, "-U", "citygate", "-A", "trust",
                        "--no-locale", "-E", "UTF8", "--no-sync"], **run)
        self.start()
        return self

    def start(self):
        self.process = subprocess.Popen(
            [*self.step_down, self.programs / "postgres", "-D", self.data, "-k", self.folder, "-c", "listen_addresses=",
             "-c", "max_connections=100", "-c", "shared_buffers=32MB"],
            stdout=(self.folder / "postgres.log").open("ab"), stderr=subprocess.STDOUT, cwd=self.folder,
            start_new_session=True)
        for _ in range(600):
            probe = subprocess.run([self.programs / "pg_isready", "-q", "-h", self.folder])
            if probe.returncode == 0:
                return
            time.sleep(0.05)
        raise RuntimeError("the tests' PostgreSQL did not start")

    def __exit__(self, *_):
        if self.process:
            self.process.send_signal(2)  # fast shutdown
            self.process.wait(30)
        shutil.rmtree(self.folder, ignore_errors=True)
