"""Tokens checked from discovery alone, by a library that shares nothing with the server."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import time
from base64 import urlsafe_b64decode

from joserfc import jwk, jwt

from .sandbox import Client, base64url
from .server import Citygate

KNOWN_CURVES = {"P-256", "P-384", "P-521", "Ed25519"}
ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA", "Ed25519"]


def published_keys(server: Citygate) -> jwk.KeySet:
    """The JWK set that discovery points at, without keys of curves this verifier does not know."""
    keys = server.session().get(server.metadata()["jwks_uri"], timeout=20).json()["keys"]
    return jwk.KeySet.import_key_set({"keys": [k for k in keys if k["kty"] == "RSA" or k.get("crv") in KNOWN_CURVES]})


def header_of(token: str) -> dict:
    head = token.split(".")[0]
    return json.loads(urlsafe_b64decode(head + "=" * (-len(head) % 4)))


def payload_of(token: str) -> dict:
    body = token.split(".")[1]
    return json.loads(urlsafe_b64decode(body + "=" * (-len(body) % 4)))


def verify(server: Citygate, token: str) -> jwt.Token:
    """Signature by the published key of the token's `kid`, and an algorithm that the key is for."""
    return jwt.decode(token, published_keys(server), algorithms=ALGORITHMS)


def check_id_token(server: Citygate, client: Client, token: str, nonce: str | None, access_token: str | None = None) -> dict:
    """The checks of OpenID Connect Core §3.1.3.7."""
    verified = verify(server, token)
    claims = verified.claims
    assert claims["iss"] == server.metadata()["issuer"]
    audience = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
    assert client.id in audience
    assert claims.get("azp", client.id) == client.id
    now = time.time()
    assert claims["iat"] - 60 <= now < claims["exp"]
    assert claims.get("nonce") == nonce
    assert claims["sub"] and len(claims["sub"]) <= 255
    if access_token and "at_hash" in claims:
        digest = hashlib.sha256(access_token.encode()).digest()
        assert claims["at_hash"] == base64url(digest[:16])
    return claims


def signing_algorithm(key: dict) -> str:
    if key["kty"] == "RSA":
        return key.get("alg", "RS256")
    return key.get("alg") or {"P-256": "ES256", "Ed25519": "EdDSA"}[key["crv"]]


def client_assertion(client: Client, audience: str, **changes) -> str:
    """A client's signed statement about itself (RFC 7523 §3); a change to None leaves the claim out."""
    now = int(time.time())
    claims = {"iss": client.id, "sub": client.id, "aud": audience, "jti": secrets.token_urlsafe(16), "iat": now,
              "exp": now + 60} | changes
    claims = {k: v for k, v in claims.items() if v is not None}
    if client.method == "client_secret_jwt":
        return forge_hs256({"alg": "HS256"}, claims, client.secret.encode())
    key = client.private_jwk
    header = {"alg": signing_algorithm(key)} | ({"kid": key["kid"]} if "kid" in key else {})
    return jwt.encode(header, claims, jwk.import_key(key), algorithms=[header["alg"]])


def forge(header: dict, payload: dict | bytes, signature: bytes = b"") -> str:
    """A compact JWS with whatever header, body and signature a forger likes."""
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return ".".join([base64url(json.dumps(header).encode()), base64url(body), base64url(signature)])


def forge_hs256(header: dict, payload: dict, secret: bytes) -> str:
    """Signed with a public key's bytes as if they were a shared secret."""
    signing_input = forge(header, payload).rsplit(".", 1)[0]
    return signing_input + "." + base64url(hmac.new(secret, signing_input.encode(), hashlib.sha256).digest())

