"""Oversized and slow requests are refused, and cost nobody else anything (trust.md T26)."""

import os
import random
import socket
import threading
import time

import pytest

from harness.sandbox import Sandbox
from harness.server import Citygate
from harness.walker import Walker

IDLE, WHOLE = 3, 6


@pytest.fixture(scope="module")
def impatient():
    """A server that waits 3 s for a byte and 6 s for a whole request."""
    with Citygate("limits", http_idle_timeout=f"{IDLE}s", http_request_timeout=f"{WHOLE}s") as server:
        yield server


def exchange(server: Citygate, data: bytes, timeout: float = 20) -> bytes:
    """Raw bytes there, raw bytes back until the server closes."""
    answer = b""
    with socket.create_connection(("127.0.0.1", server.port), timeout=timeout) as connection:
        try:
            connection.sendall(data)
            while chunk := connection.recv(65536):
                answer += chunk
        except (ConnectionError, BrokenPipeError):
            pass
    return answer


def status(answer: bytes) -> int | None:
    """The status of a raw answer; None when the connection was closed without one."""
    return int(answer.split()[1]) if answer.startswith(b"HTTP/1.1 ") else None


def closed_after(connection: socket.socket, limit: float, dribble: bytes = b"") -> float:
    """Seconds until the server closes, while `dribble` is sent once a second."""
    began = time.monotonic()
    connection.settimeout(1)
    while time.monotonic() - began < limit:
        try:
            if dribble:
                connection.sendall(dribble)
            if connection.recv(65536) == b"":
                return time.monotonic() - began
        except TimeoutError:
            continue
        except (ConnectionError, BrokenPipeError):
            return time.monotonic() - began
    raise AssertionError(f"the connection was still open after {limit} s")


def connect(server: Citygate) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout=10)


def test_a_connection_without_a_request_is_closed(impatient):
    with connect(impatient) as connection:
        assert closed_after(connection, IDLE * 4) >= IDLE - 1.5


def test_half_a_request_is_closed(impatient):
    with connect(impatient) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n")
        closed_after(connection, IDLE * 4)


def test_a_header_that_never_ends_is_closed(impatient):
    """Slow-loris: a byte a second is not idle, but no whole request either."""
    with connect(impatient) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n")
        closed_after(connection, WHOLE * 4, dribble=b"X-A: b\r\n")


def test_a_body_that_never_ends_is_closed(impatient):
    with connect(impatient) as connection:
        connection.sendall(b"POST /oauth2/token HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
                           b"Content-Length: 10000\r\n\r\n")
        closed_after(connection, WHOLE * 4, dribble=b"a")


def test_slow_clients_do_not_slow_the_others(impatient):
    slow = [connect(impatient) for _ in range(200)]
    try:
        for connection in slow:
            connection.sendall(b"GET /login HTTP/1.1\r\nHost: x\r\nX-Slow: ")
        began = time.monotonic()
        for _ in range(20):
            assert impatient.get("/healthz").status_code == 200
        assert time.monotonic() - began < 5
    finally:
        for connection in slow:
            connection.close()


@pytest.mark.parametrize("path", ["/oauth2/token", "/oauth2/authorize", "/oauth2/userinfo", "/login"])
@pytest.mark.parametrize("size", [100_000, 3_000_000])
def test_a_body_beyond_the_limit_is_refused(citygate, path, size):
    body = b"a=" + b"b" * size
    answer = exchange(citygate, b"POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Type: "
                      b"application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n" % (path.encode(), len(body)) + body)
    assert status(answer) in (None, 400, 401, 403, 404, 413), answer[:200]


def test_a_chunked_body_beyond_the_limit_is_refused(citygate):
    chunk = b"10000\r\n" + b"b" * 0x10000 + b"\r\n"
    answer = exchange(citygate, b"POST /oauth2/token HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n"
                      b"Content-Type: application/x-www-form-urlencoded\r\nConnection: close\r\n\r\n" + chunk * 40 + b"0\r\n\r\n")
    assert status(answer) in (None, 400, 401, 413), answer[:200]


@pytest.mark.parametrize("head", [
    b"X-Large: " + b"a" * 100_000, b"\r\n".join(b"X-%d: a" % n for n in range(5_000)), b"Cookie: " + b"a=b; " * 30_000,
    b"Authorization: Bearer " + b"a" * 100_000,
], ids=["one", "many", "cookie", "authorization"])
def test_headers_beyond_the_limit_are_refused(citygate, head):
    answer = exchange(citygate, b"GET /oauth2/userinfo HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n" + head + b"\r\n\r\n")
    assert status(answer) in (None, 400, 413, 431), answer[:200]


def test_a_target_beyond_the_limit_is_refused(citygate):
    answer = exchange(citygate, b"GET /oauth2/authorize?state=" + b"a" * 200_000 + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert status(answer) in (None, 400, 413, 414, 431), answer[:200]


@pytest.mark.parametrize("request_text", [
    b"GET / HTTP/1.1\r\n\r\n", b"GET /\r\n\r\n", b"NONSENSE\r\n\r\n", b"\0" * 400, b"GET / HTTP/9.9\r\nHost: x\r\n\r\n",
    b"POST /oauth2/token HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    b"POST /oauth2/token HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"POST /oauth2/token HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
    b"GET /%00%ff%c0%ae HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    b"GET /../../etc/passwd HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    b"GET http://evil.example/login HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n",
    b"OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    b"POST /login HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
    b"POST /oauth2/token HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n"
    b"\r\n3\r\na=bXX",
], ids=range(14))
def test_malformed_requests_end_without_a_server_error(impatient, request_text):
    code = status(exchange(impatient, request_text))
    assert code is None or code < 500, code
    assert impatient.is_ready()


def test_random_bytes_at_every_door_never_make_a_server_error(citygate):
    """CITYGATE_FUZZ_REQUESTS of them, 400 unless set; the seed is printed."""
    seed = int(os.environ.get("CITYGATE_FUZZ_SEED") or random.randrange(2**32))
    print(f"seed {seed}")
    dice = random.Random(seed)
    paths = ["/oauth2/authorize", "/oauth2/token", "/oauth2/userinfo", "/oauth2/logout", "/oauth2/jwks", "/login",
             "/.well-known/openid-configuration", "/healthz", "/sandbox/personas", "/sandbox/captchas/x", "/"]
    names = ["client_id", "redirect_uri", "response_type", "scope", "state", "code", "grant_type", "account", "password",
             "csrf", "id_token_hint", "claims", "max_age", "ui_locales", "decision", "captcha_id", "lang", "x"]
    client = Sandbox(citygate).client("client_secret_basic")
    session = citygate.session()
    for _ in range(int(os.environ.get("CITYGATE_FUZZ_REQUESTS", "400"))):
        def value():
            return dice.choice([
                lambda: dice.randbytes(dice.randrange(40)), lambda: client.id.encode(), lambda: client.callback.encode(),
                lambda: b"code", lambda: b"openid", lambda: b"%" * dice.randrange(9), lambda: "￿́‮".encode(),
                lambda: str(dice.randrange(-2**70, 2**70)).encode(), lambda: b"[{" * dice.randrange(400)])()
        fields = [(dice.choice(names), value()) for _ in range(dice.randrange(9))]
        headers = {"cookie": "; ".join(f"{dice.choice(['ui', 'theme', 'sid', 'session'])}={dice.randrange(10**9)}"
                                       for _ in range(dice.randrange(4)))} if dice.random() < 0.5 else {}
        if dice.random() < 0.5:
            session.get(citygate.address + dice.choice(paths), params=fields, headers=headers, allow_redirects=False, timeout=20)
        else:
            session.post(citygate.address + dice.choice(paths), data=fields, headers=headers, allow_redirects=False, timeout=20)
    assert citygate.is_ready()


def test_a_flood_of_password_logins_does_not_slow_userinfo(citygate, client):
    """Argon2 has its own threads and a bounded queue: other requests keep their pace, and the flood is told to come back."""
    walker = Walker(citygate)
    token = walker.tokens(client)["access_token"]
    stop = threading.Event()

    def flood():
        citizen = Walker(citygate, walker.persona)
        citizen.session = citygate.session(allow=(503,))
        while not stop.is_set():
            try:
                citizen.session.cookies.clear()
                citizen.authorize(client)
            except Exception:
                continue

    threads = [threading.Thread(target=flood, daemon=True) for _ in range(8)]
    for thread in threads:
        thread.start()
    try:
        time.sleep(2)
        times = []
        for _ in range(30):
            began = time.monotonic()
            assert walker.userinfo(token).status_code == 200
            times.append(time.monotonic() - began)
        print(f"userinfo during the flood: median {sorted(times)[15] * 1000:.0f} ms, slowest {max(times) * 1000:.0f} ms")
        assert sorted(times)[15] < 1.0
    finally:
        stop.set()
        for thread in threads:
            thread.join(30)
