"""The citizen in a real Chromium."""

from __future__ import annotations

from playwright.sync_api import BrowserContext, Page, expect

from .sandbox import Sandbox
from .server import Citygate

PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "is_mobile": True, "has_touch": True}
DESKTOP = {"viewport": {"width": 1280, "height": 800}}
NARROW = {"viewport": {"width": 320, "height": 640}}


class Watch:
    """What a page did besides showing itself: messages of the console, requests to elsewhere, failed scripts."""

    def __init__(self, page: Page, server: Citygate):
        self.messages: list[str] = []
        self.elsewhere: list[str] = []
        page.on("console", lambda m: self.messages.append(f"{m.type}: {m.text}") if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: self.messages.append(f"exception: {error}"))
        page.on("request", lambda r: self._note(r.url, server))

    def _note(self, url: str, server: Citygate):
        if not url.startswith((server.issuer, "data:", "about:")):
            self.elsewhere.append(url)

    def clean(self):
        """No message; Chromium reports a document answered with 4xx as an error, which is no fault of the page."""
        loud = [m for m in self.messages if "Failed to load resource: the server responded with a status of 4" not in m]
        assert not loud, loud


def fill_login(page: Page, server: Citygate, persona: dict):
    """Types into the login form, captcha read from the sandbox, boxes ticked; does not send it."""
    form = page.locator("form#password-login")
    if form.count() and not form.is_visible():
        page.get_by_role("link", name="账号登录").click()
    expect(form).to_be_visible()
    form.locator("input[name=account]").fill(persona["username"])
    form.locator("input[name=password]").fill(persona["password"])
    captcha = form.locator("input[name=captcha]")
    if captcha.count():
        captcha.fill(Sandbox(server).captcha(form.locator("input[name=captcha_id]").get_attribute("value")))
    for name in ("agree", "consent"):
        box = form.locator(f"input[type=checkbox][name={name}]")
        if box.count() and not box.is_checked():
            box.check()


def log_in(page: Page, server: Citygate, persona: dict, decision: str = "allow"):
    """From the login page to the relying party, through consent when it is asked."""
    fill_login(page, server, persona)
    page.locator("form#password-login [type=submit]:not([name=op])").first.click()
    page.wait_for_load_state("load")
    give_consent(page, decision)


def give_consent(page: Page, decision: str = "allow"):
    button = page.locator(f"form#consent button[name=decision][value={decision}]")
    if button.count():
        button.click()
        page.wait_for_load_state("load")


def tab_to(page: Page, selector: str, limit: int = 60) -> bool:
    """Presses Tab until the element has the focus, and sees that the focus shows."""
    for _ in range(limit):
        page.keyboard.press("Tab")
        if page.evaluate("s => document.activeElement.matches(s)", selector):
            style = page.evaluate("""() => { const s = getComputedStyle(document.activeElement);
                return [s.outlineStyle, parseFloat(s.outlineWidth), s.boxShadow] }""")
            assert (style[0] != "none" and style[1] >= 2) or style[2] != "none", f"no visible focus on {selector}"
            return True
    return False


def new_context(browser, server: Citygate, **options) -> BrowserContext:
    context = browser.new_context(locale="zh-CN", ignore_https_errors=True, **(DESKTOP | options))
    context.set_default_timeout(15_000)
    return context
