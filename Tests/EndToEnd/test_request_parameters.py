"""What the parameters of an authorization request do (OpenID Connect Core §3.1.2.1, §5.5): each at its place, redirect, page or token."""

import json

import pytest

from harness.pages import Page
from harness.sandbox import Proof
from harness.tokens import payload_of
from harness.walker import Answer, Walker

LEVEL = "urn:citygate:acr:L"


def first(walker, client, proof=None, **changes):
    """The first answer to a request: the page it leads to, or where it was redirected."""
    response = walker.open_authorization(walker.request_parameters(client, proof or Proof(), **changes))
    for _ in range(4):
        if not response.is_redirect:
            return Page(response)
        target = response.headers["location"]
        if not target.startswith("/") and not target.startswith(walker.server.issuer):
            return Answer.of(target)
        response = walker.session.get(walker.server.issuer + target if target.startswith("/") else target,
                                      allow_redirects=False, timeout=20)
    raise AssertionError("no answer")


def told(answer) -> str:
    assert isinstance(answer, Answer), f"page {answer.name}: {answer.text[:200]}"
    return answer.parameters.get("error") or ("code" if "code" in answer.parameters else "nothing")


def id_token(walker, client, **changes) -> dict:
    return payload_of(walker.tokens(client, **changes)["id_token"])


@pytest.fixture
def at_home(citygate, client):
    """Signed in and consented, in a browser of its own."""
    walker = Walker(citygate)
    walker.authorize(client)
    return walker


# prompt


def test_prompt_none_shows_nothing(citygate, walker, client, at_home):
    assert told(first(walker, client, prompt="none")) == "login_required"
    assert told(first(at_home, client, prompt="none")) == "code"
    assert told(first(at_home, client, prompt="none", scope="openid profile email phone")) == "consent_required"


def test_prompt_login_asks_again_and_the_token_says_when(at_home, client, moved_clock):
    before = id_token(at_home, client)["auth_time"]
    moved_clock.advance(30)
    assert first(at_home, client, prompt="login").name == "login"
    assert id_token(at_home, client, prompt="login")["auth_time"] >= before + 30


def test_prompt_consent_asks_although_it_was_given(at_home, client):
    assert first(at_home, client).parameters["code"]
    page = first(at_home, client, prompt="consent")
    assert "consent" in page.forms
    denied = at_home.walk(page.response, decision="deny")
    assert denied.parameters["error"] == "access_denied"


def test_prompt_login_and_consent_asks_both(at_home, client):
    at_home.pages.clear()
    at_home.authorize(client, prompt="login consent")
    assert [page.name for page in at_home.pages] == ["login", "consent"]


def test_prompt_select_account_lets_another_in(citygate, at_home, client):
    mine = id_token(at_home, client)["sub"]
    assert first(at_home, client, prompt="select_account").name == "login"
    at_home._persona = [p for p in at_home.sandbox.personas() if p["username"] != at_home.persona["username"]
                        and p.get("password")][0]
    assert id_token(at_home, client, prompt="select_account")["sub"] != mine


@pytest.mark.parametrize("prompt", ["none login", "none consent", "unheard-of", "LOGIN"])
def test_a_prompt_that_is_none_is_refused(at_home, client, prompt):
    assert told(first(at_home, client, prompt=prompt)) == "invalid_request"


def test_prompts_are_announced_as_they_are_taken(citygate, at_home, client):
    announced = citygate.metadata()["prompt_values_supported"]
    assert {"none", "login", "consent", "select_account"} <= set(announced)
    for prompt in announced:
        answer = first(at_home, client, prompt=prompt)
        assert isinstance(answer, Page) or told(answer) != "invalid_request", prompt


# max_age


def test_max_age_asks_for_a_login_that_is_not_older(at_home, client, moved_clock):
    assert told(first(at_home, client, max_age="600")) == "code"
    moved_clock.advance(601)
    assert first(at_home, client, max_age="600").name == "login"
    assert told(first(at_home, client, max_age="600", prompt="none")) == "login_required"
    assert told(first(at_home, client, max_age="700")) == "code"
    assert id_token(at_home, client, max_age="600")["auth_time"] > 0
    assert told(first(at_home, client, max_age="600")) == "code"


def test_max_age_zero_is_a_fresh_login(at_home, client):
    assert first(at_home, client, max_age="0").name == "login"
    assert told(first(at_home, client, max_age="0", prompt="none")) == "login_required"


# Hints


def test_login_hint_fills_the_field_and_is_nothing_more(walker, client):
    page = first(walker, client, login_hint='"><script>alert(1)</script>')
    assert page.forms["password-login"].fields["account"] == '"><script>alert(1)</script>'
    assert "<script>alert(1)" not in page.response.text
    assert first(walker, client, login_hint="zhangsan").forms["password-login"].fields["account"] == "zhangsan"
    assert told(first(walker, client, login_hint="x" * 257)) == "invalid_request"


def test_id_token_hint_names_who_may_answer(citygate, at_home, client, moved_clock):
    hint = at_home.tokens(client)["id_token"]
    assert told(first(at_home, client, id_token_hint=hint, prompt="none")) == "code"
    moved_clock.advance(3600)
    assert told(first(at_home, client, id_token_hint=hint, prompt="none")) == "code", "an expired hint is a hint"
    other = Walker(citygate, [p for p in moved_clock.personas() if p["username"] != at_home.persona["username"]
                              and p.get("password")][0])
    other.authorize(client)
    assert told(first(other, client, id_token_hint=hint, prompt="none")) == "login_required"
    assert first(other, client, id_token_hint=hint).name == "login"
    # Whoever logs in as somebody else all the same is refused to the relying party.
    assert other.authorize(client, id_token_hint=hint).parameters["error"] == "login_required"


def test_a_hint_of_another_client_or_of_nobody_is_refused(at_home, sandbox, client):
    stranger = sandbox.client("client_secret_post")
    hint = at_home.tokens(stranger)["id_token"]
    head, body, signature = hint.split(".")
    for bad in (hint, f"{head}.{body}.", "x", f"{head}.{body}.{signature[:-4]}AAAA"):
        assert told(first(at_home, client, id_token_hint=bad, prompt="none")) == "invalid_request", bad[:40]


# claims


def claims(**wishes) -> str:
    return json.dumps(wishes)


def test_claims_are_given_one_by_one_where_they_were_asked_for(at_home, client):
    tokens = at_home.tokens(client, scope="openid", claims=claims(
        id_token={"phone_number": None, "auth_time": {"essential": True}},
        userinfo={"email": {"essential": True}, "preferred_username": None, "unheard_of": None}))
    said = payload_of(tokens["id_token"])
    information = at_home.userinfo(tokens["access_token"]).json()
    assert said["phone_number"] == f"+86{at_home.persona['phone']}" and "phone_number" not in information
    assert information["preferred_username"] == at_home.persona["username"] and "preferred_username" not in said
    assert "unheard_of" not in information and said["auth_time"]


def test_claims_are_named_on_the_consent_page_and_asked_for_once(at_home, sandbox):
    client = sandbox.client_named("sandbox-hybrid")
    at_home.authorize(client, scope="openid")
    wish = claims(userinfo={"email": None})
    page = first(at_home, client, scope="openid", claims=wish)
    assert "consent" in page.forms and "电子邮箱" in page.text
    at_home.walk(page.response)
    assert told(first(at_home, client, scope="openid", claims=wish, prompt="none")) == "code"
    more = claims(userinfo={"email": None, "phone_number": None})
    assert told(first(at_home, client, scope="openid", claims=more, prompt="none")) == "consent_required"


def test_a_claim_by_value_is_given_with_that_value_only(at_home, client):
    wish = {"preferred_username": {"value": "somebody-else"}, "gender": {"values": ["x", "y"]}}
    tokens = at_home.tokens(client, scope="openid", claims=claims(userinfo=wish))
    information = at_home.userinfo(tokens["access_token"]).json()
    assert set(information) == {"sub"}


def test_identity_data_is_not_had_by_naming_it(at_home, client):
    """`nationality` is not among what the client is entitled to, whatever the person would say."""
    tokens = at_home.tokens(client, scope="openid", claims=claims(userinfo={"nationality": {"essential": True}}))
    assert "nationality" not in at_home.userinfo(tokens["access_token"]).json()


def test_a_subject_by_value_is_that_person_or_nobody(at_home, client):
    subject = id_token(at_home, client)["sub"]
    mine = claims(id_token={"sub": {"value": subject}})
    assert told(first(at_home, client, claims=mine, prompt="none")) == "code"
    other = claims(id_token={"sub": {"value": "somebody-else"}})
    assert told(first(at_home, client, claims=other, prompt="none")) == "login_required"
    assert first(at_home, client, claims=other).name == "login"


@pytest.mark.parametrize("text", ["{", "[]", "7", '{"id_token":7}', '{"userinfo":{"email":7}}', '{"a":1,"a":2}',
                                  '{"userinfo":{"email":{"values":"x"}}}', '{"userinfo":{"email":{"essential":"yes"}}}'])
def test_claims_that_are_none_are_refused(at_home, client, text):
    assert told(first(at_home, client, claims=text)) == "invalid_request"


# acr


def test_acr_values_are_a_preference_and_the_token_says_what_is_true(citygate, at_home, client):
    assert set(id_token(at_home, client)["acr"]) <= set("urn:citygate:acr:L1234")
    level = id_token(at_home, client)["acr"]
    # L1 was asked for: a person of any level has it, and the token says so.
    assert id_token(at_home, client, acr_values=f"{LEVEL}1")["acr"] == f"{LEVEL}1"
    assert id_token(at_home, client, acr_values="urn:other:acr")["acr"] == level
    assert all(value.startswith(LEVEL) for value in citygate.metadata()["acr_values_supported"])


def test_an_essential_acr_that_cannot_be_had_is_an_error(at_home, client):
    wish = claims(id_token={"acr": {"essential": True, "values": ["urn:other:acr"]}})
    assert told(first(at_home, client, claims=wish)) == "unmet_authentication_requirements"
    out_of_reach = claims(id_token={"acr": {"essential": True, "values": [f"{LEVEL}4"]}})
    assert first(at_home, client, claims=out_of_reach).name == "assurance"
    assert told(first(at_home, client, claims=out_of_reach, prompt="none")) == "unmet_authentication_requirements"
    assert at_home.authorize(client, claims=out_of_reach).parameters["error"] == "unmet_authentication_requirements"
    fine = claims(id_token={"acr": {"essential": True, "values": [f"{LEVEL}1", "urn:other:acr"]}})
    assert told(first(at_home, client, claims=fine)) == "code"


# Presentation


@pytest.mark.parametrize("display, face", [("touch", "h5"), ("wap", "h5"), ("page", "pc"), ("popup", "pc"), ("unheard-of", "pc")])
def test_display_decides_the_face(walker, client, display, face):
    page = first(walker, client, display=display)
    assert page.name == "login" and f'data-face="{face}"' in page.response.text


def test_a_display_that_is_none_leaves_the_face_to_the_browser(walker, client):
    walker.session.headers["User-Agent"] = "Mozilla/5.0 (Linux; Android 15) Mobile"
    for display in ("unheard-of", ""):
        assert 'data-face="h5"' in first(walker, client, display=display).response.text
    assert 'data-face="pc"' in first(walker, client, display="page").response.text


@pytest.mark.parametrize("locales", ["zh-CN", "en fr", "zh-Hans-CN zh", "x" * 300, "-- - _ é"])
def test_ui_locales_is_never_an_error(walker, client, locales):
    page = first(walker, client, ui_locales=locales)
    assert page.name == "login" and 'lang="zh-CN"' in page.response.text
