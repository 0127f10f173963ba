"""Many copies of one request, on connections of their own, sent before the first answer is read."""

from __future__ import annotations

import http.client
import socket
from dataclasses import dataclass

from .server import Citygate


@dataclass
class Reply:
    status: int
    headers: http.client.HTTPMessage
    body: bytes


class Volley:
    """Open connections to the servers in turn, kept from shot to shot."""

    def __init__(self, servers: list[Citygate], count: int):
        self.sockets = []
        for number in range(count):
            server = servers[number % len(servers)]
            connection = socket.create_connection(("127.0.0.1", server.port), timeout=60)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.sockets.append(connection)

    @staticmethod
    def request(method: str, path: str, headers: dict[str, str], body: bytes = b"") -> bytes:
        lines = [f"{method} {path} HTTP/1.1", "Host: citygate", *(f"{name}: {value}" for name, value in headers.items())]
        if body or method == "POST":
            lines += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}"]
        return "\r\n".join([*lines, "", ""]).encode() + body

    def fire(self, request: bytes) -> list[Reply]:
        for connection in self.sockets:
            connection.sendall(request)
        return [self._read(connection) for connection in self.sockets]

    @staticmethod
    def _read(connection: socket.socket) -> Reply:
        response = http.client.HTTPResponse(connection)
        response.begin()
        reply = Reply(response.status, response.headers, response.read())
        response.close()
        return reply

    def __enter__(self) -> "Volley":
        return self

    def __exit__(self, *_):
        for connection in self.sockets:
            connection.close()
