"""The pages as people meet them: standards of access, the content security policy, without JavaScript, by keyboard alone."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from harness.browser import DESKTOP, NARROW, PHONE, fill_login, log_in, tab_to
from harness.walker import Walker

WIDTHS = {"desktop": DESKTOP, "phone": PHONE, "narrow": NARROW}


def to_login(page, citygate, persona, address):
    page.goto(address)


def to_login_with_errors(page, citygate, persona, address):
    page.goto(address)
    page.locator("form#password-login [type=submit]:not([name=op])").first.click()
    page.wait_for_load_state("load")


def to_consent(page, citygate, persona, address):
    page.goto(address)
    fill_login(page, citygate, persona)
    page.locator("form#password-login [type=submit]:not([name=op])").first.click()
    page.wait_for_load_state("load")


def to_error(page, citygate, persona, address):
    page.goto(f"{citygate.issuer}/oauth2/authorize?client_id=nobody&redirect_uri=https://evil.example/")


def to_logout(page, citygate, persona, address):
    to_consent(page, citygate, persona, address)
    page.wait_for_selector("form#consent, #arrived")
    page.goto(f"{citygate.issuer}/oauth2/logout")


def to_nowhere(page, citygate, persona, address):
    page.goto(f"{citygate.issuer}/there-is-no-such-page")


def to_agreement(page, citygate, persona, address):
    page.goto(f"{citygate.issuer}/login")
    link = page.get_by_role("link", name=re.compile("用户协议|隐私"))
    if link.count():
        link.first.click()
        page.wait_for_load_state("load")


PAGES = {
    "login": (to_login, "login"), "login-errors": (to_login_with_errors, "login"), "consent": (to_consent, "consent"),
    "error": (to_error, "error"), "logout": (to_logout, "logout"), "not-found": (to_nowhere, "error"),
    "agreement": (to_agreement, None),
}


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_accessible_quiet_and_fits(citygate, sandbox, browse, request_address, output, name, width):
    go, expected = PAGES[name]
    page, watch = browse(**WIDTHS[width])
    go(page, citygate, sandbox.persona(), request_address)
    main = page.locator("main[data-page]")
    if expected:
        expect(main).to_have_attribute("data-page", expected)
    page.screenshot(path=output / f"{name}-{width}.png", full_page=True)

    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{wide} px stick out at {width}"
    assert page.evaluate("document.documentElement.lang") == "zh-CN"
    assert page.locator("h1").count() == 1
    for landmark in ("header", "main", "footer"):
        assert page.locator(f"body {landmark}").count() == 1, landmark
    assert page.title().strip()
    watch.clean()
    assert watch.elsewhere == [], "requests to third parties"


@pytest.mark.parametrize("scheme", ["dark"])
@pytest.mark.parametrize("name", ["login", "consent", "error"])
def test_a_dark_page_has_contrast_too(citygate, sandbox, browse, request_address, output, name, scheme):
    page, _ = browse(color_scheme=scheme, **PHONE)
    PAGES[name][0](page, citygate, sandbox.persona(), request_address)
    page.screenshot(path=output / f"{name}-{scheme}.png", full_page=True)
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("path", ["/help", "/terms", "/oauth2/authorize?client_id=nobody", "/logged-out", "/there-is-no-such-page"])
def test_every_page_carries_a_strict_policy(citygate, path):
    answer = citygate.get(path, allow_redirects=False, headers={"Accept": "text/html"})
    assert answer.headers["content-type"].startswith("text/html")
    policy = {part.split()[0]: part.split()[1:] for part in answer.headers["content-security-policy"].split(";") if part.strip()}
    assert policy["default-src"] in (["'none'"], ["'self'"])
    assert policy["frame-ancestors"] == ["'none'"]
    assert policy["base-uri"] == ["'none'"]
    for name in ("script-src", "style-src"):
        sources = policy.get(name, policy["default-src"])
        assert not {"'unsafe-inline'", "'unsafe-eval'", "*", "data:", "http:", "https:"} & set(sources), (name, sources)
    assert policy.get("object-src", policy["default-src"]) == ["'none'"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] in ("no-referrer", "same-origin", "strict-origin")
    assert "no-store" in answer.headers["cache-control"]
    body = answer.text
    assert not re.search(r"<[^>]+\s(on[a-z]+|style)\s*=", body), "inline code"
    assert "<script>" not in body and "<style>" not in body


def test_cookies_are_closed_to_scripts_and_other_sites(citygate, client):
    walker = Walker(citygate)
    walker.authorize(client)
    assert len(walker.session.cookies) >= 1
    for cookie in walker.session.cookies:
        if cookie.name in ("ui", "theme"):
            continue
        assert cookie.has_nonstandard_attr("HttpOnly"), cookie.name
        assert cookie.get_nonstandard_attr("SameSite") in ("Lax", "Strict"), cookie.name
        assert cookie.path == "/" or cookie.path.startswith("/"), cookie.name
        assert not cookie.domain_specified, cookie.name


def test_login_works_without_javascript(citygate, sandbox, browse, request_address, callback):
    page, watch = browse(java_script_enabled=False)
    page.goto(request_address)
    log_in(page, citygate, sandbox.persona())
    expect(page.locator("#arrived")).to_be_visible()
    assert "code=" in callback.wait()
    watch.clean()


def test_login_works_by_keyboard_alone(citygate, sandbox, browse, request_address, callback):
    page, _ = browse()
    page.goto(request_address)
    persona = sandbox.persona()
    reached = tab_to(page, "input[name=account]")
    assert reached, "the account field cannot be reached by Tab"
    page.keyboard.type(persona["username"])
    assert tab_to(page, "input[name=password]")
    page.keyboard.type(persona["password"])
    assert tab_to(page, "input[name=captcha]")
    page.keyboard.type(sandbox.captcha(page.locator("input[name=captcha_id]").first.get_attribute("value")))
    for name in ("agree", "consent"):
        box = page.locator(f"form#password-login input[type=checkbox][name={name}]")
        if box.count() and not box.is_checked():
            assert tab_to(page, f"input[name={name}]")
            page.keyboard.press("Space")
    # Enter in a field sends the form by its primary button.
    page.keyboard.press("Enter")
    page.wait_for_selector("form#consent, #arrived")
    if page.locator("form#consent").count():
        assert tab_to(page, "form#consent button[value=allow]")
        page.keyboard.press("Enter")
    expect(page.locator("#arrived")).to_be_visible()
    assert "code=" in callback.wait()


def test_the_first_tab_stop_skips_to_the_content(citygate, browse, request_address):
    page, _ = browse()
    page.goto(request_address)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent").strip() == "跳到主要内容"


def test_after_an_error_the_summary_has_the_focus_and_links_to_fields(citygate, sandbox, browse, request_address):
    page, _ = browse()
    to_login_with_errors(page, citygate, sandbox.persona(), request_address)
    assert page.title().startswith("错误：")
    summary = page.locator("main [role=alert]").first
    expect(summary).to_be_visible()
    assert page.evaluate("document.activeElement.getAttribute('role')") == "alert"
    for link in summary.locator("a").all():
        target = link.get_attribute("href")
        assert target.startswith("#") and page.locator(target).count() == 1, target
    for field in page.locator("[aria-invalid=true]").all():
        for reference in field.get_attribute("aria-describedby").split():
            assert page.locator(f"#{reference}").count() == 1, reference


def test_what_was_typed_is_not_lost_but_secrets_are(citygate, sandbox, browse, request_address):
    page, _ = browse()
    page.goto(request_address)
    page.locator("input[name=account]").fill("lisi-typed")
    page.locator("input[name=password]").fill("Secret-typed-1")
    page.locator("form#password-login [type=submit]:not([name=op])").first.click()
    page.wait_for_load_state("load")
    assert page.locator("input[name=account]").input_value() == "lisi-typed"
    assert page.locator("input[name=password]").input_value() == ""


def test_the_password_can_be_shown_and_is_hidden_again(citygate, browse, request_address):
    page, _ = browse()
    page.goto(request_address)
    field = page.locator("input[name=password]")
    toggle = page.get_by_role("button", name="显示密码")
    toggle.click()
    assert field.get_attribute("type") == "text"
    page.get_by_role("button", name="隐藏密码").click()
    assert field.get_attribute("type") == "password"


def test_the_captcha_has_a_picture_of_digits_and_can_be_changed(citygate, sandbox, browse, request_address):
    page, _ = browse()
    page.goto(request_address)
    picture = page.locator("form#password-login img").first
    assert picture.get_attribute("alt")
    assert picture.evaluate("i => i.naturalWidth") >= 100
    assert re.fullmatch(r"\d{4}", sandbox.captcha(page.locator("input[name=captcha_id]").first.get_attribute("value")))


@pytest.mark.parametrize("width", ["desktop", "phone"])
def test_targets_are_large_enough_to_touch(browse, request_address, width):
    page, _ = browse(**WIDTHS[width])
    page.goto(request_address)
    least = 44 if width == "phone" else 32
    for control in page.locator("form#password-login button:visible:not([aria-hidden]), form#password-login input:visible:not([type=checkbox])").all():
        box = control.bounding_box()
        assert box["height"] >= least, (control.evaluate("e => e.outerHTML.slice(0, 120)"), box)


def test_a_small_page(citygate, browse, request_address):
    """At most 60 KB and 6 requests for the first page."""
    page, _ = browse()
    answers = []
    page.on("requestfinished", lambda r: answers.append(r))
    page.goto(request_address)
    page.wait_for_load_state("networkidle")
    sizes = [r.sizes()["responseBodySize"] for r in answers if r.response().status == 200]
    assert len(sizes) >= 4
    assert len(sizes) <= 6, len(sizes)
    assert sum(sizes) <= 60_000, sizes
