"""A citizen without JavaScript on the pages that need a code by SMS."""

from __future__ import annotations

from urllib.parse import urljoin

from .pages import Page
from .walker import Walker


class Citizen(Walker):
    def open(self, path: str) -> Page:
        return self.follow(self.session.get(urljoin(self.server.issuer, path), allow_redirects=False, timeout=30))

    def follow(self, response) -> Page:
        """Redirects within the server; the page at the end."""
        while response.is_redirect:
            url = urljoin(response.url, response.headers["location"])
            assert self._is_ours(url), url
            response = self.session.get(url, allow_redirects=False, timeout=30)
        return Page(response)

    def send(self, page: Page, form_id: str, **typed) -> Page:
        return self.follow(self.submit(page, form_id, **typed))

    def code_for(self, page: Page, form_id: str, phone: str | None = None, to: str | None = None, **typed) -> tuple[Page, str]:
        """Presses 获取验证码; the page after it and the code that arrived."""
        before = len(self.sandbox.messages(to or phone))
        typed |= {"phone": phone} if phone else {}
        page = self.send(page, form_id, op="send-code", **typed)
        assert page.status == 200, page.text
        assert "验证码已发送至" in page.text
        for _ in range(100):
            if len(self.sandbox.messages(to or phone)) > before:
                return page, self.sandbox.code(to or phone)
        raise AssertionError("no message arrived")

    def register(self, phone: str, username: str, password: str = "Tianqi-2026", path: str = "/register", **more) -> Page:
        page, code = self.code_for(self.open(path), "register", phone)
        return self.send(page, "register", phone=phone, username=username, sms_code=code, password=password,
                         confirm_password=password, **more)
