"""What the server says about itself (OpenID Connect Discovery §3, RFC 8414, RFC 7517)."""

import re

from harness.tokens import published_keys

PRIVATE_MEMBERS = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}
ENDPOINTS = {
    "authorization_endpoint": "/oauth2/authorize", "token_endpoint": "/oauth2/token",
    "userinfo_endpoint": "/oauth2/userinfo", "jwks_uri": "/oauth2/jwks", "end_session_endpoint": "/oauth2/logout",
}


def test_both_well_known_forms_say_the_same(citygate):
    openid = citygate.get("/.well-known/openid-configuration")
    oauth = citygate.get("/.well-known/oauth-authorization-server")
    assert openid.status_code == oauth.status_code == 200
    assert openid.headers["content-type"].startswith("application/json")
    shared = set(oauth.json()) & set(openid.json())
    assert {k: oauth.json()[k] for k in shared} == {k: openid.json()[k] for k in shared}
    assert shared >= {"issuer", "token_endpoint", "jwks_uri", "response_types_supported"}


def test_the_issuer_is_exact_and_the_endpoints_lie_below_it(citygate):
    metadata = citygate.metadata()
    assert metadata["issuer"] == citygate.issuer
    for name, path in ENDPOINTS.items():
        assert metadata[name] == citygate.issuer + path, name


def test_required_metadata_is_there_and_promises_only_what_is_served(citygate):
    metadata = citygate.metadata()
    assert set(metadata["response_types_supported"]) >= {"code"}
    assert metadata["code_challenge_methods_supported"] == ["S256"]
    assert metadata["authorization_response_iss_parameter_supported"] is True
    assert set(metadata["token_endpoint_auth_methods_supported"]) >= {
        "client_secret_basic", "client_secret_post", "private_key_jwt", "none"}
    assert "RS256" in metadata["id_token_signing_alg_values_supported"]
    assert "none" not in metadata["id_token_signing_alg_values_supported"]
    assert "public" in metadata["subject_types_supported"]
    assert "openid" in metadata["scopes_supported"]
    assert "authorization_code" in metadata["grant_types_supported"]
    assert {"implicit", "password"}.isdisjoint(metadata["grant_types_supported"]) or (
        "id_token" in metadata["response_types_supported"])
    assert metadata.get("request_parameter_supported", False) is False
    # Absent means true here (OpenID Connect Discovery §3), so a server without it must say so.
    assert metadata.get("request_uri_parameter_supported", True) is False


def test_every_endpoint_that_is_announced_answers(citygate):
    metadata = citygate.metadata()
    for name, value in metadata.items():
        if name.endswith(("_endpoint", "jwks_uri")) and isinstance(value, str):
            assert citygate.session().get(value, allow_redirects=False, timeout=20).status_code != 404, name


def test_the_key_set_holds_public_keys_only_with_distinct_names(citygate):
    answer = citygate.get("/oauth2/jwks")
    assert answer.status_code == 200
    assert re.match(r"application/(jwk-set\+)?json", answer.headers["content-type"])
    keys = answer.json()["keys"]
    assert keys
    for key in keys:
        assert not PRIVATE_MEMBERS & set(key), key["kid"]
        assert key["use"] == "sig" and key["alg"] and key["kid"]
    assert len({key["kid"] for key in keys}) == len(keys)
    assert {"RS256", "ES256"} <= {key["alg"] for key in keys}
    assert published_keys(citygate).keys


def test_browsers_of_other_origins_may_read_metadata_and_keys(citygate):
    for path in ("/.well-known/openid-configuration", "/oauth2/jwks"):
        answer = citygate.get(path, headers={"Origin": "https://spa.example"})
        assert answer.headers.get("access-control-allow-origin") in ("*", "https://spa.example"), path
        assert "max-age" in answer.headers.get("cache-control", ""), path


def test_pages_are_closed_to_other_origins(citygate):
    for path in ("/login", "/oauth2/authorize"):
        answer = citygate.get(path, headers={"Origin": "https://evil.example"}, allow_redirects=False)
        assert "access-control-allow-origin" not in answer.headers, path


def test_health_says_what_an_operator_needs_and_nothing_more(citygate):
    assert citygate.get("/healthz").status_code == 200
    assert citygate.get("/readyz").status_code == 200
    assert "postgres" not in citygate.get("/readyz").text.lower()


def test_everything_says_that_it_is_a_sandbox(citygate):
    for path in ("/", "/.well-known/openid-configuration", "/sandbox/personas"):
        assert citygate.get(path, allow_redirects=False).headers.get("x-sandbox") == "1", path
