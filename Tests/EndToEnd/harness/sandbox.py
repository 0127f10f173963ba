"""The sandbox contract: people, clients, captcha answers and the clock, as any relying party's own tests use them."""

from __future__ import annotations

import secrets
import time
import hashlib
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field

from .server import Citygate


def new_phone() -> str:
    """A number nobody has, outside the range of the personas."""
    return "139" + "".join(secrets.choice("0123456789") for _ in range(8))


def base64url(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


@dataclass
class Client:
    """A relying party as it is registered (RFC 7591 names)."""

    metadata: dict
    callback: str = "http://127.0.0.1:4711/callback"

    @property
    def id(self) -> str:
        return self.metadata["client_id"]

    @property
    def secret(self) -> str | None:
        return self.metadata.get("client_secret")

    @property
    def method(self) -> str:
        return self.metadata["token_endpoint_auth_method"]

    @property
    def private_jwk(self) -> dict:
        """The private key of a private_key_jwt client."""
        for name in ("private_jwks", "private_jwk", "jwks"):
            value = self.metadata.get(name)
            if isinstance(value, dict):
                keys = value.get("keys", [value])
                private = [key for key in keys if "d" in key]
                if private:
                    return private[0]
        raise AssertionError(f"{self.id} has no private key in {sorted(self.metadata)}")

    def authentication(self, token_endpoint: str) -> dict:
        """Options for `requests.post` that authenticate this client by its one registered method."""
        match self.method:
            case "client_secret_basic":
                return {"auth": (self.id, self.secret)}
            case "client_secret_post":
                return {"data": {"client_id": self.id, "client_secret": self.secret}}
            case "private_key_jwt" | "client_secret_jwt":
                from .tokens import client_assertion
                return {"data": {
                    "client_id": self.id,
                    "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                    "client_assertion": client_assertion(self, token_endpoint)}}
            case "none":
                return {"data": {"client_id": self.id}}
        raise AssertionError(f"no way to authenticate by {self.method}")


@dataclass
class Proof:
    """One PKCE pair (RFC 7636 §4.1, §4.2)."""

    verifier: str = field(default_factory=lambda: base64url(secrets.token_bytes(32)))

    @property
    def challenge(self) -> str:
        return base64url(hashlib.sha256(self.verifier.encode()).digest())


class Sandbox:
    def __init__(self, server: Citygate):
        self.server = server

    def personas(self) -> list[dict]:
        return self._list(self.server.get("/sandbox/personas").json(), "personas")

    def persona(self, name: str = "张三") -> dict:
        found = [p for p in self.personas() if name in (p.get("name"), p.get("id"), p.get("title"))]
        assert found, f"no persona {name}"
        return found[0]

    def clients(self) -> list[Client]:
        return [Client(metadata) for metadata in self._list(self.server.get("/sandbox/clients").json(), "clients")]

    def client(self, method: str) -> Client:
        found = [client for client in self.clients() if client.method == method]
        assert found, f"no sandbox client with {method}"
        return found[0]

    def client_named(self, name: str) -> Client:
        found = [client for client in self.clients() if client.id == name]
        assert found, f"no sandbox client {name}"
        return found[0]

    def captcha(self, captcha_id: str) -> str:
        answer = self.server.get(f"/sandbox/captchas/{captcha_id}")
        assert answer.status_code == 200, answer.text
        return answer.json()["answer"]

    def messages(self, phone: str) -> list[dict]:
        """Short messages that reached a phone, newest first."""
        return self.server.get(f"/sandbox/sms?phone={phone}").json()["messages"]

    def code(self, phone: str) -> str:
        """The newest code that reached a phone."""
        for _ in range(100):
            codes = [m["code"] for m in self.messages(phone) if m["code"]]
            if codes:
                return codes[0]
            time.sleep(0.05)
        raise AssertionError(f"no code reached {phone}")

    def fault(self, dependency: str, mode: str, count: int | None = None):
        order = {"dependency": dependency, "mode": mode} | ({} if count is None else {"count": count})
        answer = self.server.post("/sandbox/faults", json=order)
        assert answer.status_code == 204, answer.text

    def now(self) -> str:
        return self.server.get("/sandbox/clock").json()["now"]

    def advance(self, seconds: int):
        answer = self.server.post("/sandbox/clock", json={"advance_seconds": seconds})
        assert answer.status_code in (200, 204), answer.text

    def reset(self):
        answer = self.server.post("/sandbox/reset")
        assert answer.status_code == 204, answer.text

    @staticmethod
    def _list(body, name: str) -> list:
        return body if isinstance(body, list) else body[name]
