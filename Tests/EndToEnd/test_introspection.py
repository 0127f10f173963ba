"""What a service learns about a token it was shown (RFC 7662)."""

import pytest
from authlib.integrations.requests_client import OAuth2Session
from requests_oauth2client import ClientSecretBasic, OAuth2Client

from harness.tokens import payload_of
from harness.walker import Walker

INACTIVE = {"active": False}
MEMBERS = {"active", "token_type", "client_id", "sub", "aud", "scope", "iat", "exp", "jti", "acr", "auth_time"}


def named(sandbox, name: str):
    return next(client for client in sandbox.clients() if client.id == name)


def introspect(server, client, token: str, **more):
    return server.post("/oauth2/introspect", data={"token": token} | more, auth=(client.id, client.secret))


@pytest.fixture
def api(sandbox):
    """The registered resource server."""
    return named(sandbox, "sandbox-resource-server")


@pytest.fixture
def resource(api):
    return api.metadata["resources"][0]


@pytest.fixture
def tokens(signed_in, client, resource):
    return signed_in.tokens(client, scope="openid profile phone offline_access", resource=resource)


def test_the_endpoint_is_announced_and_no_public_client_is(citygate):
    metadata = citygate.metadata()
    assert metadata["introspection_endpoint"] == citygate.issuer + "/oauth2/introspect"
    methods = metadata["introspection_endpoint_auth_methods_supported"]
    assert "client_secret_basic" in methods and "none" not in methods


def test_a_service_learns_about_tokens_for_it_and_nothing_about_the_person(citygate, client, api, tokens, resource):
    answer = introspect(citygate, api, tokens["access_token"])
    assert answer.status_code == 200 and "no-store" in answer.headers["cache-control"]
    body = answer.json()
    claims = payload_of(tokens["access_token"])
    assert set(body) == MEMBERS
    assert body["active"] is True and body["token_type"] == "Bearer" and body["client_id"] == client.id
    assert body["aud"] == resource and body["scope"] == tokens["scope"]
    for name in ("sub", "iat", "exp", "jti", "acr", "auth_time"):
        assert body[name] == claims[name], name


def test_the_client_itself_may_ask(citygate, client, tokens):
    assert introspect(citygate, client, tokens["access_token"]).json()["active"] is True


def test_a_service_learns_nothing_about_tokens_for_others(citygate, signed_in, sandbox, client, api):
    tokens = signed_in.tokens(client, scope="openid profile")
    assert introspect(citygate, api, tokens["access_token"]).json() == INACTIVE
    assert introspect(citygate, named(sandbox, "sandbox-first-party"), tokens["access_token"]).json() == INACTIVE


@pytest.mark.parametrize("hint", ["access_token", "refresh_token", "nonsense"])
def test_a_wrong_hint_hides_nothing(citygate, client, tokens, hint):
    for kind in ("access_token", "refresh_token"):
        assert introspect(citygate, client, tokens[kind], token_type_hint=hint).json()["active"] is True


def test_a_refresh_token_is_its_own_clients_business(citygate, client, api, tokens):
    body = introspect(citygate, client, tokens["refresh_token"]).json()
    assert set(body) == {"active", "client_id", "sub", "scope", "iat", "exp"}
    assert body["client_id"] == client.id and body["scope"] == tokens["scope"]
    assert 29 * 86_400 < body["exp"] - body["iat"] <= 30 * 86_400
    assert introspect(citygate, api, tokens["refresh_token"]).json() == INACTIVE


def test_a_spent_refresh_token_is_inactive(citygate, client, tokens):
    citygate.post("/oauth2/token", auth=(client.id, client.secret),
                  data={"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]})
    assert introspect(citygate, client, tokens["refresh_token"]).json() == INACTIVE


def test_text_that_is_no_token_is_inactive(citygate, api, tokens):
    for text in ("x", "A" * 46, "a.b.c", tokens["id_token"], tokens["access_token"][:-2], tokens["access_token"] + "A", "é"):
        assert introspect(citygate, api, text).json() == INACTIVE, text[:60]


def test_an_expired_token_is_inactive(citygate, client, moved_clock):
    tokens = Walker(citygate).tokens(client)
    assert introspect(citygate, client, tokens["access_token"]).json()["active"] is True
    moved_clock.advance(tokens["expires_in"] + 1)
    assert introspect(citygate, client, tokens["access_token"]).json() == INACTIVE


def test_who_does_not_authenticate_learns_nothing(citygate, sandbox, client, tokens):
    public = sandbox.client("none")
    for options in ({"data": {"token": tokens["access_token"]}},
                    {"data": {"token": tokens["access_token"], "client_id": public.id}},
                    {"data": {"token": tokens["access_token"]}, "auth": (client.id, "wrong")},
                    {"data": {"token": tokens["access_token"]}, "headers": {"Authorization": f"Bearer {tokens['access_token']}"}}):
        answer = citygate.post("/oauth2/introspect", **options)
        assert answer.status_code == 401 and answer.json()["error"] == "invalid_client", answer.text
        assert "www-authenticate" in answer.headers


def test_form_faults_are_invalid_request(citygate, api):
    for data in ("", "token=", "token=a&token=b"):
        answer = citygate.post("/oauth2/introspect", data=data, auth=(api.id, api.secret),
                               headers={"Content-Type": "application/x-www-form-urlencoded"})
        assert answer.status_code == 400 and answer.json()["error"] == "invalid_request", data


def test_no_other_origin_may_read_it(citygate, api):
    answer = citygate.post("/oauth2/introspect", data={"token": "x"}, auth=(api.id, api.secret),
                           headers={"Origin": "https://spa.example"})
    assert "access-control-allow-origin" not in answer.headers


def test_a_services_token_has_no_person(citygate, sandbox, api, resource):
    service = named(sandbox, "sandbox-service")
    token = citygate.post("/oauth2/token", auth=(service.id, service.secret), data={
        "grant_type": "client_credentials", "resource": resource, "scope": "records.read"}).json()["access_token"]
    body = introspect(citygate, api, token).json()
    assert set(body) == MEMBERS - {"acr", "auth_time"}
    assert body["sub"] == body["client_id"] == service.id and body["scope"] == "records.read"


def test_an_opaque_access_token_is_understood_here_and_nowhere_else(citygate, signed_in, sandbox, api, resource):
    client = named(sandbox, "sandbox-opaque")
    own = signed_in.tokens(client, scope="openid profile")
    assert "." not in own["access_token"] and own["token_type"] == "Bearer"
    assert signed_in.userinfo(own["access_token"]).json()["sub"] == payload_of(own["id_token"])["sub"]
    assert introspect(citygate, api, own["access_token"]).json() == INACTIVE
    for_api = signed_in.tokens(client, scope="openid profile", resource=resource)
    body = introspect(citygate, api, for_api["access_token"]).json()
    assert set(body) == MEMBERS and body["aud"] == resource
    assert signed_in.userinfo(for_api["access_token"]).status_code == 401
    assert introspect(citygate, client, for_api["access_token"]).json()["jti"] == body["jti"]


def test_an_expired_opaque_token_is_inactive(citygate, sandbox, moved_clock):
    client = named(sandbox, "sandbox-opaque")
    walker = Walker(citygate)
    tokens = walker.tokens(client)
    moved_clock.advance(tokens["expires_in"] + 1)
    assert introspect(citygate, client, tokens["access_token"]).json() == INACTIVE
    assert walker.userinfo(tokens["access_token"]).status_code == 401


def test_authlib_introspects(citygate, api, tokens):
    party = OAuth2Session(api.id, api.secret)
    answer = party.introspect_token(citygate.metadata()["introspection_endpoint"], token=tokens["access_token"],
                                    token_type_hint="access_token")
    assert answer.json()["active"] is True


def test_requests_oauth2client_introspects_and_revokes(citygate, client, tokens):
    metadata = citygate.metadata()
    party = OAuth2Client(metadata["token_endpoint"], introspection_endpoint=metadata["introspection_endpoint"],
                         revocation_endpoint=metadata["revocation_endpoint"], auth=ClientSecretBasic(client.id, client.secret), testing=True)
    assert party.introspect_token(tokens["access_token"])["active"] is True
    assert party.revoke_refresh_token(tokens["refresh_token"])
    assert party.introspect_token(tokens["access_token"]) == INACTIVE
