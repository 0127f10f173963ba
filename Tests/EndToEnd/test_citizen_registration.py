"""Registration (journeys.md R1, R2, R4, R5) and prompt=create."""

import pytest
from playwright.sync_api import expect

from harness.browser import PHONE
from harness.citizen import Citizen
from harness.sandbox import Proof, Sandbox, new_phone
from harness.tokens import check_id_token


IPHONE = ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
          "Version/18.0 Mobile/15E148 Safari/604.1")


@pytest.fixture
def citizen(citygate) -> Citizen:
    return Citizen(citygate)


def username() -> str:
    return "u" + new_phone()


def test_a_new_account_is_logged_in_and_can_log_in_again(citygate, citizen):
    phone, name = new_phone(), username()
    page = citizen.register(phone, name)
    assert page.name == "done" and "注册成功" in page.text
    assert citizen.open(page.url).name == "done", "the last page can be looked at again"
    assert citizen.open("/account").name == "account"
    for typed in (name, name.upper(), phone):
        other = Citizen(citygate, {"username": typed, "password": "Tianqi-2026"})
        login = other.open("/login")
        assert other.send(login, "password-login", account=typed, password="Tianqi-2026").name == "account"


def test_prompt_create_leads_through_registration_to_the_relying_party(citygate, citizen, client):
    assert "create" in citygate.metadata()["prompt_values_supported"]
    proof, phone = Proof(), new_phone()
    page = citizen.follow(citizen.open_authorization(
        citizen.request_parameters(client, proof, prompt="create", nonce="n", login_hint=phone)))
    assert page.name == "register" and page.forms["register"].fields["phone"] == phone
    page, code = citizen.code_for(page, "register", phone)
    done = citizen.send(page, "register", phone=phone, username=username(), sms_code=code, password="Tianqi-2026",
                        confirm_password="Tianqi-2026")
    onward = [a["href"] for a in done.links if (a.get("href") or "").startswith("/oauth2/authorize/resume")]
    assert len(onward) == 1
    answer = citizen.walk(citizen.session.get(citygate.issuer + onward[0], allow_redirects=False))
    tokens = citizen.redeem(client, answer, proof).json()
    assert check_id_token(citygate, client, tokens["id_token"], "n", tokens["access_token"])["amr"] == ["sms"]


def test_whoever_has_an_account_can_log_in_instead_at_prompt_create(citygate, citizen, client):
    page = citizen.follow(citizen.open_authorization(citizen.request_parameters(client, Proof(), prompt="create")))
    login = [a["href"] for a in page.links if (a.get("href") or "").startswith("/login?transaction=")]
    answer = citizen.walk(citizen.session.get(citygate.issuer + login[0], allow_redirects=False))
    assert "code" in answer.parameters


def test_each_rule_has_its_sentence_and_nothing_typed_is_lost(citizen):
    page = citizen.send(citizen.open("/register"), "register", username="1abc", phone="123", password="short",
                        confirm_password="other", captcha="", agree="")
    assert page.status == 422 and page.title.startswith("错误：")
    for words in ("用户名须为6-20个字符", "手机号须为11位数字", "请输入短信验证码", "密码须为8-20位", "请先阅读并同意《用户协议》"):
        assert words in page.text, words
    assert page.forms["register"].fields["username"] == "1abc" and page.forms["register"].fields["phone"] == "123"
    assert not page.forms["register"].fields["password"]
    rules = {"username": {"": "请输入用户名", "1abcdef": "用户名须以字母开头", "ab-cdef": "用户名只能包含字母、数字和下划线",
                          "zhangsan": "该用户名已被使用，请换一个"},
             "password": {"": "请设置密码", "12345678": "至少两种", "abc12345": "该密码太常见", "密码密码12345": "只能包含"}}
    good = dict(username=username(), phone=new_phone(), password="Tianqi-2026", confirm_password="Tianqi-2026",
                sms_code="123456", captcha="")
    for field, cases in rules.items():
        for value, words in cases.items():
            typed = good | {field: value} | ({"confirm_password": value} if field == "password" else {})
            page = citizen.send(citizen.open("/register"), "register", **typed)
            assert words in page.text, (field, value, page.text)
    own = good | {"password": good["username"] + "1", "confirm_password": good["username"] + "1"}
    assert "不能包含用户名或手机号" in citizen.send(citizen.open("/register"), "register", **own).text
    differ = good | {"confirm_password": "Tianqi-2027"}
    assert "两次输入的密码不一致" in citizen.send(citizen.open("/register"), "register", **differ).text


def test_a_registered_phone_is_told_only_after_the_right_code(citygate, moved_clock, citizen):
    phone = new_phone()
    citizen.register(phone, username())
    moved_clock.advance(61)
    other = Citizen(citygate)
    page, code = other.code_for(other.open("/register"), "register", phone)
    typed = dict(phone=phone, username=username(), password="Tianqi-2026", confirm_password="Tianqi-2026")
    wrong = other.send(page, "register", sms_code="000000" if code != "000000" else "111111", **typed)
    assert "已注册" not in wrong.text and "短信验证码不正确" in wrong.text
    right = other.send(wrong, "register", sms_code=code, **typed)
    assert right.status == 409 and "该手机号已注册，您可以直接登录或找回密码" in right.text


def test_the_right_code_is_asked_for_once_only(citygate, citizen):
    phone = new_phone()
    page, code = citizen.code_for(citizen.open("/register"), "register", phone)
    typed = dict(phone=phone, password="Tianqi-2026", confirm_password="Tianqi-2026")
    first = Citizen(citygate)
    taken = username()
    # Somebody takes the name between the look and the account: here, the phone that was proved stays proved.
    first.register(new_phone(), taken)
    page = citizen.send(page, "register", username=taken, sms_code=code, **typed)
    assert "该用户名已被使用" in page.text
    done = citizen.send(page, "register", username=username(), sms_code=code, **typed)
    assert done.name == "done", done.text


def test_sent_twice_makes_one_account_and_shows_the_end(citizen):
    phone = new_phone()
    login, code = citizen.code_for(citizen.open("/login/sms"), "sms-login", phone)
    page = citizen.send(login, "sms-login", sms_code=code)
    assert page.name == "register" and page.forms["register"].fields["phone"] == phone
    typed = dict(username=username(), password="Tianqi-2026", confirm_password="Tianqi-2026")
    assert citizen.send(page, "register", **typed).name == "done"
    assert citizen.send(page, "register", **typed).name == "done"


def test_a_journey_belongs_to_its_browser_and_cannot_be_entered_in_the_middle(citygate, citizen):
    phone = new_phone()
    login, code = citizen.code_for(citizen.open("/login/sms"), "sms-login", phone)
    page = citizen.send(login, "sms-login", sms_code=code)
    flow = page.forms["register"].fields["flow"]
    thief = Citizen(citygate)
    stolen = thief.open(f"/register?flow={flow}")
    assert "flow" not in stolen.forms["register"].fields and phone not in stolen.response.text
    assert thief.open(f"/register/done?flow={flow}").name == "register"
    assert citizen.open(f"/register/done?flow={flow}").name == "register", "the end is not reached before the account"
    assert citizen.open(f"/register?flow={flow}").forms["register"].fields["phone"] == phone, "reload keeps it"


def test_the_phone_has_its_own_form(citygate, browse, output):
    phone = new_phone()
    page, watch = browse(**PHONE, user_agent=IPHONE)
    page.goto(citygate.issuer + "/register")
    form = page.locator("form#register")
    expect(form.locator("[name=username]")).to_have_count(0)
    expect(form.locator("[name=sync_national]")).not_to_be_checked()
    form.locator("[name=phone]").fill(phone)
    form.locator("[name=password]").fill("Tianqi-2026")
    expect(page.locator("[data-strength=password]")).to_have_text("强度：中")
    sandbox = Sandbox(citygate)
    form.locator("[name=captcha]").fill(sandbox.captcha(form.locator("[name=captcha_id]").get_attribute("value")))
    form.locator("button[value=send-code]").click()
    expect(form.locator("[data-sms=status]")).to_contain_text("验证码已发送至")
    form.locator("[name=sms_code]").fill(sandbox.code(phone))
    form.locator("label[for=agree]").click(position={"x": 5, "y": 12})
    expect(form.locator("[name=password]")).to_have_value("Tianqi-2026")
    form.get_by_role("button", name="下一步").last.click()
    expect(page.locator("main")).to_have_attribute("data-page", "done")
    watch.clean()
