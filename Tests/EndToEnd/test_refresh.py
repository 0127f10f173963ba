"""Refresh tokens: rotation, the honest retry, and the end of a family (RFC 6749 §6, RFC 9700 §4.14.2, OIDC Core §12)."""

import pytest
from authlib.integrations.requests_client import OAuth2Session
from requests_oauth2client import ClientSecretBasic, OAuth2Client

from harness.sandbox import Sandbox
from harness.tokens import check_id_token, payload_of
from harness.walker import Walker

OFFLINE = "openid profile offline_access"


def refresh(server, client, token: str, **changes):
    endpoint = server.metadata()["token_endpoint"]
    options = client.authentication(endpoint)
    data = options.pop("data", {}) | {"grant_type": "refresh_token", "refresh_token": token} | changes
    return server.session().post(endpoint, data=data, timeout=20, **options)


def refused(answer, error="invalid_grant"):
    assert answer.status_code == 400, f"{answer.status_code} {answer.text}"
    assert answer.json()["error"] == error, answer.text
    assert "no-store" in answer.headers["cache-control"]


@pytest.fixture
def tokens(signed_in, client):
    return signed_in.tokens(client, scope=OFFLINE)


def test_the_grant_and_the_scope_are_announced(citygate):
    metadata = citygate.metadata()
    assert "refresh_token" in metadata["grant_types_supported"]
    assert "offline_access" in metadata["scopes_supported"]


def test_only_who_asks_for_offline_access_gets_a_refresh_token(signed_in, client, tokens):
    assert tokens["refresh_token"] and "offline_access" in tokens["scope"].split()
    plain = signed_in.tokens(client, scope="openid profile")
    assert "refresh_token" not in plain


def test_each_use_gives_another_token_and_the_access_token_works(citygate, signed_in, client, tokens):
    held = tokens["refresh_token"]
    seen = {held}
    for _ in range(4):
        answer = refresh(citygate, client, held)
        assert answer.status_code == 200, answer.text
        body = answer.json()
        held = body["refresh_token"]
        assert held not in seen
        seen.add(held)
        assert body["scope"] == tokens["scope"] and body["token_type"] == "Bearer"
        assert signed_in.userinfo(body["access_token"]).status_code == 200
        assert payload_of(body["access_token"])["jti"] != payload_of(tokens["access_token"])["jti"]


def test_the_new_id_token_speaks_of_the_same_login_and_has_no_nonce(citygate, client, tokens):
    first = payload_of(tokens["id_token"])
    body = refresh(citygate, client, tokens["refresh_token"]).json()
    later = payload_of(body["id_token"])
    for name in ("iss", "sub", "aud", "auth_time", "acr", "amr", "sid"):
        assert later[name] == first[name], name
    assert first["nonce"] and "nonce" not in later
    assert later["iat"] >= first["iat"]
    check_id_token(citygate, client, body["id_token"], None, body["access_token"])


def test_an_honest_retry_gets_the_same_successor(citygate, client, tokens):
    answers = [refresh(citygate, client, tokens["refresh_token"]) for _ in range(3)]
    assert [a.status_code for a in answers] == [200] * 3
    assert len({a.json()["refresh_token"] for a in answers}) == 1
    assert refresh(citygate, client, answers[0].json()["refresh_token"]).status_code == 200


def test_a_token_that_returns_after_its_successor_was_used_ends_the_family(citygate, signed_in, client, tokens):
    second = refresh(citygate, client, tokens["refresh_token"]).json()
    third = refresh(citygate, client, second["refresh_token"]).json()
    refused(refresh(citygate, client, tokens["refresh_token"]))
    refused(refresh(citygate, client, third["refresh_token"]))
    for access in (tokens, second, third):
        assert signed_in.userinfo(access["access_token"]).status_code == 401


def test_a_token_that_returns_after_the_grace_ends_the_family(citygate, client, moved_clock):
    walker = Walker(citygate)
    tokens = walker.tokens(client, scope=OFFLINE)
    second = refresh(citygate, client, tokens["refresh_token"]).json()
    moved_clock.advance(9)
    assert refresh(citygate, client, tokens["refresh_token"]).json()["refresh_token"] == second["refresh_token"]
    moved_clock.advance(2)
    refused(refresh(citygate, client, tokens["refresh_token"]))
    refused(refresh(citygate, client, second["refresh_token"]))
    assert walker.userinfo(second["access_token"]).status_code == 401


def test_no_rotation_prolongs_a_family(citygate, client, moved_clock):
    day = 86_400
    held = Walker(citygate).tokens(client, scope=OFFLINE)["refresh_token"]
    for days in (10, 10, 9.9):
        moved_clock.advance(int(days * day))
        answer = refresh(citygate, client, held)
        assert answer.status_code == 200, answer.text
        held = answer.json()["refresh_token"]
    moved_clock.advance(day // 5)
    refused(refresh(citygate, client, held))


def test_scope_may_be_narrowed_for_one_access_token_and_never_widened(citygate, client, tokens):
    refused(refresh(citygate, client, tokens["refresh_token"], scope="openid phone"), "invalid_scope")
    narrow = refresh(citygate, client, tokens["refresh_token"], scope="profile").json()
    assert narrow["scope"] == "profile" and payload_of(narrow["access_token"])["scope"] == "profile"
    assert "id_token" not in narrow
    whole = refresh(citygate, client, narrow["refresh_token"]).json()
    assert whole["scope"] == tokens["scope"] and "id_token" in whole


def test_a_resource_must_be_one_of_those_granted(citygate, signed_in, client, tokens):
    resource = client.metadata["resources"][0]
    refused(refresh(citygate, client, tokens["refresh_token"], resource=resource), "invalid_target")
    granted = signed_in.tokens(client, scope=OFFLINE, resource=resource)
    refused(refresh(citygate, client, granted["refresh_token"], resource="https://elsewhere.example/"), "invalid_target")
    body = refresh(citygate, client, granted["refresh_token"], resource=resource).json()
    assert payload_of(body["access_token"])["aud"] == resource
    # None named is all of them.
    assert payload_of(refresh(citygate, client, body["refresh_token"]).json()["access_token"])["aud"] == resource


def test_another_client_cannot_use_it_and_ends_nothing_by_trying(citygate, sandbox, client, tokens):
    other = sandbox.client("client_secret_post")
    refused(refresh(citygate, other, tokens["refresh_token"]))
    assert refresh(citygate, client, tokens["refresh_token"]).status_code == 200
    refused(refresh(citygate, other, tokens["refresh_token"]))
    assert refresh(citygate, client, tokens["refresh_token"]).status_code == 200


def test_a_public_client_rotates_too(citygate, sandbox, signed_in):
    client = sandbox.client("none")
    tokens = signed_in.tokens(client, scope=OFFLINE)
    second = refresh(citygate, client, tokens["refresh_token"]).json()
    third = refresh(citygate, client, second["refresh_token"]).json()
    refused(refresh(citygate, client, tokens["refresh_token"]))
    refused(refresh(citygate, client, third["refresh_token"]))


@pytest.mark.parametrize("text", ["x", "a.b.c", "A" * 46, "A" * 45, "A" * 513, "é" * 23, "__________" * 4 + "______"])
def test_text_that_is_no_refresh_token_is_invalid_grant(citygate, client, text):
    refused(refresh(citygate, client, text))


def test_tokens_of_other_kinds_do_not_refresh(citygate, client, tokens):
    refused(refresh(citygate, client, tokens["access_token"]))
    refused(refresh(citygate, client, tokens["id_token"]))


def test_form_faults_are_invalid_request(citygate, client):
    refused(refresh(citygate, client, ""), "invalid_request")
    answer = citygate.session().post(
        citygate.metadata()["token_endpoint"], auth=(client.id, client.secret), timeout=20,
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        data="grant_type=refresh_token&refresh_token=a&refresh_token=b")
    refused(answer, "invalid_request")


def test_a_client_that_is_not_registered_for_it_is_unauthorized(citygate, sandbox):
    service = next(c for c in sandbox.clients() if c.id == "sandbox-service")
    refused(refresh(citygate, service, "A" * 46), "unauthorized_client")


def test_a_code_that_returns_ends_the_refresh_tokens_too(citygate, client, signed_in):
    from harness.sandbox import Proof
    proof = Proof()
    answer = signed_in.authorize(client, proof, scope=OFFLINE)
    tokens = signed_in.redeem(client, answer, proof).json()
    refused(signed_in.redeem(client, answer, proof))
    refused(refresh(citygate, client, tokens["refresh_token"]))


def test_authlib_refreshes(citygate, client, tokens):
    party = OAuth2Session(client.id, client.secret, token={**tokens, "expires_at": 1},
                          token_endpoint=citygate.metadata()["token_endpoint"],
                          token_endpoint_auth_method="client_secret_basic")
    # The token has expired: the library refreshes before it asks.
    information = party.get(citygate.metadata()["userinfo_endpoint"])
    assert information.status_code == 200
    assert party.token["refresh_token"] != tokens["refresh_token"]
    renewed = party.refresh_token(citygate.metadata()["token_endpoint"], scope="openid")
    assert renewed["scope"] == "openid"


def test_requests_oauth2client_refreshes(citygate, client, tokens):
    metadata = citygate.metadata()
    party = OAuth2Client(metadata["token_endpoint"], userinfo_endpoint=metadata["userinfo_endpoint"],
                         auth=ClientSecretBasic(client.id, client.secret), testing=True)
    renewed = party.refresh_token(tokens["refresh_token"])
    assert renewed.refresh_token != tokens["refresh_token"]
    assert party.userinfo(renewed)["sub"] == payload_of(tokens["id_token"])["sub"]
