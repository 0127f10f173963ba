"""Proof of possession (RFC 9449), by a client that nobody here wrote and by hand."""

import hashlib
import secrets
import time

import pytest
from joserfc import jwk, jwt
from playwright.sync_api import expect
from requests_oauth2client import InvalidGrant, OAuth2Client
from requests_oauth2client.dpop import DPoPToken

from harness.browser import log_in
from harness.sandbox import Proof, base64url
from harness.tokens import check_id_token, payload_of


class Prover:
    """A key, and proofs that it is held."""

    def __init__(self, kind="EC", parameter="P-256", algorithm="ES256"):
        self.key = jwk.generate_key(kind, parameter)
        self.algorithm = algorithm

    @property
    def thumbprint(self) -> str:
        return self.key.thumbprint()

    def proof(self, method: str, address: str, nonce: str | None = None, token: str | None = None, header=None, **changes) -> str:
        claims = {"jti": secrets.token_urlsafe(12), "htm": method, "htu": address, "iat": int(time.time()), "nonce": nonce}
        if token:
            claims["ath"] = base64url(hashlib.sha256(token.encode()).digest())
        claims |= changes
        head = {"typ": "dpop+jwt", "alg": self.algorithm, "jwk": self.key.as_dict(private=False)} | (header or {})
        return jwt.encode(head, {k: v for k, v in claims.items() if v is not None}, self.key, algorithms=[head["alg"]])


def exchange(citygate, client, code, verifier, proof, **changes):
    data = {"grant_type": "authorization_code", "code": code, "redirect_uri": client.callback, "code_verifier": verifier.verifier,
            "client_id": client.id} | changes
    return citygate.session().post(f"{citygate.address}/oauth2/token", data=data, timeout=20,
                                   headers={"DPoP": proof} if proof else {})


def fresh_nonce(citygate, prover) -> str:
    """The nonce as a client learns it: by a request without one."""
    answer = citygate.session().post(f"{citygate.address}/oauth2/token", timeout=20, data={"grant_type": "authorization_code"},
                                     headers={"DPoP": prover.proof("POST", f"{citygate.issuer}/oauth2/token")})
    assert answer.status_code == 400 and answer.json()["error"] == "use_dpop_nonce", answer.text
    return answer.headers["dpop-nonce"]


@pytest.fixture
def held(sandbox):
    """The public client that is held to proofs."""
    return sandbox.client_named("sandbox-dpop")


@pytest.mark.parametrize("algorithm", ["ES256", "RS256", "EdDSA"])
def test_requests_oauth2client_binds_code_tokens_and_refresh(citygate, sandbox, browse, callback, held, algorithm):
    relying_party = OAuth2Client.from_discovery_endpoint(
        issuer=citygate.issuer, auth=held.id, redirect_uri=callback.url, testing=True, dpop_bound_access_tokens=True,
        id_token_signed_response_alg="RS256")
    request = relying_party.authorization_request(scope="openid profile offline_access", dpop=True, dpop_alg=algorithm)
    assert request.dpop_jkt
    page, _ = browse()
    page.goto(str(request))
    log_in(page, citygate, sandbox.persona())
    expect(page.locator("#arrived")).to_be_visible()
    # The library cannot validate the ID token of a bound token itself (it loses the key on the way): ours is checked by hand.
    token = relying_party.authorization_code(request.validate_callback(callback.wait()), validate=False)
    assert isinstance(token, DPoPToken) and token.token_type == "DPoP"
    subject = check_id_token(citygate, held, str(token.id_token), request.nonce, token.access_token)["sub"]
    assert payload_of(token.access_token)["cnf"] == {"jkt": request.dpop_jkt}
    # The client learns the resource's nonce from the first refusal, by itself.
    assert relying_party.userinfo(token)["sub"] == subject
    renewed = relying_party.refresh_token(token)
    assert isinstance(renewed, DPoPToken) and renewed.access_token != token.access_token
    assert relying_party.userinfo(renewed)["sub"] == subject
    # As a bare text the token is sent with a proof by a new key: that of a thief.
    with pytest.raises(InvalidGrant):
        relying_party.refresh_token(renewed.refresh_token)


def test_requests_oauth2client_pushes_with_a_proof(citygate, sandbox, browse, callback, held):
    relying_party = OAuth2Client.from_discovery_endpoint(
        issuer=citygate.issuer, auth=held.id, redirect_uri=callback.url, testing=True, dpop_bound_access_tokens=True,
        id_token_signed_response_alg="RS256")
    request = relying_party.authorization_request(scope="openid", dpop=True)
    pushed = relying_party.pushed_authorization_request(request)
    page, _ = browse()
    page.goto(str(pushed))
    log_in(page, citygate, sandbox.persona())
    expect(page.locator("#arrived")).to_be_visible()
    token = relying_party.authorization_code(request.validate_callback(callback.wait()), validate=False)
    assert payload_of(token.access_token)["cnf"] == {"jkt": request.dpop_jkt}


def test_a_nonce_is_asked_for_and_nothing_is_spent_by_asking(citygate, walker, held):
    prover, verifier = Prover(), Proof()
    code = walker.authorize(held, verifier).parameters["code"]
    address = f"{citygate.issuer}/oauth2/token"
    first = exchange(citygate, held, code, verifier, prover.proof("POST", address))
    assert first.status_code == 400 and first.json()["error"] == "use_dpop_nonce"
    nonce = first.headers["dpop-nonce"]
    second = exchange(citygate, held, code, verifier, prover.proof("POST", address, nonce))
    assert second.status_code == 200, second.text
    assert second.json()["token_type"] == "DPoP" and second.headers["dpop-nonce"]


def test_a_bound_token_passes_with_its_proof_only(citygate, walker, client):
    prover, verifier = Prover(), Proof()
    code = walker.authorize(client, verifier).parameters["code"]
    nonce = fresh_nonce(citygate, prover)
    answer = citygate.session().post(
        f"{citygate.address}/oauth2/token", timeout=20, auth=(client.id, client.secret),
        headers={"DPoP": prover.proof("POST", f"{citygate.issuer}/oauth2/token", nonce)},
        data={"grant_type": "authorization_code", "code": code, "redirect_uri": client.callback,
              "code_verifier": verifier.verifier})
    token = answer.json()["access_token"]
    address = f"{citygate.issuer}/oauth2/userinfo"

    def ask(scheme, proof=None, method="GET"):
        headers = {"Authorization": f"{scheme} {token}"} | ({"DPoP": proof} if proof else {})
        return citygate.session().request(method, f"{citygate.address}/oauth2/userinfo", headers=headers, timeout=20)

    assert ask("DPoP", prover.proof("GET", address, nonce, token)).status_code == 200
    assert ask("dpop", prover.proof("POST", address, nonce, token), "POST").status_code == 200
    refused = {
        "as a bearer token": ask("Bearer"),
        "as a bearer token beside its proof": ask("Bearer", prover.proof("GET", address, nonce, token)),
        "without a proof": ask("DPoP"),
        "with another's proof": ask("DPoP", Prover().proof("GET", address, nonce, token)),
        "with a proof for another token": ask("DPoP", prover.proof("GET", address, nonce, "other")),
        "with a proof for no token": ask("DPoP", prover.proof("GET", address, nonce)),
        "with a proof for another method": ask("DPoP", prover.proof("POST", address, nonce, token)),
        "with a proof for another address": ask("DPoP", prover.proof("GET", address + "x", nonce, token)),
        "with an old proof": ask("DPoP", prover.proof("GET", address, nonce, token, iat=int(time.time()) - 400)),
        "with a proof without a nonce": ask("DPoP", prover.proof("GET", address, None, token)),
        "with a made-up nonce": ask("DPoP", prover.proof("GET", address, "x" * 32, token)),
    }
    for name, response in refused.items():
        assert response.status_code == 401, f"{name}: {response.status_code}"
        assert response.headers["www-authenticate"].startswith("DPoP "), name
        assert response.json()["error"] in ("invalid_token", "invalid_dpop_proof", "use_dpop_nonce"), name
    form = citygate.post("/oauth2/userinfo", data={"access_token": token})
    assert form.status_code == 401 and form.json()["error"] == "invalid_token"
    proof = prover.proof("GET", address, nonce, token)
    assert ask("DPoP", proof).status_code == 200
    assert ask("DPoP", proof).json()["error"] == "invalid_dpop_proof", "a proof served twice"


def test_a_symmetric_or_private_key_proves_nothing(citygate, held):
    address = f"{citygate.issuer}/oauth2/token"
    prover = Prover()
    nonce = fresh_nonce(citygate, prover)
    secret = jwk.generate_key("oct", 256)
    symmetric = jwt.encode(
        {"typ": "dpop+jwt", "alg": "HS256", "jwk": secret.as_dict(private=True)},
        {"jti": "a", "htm": "POST", "htu": address, "iat": int(time.time()), "nonce": nonce}, secret, algorithms=["HS256"])
    leaked = prover.proof("POST", address, nonce, header={"jwk": prover.key.as_dict(private=True)})
    for proof in (symmetric, leaked, "", "a.b.c", "x" * 9000, prover.proof("POST", address, nonce) + "\u00e9"):
        headers = {"DPoP": proof.encode("utf-8")}
        answer = citygate.session().post(f"{citygate.address}/oauth2/token", timeout=20, headers=headers, data={
            "grant_type": "authorization_code", "code": "x", "client_id": held.id, "redirect_uri": held.callback})
        assert answer.status_code in (400, 431), answer.status_code
        if answer.status_code == 400:
            assert answer.json()["error"] == "invalid_dpop_proof", proof[:60]


def test_scripts_of_other_origins_may_send_proofs_and_read_the_nonce(citygate):
    session = citygate.session()
    for path, method in [("token", "POST"), ("userinfo", "GET"), ("par", "POST")]:
        answer = session.options(f"{citygate.address}/oauth2/{path}", timeout=20, headers={
            "Origin": "https://spa.example", "Access-Control-Request-Method": method,
            "Access-Control-Request-Headers": "authorization,dpop"})
        assert "dpop" in answer.headers["access-control-allow-headers"].lower(), path
    answer = session.post(f"{citygate.address}/oauth2/token", timeout=20, data={"grant_type": "x"}, headers={
        "Origin": "https://spa.example", "DPoP": Prover().proof("POST", f"{citygate.issuer}/oauth2/token")})
    assert "dpop-nonce" in answer.headers["access-control-expose-headers"].lower()
    assert answer.headers["dpop-nonce"]
