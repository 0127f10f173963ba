"""Whole logins without a browser: each client authentication method, the claims, consent, the session."""

from urllib.parse import urljoin

import pytest

from harness.pages import Page
from harness.sandbox import Proof
from harness.tokens import check_id_token, header_of, verify
from harness.walker import Walker

METHODS = ["client_secret_basic", "client_secret_post", "private_key_jwt", "none"]


@pytest.mark.parametrize("method", METHODS)
def test_a_login_ends_with_validated_tokens_and_user_information(citygate, sandbox, walker, method):
    client = sandbox.client(method)
    proof = Proof()
    answer = walker.authorize(client, proof, state="the-state", nonce="the-nonce")
    assert answer.url.startswith(client.callback + "?")
    assert answer.parameters["state"] == "the-state"
    assert answer.parameters["iss"] == citygate.issuer  # RFC 9207 §2

    response = walker.redeem(client, answer, proof)
    assert response.status_code == 200, response.text
    assert "no-store" in response.headers["cache-control"]
    tokens = response.json()
    assert tokens["token_type"].lower() == "bearer"
    assert 0 < tokens["expires_in"] <= 3600

    claims = check_id_token(citygate, client, tokens["id_token"], "the-nonce", tokens["access_token"])
    assert header_of(tokens["id_token"])["alg"] == client.metadata.get("id_token_signed_response_alg", "RS256")
    assert claims["auth_time"] and claims["acr"] and claims["sid"]
    assert "pwd" in claims["amr"]

    access = verify(citygate, tokens["access_token"])
    assert access.header["typ"] == "at+jwt"  # RFC 9068 §2.1
    assert access.claims["client_id"] == client.id and access.claims["sub"] == claims["sub"]
    assert access.claims["jti"] and access.claims["aud"]

    information = walker.userinfo(tokens["access_token"])
    assert information.status_code == 200
    assert information.json()["sub"] == claims["sub"]
    assert "no-store" in information.headers["cache-control"]


def test_claims_follow_scopes(sandbox, walker, client):
    narrow = walker.userinfo(walker.tokens(client, scope="openid")["access_token"]).json()
    assert set(narrow) == {"sub"}
    wide = walker.userinfo(walker.tokens(client, scope="openid profile phone")["access_token"]).json()
    assert wide["sub"] == narrow["sub"]
    assert wide["phone_number"].endswith(walker.persona["phone"])
    assert wide["phone_number_verified"] is True


def test_the_same_person_is_the_same_subject_for_two_browsers(citygate, client):
    subjects = {Walker(citygate).userinfo(Walker(citygate).tokens(client)["access_token"]).json()["sub"] for _ in range(2)}
    assert len(subjects) == 1


def test_one_login_serves_further_requests_without_asking_again(walker, client):
    walker.authorize(client)
    walker.pages.clear()
    answer = walker.authorize(client)
    assert "code" in answer.parameters
    assert walker.pages == [], [page.name for page in walker.pages]


def test_consent_is_remembered_and_asked_again_for_more(walker, sandbox):
    client = sandbox.client("client_secret_post")
    walker.authorize(client, scope="openid")
    walker.pages.clear()
    walker.authorize(client, scope="openid")
    assert walker.pages == []
    walker.authorize(client, scope="openid", prompt="consent")
    assert [page.name for page in walker.pages] == ["consent"]


def test_a_refusal_is_told_to_the_relying_party(walker, client):
    answer = walker.authorize(client, decision="deny", prompt="consent", state="s")
    assert answer.parameters["error"] == "access_denied"
    assert answer.parameters["state"] == "s"
    assert "code" not in answer.parameters


def test_prompt_login_asks_for_the_password_again(walker, client):
    walker.authorize(client)
    walker.pages.clear()
    walker.authorize(client, prompt="login")
    assert walker.pages[0].name == "login"


def test_prompt_none_answers_without_a_page(citygate, walker, client):
    stranger = Walker(citygate).authorize(client, prompt="none", state="s")
    assert stranger.parameters["error"] == "login_required" and stranger.parameters["state"] == "s"
    walker.authorize(client)
    assert "code" in walker.authorize(client, prompt="none").parameters


def test_max_age_forces_a_new_login_and_auth_time_tells_it(citygate, walker, client, moved_clock):
    walker.authorize(client)
    moved_clock.advance(120)
    walker.pages.clear()
    walker.authorize(client, max_age="60")
    assert walker.pages[0].name == "login"


def test_form_post_delivers_the_code_in_a_form(walker, client):
    answer = walker.authorize(client, response_mode="form_post", state="s")
    assert answer.url == client.callback
    assert answer.parameters["state"] == "s" and answer.parameters["code"]


def test_the_authorization_endpoint_takes_post(walker, client):
    proof = Proof()
    response = walker.open_authorization(walker.request_parameters(client, proof), method="POST")
    assert "code" in walker.walk(response).parameters


def test_a_wrong_password_shows_the_form_again_and_tells_nothing(citygate, client):
    pages = []
    for account in ("zhangsan-nobody", None):
        walker = Walker(citygate)
        page = walker_to_login(walker, client)
        typed = {"account": account or walker.persona["username"], "password": "wrong-Pass-1"}
        pages.append(Page(walker.submit(page, "password-login", **typed)))
    for page in pages:
        assert page.status == 422 and page.name == "login"
        assert "wrong-Pass-1" not in page.response.text
    unknown, known = pages
    assert unknown.error == known.error


def test_a_wrong_captcha_spends_it(walker, client):
    page = walker_to_login(walker, client)
    right = walker.sandbox.captcha(page.forms["password-login"].fields["captcha_id"])
    wrong = "0000" if right != "0000" else "1111"
    typed = {"account": walker.persona["username"], "password": walker.persona["password"]}
    again = Page(walker.submit(page, "password-login", captcha=wrong, **typed))
    assert again.status == 422
    replay = Page(walker.submit(page, "password-login", captcha=right, **typed))
    assert replay.status == 422, "a captcha that was answered wrongly was taken afterwards"
    assert "code" in walker.walk(walker.submit(replay, "password-login", **typed)).parameters


def test_a_form_from_elsewhere_is_refused(walker, client):
    page = walker_to_login(walker, client)
    form = page.forms["password-login"]
    values = dict(form.fields) | {"account": walker.persona["username"], "password": walker.persona["password"],
                                  "captcha": walker.sandbox.captcha(form.fields["captcha_id"])}
    for name in list(values):
        if name == "csrf":
            values[name] = "forged"
    answer = walker.session.post(page.target(form), data=values, allow_redirects=False, timeout=20)
    assert answer.status_code in (400, 403) and "location" not in answer.headers


def test_another_browser_cannot_finish_a_login_it_did_not_begin(citygate, walker, client):
    page = walker_to_login(walker, client)
    thief = Walker(citygate)
    form = page.forms["password-login"]
    values = dict(form.fields) | {"account": thief.persona["username"], "password": thief.persona["password"],
                                  "captcha": thief.sandbox.captcha(form.fields["captcha_id"])}
    answer = thief.session.post(page.target(form), data=values, allow_redirects=False, timeout=20)
    assert answer.status_code in (400, 403, 410, 422) and "location" not in answer.headers


def walker_to_login(walker, client):
    """The login page of a fresh authorization request."""
    response = walker.open_authorization(walker.request_parameters(client, Proof()))
    while response.is_redirect:
        response = walker.session.get(urljoin(response.url, response.headers["location"]), allow_redirects=False, timeout=20)
    page = Page(response)
    assert "password-login" in page.forms, page.text[:300]
    return page
