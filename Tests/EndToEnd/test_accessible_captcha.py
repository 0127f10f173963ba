"""无障碍验证: the calculation by the browser that stands in place of the captcha's digits."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from harness.browser import DESKTOP, NARROW, PHONE, tab_to

WIDTHS = {"desktop": DESKTOP, "phone": PHONE, "narrow": NARROW}
PROVE = "button[data-captcha=prove]"
RESULT = "[data-captcha=result]"
PASSED = "已通过安全验证"


def axe(page):
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{wide} px stick out"


def slow(page):
    """Work that does not end, for a look at its progress."""
    page.locator(PROVE).evaluate("b => b.setAttribute('data-bits', '31')")


@pytest.mark.parametrize("width", WIDTHS)
def test_it_logs_in_by_keyboard_alone(sandbox, browse, request_address, callback, output, width):
    page, watch = browse(**WIDTHS[width])
    page.goto(request_address)
    axe(page)
    persona = sandbox.persona()
    assert tab_to(page, "input[name=account]")
    page.keyboard.type(persona["username"])
    assert tab_to(page, "input[name=password]")
    page.keyboard.type(persona["password"])
    assert tab_to(page, PROVE)
    page.keyboard.press("Enter")
    result = page.locator(RESULT)
    expect(result).to_have_text(PASSED)
    expect(result).to_have_attribute("role", "status")
    assert page.evaluate("s => document.activeElement.matches(s)", PROVE), "the focus stays where it was"
    expect(page.locator("input[name=captcha]")).to_be_disabled()
    page.screenshot(path=output / f"proof-passed-{width}.png", full_page=True)
    axe(page)
    for name in ("agree", "consent"):
        box = page.locator(f"form#password-login input[type=checkbox][name={name}]")
        if box.count() and not box.is_checked():
            assert tab_to(page, f"input[name={name}]")
            page.keyboard.press("Space")
    assert tab_to(page, "form#password-login .actions button.primary")
    page.keyboard.press("Enter")
    page.wait_for_selector("form#consent, #arrived")
    if page.locator("form#consent").count():
        assert tab_to(page, "form#consent button[value=allow]")
        page.keyboard.press("Enter")
    expect(page.locator("#arrived")).to_be_visible()
    assert "code=" in callback.wait()
    watch.clean()
    assert all(url.startswith(callback.url) for url in watch.elsewhere)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("mode", ["std", "care", "dark"])
def test_its_progress_shows_and_can_be_stopped(citygate, browse, request_address, output, width, mode):
    page, watch = browse(**WIDTHS[width], color_scheme="dark" if mode == "dark" else "light")
    if mode == "care":
        page.context.add_cookies([{"name": "ui", "value": "care", "url": citygate.issuer}])
    page.goto(request_address)
    slow(page)
    button = page.locator(PROVE)
    button.click()
    bar = page.get_by_role("progressbar", name="无障碍验证进度")
    expect(bar).to_be_visible()
    expect(bar).to_have_text(re.compile(r"\d+%"))
    expect(page.locator(RESULT)).to_have_text("正在进行安全验证")
    expect(button).to_have_text("取消无障碍验证")
    page.screenshot(path=output / f"proof-{width}-{mode}.png", full_page=True)
    axe(page)
    button.click()
    expect(bar).to_be_hidden()
    expect(page.locator(RESULT)).to_have_text("已取消无障碍验证")
    expect(button).to_have_text("改用无障碍验证")
    assert page.locator("input[name=pow]").input_value() == ""
    watch.clean()


def test_its_progress_moves(browse, request_address):
    page, _ = browse()
    page.goto(request_address)
    page.locator(PROVE).evaluate("b => b.setAttribute('data-bits', '22')")
    page.locator(PROVE).click()
    expect(page.get_by_role("progressbar")).to_have_attribute("aria-valuenow", re.compile("[1-9]"))


def test_another_picture_takes_it_back(citygate, browse, request_address):
    page, watch = browse()
    page.goto(request_address)
    page.locator(PROVE).click()
    expect(page.locator(RESULT)).to_have_text(PASSED)
    before = page.locator("input[name=captcha_id]").input_value()
    page.get_by_role("button", name="看不清，换一张").click()
    expect(page.locator("input[name=captcha_id]")).not_to_have_value(before)
    expect(page.locator(RESULT)).to_have_text("")
    assert page.locator("input[name=pow]").input_value() == ""
    expect(page.locator("input[name=captcha]")).to_be_focused()
    expect(page.locator("input[name=captcha]")).to_be_enabled()
    page.locator(PROVE).click()
    expect(page.locator(RESULT)).to_have_text(PASSED)
    page.get_by_role("button", name="改回图形验证码").click()
    expect(page.locator("input[name=captcha]")).to_be_focused()
    assert page.locator("input[name=pow]").input_value() == ""
    watch.clean()


def test_it_outlives_a_forgotten_password(sandbox, browse, request_address):
    page, _ = browse()
    page.goto(request_address)
    page.locator("input[name=account]").fill(sandbox.persona()["username"])
    page.locator(PROVE).click()
    expect(page.locator(RESULT)).to_have_text(PASSED)
    page.locator("form#password-login .actions button.primary").click()
    page.wait_for_selector("#error-summary")
    expect(page.locator(RESULT)).to_have_text(PASSED)
    expect(page.locator("#captcha-err")).to_have_count(0)
    axe(page)


def test_a_missing_captcha_is_forgiven_by_it(browse, request_address):
    page, _ = browse()
    page.goto(request_address)
    page.locator("form#password-login .actions button.primary").click()
    expect(page.locator("#captcha-err")).to_be_visible()
    page.locator(PROVE).click()
    expect(page.locator(RESULT)).to_have_text(PASSED)
    expect(page.locator("#captcha-err")).to_be_hidden()
    axe(page)


@pytest.mark.parametrize("how", ["no script", "no worker"])
def test_it_is_not_offered_where_it_cannot_run(browse, request_address, how):
    page, watch = browse(java_script_enabled=how != "no script")
    page.add_init_script("delete window.Worker")
    page.goto(request_address)
    expect(page.locator("input[name=captcha]")).to_be_visible()
    expect(page.locator(PROVE)).to_be_hidden()
    watch.clean()


def test_a_worker_that_does_not_come_is_told(browse, request_address):
    page, _ = browse()
    page.goto(request_address)
    page.locator(PROVE).evaluate("b => b.setAttribute('data-worker', '/assets/none.js')")
    page.locator(PROVE).click()
    expect(page.locator(RESULT)).to_have_text("无障碍验证暂时不可用，请使用图形验证码")
    expect(page.locator("input[name=captcha]")).to_be_enabled()
