"""`/mp/v1` against the played host apps, over their own protocols; its description, checked by foreign tools."""

import os
import secrets
import subprocess
import sys

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from harness.phone import Phone, with_host_apps

PLATFORMS = ["wechat", "alipay", "baidu"]


@pytest.fixture(scope="module")
def server():
    with with_host_apps("mini") as server:
        yield server


@pytest.mark.parametrize("platform", PLATFORMS)
def test_logging_in_finds_the_account_of_the_verified_phone(server, platform):
    phone = Phone(server, "lisi", platform)
    codes = phone.codes()
    opened = phone.open(codes)
    assert "session_key" not in opened.text and "openid" not in opened.text
    phone.tokens = opened.json()
    if phone.tokens["status"] == "need_phone":
        found = phone.bring_phone(codes).json()
        assert found["status"] == "ready" and found["user"] == {
            "masked_phone": "138****0002", "name_masked": "*四", "level": "L2", "is_new": False}
    # From now on the host app's code is enough.
    again = phone.open().json()
    assert again["status"] == "ready" and again["user"]["masked_phone"] == "138****0002"


@pytest.mark.parametrize("platform", PLATFORMS)
def test_logging_in_registers_a_new_phone_once_the_agreement_is_accepted(server, platform):
    number = f"139{secrets.randbelow(10**8):08d}"
    phone = Phone(server, platform=platform, phone=number)
    phone.tokens = phone.open().json()
    assert phone.tokens["status"] == "need_phone"
    assert phone.bring_phone(phone.codes()).json()["status"] == "need_agreement"
    assert phone.get("me").status_code == 403
    done = phone.bring_phone(phone.codes(), agreement_version=phone.tokens["agreement"]["version"]).json()
    assert done["status"] == "ready" and done["user"]["is_new"] and done["user"]["level"] == "L1"
    assert phone.get("me").json()["user"]["masked_phone"] == f"{number[:3]}****{number[-4:]}"


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_code_is_good_once_and_for_its_own_app(server, platform):
    phone = Phone(server, "wangwu", platform)
    codes = phone.codes()
    assert phone.open(codes).status_code == 200
    again = phone.open(codes)
    assert again.status_code == 401 and again.json()["code"] == "mp.code_invalid"
    assert again.headers["content-type"] == "application/problem+json"
    other = phone.open(phone.codes() | {"app_id": "wx9999999999999999"})
    assert other.status_code == 403 and other.json()["code"] == "mp.app_unknown"


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_phone_that_the_host_app_did_not_vouch_for_joins_nothing(server, platform):
    mallory = Phone(server, platform=platform, phone=f"137{secrets.randbelow(10**8):08d}")
    mallory.tokens = mallory.open().json()
    bad = {"phone_code": "0" * 32} if platform == "wechat" else {"encrypted_data": "A" * 64, "iv": "A" * 22 + "=="}
    answer = mallory.post("sessions/phone", bad)
    assert answer.status_code == 401 and answer.json()["code"] == "mp.code_invalid"
    if platform == "baidu":
        # Another person's sealed phone does not open under this session's key.
        other = Phone(server, "zhangsan", platform).codes()
        assert mallory.bring_phone(other).status_code == 401
    if platform == "wechat":
        other = Phone(server, "zhangsan", platform).codes()
        assert mallory.bring_phone(other).status_code == 401


def test_phone_and_host_app_of_two_accounts_must_be_chosen_between(server):
    phone = Phone(server, "hongkong", "alipay").log_in()
    other = Phone(server, "macau", "alipay").codes()
    asked = phone.bring_phone(other).json()
    assert asked["status"] == "choose_account"
    assert [a["user"]["masked_phone"] for a in asked["accounts"]] == ["138****0007", "138****0008"]
    assert phone.get("me").json()["user"]["masked_phone"] == "138****0007"
    chosen = phone.bring_phone(Phone(server, "macau", "alipay").codes(), choose="phone").json()
    assert chosen["user"]["masked_phone"] == "138****0008"


def test_a_locked_account_does_not_get_in(server):
    phone = Phone(server, "locked")
    codes = phone.codes()
    phone.tokens = phone.open(codes).json()
    assert phone.bring_phone(codes).json()["code"] == "account.disabled"


@pytest.mark.parametrize("mode", ["down", "error", "malformed", "rate_limited"])
@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_host_app_in_trouble_is_named_and_nothing_breaks(server, platform, mode):
    phone = Phone(server, "wangwu", platform)
    phone.http = server.session(allow=(503,))
    codes = phone.codes()
    order = {"dependency": platform, "mode": mode, "count": 1}
    assert server.session().post(f"{server.issuer}/sandbox/faults", json=order, timeout=20).status_code == 204
    answer = phone.open(codes)
    assert answer.status_code == 503 and answer.json()["code"] == "mp.platform_down" and "Retry-After" in answer.headers
    # The code was not used up by the failure.
    assert phone.open(codes).status_code == 200


def test_a_repeated_post_is_done_once(server):
    phone = Phone(server, "wangwu").log_in()
    key = secrets.token_hex(8)
    first = phone.post("web-tickets", {"target": "/account"}, **{"Idempotency-Key": key})
    again = phone.post("web-tickets", {"target": "/account"}, **{"Idempotency-Key": key})
    assert first.json() == again.json()
    opened = server.session().get(first.json()["url"], timeout=20)
    assert opened.status_code == 200 and opened.url.endswith("/account")
    assert server.session().get(first.json()["url"], timeout=20).status_code == 410


def test_the_description_is_openapi(server):
    document = server.session().get(f"{server.issuer}/mp/v1/openapi.json", timeout=20).json()
    OpenAPIV31SpecValidator(document).validate()


def test_the_server_keeps_to_its_description(server, tmp_path):
    phone = Phone(server, "zhangsan").log_in()
    command = [sys.executable, "-m", "schemathesis.cli", "run", f"{server.issuer}/mp/v1/openapi.json",
               "-H", f"Authorization: Bearer {phone.tokens['access_token']}", "--exclude-path", "/mp/v1/sessions/current",
               "--max-examples", os.environ.get("CITYGATE_SCHEMATHESIS_EXAMPLES", "12"), "--phases", "examples,coverage,fuzzing",
               "--checks", "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance",
               "--seed", "20261124", "--no-color"]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert ran.returncode == 0, ran.stdout[-6000:] + ran.stderr[-2000:]
