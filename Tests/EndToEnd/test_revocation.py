"""Revocation of either token: the whole authorization goes, at once and everywhere (RFC 7009)."""

import time

import pytest
from authlib.integrations.requests_client import OAuth2Session

from harness.postgres import Postgres
from harness.sandbox import Sandbox
from harness.server import Citygate
from harness.walker import Walker

OFFLINE = "openid profile offline_access"


def revoke(server, client, token: str, **more):
    options = client.authentication(server.metadata()["token_endpoint"])
    data = options.pop("data", {}) | {"token": token} | more
    return server.post("/oauth2/revoke", data=data, **options)


def refresh(server, client, token: str):
    options = client.authentication(server.metadata()["token_endpoint"])
    data = options.pop("data", {}) | {"grant_type": "refresh_token", "refresh_token": token}
    return server.post("/oauth2/token", data=data, **options)


def introspect(server, client, token: str):
    answer = server.post("/oauth2/introspect", data={"token": token}, auth=(client.id, client.secret))
    assert answer.status_code == 200, answer.text
    return answer.json()


def named(sandbox, name: str):
    return next(client for client in sandbox.clients() if client.id == name)


def taken(answer):
    assert answer.status_code == 200 and not answer.content, f"{answer.status_code} {answer.text}"
    assert "no-store" in answer.headers["cache-control"]


@pytest.fixture
def tokens(signed_in, client):
    return signed_in.tokens(client, scope=OFFLINE)


def test_the_endpoint_is_announced_with_its_methods(citygate):
    metadata = citygate.metadata()
    assert metadata["revocation_endpoint"] == citygate.issuer + "/oauth2/revoke"
    assert set(metadata["revocation_endpoint_auth_methods_supported"]) == set(metadata["token_endpoint_auth_methods_supported"])


@pytest.mark.parametrize("kind", ["refresh_token", "access_token"])
@pytest.mark.parametrize("hint", [None, "refresh_token", "access_token", "saml2_token"])
def test_either_token_ends_the_whole_family(citygate, signed_in, client, tokens, kind, hint):
    later = refresh(citygate, client, tokens["refresh_token"]).json()
    assert signed_in.userinfo(tokens["access_token"]).status_code == 200
    taken(revoke(citygate, client, later[kind], **({"token_type_hint": hint} if hint else {})))
    for access in (tokens["access_token"], later["access_token"]):
        assert signed_in.userinfo(access).status_code == 401
        assert introspect(citygate, client, access) == {"active": False}
    assert refresh(citygate, client, later["refresh_token"]).json()["error"] == "invalid_grant"
    assert introspect(citygate, client, later["refresh_token"]) == {"active": False}
    taken(revoke(citygate, client, later[kind]))


def test_a_spent_refresh_token_ends_the_family_as_well(citygate, client, tokens):
    later = refresh(citygate, client, tokens["refresh_token"]).json()
    taken(revoke(citygate, client, tokens["refresh_token"]))
    assert refresh(citygate, client, later["refresh_token"]).json()["error"] == "invalid_grant"


@pytest.mark.parametrize("text", ["x", "A" * 46, "a.b.c", "ey.ey.ey", "é", "A" * 9000])
def test_an_unknown_token_is_no_error(citygate, client, text):
    taken(revoke(citygate, client, text))


def test_another_clients_token_is_left_alone(citygate, sandbox, signed_in, client, tokens):
    other = sandbox.client("client_secret_post")
    taken(revoke(citygate, other, tokens["refresh_token"]))
    taken(revoke(citygate, other, tokens["access_token"]))
    assert signed_in.userinfo(tokens["access_token"]).status_code == 200
    assert refresh(citygate, client, tokens["refresh_token"]).status_code == 200


def test_a_public_client_revokes_by_its_name(citygate, sandbox, signed_in):
    client = sandbox.client("none")
    tokens = signed_in.tokens(client, scope=OFFLINE)
    taken(revoke(citygate, client, tokens["refresh_token"]))
    assert signed_in.userinfo(tokens["access_token"]).status_code == 401


def test_private_key_jwt_revokes(citygate, sandbox, signed_in):
    client = sandbox.client("private_key_jwt")
    tokens = signed_in.tokens(client, scope=OFFLINE)
    taken(revoke(citygate, client, tokens["access_token"]))
    assert signed_in.userinfo(tokens["access_token"]).status_code == 401


def test_who_cannot_authenticate_revokes_nothing(citygate, signed_in, client, tokens):
    answer = citygate.post("/oauth2/revoke", data={"token": tokens["refresh_token"]}, auth=(client.id, "wrong"))
    assert answer.status_code == 401 and answer.json()["error"] == "invalid_client"
    assert answer.headers["www-authenticate"].startswith("Basic")
    assert citygate.post("/oauth2/revoke", data={"token": "x"}).status_code == 401
    assert signed_in.userinfo(tokens["access_token"]).status_code == 200


def test_form_faults_are_invalid_request(citygate, client):
    for data in ("", "token=", "token=a&token=b", "token_type_hint=access_token"):
        answer = citygate.post("/oauth2/revoke", data=data, auth=(client.id, client.secret),
                               headers={"Content-Type": "application/x-www-form-urlencoded"})
        assert answer.status_code == 400 and answer.json()["error"] == "invalid_request", data


def test_browsers_of_other_origins_may_revoke(citygate, sandbox):
    client = sandbox.client("none")
    answer = citygate.post("/oauth2/revoke", data={"token": "x", "client_id": client.id},
                           headers={"Origin": "https://spa.example"})
    assert answer.headers["access-control-allow-origin"] == "*"
    preflight = citygate.session().options(citygate.address + "/oauth2/revoke", timeout=20, headers={
        "Origin": "https://spa.example", "Access-Control-Request-Method": "POST"})
    assert preflight.status_code == 204 and "POST" in preflight.headers["access-control-allow-methods"]


@pytest.mark.parametrize("name", ["sandbox-service", "sandbox-opaque"])
def test_a_services_own_token_is_revocable(citygate, sandbox, name):
    service, api = named(sandbox, name), named(sandbox, "sandbox-resource-server")

    def token():
        answer = citygate.post("/oauth2/token", auth=(service.id, service.secret), data={
            "grant_type": "client_credentials", "resource": api.metadata["resources"][0]})
        assert answer.status_code == 200, answer.text
        return answer.json()["access_token"]

    ended, other = token(), token()
    assert introspect(citygate, api, ended)["active"] and introspect(citygate, api, other)["active"]
    taken(revoke(citygate, service, ended))
    assert introspect(citygate, api, ended) == {"active": False}
    assert introspect(citygate, service, ended) == {"active": False}
    assert introspect(citygate, api, other)["active"]


def test_authlib_revokes(citygate, signed_in, client, tokens):
    party = OAuth2Session(client.id, client.secret, token_endpoint_auth_method="client_secret_basic",
                          revocation_endpoint_auth_method="client_secret_basic")
    answer = party.revoke_token(citygate.metadata()["revocation_endpoint"], token=tokens["refresh_token"],
                                token_type_hint="refresh_token")
    assert answer.status_code == 200
    assert signed_in.userinfo(tokens["access_token"]).status_code == 401


def test_what_one_server_revokes_is_dead_at_the_other_within_a_second():
    with Postgres() as postgres, Citygate("one", database_url=postgres.url) as first:
        with Citygate("two", database_url=postgres.url, keys=first.keys, issuer=first.issuer) as second:
            sandbox = Sandbox(first)
            client, service = sandbox.client("client_secret_basic"), named(sandbox, "sandbox-service")
            api = named(sandbox, "sandbox-resource-server")
            walker = Walker(first)
            for _ in range(5):
                tokens = walker.tokens(client, scope=OFFLINE)
                machine = first.post("/oauth2/token", auth=(service.id, service.secret), data={
                    "grant_type": "client_credentials", "resource": api.metadata["resources"][0]}).json()["access_token"]
                # The other server has verified them before and remembers that.
                assert walker.userinfo(tokens["access_token"], second).status_code == 200
                assert introspect(second, client, tokens["access_token"])["active"]
                assert introspect(second, api, machine)["active"]
                began = time.monotonic()
                taken(revoke(first, client, tokens["refresh_token"]))
                taken(revoke(first, service, machine))
                assert walker.userinfo(tokens["access_token"], second).status_code == 401
                assert introspect(second, client, tokens["access_token"]) == {"active": False}
                assert introspect(second, api, machine) == {"active": False}
                assert refresh(second, client, tokens["refresh_token"]).json()["error"] == "invalid_grant"
                assert time.monotonic() - began < 1
