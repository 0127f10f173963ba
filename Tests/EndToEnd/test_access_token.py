"""What userinfo takes for an access token, and what it does not (RFC 6750, RFC 9068 §4)."""

import json

import pytest

from harness.tokens import forge, forge_hs256, header_of, payload_of
from harness.walker import Walker


@pytest.fixture
def tokens(signed_in, client):
    return signed_in.tokens(client)


def refused(response, error="invalid_token"):
    assert response.status_code == 401, f"{response.status_code}: {response.text}"
    challenge = response.headers["www-authenticate"]
    assert challenge.lower().startswith("bearer")
    assert f'error="{error}"' in challenge if error else "error=" not in challenge


def test_get_and_post_answer_alike(citygate, tokens):
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    by_get = citygate.get("/oauth2/userinfo", headers=bearer)
    by_post = citygate.post("/oauth2/userinfo", headers=bearer)
    in_body = citygate.post("/oauth2/userinfo", data={"access_token": tokens["access_token"]})
    assert by_get.status_code == by_post.status_code == in_body.status_code == 200
    assert by_get.json() == by_post.json() == in_body.json()
    assert by_get.headers["content-type"].startswith("application/json")


def test_the_scheme_is_read_without_regard_to_case(citygate, tokens):
    assert citygate.get("/oauth2/userinfo", headers={"Authorization": f"bearer {tokens['access_token']}"}).status_code == 200


def test_without_a_token_the_challenge_names_no_error(citygate):
    refused(citygate.get("/oauth2/userinfo"), error=None)


def test_a_token_in_the_address_is_not_taken(citygate, tokens):
    answer = citygate.get(f"/oauth2/userinfo?access_token={tokens['access_token']}")
    assert answer.status_code in (400, 401)


def test_two_ways_at_once_are_a_bad_request(citygate, tokens):
    answer = citygate.post("/oauth2/userinfo", data={"access_token": tokens["access_token"]},
                           headers={"Authorization": f"Bearer {tokens['access_token']}"})
    assert answer.status_code == 400


@pytest.mark.parametrize("text", ["x", "a.b.c", "..", "", "ey" * 4000, "\u00ff", "Bearer", "a.b.c.d.e"], ids=range(8))
def test_text_that_is_no_token_is_refused(citygate, text):
    answer = citygate.get("/oauth2/userinfo", headers={"Authorization": f"Bearer {text}".encode("latin-1")})
    assert answer.status_code in (400, 401) and answer.headers["www-authenticate"].lower().startswith("bearer")


def test_an_id_token_is_no_access_token(citygate, signed_in, tokens):
    refused(signed_in.userinfo(tokens["id_token"]))


def test_algorithm_games_are_refused(citygate, signed_in, tokens):
    good = tokens["access_token"]
    head, body, signature = good.split(".")
    header, claims = header_of(good), payload_of(good)
    keys = citygate.get("/oauth2/jwks").json()["keys"]
    rsa = next(key for key in keys if key["kty"] == "RSA")
    forgeries = [
        forge(header | {"alg": "none"}, claims), forge(header | {"alg": "None"}, claims), forge(header | {"alg": ""}, claims),
        forge({k: v for k, v in header.items() if k != "alg"}, claims),
        forge(header | {"alg": "none"}, claims).rstrip("."),
        forge(header, claims, bytes(64)), forge(header, claims, b"\xff" * 64), forge(header, claims, b"\x30\x06\x02\x01\x00\x02\x01\x00"),
        forge(header | {"jwk": rsa}, claims, bytes(64)), forge(header | {"jku": "https://evil.example/jwks"}, claims, bytes(64)),
        forge(header | {"crit": ["exp"]}, claims, bytes(64)), forge(header | {"typ": "JWT"}, claims, bytes(64)),
        f"{head}.{body}.", f"{head}.{body}.{signature[:-4]}", f"{head}.{body}.{signature}AA", f"{head}.{body}.{signature}=",
        f"{head}.{body[:-2]}.{signature}", f" {good}"[1:] + "\u00a0",
    ]
    for key in keys:
        secret = json.dumps({k: key[k] for k in sorted(key)}).encode()
        forgeries.append(forge_hs256(header | {"alg": "HS256", "kid": key["kid"]}, claims, secret))
        # Another key's name, with the signature that fits the first.
        forgeries.append(forge(header | {"kid": key["kid"], "alg": key["alg"]}, claims, bytes(256)))
    for kid in ("nobody", "", "../../../../etc/passwd", "' OR 1=1 --", 7, None, ["x"]):
        forgeries.append(forge(header | {"kid": kid}, claims, bytes(64)))
    for changed in ({"exp": 9999999999}, {"sub": "somebody"}, {"aud": "x"}):
        forgeries.append(".".join([head, forge({}, claims | changed).split(".")[1], signature]))
    for forged in forgeries:
        answer = citygate.get("/oauth2/userinfo", headers={"Authorization": f"Bearer {forged}".encode("latin-1")})
        assert answer.status_code in (400, 401), forged[:200]
    assert signed_in.userinfo(good).status_code == 200


def test_an_expired_token_is_refused(citygate, client, moved_clock):
    walker = Walker(citygate)
    tokens = walker.tokens(client)
    moved_clock.advance(tokens["expires_in"] + 61)
    refused(walker.userinfo(tokens["access_token"]))


def test_a_token_without_openid_gets_no_user_information(signed_in, client):
    proof_of_scope = signed_in.authorize(client, scope="profile", nonce=None)
    if "code" not in proof_of_scope.parameters:
        assert proof_of_scope.parameters["error"] in ("invalid_scope", "invalid_request")
        return
    tokens = signed_in.tokens(client, scope="profile", nonce=None)
    assert "id_token" not in tokens
    answer = signed_in.userinfo(tokens["access_token"])
    assert answer.status_code == 403 and 'error="insufficient_scope"' in answer.headers["www-authenticate"]
