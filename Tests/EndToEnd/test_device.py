"""Devices without a browser (RFC 8628): from the code on their screen to their tokens, as people and clients meet it."""

from urllib.parse import urlencode, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect
from requests_oauth2client import AccessDenied, ClientSecretBasic, DeviceAuthorizationPollingJob, OAuth2Client, PublicApp

from harness.browser import DESKTOP, NARROW, PHONE, fill_login, tab_to
from harness.device import GRANT, Device, decide, enter
from harness.postgres import Postgres
from harness.sandbox import Sandbox
from harness.server import Citygate
from harness.volley import Volley
from harness.walker import Walker

WIDTHS = {"desktop": DESKTOP, "phone": PHONE, "narrow": NARROW}


@pytest.fixture
def television(citygate, sandbox) -> Device:
    return Device.start(citygate, sandbox.client_named("sandbox-device"))


@pytest.fixture(scope="module")
def pair():
    with Postgres() as postgres, Citygate("one", database_url=postgres.url) as first:
        with Citygate("two", database_url=postgres.url, keys=first.keys, issuer=first.issuer) as second:
            yield first, second


# What clients meet

def test_metadata_and_answer_are_those_of_the_specification(citygate, television):
    metadata = citygate.metadata()
    assert metadata["device_authorization_endpoint"].startswith(citygate.issuer)
    assert GRANT in metadata["grant_types_supported"]
    codes = television.codes
    assert codes["verification_uri"] == f"{citygate.issuer}/device"
    assert codes["verification_uri_complete"] == f"{citygate.issuer}/device?user_code={codes['user_code']}"
    letters = codes["user_code"].replace("-", "")
    assert len(letters) == 8 and set(letters) <= set("BCDFGHJKLMNPQRSTVWXZ")
    assert codes["expires_in"] > 0 and codes["interval"] == 5


def test_the_device_waits_is_told_to_slow_down_and_gets_its_tokens(citygate, television, walker):
    assert television.poll().json()["error"] == "authorization_pending"
    hasty = television.poll()
    assert hasty.status_code == 400 and hasty.json()["error"] == "slow_down"
    assert "no-store" in hasty.headers["cache-control"]
    page = enter(walker, television.codes["user_code"].lower().replace("-", "  "))
    assert page.name == "device" and television.codes["user_code"] in page.text
    assert decide(walker, page, "allow").name == "done"
    tokens = television.poll()
    assert tokens.status_code == 200, tokens.text
    body = tokens.json()
    assert {"access_token", "token_type", "expires_in", "refresh_token", "id_token"} <= body.keys()
    assert walker.userinfo(body["access_token"]).json()["preferred_username"] == walker.persona["username"]
    again = television.poll()
    assert again.status_code == 400 and again.json()["error"] == "invalid_grant"
    assert walker.userinfo(body["access_token"]).status_code == 200


def test_the_device_hears_a_refusal(television, walker):
    page = enter(walker, television.codes["user_code"])
    done = decide(walker, page, "deny")
    assert done.name == "done" and "拒绝" in done.text
    assert television.poll().json()["error"] == "access_denied"


def test_the_device_hears_that_its_time_is_over(citygate, moved_clock):
    television = Device.start(citygate, moved_clock.client_named("sandbox-device"))
    moved_clock.advance(television.codes["expires_in"] + 1)
    assert television.poll().json()["error"] == "expired_token"


@pytest.mark.parametrize("changes, error", [
    ({"device_code": ""}, "invalid_request"), ({"device_code": "x" * 46}, "invalid_grant"),
    ({"device_code": "x" * 600}, "invalid_grant"), ({"resource": "https://evil.example/"}, "invalid_target"),
    ({"grant_type": "urn:ietf:params:oauth:grant-type:device-code"}, "unsupported_grant_type")])
def test_a_faulty_poll_has_its_error(television, changes, error):
    answer = television.poll(**changes)
    assert answer.status_code == 400 and answer.json()["error"] == error


def test_an_approved_code_is_of_no_use_to_another_client(citygate, sandbox, television, walker):
    decide(walker, enter(walker, television.codes["user_code"]), "allow")
    thief = Device(citygate, sandbox.client_named("sandbox-device-terminal"), television.codes)
    assert thief.poll().json()["error"] == "invalid_grant"
    assert television.poll().status_code == 200


def test_a_code_confirmed_twice_is_confirmed_once(television, citygate, sandbox):
    first, second = Walker(citygate), Walker(citygate, sandbox.persona("李四"))
    pages = [enter(walker, television.codes["user_code"]) for walker in (first, second)]
    assert all("device-confirm" in page.forms for page in pages)
    assert decide(first, pages[0], "allow").name == "done"
    late = decide(second, pages[1], "allow")
    assert late.name == "error" and late.error == "device.request_gone"
    assert decide(first, pages[0], "allow").name == "done", "pressed again by the same person"
    token = television.poll().json()["access_token"]
    assert first.userinfo(token).json()["preferred_username"] == first.persona["username"]
    assert enter(second, television.codes["user_code"]).error is None, "the code is wrong now, on the page for codes"


def test_guessing_is_paused(citygate, television):
    guesser = Walker(citygate)
    answers = [enter(guesser, "BCDF-GHJK") for _ in range(5)]
    assert {page.status for page in answers} == {422}
    paused = enter(guesser, television.codes["user_code"])
    assert paused.status == 429 and "过于频繁" in paused.text
    assert television.poll().json()["error"] == "authorization_pending"


# A client that nobody here wrote

def foreign(citygate, auth) -> OAuth2Client:
    return OAuth2Client.from_discovery_endpoint(
        f"{citygate.issuer}/.well-known/openid-configuration", issuer=citygate.issuer, auth=auth, testing=True,
        # It looks for the address in no document by itself.
        device_authorization_endpoint=citygate.metadata()["device_authorization_endpoint"])


def test_requests_oauth2client_polls_until_the_person_has_decided(citygate, sandbox, walker):
    device = foreign(citygate, PublicApp("sandbox-device"))
    codes = device.authorize_device(scope="openid profile offline_access")
    job = DeviceAuthorizationPollingJob(device, codes)
    assert job() is None, "nobody has decided"
    assert job.interval == 5, "the client was told to slow down though it kept to the interval"
    assert decide(walker, enter(walker, codes.user_code), "allow").name == "done"
    token = job()
    assert token.access_token and token.refresh_token and token.id_token
    assert device.refresh_token(token).access_token


def test_requests_oauth2client_hears_that_the_person_refused(citygate, sandbox, walker):
    client = sandbox.client_named("sandbox-device-terminal")
    device = foreign(citygate, ClientSecretBasic(client.id, client.secret))
    codes = device.authorize_device(scope="openid")
    assert decide(walker, enter(walker, codes.user_code), "deny").name == "done"
    with pytest.raises(AccessDenied):
        DeviceAuthorizationPollingJob(device, codes)()


# Two servers

def test_one_code_polled_64_fold_at_two_servers_gives_one_token(pair):
    first, second = pair
    client, walker = Sandbox(first).client_named("sandbox-device"), Walker(first)
    for _ in range(5):
        device = Device.start(first, client)
        request = Volley.request("POST", "/oauth2/token", {}, urlencode(device.form | {"client_id": client.id}).encode())
        with Volley([first, second], 64) as volley:
            waiting = [reply.body for reply in volley.fire(request)]
            assert sum(b"authorization_pending" in body for body in waiting) == 1
            assert sum(b"slow_down" in body for body in waiting) == 63
            assert decide(walker, enter(walker, device.codes["user_code"]), "allow").name == "done"
            replies = volley.fire(request)
        assert sorted(reply.status for reply in replies) == [200] + [400] * 63
        assert all(b"invalid_grant" in reply.body for reply in replies if reply.status == 400)


def test_the_interval_holds_across_servers(pair):
    first, second = pair
    device = Device.start(first, Sandbox(first).client_named("sandbox-device"))
    assert device.poll(first).json()["error"] == "authorization_pending"
    assert device.poll(second).json()["error"] == "slow_down"


def test_a_code_of_one_server_is_confirmed_at_the_other(pair):
    first, second = pair
    device = Device.start(first, Sandbox(first).client_named("sandbox-device"))
    walker = Walker(second)
    page = enter(walker, device.codes["user_code"])
    form = page.forms["device-confirm"]
    answer = walker.session.post(f"{second.address}{urlsplit(form.action).path}", data=form.fields | {"decision": "allow"},
                                 timeout=20)
    assert 'data-page="done"' in answer.text
    assert device.poll(first).status_code == 200


# What people meet

def to_code(page, citygate, sandbox):
    page.goto(f"{citygate.issuer}/device")


def to_wrong_code(page, citygate, sandbox):
    to_code(page, citygate, sandbox)
    page.locator("form#user-code input[name=user_code]").fill("bcdf ghj")
    page.locator("form#user-code button.primary").click()
    page.wait_for_load_state("load")


def to_question(page, citygate, sandbox, client="sandbox-device", persona="张三"):
    device = Device.start(citygate, sandbox.client_named(client))
    page.goto(device.codes["verification_uri_complete"])
    page.locator("form#user-code button.primary").click()
    page.wait_for_load_state("load")
    fill_login(page, citygate, sandbox.persona(persona))
    page.locator("form#password-login [type=submit]:not([name=op])").first.click()
    page.wait_for_selector("form#device-confirm")
    return device


def to_low_level(page, citygate, sandbox):
    to_question(page, citygate, sandbox, "sandbox-device-terminal", "王五")


def to_done(page, citygate, sandbox):
    to_question(page, citygate, sandbox)
    page.locator("form#device-confirm button[value=allow]").click()
    page.wait_for_selector("main[data-page=done]")


def to_gone(page, citygate, sandbox):
    page.goto(f"{citygate.issuer}/device/confirm?transaction=none")


PAGES = {
    "device-code": (to_code, "device"), "device-wrong": (to_wrong_code, "device"), "device-question": (to_question, "device"),
    "device-level": (to_low_level, "device"), "device-done": (to_done, "done"), "device-gone": (to_gone, "error"),
}


@pytest.mark.parametrize("mode", ["std", "care30"])
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_accessible_quiet_and_fits(citygate, sandbox, browse, output, name, width, mode):
    go, expected = PAGES[name]
    page, watch = browse(**WIDTHS[width])
    page.context.add_cookies([{"name": "ui", "value": mode, "url": citygate.issuer}])
    go(page, citygate, sandbox)
    expect(page.locator("main[data-page]")).to_have_attribute("data-page", expected)
    page.screenshot(path=output / f"{name}-{width}-{mode}.png", full_page=True)
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{wide} px stick out"
    assert page.locator("h1").count() == 1
    watch.clean()
    assert watch.elsewhere == [], "requests to third parties"


@pytest.mark.parametrize("name", ["device-wrong", "device-question"])
def test_a_dark_page_has_contrast_too(citygate, sandbox, browse, name):
    page, _ = browse(color_scheme="dark", **PHONE)
    PAGES[name][0](page, citygate, sandbox)
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def test_the_whole_way_without_javascript(citygate, sandbox, browse):
    page, watch = browse(java_script_enabled=False, **PHONE)
    device = to_question(page, citygate, sandbox)
    page.locator("form#device-confirm button[value=allow]").click()
    expect(page.locator("main[data-page=done]")).to_be_visible()
    assert device.poll().status_code == 200
    watch.clean()


def test_the_code_is_typed_and_confirmed_by_keyboard_alone(citygate, sandbox, browse, television):
    page, _ = browse()
    page.goto(television.codes["verification_uri"])
    assert tab_to(page, "input[name=user_code]")
    page.keyboard.type(television.codes["user_code"].replace("-", "").lower())
    page.keyboard.press("Enter")
    page.wait_for_selector("form#password-login")
    fill_login(page, citygate, sandbox.persona())
    page.locator("form#password-login [type=submit]:not([name=op])").first.click()
    page.wait_for_selector("form#device-confirm")
    assert tab_to(page, "form#device-confirm button[value=allow]")
    page.keyboard.press("Enter")
    page.wait_for_selector("main[data-page=done]")
    assert television.poll().status_code == 200
