"""Recovery of a password (journeys.md P1 to P4): level-aware, the same for accounts that do not exist."""

import re

import pytest

from harness.citizen import Citizen
from harness.sandbox import Sandbox, new_phone


@pytest.fixture
def citizen(citygate) -> Citizen:
    return Citizen(citygate)


def test_an_unverified_account_by_phone_and_everything_before_is_over(citygate, moved_clock, citizen, client):
    person = moved_clock.persona("王五")
    logged_in = Citizen(citygate, person)
    tokens = logged_in.tokens(client, scope="openid offline_access", prompt="consent")
    page = citizen.send(citizen.open("/recover"), "recover-account", account=person["username"])
    assert page.name == "recover" and "*****u" in page.text and "138****0003" in page.text
    assert "id_number" not in page.forms["recover-verify"].fields
    page, code = citizen.code_for(page, "recover-verify", to=person["phone"])
    page = citizen.send(page, "recover-verify", sms_code=code)
    assert "recover-password" in page.forms
    same = citizen.send(page, "recover-password", new_password=person["password"], confirm_password=person["password"])
    assert "新密码不能与最近使用的密码相同" in same.text
    page = citizen.send(same, "recover-password", new_password="Xin-mima-2026", confirm_password="Xin-mima-2026")
    assert page.name == "done" and "密码已重置" in page.text
    assert citizen.open(page.url).name == "done"
    # Sessions, refresh tokens and access tokens from before are dead, the old password too; the phone was told.
    assert logged_in.open("/account").name == "login"
    assert logged_in.userinfo(tokens["access_token"]).status_code == 401
    refreshed = citygate.session().post(citygate.metadata()["token_endpoint"], auth=(client.id, client.secret), data={
        "grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]})
    assert refreshed.json()["error"] == "invalid_grant"
    old = citizen.send(citizen.open("/login"), "password-login", account=person["username"], password=person["password"])
    assert old.status == 422
    new = citizen.send(old, "password-login", account=person["username"], password="Xin-mima-2026")
    assert new.name == "account"
    assert any("重置密码" in message["text"] for message in moved_clock.messages(person["phone"]))


def test_a_verified_account_needs_its_document_as_well(moved_clock, citizen):
    person = moved_clock.persona("李四")
    page = citizen.send(citizen.open("/recover"), "recover-account", account=person["phone"])
    page, code = citizen.code_for(page, "recover-verify", to=person["phone"], id_number="x")
    missing = citizen.send(page, "recover-verify", sms_code=code, id_number="")
    assert "请输入证件号" in missing.text
    wrong = citizen.send(missing, "recover-verify", sms_code=code, id_number="110101190001010014")
    assert "证件号不正确" in wrong.text and "sms_code" not in wrong.forms["recover-verify"].fields
    right = citizen.send(wrong, "recover-verify", id_number=person["id_number"].lower())
    assert "recover-password" in right.forms


def test_wrong_documents_end_the_journey(moved_clock, citizen):
    person = moved_clock.persona("李四")
    page = citizen.send(citizen.open("/recover"), "recover-account", account=person["phone"])
    page, code = citizen.code_for(page, "recover-verify", to=person["phone"], id_number="x")
    for _ in range(4):
        page = citizen.send(page, "recover-verify", sms_code=code, id_number="110101190001010014")
        assert "证件号不正确" in page.text
    assert citizen.send(page, "recover-verify", id_number="110101190001010014").error == "flow.expired"
    assert citizen.send(page, "recover-verify", id_number=person["id_number"]).error == "flow.expired"


def test_an_account_that_does_not_exist_looks_like_any_other(citygate, moved_clock):
    def hide(text, account):
        text = re.sub(r"[\w-]{40,}", "…", text).replace(account, "…")
        return re.sub(r'data-wait="\d+"|[A-Z2-9]{12}|1\d\d\*{4}\d{4}|\*{5}\w+', "…", text)

    def walk(account):
        citizen = Citizen(citygate)
        first = citizen.send(citizen.open("/recover"), "recover-account", account=account)
        sent = citizen.send(first, "recover-verify", op="send-code")
        guess = citizen.send(sent, "recover-verify", sms_code="000000", id_number="110101190001010014")
        soon = citizen.send(guess, "recover-verify", op="send-code")
        return [(p.status, hide(p.response.text, account)) for p in (first, sent, guess, soon)], first.text

    persons = {asks: walk(person["username"]) for asks, person in
               ((False, moved_clock.persona("王五")), (True, moved_clock.persona("李四")))}
    seen = set()
    for number in range(30):
        account = f"nobody_{number}_x"
        strange, text = walk(account)
        asks = "证件号" in text
        seen.add(asks)
        known = persons[asks][0]
        for (status, page), (known_status, known_page) in zip(strange, known):
            assert status == known_status
            assert re.sub(r"\d+秒", "秒", page) == re.sub(r"\d+秒", "秒", known_page)
        assert walk_mask(citygate, account) == re.search(r"1\d\d\*{4}\d{4}", text)[0], "the invented mask is always the same"
        if len(seen) == 2:
            break
    assert seen == {True, False}


def walk_mask(citygate, account):
    citizen = Citizen(citygate)
    return re.search(r"1\d\d\*{4}\d{4}",
                     citizen.send(citizen.open("/recover"), "recover-account", account=account).text)[0]


def test_a_step_cannot_be_skipped_or_taken_by_another_browser(citygate, moved_clock, citizen):
    person = moved_clock.persona("王五")
    page = citizen.send(citizen.open("/recover"), "recover-account", account=person["username"])
    flow = page.forms["recover-verify"].fields["flow"]
    ahead = citizen.open(f"/recover/password?flow={flow}")
    assert "recover-verify" in ahead.forms, "the way back to the first open step"
    csrf = page.forms["recover-verify"].fields["csrf"]
    forged = citizen.follow(citizen.session.post(citygate.issuer + "/recover/password", data={
        "csrf": csrf, "flow": flow, "new_password": "Xin-mima-2026", "confirm_password": "Xin-mima-2026"},
        allow_redirects=False))
    assert "recover-verify" in forged.forms
    page, code = citizen.code_for(page, "recover-verify", to=person["phone"])
    thief = Citizen(citygate)
    assert thief.open(f"/recover/verify?flow={flow}").error == "flow.expired"
    page = citizen.send(page, "recover-verify", sms_code=code)
    assert "recover-password" in page.forms
    assert thief.open(f"/recover/password?flow={flow}").error == "flow.expired"
    assert "recover-password" in citizen.open(f"/recover/verify?flow={flow}").forms
    moved_clock.advance(601)
    late = citizen.send(page, "recover-password", new_password="Xin-mima-2026", confirm_password="Xin-mima-2026")
    assert late.error == "flow.expired"


def test_a_code_of_another_purpose_does_not_reset_a_password(moved_clock, citizen):
    person = moved_clock.persona("王五")
    _, code = citizen.code_for(citizen.open("/login/sms"), "sms-login", person["phone"])
    page = citizen.send(citizen.open("/recover"), "recover-account", account=person["phone"])
    assert "请先获取短信验证码" in citizen.send(page, "recover-verify", sms_code=code).text


def test_a_locked_account_is_not_recovered(moved_clock, citizen):
    locked = [p for p in moved_clock.personas() if "锁定" in p["title"]][0]
    page = citizen.send(citizen.open("/recover"), "recover-account", account=locked["phone"])
    citizen.send(page, "recover-verify", op="send-code")
    assert moved_clock.messages(locked["phone"]) == []
