"""A phone with the city's mini-program open in a host app: a client of `/mp/v1`, like the real one."""

from __future__ import annotations

import io

import requests
import zxingcpp
from PIL import Image

from .server import Citygate, free_port


def with_host_apps(name: str, **settings: str) -> Citygate:
    """A sandbox beside which WeChat, Alipay and Baidu are played."""
    return Citygate(name, sandbox_platforms_port=str(free_port()), sandbox_demo_port="0", **settings)


def read_picture(png: bytes) -> str:
    """What a camera reads from a screenshot; fails when it is not exactly one code."""
    codes = zxingcpp.read_barcodes(Image.open(io.BytesIO(png)).convert("L"))
    assert len(codes) == 1, codes
    return codes[0].text


class Phone:
    def __init__(self, server: Citygate, persona: str = "zhangsan", platform: str = "wechat", phone: str | None = None):
        self.server, self.platform = server, platform
        self.who = {"phone": phone} if phone else {"persona": persona}
        self.http = server.session()
        self.tokens: dict = {}

    def codes(self) -> dict:
        answer = self.http.post(f"{self.server.issuer}/sandbox/mini-program/login-codes",
                                json={"platform": self.platform} | self.who, timeout=20)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, body: dict | None = None, **headers: str) -> requests.Response:
        if self.tokens:
            headers["Authorization"] = f"Bearer {self.tokens['access_token']}"
        return self.http.post(f"{self.server.issuer}/mp/v1/{path}", json=body or {}, headers=headers, timeout=20)

    def get(self, path: str) -> requests.Response:
        return self.http.get(f"{self.server.issuer}/mp/v1/{path}", timeout=20,
                             headers={"Authorization": f"Bearer {self.tokens['access_token']}"})

    def open(self, codes: dict | None = None) -> requests.Response:
        codes = codes or self.codes()
        return self.post("sessions", {"platform": self.platform, "app_id": codes["app_id"], "login_code": codes["login_code"],
                                      "device": {"model": "测试机", "system": "1.0"}})

    def log_in(self) -> "Phone":
        """The whole login: host app's code, then the phone it vouches for."""
        codes = self.codes()
        opened = self.open(codes)
        assert opened.status_code == 200, opened.text
        self.tokens = opened.json()
        if self.tokens["status"] != "ready":
            done = self.bring_phone(codes, agreement_version=self.tokens["agreement"]["version"])
            assert done.json()["status"] == "ready", done.text
        return self

    def bring_phone(self, codes: dict, **more) -> requests.Response:
        return self.post("sessions/phone", {k: codes[k] for k in ("phone_code", "encrypted_data", "iv") if k in codes} | more)
