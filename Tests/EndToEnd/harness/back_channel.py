"""A relying party's door for logout notices (OpenID Connect Back-Channel Logout 1.0 §2.5)."""

from __future__ import annotations

import json
import queue
import secrets
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

from .sandbox import Client
from .server import Citygate


class BackChannel:
    """Listens on loopback, keeps what came, and answers what the test says: a status, or a number of seconds to hang."""

    def __init__(self, port: int = 0):
        self.status = 200
        self.hang = 0.0
        self.headers: dict[str, str] = {}
        self.tokens: list[str] = []
        self.requests: list[tuple[str, dict, str]] = []
        self.arrivals: queue.Queue[str] = queue.Queue()
        door = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("content-length") or 0)).decode()
                token = parse_qs(body).get("logout_token", [""])[0]
                door.requests.append((self.path, dict(self.headers), body))
                door.tokens.append(token)
                door.arrivals.put(token)
                if door.hang:
                    time.sleep(door.hang)
                try:
                    self.send_response(door.status)
                    for name, value in door.headers.items():
                        self.send_header(name, value)
                    self.send_header("cache-control", "no-store")
                    self.send_header("content-length", "0")
                    self.end_headers()
                except (BrokenPipeError, ConnectionResetError):
                    pass

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/backchannel?tenant=a"

    def wait(self, timeout: float = 20) -> str:
        return self.arrivals.get(timeout=timeout)

    def register(self, server: Citygate, **members) -> Client:
        """A relying party of its own with this door."""
        metadata = {
            "client_name": "听得见退出的应用", "redirect_uris": ["http://127.0.0.1:4711/callback"],
            "grant_types": ["authorization_code", "refresh_token"], "scope": "openid profile offline_access",
            "backchannel_logout_uri": self.url, "backchannel_logout_session_required": True} | members
        return Client(server.command("client", "create", "--id", f"rp-{secrets.token_hex(6)}", "--file", "-",
                                     typed=json.dumps(metadata)))

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def __enter__(self) -> "BackChannel":
        return self

    def __exit__(self, *_):
        self.close()


def deliveries(server: Citygate, client: Client) -> list[dict]:
    """The operator's log of notices to a client, the newest first."""
    return server.command("client", "logout-deliveries", client.id)


def wait_for(server: Citygate, client: Client, condition, seconds: float = 30) -> list[dict]:
    end = time.monotonic() + seconds
    while True:
        found = deliveries(server, client)
        if found and condition(found):
            return found
        assert time.monotonic() < end, f"still {found}"
        time.sleep(0.3)
