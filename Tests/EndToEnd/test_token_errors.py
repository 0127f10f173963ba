"""The token endpoint: who may redeem what (RFC 6749 §5.2, RFC 7636 §4.6, RFC 7523 §3)."""

import json
import time

import pytest

from harness.sandbox import Proof
from harness.tokens import client_assertion, forge, forge_hs256, payload_of
from harness.walker import Walker


def refused(response, *codes, status=(400,)):
    assert response.status_code in status, f"{response.status_code}: {response.text}"
    assert response.headers["content-type"].startswith("application/json")
    assert "no-store" in response.headers["cache-control"]
    assert response.json()["error"] in codes, response.text
    assert "access_token" not in response.json()


@pytest.fixture
def proof():
    return Proof()


def test_a_wrong_verifier_gets_nothing(signed_in, client, proof):
    answer = signed_in.authorize(client, proof)
    refused(signed_in.redeem(client, answer, Proof()), "invalid_grant")


def test_a_missing_verifier_gets_nothing(signed_in, client, proof):
    answer = signed_in.authorize(client, proof)
    refused(signed_in.redeem(client, answer, None), "invalid_grant", "invalid_request")


@pytest.mark.parametrize("verifier", ["", "short", "x" * 129, "ü" * 43], ids=range(4))
def test_a_malformed_verifier_gets_nothing(signed_in, client, proof, verifier):
    answer = signed_in.authorize(client, proof)
    refused(signed_in.redeem(client, answer, proof, code_verifier=verifier), "invalid_grant", "invalid_request")


def test_a_code_of_another_client_gets_nothing_and_stays_good_for_its_own(signed_in, sandbox, client, proof):
    answer = signed_in.authorize(client, proof)
    refused(signed_in.redeem(sandbox.client("client_secret_post"), answer, proof), "invalid_grant")
    assert signed_in.redeem(client, answer, proof).status_code == 200


def test_a_code_with_another_redirect_uri_gets_nothing(signed_in, client, proof):
    answer = signed_in.authorize(client, proof)
    refused(signed_in.redeem(client, answer, proof, redirect_uri="http://127.0.0.1:4712/callback"), "invalid_grant")
    refused(signed_in.redeem(client, answer, proof, redirect_uri=None), "invalid_grant", "invalid_request")


def test_an_expired_code_gets_nothing(citygate, client, moved_clock, proof):
    walker = Walker(citygate)
    answer = walker.authorize(client, proof)
    moved_clock.advance(61)
    refused(walker.redeem(client, answer, proof), "invalid_grant")


@pytest.mark.parametrize("code", ["nonsense", "", "a" * 5000, "' OR 1=1 --", "\0", "99999999999999999999.x", "-1.abc"], ids=range(7))
def test_an_invented_code_gets_nothing(signed_in, client, proof, code):
    refused(signed_in.redeem_code(client, code, proof), "invalid_grant", "invalid_request")


def test_a_code_redeemed_twice_revokes_what_it_gave(signed_in, client, proof):
    answer = signed_in.authorize(client, proof)
    tokens = signed_in.redeem(client, answer, proof).json()
    assert signed_in.userinfo(tokens["access_token"]).status_code == 200
    refused(signed_in.redeem(client, answer, proof), "invalid_grant")
    assert signed_in.userinfo(tokens["access_token"]).status_code == 401


def test_a_replay_that_proves_nothing_revokes_nothing(signed_in, sandbox, client, proof):
    answer = signed_in.authorize(client, proof)
    tokens = signed_in.redeem(client, answer, proof).json()
    refused(signed_in.redeem(client, answer, Proof()), "invalid_grant")
    refused(signed_in.redeem(sandbox.client("client_secret_post"), answer, proof), "invalid_grant")
    assert signed_in.userinfo(tokens["access_token"]).status_code == 200


# The form

@pytest.mark.parametrize("missing", ["grant_type", "code"])
def test_a_missing_parameter_is_named_a_bad_request(signed_in, client, proof, missing):
    answer = signed_in.authorize(client, proof)
    refused(signed_in.redeem(client, answer, proof, **{missing: None}), "invalid_request")


@pytest.mark.parametrize("grant", ["nonsense", "password", "urn:ietf:params:oauth:grant-type:nonsense"])
def test_an_unknown_grant_is_refused(signed_in, client, proof, grant):
    answer = signed_in.authorize(client, proof)
    refused(signed_in.redeem(client, answer, proof, grant_type=grant), "unsupported_grant_type", "unauthorized_client")


@pytest.mark.parametrize("name", ["grant_type", "code", "redirect_uri", "code_verifier"])
def test_a_repeated_parameter_is_refused(citygate, signed_in, client, proof, name):
    answer = signed_in.authorize(client, proof)
    form = [("grant_type", "authorization_code"), ("code", answer.parameters["code"]),
            ("redirect_uri", client.callback), ("code_verifier", proof.verifier)]
    form.append((name, dict(form)[name]))
    refused(citygate.post("/oauth2/token", data=form, auth=(client.id, client.secret)), "invalid_request")


def test_only_a_form_is_read_and_only_by_post(citygate, client):
    assert citygate.get("/oauth2/token").status_code in (400, 405)
    answer = citygate.post("/oauth2/token", json={"grant_type": "authorization_code"}, auth=(client.id, client.secret))
    assert answer.status_code in (400, 415)
    answer = citygate.post("/oauth2/token?grant_type=authorization_code&code=x", auth=(client.id, client.secret))
    assert answer.status_code in (400, 401, 415)


@pytest.mark.parametrize("body", [b"\xff\xfe", b"%", b"grant_type=%zz", b"=", b"a=b&" * 3000, b"\0" * 100], ids=range(6))
def test_bytes_that_are_no_form_are_a_bad_request(citygate, client, body):
    answer = citygate.post("/oauth2/token", data=body, auth=(client.id, client.secret),
                           headers={"content-type": "application/x-www-form-urlencoded"})
    assert 400 <= answer.status_code < 500


# Client authentication

def test_a_wrong_secret_is_an_unauthorized_client(citygate, signed_in, client, proof):
    answer = signed_in.authorize(client, proof)
    for secret in ("wrong", "", client.secret[:-1], client.secret + "x", client.secret.swapcase()):
        client.metadata["client_secret"], right = secret, client.secret
        response = signed_in.redeem(client, answer, proof)
        client.metadata["client_secret"] = right
        refused(response, "invalid_client", status=(401,))
        assert response.headers["www-authenticate"].lower().startswith("basic")  # RFC 6749 §5.2
    assert signed_in.redeem(client, answer, proof).status_code == 200


def test_each_client_has_one_method(citygate, signed_in, sandbox, client, proof):
    answer = signed_in.authorize(client, proof)
    form = {"grant_type": "authorization_code", "code": answer.parameters["code"], "redirect_uri": client.callback,
            "code_verifier": proof.verifier}
    by_post = citygate.post("/oauth2/token", data=form | {"client_id": client.id, "client_secret": client.secret})
    refused(by_post, "invalid_client", status=(400, 401))
    without = citygate.post("/oauth2/token", data=form | {"client_id": client.id})
    refused(without, "invalid_client", status=(400, 401))
    both = citygate.post("/oauth2/token", data=form | {"client_id": client.id, "client_secret": client.secret},
                         auth=(client.id, client.secret))
    refused(both, "invalid_request", "invalid_client", status=(400, 401))


@pytest.mark.parametrize("header", ["Basic", "Basic !!!", "Basic bm9jb2xvbg==", "Basic OjphOg==", "Bearer x", "Basic " + "A" * 7000], ids=range(6))
def test_a_malformed_authorization_header_is_refused(citygate, header):
    answer = citygate.post("/oauth2/token", data={"grant_type": "authorization_code", "code": "x"},
                           headers={"Authorization": header})
    refused(answer, "invalid_client", "invalid_request", status=(400, 401))


ASSERTION_FAULTS = {
    "another audience": {"aud": "https://elsewhere.example/token"}, "no audience": {"aud": None},
    "another subject": {"sub": "somebody"}, "another issuer": {"iss": "somebody"}, "no subject": {"sub": None},
    "expired": {"exp": int(time.time()) - 3600, "iat": int(time.time()) - 3700}, "no expiry": {"exp": None},
    "expiry far away": {"exp": int(time.time()) + 10 * 366 * 86400, "iat": None}, "no identifier": {"jti": None},
    "not yet valid": {"nbf": int(time.time()) + 7200}, "an expiry of words": {"exp": "tomorrow"},
}


def redeem_with_assertion(walker, client, answer, proof, assertion):
    form = {"grant_type": "authorization_code", "code": answer.parameters["code"], "redirect_uri": client.callback,
            "code_verifier": proof.verifier, "client_id": client.id, "client_assertion": assertion,
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}
    return walker.server.post("/oauth2/token", data=form)


@pytest.mark.parametrize("fault", ASSERTION_FAULTS)
def test_a_faulty_assertion_is_refused(citygate, signed_in, sandbox, proof, fault):
    client = sandbox.client("private_key_jwt")
    answer = signed_in.authorize(client, proof)
    claims = {"aud": citygate.metadata()["token_endpoint"]} | ASSERTION_FAULTS[fault]
    audience = claims.pop("aud")
    refused(redeem_with_assertion(signed_in, client, answer, proof, client_assertion(client, audience, **claims)),
            "invalid_client", status=(400, 401))


def test_an_assertion_serves_once(citygate, signed_in, sandbox):
    client = sandbox.client("private_key_jwt")
    assertion = client_assertion(client, citygate.metadata()["token_endpoint"])
    first, second = Proof(), Proof()
    answers = [signed_in.authorize(client, first), signed_in.authorize(client, second)]
    assert redeem_with_assertion(signed_in, client, answers[0], first, assertion).status_code == 200
    refused(redeem_with_assertion(signed_in, client, answers[1], second, assertion), "invalid_client", status=(400, 401))


def test_algorithm_games_with_assertions_are_refused(citygate, signed_in, sandbox, proof):
    client = sandbox.client("private_key_jwt")
    answer = signed_in.authorize(client, proof)
    good = client_assertion(client, citygate.metadata()["token_endpoint"])
    claims = payload_of(good)
    kid = client.private_jwk.get("kid", "x")
    head, body, signature = good.split(".")
    public = json.dumps({k: v for k, v in client.private_jwk.items() if k not in ("d", "p", "q", "dp", "dq", "qi")})
    for forged in (
        forge({"alg": "none", "kid": kid}, claims), forge({"alg": "NONE"}, claims), forge({"kid": kid}, claims),
        forge_hs256({"alg": "HS256", "kid": kid}, claims, public.encode()), forge({"alg": "ES256", "kid": kid}, claims, bytes(64)),
        ".".join([head, body, signature[:-8]]), ".".join([head, body, ""]), head, "..", "a.b.c", good + ".x",
    ):
        refused(redeem_with_assertion(signed_in, client, answer, proof, forged), "invalid_client", "invalid_request",
                status=(400, 401))
    assert redeem_with_assertion(signed_in, client, answer, proof, good).status_code == 200
