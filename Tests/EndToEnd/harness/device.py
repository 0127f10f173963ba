"""A device without a browser (RFC 8628), and the person who types its code at one."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urljoin

import requests

from .pages import Page
from .sandbox import Client
from .server import Citygate
from .walker import Walker

GRANT = "urn:ietf:params:oauth:grant-type:device_code"


@dataclass
class Device:
    server: Citygate
    client: Client
    codes: dict

    @classmethod
    def start(cls, server: Citygate, client: Client, **parameters) -> "Device":
        metadata = server.metadata()
        options = client.authentication(metadata["token_endpoint"])
        data = options.pop("data", {}) | {"scope": "openid profile offline_access"} | parameters
        answer = server.session().post(metadata["device_authorization_endpoint"], data=data, timeout=30, **options)
        assert answer.status_code == 200, answer.text
        return cls(server, client, answer.json())

    @property
    def form(self) -> dict[str, str]:
        return {"grant_type": GRANT, "device_code": self.codes["device_code"]}

    def poll(self, server: Citygate | None = None, **changes) -> requests.Response:
        server = server or self.server
        options = self.client.authentication(f"{server.issuer}/oauth2/token")
        data = options.pop("data", {}) | self.form | changes
        return server.session().post(f"{server.address}/oauth2/token", data=data, timeout=30, **options)


def enter(walker: Walker, code: str, server: Citygate | None = None) -> Page:
    """Types the code at a server, logs in if asked; the page that comes then."""
    server = server or walker.server
    page = Page(walker.session.get(f"{server.address}/device", timeout=20))
    return follow(walker, walker.submit(page, "user-code", user_code=code))


def follow(walker: Walker, response: requests.Response) -> Page:
    for _ in range(8):
        while response.is_redirect:
            response = walker.session.get(urljoin(response.url, response.headers["location"]),
                                          allow_redirects=False, timeout=20)
        page = Page(response)
        if "password-login" not in page.forms:
            return page
        response = walker.step(page, "")
    raise AssertionError("the walk does not end")


def decide(walker: Walker, page: Page, decision: str) -> Page:
    return follow(walker, walker.submit(page, "device-confirm", decision=decision))
