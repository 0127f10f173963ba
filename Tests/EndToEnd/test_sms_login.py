"""Login by phone and code (journeys.md L5, C2, C3): without JavaScript, with it, and with a vendor that fails."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from playwright.sync_api import expect

from harness.citizen import Citizen
from harness.sandbox import Proof, Sandbox, new_phone
from harness.server import Citygate
from harness.tokens import check_id_token


@pytest.fixture
def citizen(citygate) -> Citizen:
    return Citizen(citygate)


def for_trouble(server) -> Citizen:
    """A citizen who lives through a vendor that fails."""
    citizen = Citizen(server)
    citizen.session = server.session(allow=(503,))
    return citizen


@pytest.fixture
def owner(sandbox) -> dict:
    return sandbox.persona("王五")


def test_a_login_by_sms_reaches_the_relying_party(citygate, moved_clock, citizen, owner, client):
    proof = Proof()
    parameters = citizen.request_parameters(client, proof, nonce="n")
    page = citizen.follow(citizen.open_authorization(parameters))
    tabs = {a.get("href"): a.get("aria-current") for a in page.links if (a.get("href") or "").startswith("/login")}
    assert list(tabs.values()) == ["page", None]
    page = citizen.open(list(tabs)[1])
    assert page.name == "login" and "sms-login" in page.forms
    page, code = citizen.code_for(page, "sms-login", owner["phone"])
    assert page.forms["sms-login"].fields["phone"] == owner["phone"]
    answer = citizen.walk(citizen.submit(page, "sms-login", sms_code=code))
    tokens = citizen.redeem(client, answer, proof).json()
    assert check_id_token(citygate, client, tokens["id_token"], "n", tokens["access_token"])["amr"] == ["sms"]


def test_a_code_is_good_once_for_its_phone_and_its_browser(citygate, moved_clock, citizen, owner):
    page, code = citizen.code_for(citizen.open("/login/sms"), "sms-login", owner["phone"])
    other = Citizen(citygate)
    stranger = other.send(other.open("/login/sms"), "sms-login", phone=owner["phone"], sms_code=code)
    assert "请先获取短信验证码" in stranger.text and stranger.status == 422
    assert "请先获取短信验证码" in citizen.send(page, "sms-login", phone=new_phone(), sms_code=code).text
    assert citizen.send(page, "sms-login", phone=owner["phone"], sms_code=code).name == "account"
    [citizen.session.cookies.pop(name) for name in list(citizen.session.cookies.keys()) if "session" in name]
    again = citizen.send(citizen.open("/login/sms"), "sms-login", phone=owner["phone"], sms_code=code)
    assert again.status == 422 and again.name == "login"


def test_guessing_ends_at_the_fifth_try_whatever_the_concurrency(moved_clock, citizen, owner):
    page, code = citizen.code_for(citizen.open("/login/sms"), "sms-login", owner["phone"])
    wrong = "000000" if code != "000000" else "111111"
    with ThreadPoolExecutor(16) as pool:
        pages = list(pool.map(
            lambda _: citizen.send(page, "sms-login", phone=owner["phone"], sms_code=wrong).text, range(16)))
    assert sum("短信验证码不正确" in text for text in pages) == 4
    assert sum("验证码输入错误次数过多" in text for text in pages) == 12
    assert "验证码输入错误次数过多" in citizen.send(page, "sms-login", phone=owner["phone"], sms_code=code).text


def test_a_minute_between_two_five_an_hour_ten_a_day(moved_clock, citizen):
    phone = new_phone()
    page, _ = citizen.code_for(citizen.open("/login/sms"), "sms-login", phone)
    page = citizen.send(page, "sms-login", op="send-code", phone=phone)
    assert page.status == 429 and re.search(r"请在(5\d|60)秒后重新获取", page.text), page.text
    for _ in range(4):
        moved_clock.advance(61)
        page, _ = citizen.code_for(page, "sms-login", phone)
    moved_clock.advance(61)
    page = citizen.send(page, "sms-login", op="send-code", phone=phone)
    assert page.status == 429
    assert re.search(r"验证码请求过于频繁，请在5\d分钟后再试（(\d+月\d+日 )?\d\d:\d\d后可用）", page.text), page.text
    for _ in range(5):
        moved_clock.advance(3700)
        page = citizen.open("/login/sms")
        page, _ = citizen.code_for(page, "sms-login", phone)
    moved_clock.advance(3700)
    page = citizen.send(citizen.open("/login/sms"), "sms-login", op="send-code", phone=phone)
    assert page.status == 429 and "24小时内获取已达10次" in page.text
    assert len(moved_clock.messages(phone)) == 10


def test_the_captcha_is_judged_first_and_spent(moved_clock, citizen):
    phone = new_phone()
    page = citizen.open("/login/sms")
    wrong = citizen.send(page, "sms-login", op="send-code", phone=phone, captcha="0000x")
    assert wrong.status == 422 and "图形验证码不正确" in wrong.text
    again = citizen.session.post(page.target(page.forms["sms-login"]), data=page.forms["sms-login"].fields | {
        "op": "send-code", "phone": phone, "captcha": "1234"}, allow_redirects=False)
    assert "图形验证码已过期" in again.text
    assert "请输入图形验证码" in citizen.send(wrong, "sms-login", op="send-code", phone=phone, captcha="").text
    assert moved_clock.messages(phone) == []


@pytest.mark.parametrize("mode", ["down", "error", "malformed"])
def test_a_vendor_that_fails_is_one_sentence_and_counts(citygate, moved_clock, mode):
    citizen, phone = for_trouble(citygate), new_phone()
    moved_clock.fault("sms", mode, 1)
    page = citizen.send(citizen.open("/login/sms"), "sms-login", op="send-code", phone=phone)
    assert page.status == 503 and page.text.count("短信发送失败，请稍后再试") == 2  # in the summary and beside the field
    assert moved_clock.messages(phone) == []
    page = citizen.send(page, "sms-login", op="send-code", phone=phone)
    assert page.status == 429, "the failed attempt counts"
    moved_clock.advance(61)
    citizen.code_for(page, "sms-login", phone)


def test_a_vendor_that_is_busy_once_is_asked_again(moved_clock, citizen):
    phone = new_phone()
    moved_clock.fault("sms", "rate_limited", 1)
    citizen.code_for(citizen.open("/login/sms"), "sms-login", phone)
    assert len(moved_clock.messages(phone)) == 1


def test_a_slow_vendor_never_makes_two_messages_of_one():
    with Citygate("slow", sms_deadline="1s") as server:
        citizen, phone = for_trouble(server), new_phone()
        citizen.sandbox.fault("sms", "slow", 1)
        page = citizen.send(citizen.open("/login/sms"), "sms-login", op="send-code", phone=phone)
        assert page.status == 503
        assert len(citizen.sandbox.messages(phone)) == 1
        # It did arrive, and is good.
        page = citizen.send(page, "sms-login", phone=phone, sms_code=citizen.sandbox.code(phone))
        assert page.name == "register"


@pytest.mark.parametrize("generation", ["chuanglan-v2", "chuanglan-unified"])
def test_the_other_generations_of_the_vendor(generation):
    with Citygate("vendor") as vendor:
        address = re.search(r"an SMS vendor of the sandbox's own is at (\S+)", vendor.log.read_text())[1]
        with Citygate("other", sms_protocol=generation, sms_base_url=address,
                      sms_password="sandbox-password") as server:
            citizen, phone = Citizen(server), new_phone()
            page = citizen.send(citizen.open("/login/sms"), "sms-login", op="send-code", phone=phone)
            assert page.status == 200, page.text
            code = Sandbox(vendor).code(phone)
            assert citizen.send(page, "sms-login", phone=phone, sms_code=code).name == "register"


def test_an_unknown_phone_and_a_known_one_look_alike_until_the_code_is_right(moved_clock, citygate, owner):
    def walk(phone):
        citizen = Citizen(citygate)
        page, code = citizen.code_for(citizen.open("/login/sms"), "sms-login", phone)
        wrong = citizen.send(page, "sms-login", phone=phone, sms_code="000000" if code != "000000" else "111111")
        hide = lambda text: re.sub(r"[\w-]{40,}", "…", text.replace(phone, "…").replace(phone[:3] + "****" + phone[-4:], "…"))
        return [hide(p.response.text) for p in (page, wrong)], [p.status for p in (page, wrong)]
    known, unknown = walk(owner["phone"]), walk(new_phone())
    strip = lambda pages: [re.sub(r'data-wait="\d+"|[A-Z2-9]{12}', "…", text) for text in pages]
    assert strip(known[0]) == strip(unknown[0])
    assert known[1] == unknown[1]


def test_the_button_counts_down_in_a_browser(moved_clock, citygate, browse, owner):
    page, watch = browse()
    page.goto(citygate.issuer + "/login/sms")
    form = page.locator("form#sms-login")
    form.locator("[name=phone]").fill(owner["phone"])
    button = form.locator("button[value=send-code]")
    button.click()
    expect(form.locator("#captcha-err")).to_have_text("请输入图形验证码")
    form.locator("[name=captcha]").fill(moved_clock.captcha(form.locator("[name=captcha_id]").get_attribute("value")))
    button.click()
    expect(form.locator("[data-sms=status]")).to_contain_text("5分钟内有效")
    expect(button).to_have_text(re.compile(r"重新获取（[56]\d秒）"))
    expect(button).to_have_attribute("aria-disabled", "true")
    expect(form.locator("[name=sms_code]")).to_be_focused()
    expect(form.locator("#captcha-err")).to_have_count(0)
    assert page.url == citygate.issuer + "/login/sms"
    form.locator("[name=sms_code]").fill(moved_clock.code(owner["phone"]))
    page.keyboard.press("Enter")
    page.wait_for_url("**/account")
    watch.clean()
