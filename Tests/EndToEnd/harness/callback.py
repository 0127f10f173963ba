"""The relying party's own door: a listener on loopback that remembers what arrived."""

from __future__ import annotations

import queue
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Callback:
    """Listens at `/callback` (and anywhere else) until closed."""

    def __init__(self, certificates=None):
        arrivals: queue.Queue[str] = queue.Queue()

        class Handler(BaseHTTPRequestHandler):
            def _answer(self):
                length = int(self.headers.get("content-length") or 0)
                body = self.rfile.read(length).decode() if length else ""
                if not self.path.startswith("/favicon"):
                    arrivals.put(self.path + ("?" + body if body else ""))
                page = b"<!doctype html><html lang=en><title>relying party</title><p id=arrived>arrived</p>"
                self.send_response(200)
                self.send_header("content-type", "text/html; charset=utf-8")
                self.send_header("content-length", str(len(page)))
                self.end_headers()
                self.wfile.write(page)

            do_GET = do_POST = _answer

            def log_message(self, *_):
                pass

        self.arrivals = arrivals
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        scheme, host = "http", "127.0.0.1"
        if certificates:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificates.certificate, certificates.key)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
            scheme, host = "https", "localhost"
        self.origin = f"{scheme}://{host}:{self.server.server_address[1]}"
        self.url = f"{self.origin}/callback"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def wait(self, timeout: float = 20) -> str:
        """The next arrival as a whole address."""
        return self.origin + self.arrivals.get(timeout=timeout)

    def __enter__(self) -> "Callback":
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
