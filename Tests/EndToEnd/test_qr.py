"""Login by QR code in a real browser: the picture is read from a screenshot and confirmed by a phone that calls `/mp/v1`."""

import re
import time
from urllib.parse import urlencode

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from harness.browser import DESKTOP, PHONE, Watch, give_consent, new_context
from harness.phone import Phone, read_picture, with_host_apps
from harness.sandbox import Proof
from harness.walker import Walker


@pytest.fixture(scope="module")
def server():
    with with_host_apps("qr", proxies_trusted="127.0.0.1") as server:
        yield server


@pytest.fixture
def context(chromium, server):
    context = new_context(chromium, server)
    yield context
    context.close()


def far(phone: Phone) -> Phone:
    """The phone calls from another network than the browser."""
    phone.http.headers["X-Forwarded-For"] = "203.0.113.7"
    return phone


def block(page):
    return page.locator("#qr")


def scan(page, phone: Phone) -> dict:
    text = read_picture(page.locator(".qr-frame").screenshot())
    assert text == block(page).get_attribute("data-text")
    answer = phone.post("qr/scan", {"text": text})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_confirmed_picture_moves_the_page_on_within_a_second(context, server, callback):
    phone = far(Phone(server).log_in())
    page = context.new_page()
    watch = Watch(page, server)
    walker = Walker(server)
    client = walker.sandbox.client("client_secret_basic")
    client.callback = callback.url
    parameters = walker.request_parameters(client, Proof(), scope="openid")
    page.goto(f"{server.metadata()['authorization_endpoint']}?{urlencode(parameters)}")
    expect(block(page)).to_have_attribute("data-state", "waiting")
    scanned = scan(page, phone)
    assert scanned["rp"]["domain"] and scanned["browser"].startswith("Chrome")
    began = time.monotonic()
    expect(block(page)).to_have_attribute("data-state", "scanned", timeout=1000)
    expect(page.locator(".qr-match")).to_contain_text("138****0001")
    shown = int(page.locator(".qr-number").inner_text())
    assert shown in scanned["number_match"]
    assert time.monotonic() - began < 2
    began = time.monotonic()
    assert phone.post(f"qr/{scanned['ticket']}/confirm", {"number": shown}).status_code == 200
    page.wait_for_url(re.compile("/consent"), timeout=1500)
    assert time.monotonic() - began < 1.5
    watch.clean()
    give_consent(page)


def test_a_picture_scanned_by_a_camera_confirms_nothing(context, chromium, server):
    page = context.new_page()
    page.goto(f"{server.issuer}/login")
    text = block(page).get_attribute("data-text")
    phone = new_context(chromium, server, **PHONE).new_page()
    phone.goto(text)
    expect(phone.locator("main[data-page=scan]")).to_be_visible()
    assert Axe().run(phone).response["violations"] == []
    expect(block(page)).to_have_attribute("data-state", "waiting")
    phone.context.close()


@pytest.mark.parametrize("report", [False, True])
def test_a_refusal_on_the_phone_shows_and_can_be_renewed(context, server, report):
    phone = Phone(server, "lisi").log_in()
    page = context.new_page()
    page.goto(f"{server.issuer}/login")
    ticket = scan(page, phone)["ticket"]
    expect(block(page)).to_have_attribute("data-state", "scanned", timeout=1000)
    assert phone.post(f"qr/{ticket}/cancel", {"report": report}).status_code == 200
    expect(block(page)).to_have_attribute("data-state", "cancelled", timeout=1000)
    assert phone.post(f"qr/{ticket}/confirm").status_code == 409
    old = block(page).get_attribute("data-text")
    page.get_by_role("button", name="点击刷新").click()
    expect(block(page)).to_have_attribute("data-state", "waiting")
    assert block(page).get_attribute("data-text") != old
    assert phone.post("qr/scan", {"text": old}).json()["code"] == "qr.cancelled"


def test_without_script_two_buttons_do_the_same(chromium, server):
    context = new_context(chromium, server, java_script_enabled=False)
    page = context.new_page()
    phone = Phone(server).log_in()
    page.goto(f"{server.issuer}/login")
    ticket = scan(page, phone)["ticket"]
    page.get_by_role("button", name="我已在手机上确认").click()
    expect(block(page)).to_have_attribute("data-state", "scanned")
    assert phone.post(f"qr/{ticket}/confirm").status_code == 200
    page.get_by_role("button", name="我已在手机上确认").click()
    page.wait_for_url(re.compile("/account"))
    context.close()


def test_picture_and_form_stand_side_by_side_where_there_is_room(chromium, server):
    for script in (True, False):
        context = new_context(chromium, server, java_script_enabled=script, viewport={"width": 1280, "height": 900})
        page = context.new_page()
        page.goto(f"{server.issuer}/login")
        expect(block(page)).to_be_visible()
        expect(page.locator("form#password-login")).to_be_visible()
        expect(page.get_by_role("link", name="扫码登录")).to_be_hidden()
        left, right = block(page).bounding_box(), page.locator("form#password-login").bounding_box()
        assert left["x"] + left["width"] <= right["x"]
        context.close()


def test_the_tabs_change_in_place_and_without_script(chromium, server):
    context = new_context(chromium, server, viewport={"width": 860, "height": 900})
    page = context.new_page()
    page.goto(f"{server.issuer}/login")
    expect(block(page)).to_be_visible()
    page.get_by_role("link", name="账号登录").click()
    expect(page.locator("form#password-login")).to_be_visible()
    expect(block(page)).to_be_hidden()
    assert "way=" not in page.url
    page.goto(f"{server.issuer}/login?way=password")
    expect(page.locator("form#password-login")).to_be_visible()
    context.close()


def test_a_browser_without_the_cookie_learns_and_ends_nothing(context, server):
    page = context.new_page()
    page.goto(f"{server.issuer}/login")
    name = block(page).get_attribute("data-id")
    thief = server.session()
    csrf = re.search('name="csrf" value="([^"]+)"', thief.get(f"{server.issuer}/login").text)[1]
    phone = Phone(server).log_in()
    ticket = scan(page, phone)["ticket"]
    assert phone.post(f"qr/{ticket}/confirm").status_code == 200
    assert thief.get(f"{server.issuer}/login/qr/{name}/status?v=1").status_code == 404
    finish = thief.post(f"{server.issuer}/login/qr/{name}/finish", data={"csrf": csrf}, allow_redirects=False)
    assert finish.status_code == 409 and not any("session" in c.name for c in thief.cookies)
    page.wait_for_url(re.compile("/account"), timeout=3000)


def test_server_sent_events_tell_the_same(context, server):
    session = server.session()
    html = session.get(f"{server.issuer}/login").text
    name, text = (re.search(f' {a}="([^"]+)"', html)[1] for a in ("data-id", "data-text"))
    phone = Phone(server).log_in()
    with session.get(f"{server.issuer}/login/qr/{name}/events", stream=True, timeout=20) as events:
        assert events.headers["content-type"] == "text/event-stream"
        lines = (line for line in events.iter_lines(decode_unicode=True) if line.startswith("data:"))
        assert '"waiting"' in next(lines)
        ticket = phone.post("qr/scan", {"text": text}).json()["ticket"]
        assert '"scanned"' in next(lines)
        phone.post(f"qr/{ticket}/cancel")
        assert '"cancelled"' in next(lines)
        assert next(lines, None) is None


def test_the_picture_renews_itself_three_times_and_then_waits_for_a_click(chromium):
    with with_host_apps("qr-short", qr_lifetime="2s") as server:
        context = new_context(chromium, server)
        page = context.new_page()
        page.goto(f"{server.issuer}/login")
        seen = set()
        end = time.monotonic() + 20
        # Between two pictures the page is expired for the moment that the next one takes.
        while time.monotonic() < end and not (len(seen) == 4 and block(page).get_attribute("data-state") == "expired"):
            seen.add(block(page).get_attribute("data-text"))
            page.wait_for_timeout(100)
        page.wait_for_timeout(3000)
        seen.add(block(page).get_attribute("data-text"))
        expect(block(page)).to_have_attribute("data-state", "expired")
        assert len(seen) == 4
        expect(page.get_by_role("button", name="点击刷新")).to_be_visible()
        context.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", ["std", "care", "care30"])
def test_the_page_is_for_everybody_in_every_state(chromium, server, output, theme, size):
    context = new_context(chromium, server, **DESKTOP)
    context.add_cookies([{"name": "theme", "value": theme, "url": server.issuer}, {"name": "ui", "value": size, "url": server.issuer}])
    page = context.new_page()
    page.goto(f"{server.issuer}/login")
    side = block(page).locator(".qr-frame").bounding_box()["width"]
    assert side >= (200 if size == "std" else 270)
    assert Axe().run(page).response["violations"] == []
    page.screenshot(path=output / f"qr-waiting-{size}-{theme}.png", full_page=True)
    phone = far(Phone(server).log_in())
    ticket = scan(page, phone)["ticket"]
    expect(block(page)).to_have_attribute("data-state", "scanned", timeout=1500)
    assert Axe().run(page).response["violations"] == []
    page.screenshot(path=output / f"qr-scanned-{size}-{theme}.png", full_page=True)
    phone.post(f"qr/{ticket}/cancel")
    expect(block(page)).to_have_attribute("data-state", "cancelled", timeout=1500)
    assert Axe().run(page).response["violations"] == []
    page.screenshot(path=output / f"qr-cancelled-{size}-{theme}.png", full_page=True)
    context.close()


def test_a_phones_own_login_page_has_no_picture(chromium, server):
    context = new_context(chromium, server, **PHONE, user_agent="Mozilla/5.0 (iPhone) Mobile Safari")
    page = context.new_page()
    page.goto(f"{server.issuer}/login")
    expect(page.locator("form#password-login")).to_be_visible()
    assert block(page).count() == 0
    context.close()


def test_the_simulator_plays_a_phone(context, server, output):
    page = context.new_page()
    page.goto(f"{server.issuer}/login")
    text = block(page).get_attribute("data-text")
    phone = context.new_page()
    watch = Watch(phone, server)
    phone.goto(f"{server.issuer}/sandbox/mini-program")
    phone.get_by_label("所在APP").select_option("alipay")
    phone.get_by_role("button", name="打开小程序并登录").click()
    expect(phone.locator("#phone")).to_have_attribute("data-state", "open")
    expect(phone.locator("#pictures")).to_contain_text(text)
    phone.get_by_label("二维码内容").fill(text)
    phone.get_by_role("button", name="扫一扫").click()
    expect(phone.locator("#phone")).to_have_attribute("data-state", "scanned")
    assert Axe().run(phone).response["violations"] == []
    phone.screenshot(path=output / "qr-simulator.png", full_page=True)
    phone.get_by_role("button", name="确认登录").click()
    expect(phone.locator("#phone")).to_have_attribute("data-state", "confirmed")
    page.bring_to_front()
    page.wait_for_url(re.compile("/account"), timeout=3000)
    watch.clean()
