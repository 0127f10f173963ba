"""A team that was told nothing but the issuer: everything that the metadata announces works, and what it does not announce is refused."""

import json
import secrets
import subprocess
import tempfile
from base64 import b64encode, urlsafe_b64decode
from pathlib import Path

import pytest
import requests
from joserfc import jwk

from harness.pages import Page
from harness.sandbox import Client, Proof, base64url
from harness.server import Citygate
from harness.tokens import client_assertion, header_of, payload_of, verify
from harness.walker import Answer, Walker
from test_dpop import Prover

CALLBACK = "http://127.0.0.1:4711/callback"
RESOURCE = "https://records.example.gov.cn/"
IDENTITY = ["real_name", "id_type", "id_number", "id_valid_from", "id_valid_to", "nationality", "ethnicity"]
KEYS = {"RS256": ("RSA", 2048), "PS256": ("RSA", 2048), "ES256": ("EC", "P-256"), "ES384": ("EC", "P-384"), "EdDSA": ("OKP", "Ed25519")}
PKCE = {"code_challenge": Proof().challenge, "code_challenge_method": "S256"}
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"


class Team:
    """A service team. The operator registers clients for it; all else it reads from the discovery document."""

    def __init__(self, server: Citygate):
        self.operator = server
        self.about = requests.get(f"{server.issuer}/.well-known/openid-configuration", timeout=10).json()
        self.citizen = Walker(server)
        self._ordinary: Client | None = None

    def registers(self, **members) -> Client:
        metadata = {
            "client_name": "从发现文档接入的应用", "redirect_uris": [CALLBACK], "post_logout_redirect_uris": [CALLBACK],
            "grant_types": ["authorization_code", "refresh_token"],
            "scope": " ".join(self.about["scopes_supported"]), "realname_claims": IDENTITY} | members
        return Client(self.operator.command("client", "create", "--file", "-", typed=json.dumps(metadata)))

    def cannot_register(self, **members):
        with pytest.raises(AssertionError, match="must be one of|this server does not support"):
            self.registers(**members)

    @property
    def ordinary(self) -> Client:
        self._ordinary = self._ordinary or self.registers()
        return self._ordinary

    def asks(self, client: Client | None = None, **changes) -> Answer | Page:
        """An authorization request, until it is answered or a page is shown; consent given before is remembered."""
        client = client or self.ordinary
        response = self.citizen.open_authorization(self.citizen.request_parameters(client, **changes))
        while response.is_redirect:
            target = response.headers["location"]
            if not target.startswith(("/", self.about["issuer"])):
                return Answer.of(target)
            address = self.about["issuer"] + target if target.startswith("/") else target
            response = self.citizen.session.get(address, allow_redirects=False, timeout=20)
        return Page(response)

    def hears(self, client: Client | None = None, **changes) -> str | None:
        """The error that an authorization request ends with."""
        answer = self.asks(client, **PKCE, **changes)
        assert isinstance(answer, Answer), f"page {answer.name} for {changes}"
        return answer.parameters.get("error") or answer.fragment.get("error")

    def logs_in(self, client: Client | None = None, **changes) -> dict:
        return self.citizen.tokens(client or self.ordinary, **changes)

    def posts(self, endpoint: str, client: Client | None = None, headers=None, **form) -> requests.Response:
        """A request of a client to an endpoint of the document."""
        options = client.authentication(self.about["token_endpoint"]) if client else {}
        data = options.pop("data", {}) | form
        return self.operator.session().post(self.about[endpoint], data=data, headers=headers, timeout=20, **options)

    def userinfo(self, token: str) -> requests.Response:
        return self.operator.session().get(self.about["userinfo_endpoint"], headers={"Authorization": f"Bearer {token}"}, timeout=20)


@pytest.fixture(scope="module")
def team():
    """On a server of its own: a client for SM2 changes the published keys."""
    with Citygate("discovery") as server:
        yield Team(server)


def own_key(algorithm: str) -> dict:
    return jwk.generate_key(*KEYS[algorithm]).as_dict(private=True) | {"alg": algorithm, "kid": secrets.token_hex(4), "use": "sig"}


def signing_client(team: Team, algorithm: str, **members) -> Client:
    """A client with a key for `private_key_jwt`."""
    key = own_key(algorithm)
    public = {name: value for name, value in key.items() if name not in ("d", "p", "q", "dp", "dq", "qi")}
    client = team.registers(token_endpoint_auth_method="private_key_jwt", jwks={"keys": [public]}, **members)
    client.metadata["private_jwks"] = {"keys": [key]}
    return client


def client_for(team: Team, method: str, **members) -> Client:
    if method == "private_key_jwt":
        return signing_client(team, "ES256", **members)
    return team.registers(token_endpoint_auth_method=method, **members)


def check_signature(team: Team, token: str, algorithm: str):
    """By the published key that the token names; SM2, which Python's libraries do not know, by openssl."""
    head = header_of(token)
    assert head["alg"] == algorithm
    if algorithm != "SM2":
        verify(team.operator, token)
        return
    key, = [k for k in requests.get(team.about["jwks_uri"], timeout=10).json()["keys"] if k["kid"] == head["kid"]]
    assert (key["kty"], key["crv"]) == ("EC", "SM2")

    def octets(text: str) -> bytes:
        return urlsafe_b64decode(text + "=" * (-len(text) % 4))

    def integer(value: bytes) -> bytes:
        value = value.lstrip(b"\0")
        value = (b"\0" if value[0] & 0x80 else b"") + value
        return b"\x02" + bytes([len(value)]) + value

    public = bytes.fromhex("3059301306072a8648ce3d020106082a811ccf5501822d03420004") + octets(key["x"]) + octets(key["y"])
    signed, _, signature = token.rpartition(".")
    pair = integer(octets(signature)[:32]) + integer(octets(signature)[32:])
    with tempfile.TemporaryDirectory() as folder:
        at = Path(folder)
        (at / "key.pem").write_bytes(b"-----BEGIN PUBLIC KEY-----\n" + b64encode(public) + b"\n-----END PUBLIC KEY-----\n")
        (at / "signature").write_bytes(b"\x30" + bytes([len(pair)]) + pair)
        (at / "signed").write_text(signed)
        run = subprocess.run(["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", at / "key.pem", "-sigfile", at / "signature",
                              "-rawin", "-in", at / "signed", "-digest", "sm3", "-pkeyopt", "distid:1234567812345678"],
                             capture_output=True, text=True)
        assert run.returncode == 0, run.stdout + run.stderr


# What each member of the document promises


def issuer(team, value):
    assert value == team.operator.issuer
    oauth = requests.get(f"{value}/.well-known/oauth-authorization-server", timeout=10).json()
    assert oauth == team.about


def login(team, _):
    tokens = team.logs_in(scope="openid profile")
    verify(team.operator, tokens["id_token"])
    assert team.userinfo(tokens["access_token"]).json()["sub"] == payload_of(tokens["id_token"])["sub"]


def logout(team, _):
    visitor = Team(team.operator)
    client = team.ordinary
    hint = visitor.logs_in(client)["id_token"]
    answer = visitor.citizen.session.get(team.about["end_session_endpoint"], allow_redirects=False, timeout=20, params={
        "id_token_hint": hint, "post_logout_redirect_uri": CALLBACK, "state": "s"})
    assert answer.is_redirect and answer.headers["location"] == f"{CALLBACK}?state=s"
    assert visitor.hears(client, prompt="none") == "login_required"


def revocation_and_introspection(team, _):
    tokens = team.logs_in(scope="openid offline_access")
    token = tokens["access_token"]
    assert team.posts("introspection_endpoint", team.ordinary, token=token).json()["active"] is True
    assert team.posts("revocation_endpoint", team.ordinary, token=tokens["refresh_token"]).status_code == 200
    assert team.posts("introspection_endpoint", team.ordinary, token=token).json() == {"active": False}
    assert team.userinfo(token).status_code == 401


def pushing(team, address):
    client = signing_client(team, "ES256")
    form = team.citizen.request_parameters(client, **PKCE, state="pushed")
    # RFC 9126 §2: an assertion may name the issuer, the token endpoint, or the very endpoint it is sent to.
    for audience in (team.about["issuer"], team.about["token_endpoint"], address):
        authentication = client.authentication(audience)["data"]
        pushed = team.posts("pushed_authorization_request_endpoint", **(form | authentication))
        assert pushed.status_code == 201 and pushed.json()["expires_in"] > 0, pushed.text
    answer = team.citizen.walk(team.citizen.open_authorization(
        {"client_id": client.id, "request_uri": pushed.json()["request_uri"]}))
    assert answer.parameters["code"] and answer.parameters["state"] == "pushed"


def device(team, _):
    client = team.registers(grant_types=[DEVICE], response_types=[], redirect_uris=[], post_logout_redirect_uris=[],
                            scope="openid profile", realname_claims=[])
    answer = team.posts("device_authorization_endpoint", client, scope="openid profile")
    assert answer.status_code == 200 and {"device_code", "user_code", "verification_uri", "expires_in"} <= set(answer.json())
    assert requests.get(answer.json()["verification_uri"], timeout=20).status_code == 200
    waiting = team.posts("token_endpoint", client, grant_type=DEVICE, device_code=answer.json()["device_code"])
    assert waiting.status_code == 400 and waiting.json()["error"] == "authorization_pending"


def registration(team, address):
    answer = team.operator.session().post(address, json={"redirect_uris": [CALLBACK]}, timeout=20)
    assert answer.status_code == 401 and "Bearer" in answer.headers["www-authenticate"]


def scopes(team, values):
    granted = team.logs_in(scope=" ".join(values))
    assert set(granted["scope"].split()) == set(values) and granted["refresh_token"]
    given = set(team.userinfo(granted["access_token"]).json())
    some = {"profile": "name", "email": "email", "phone": "phone_number", "address": "address", "realname": "real_name"}
    assert set(values) == {"openid", "offline_access"} | set(some)
    assert given >= {claim for scope, claim in some.items() if scope not in ("email", "address")}, given
    assert given <= set(team.about["claims_supported"]), "claims that are not announced"
    # What no server knows is left out of the answer (RFC 6749 §3.3).
    assert team.logs_in(scope="openid unheard-of")["scope"] == "openid"


def response_types(team, values):
    client = team.registers(grant_types=["authorization_code", "implicit"], response_types=values)
    for value in values:
        answer = team.citizen.authorize(client, response_type=value)
        given = answer.parameters | answer.fragment
        assert {"code": "code" in given, "id_token": "id_token" in given} == {
            part: part in value.split() for part in ("code", "id_token")}
        assert given["iss"] == team.about["issuer"]
    for other in {"code", "token", "id_token", "code token", "id_token token", "code id_token token", "none", "unheard-of"} - set(values):
        assert team.hears(client, response_type=other) == "unsupported_response_type", other
        team.cannot_register(grant_types=["authorization_code", "implicit"], response_types=[other])


def response_modes(team, values):
    for value in values:
        answer = team.citizen.authorize(team.ordinary, response_mode=value)
        assert ("code" in answer.fragment) == (value == "fragment"), value
        assert ("?" in answer.url) == (value == "query"), value
        assert "code" in answer.parameters | answer.fragment
    for other in ("jwt", "query.jwt", "web_message", "unheard-of"):
        assert other in values or team.hears(response_mode=other) == "invalid_request", other


def grant_types(team, values):
    own = {
        "authorization_code": lambda: team.logs_in(),
        "refresh_token": lambda: team.posts("token_endpoint", team.ordinary, grant_type="refresh_token",
                                            refresh_token=team.logs_in(scope="openid offline_access")["refresh_token"]).json(),
        "client_credentials": lambda: team.posts("token_endpoint", service(team), grant_type="client_credentials").json(),
        "implicit": lambda: team.citizen.authorize(
            team.registers(grant_types=["implicit"], response_types=["id_token"]), response_type="id_token").fragment,
        DEVICE: lambda: {"access_token": team.about["device_authorization_endpoint"]},
    }
    for value in values:
        assert {"access_token", "id_token"} & set(own[value]()), value
    others = {"password", "client_credentials", DEVICE, "urn:ietf:params:oauth:grant-type:token-exchange",
              "urn:ietf:params:oauth:grant-type:jwt-bearer", "urn:openid:params:grant-type:ciba", "implicit", "unheard-of"}
    for other in others - (set(values) - {"implicit"}):
        answer = team.posts("token_endpoint", team.ordinary, grant_type=other)
        assert answer.status_code == 400 and answer.json()["error"] == "unsupported_grant_type", other
        if other not in values:
            team.cannot_register(grant_types=[other], response_types=[])


def service(team, **members) -> Client:
    return team.registers(**({"grant_types": ["client_credentials"], "response_types": [], "redirect_uris": [],
                              "post_logout_redirect_uris": [], "scope": "records.read", "realname_claims": [],
                              "resources": [RESOURCE]} | members))


def levels(team, values):
    for value in values:
        assert payload_of(team.logs_in(acr_values=value)["id_token"])["acr"] == value
    highest = {"id_token": {"acr": {"essential": True, "value": "urn:citygate:acr:L4"}}}
    if "urn:citygate:acr:L4" not in values:
        assert team.hears(claims=json.dumps(highest), prompt="none") == "unmet_authentication_requirements"


def subject_types(team, values):
    met = {}
    for value in values:
        clients = [team.registers(subject_type=value, redirect_uris=[f"https://{name}.example.gov.cn/callback", CALLBACK])
                   if value == "public" else team.registers(subject_type=value) for name in ("one", "two")]
        met[value] = [payload_of(team.logs_in(client)["id_token"])["sub"] for client in clients]
        assert met[value][0] == met[value][1], "the same sector, the same subject"
    assert len({subjects[0] for subjects in met.values()}) == len(values)
    if "pairwise" not in values:
        team.cannot_register(subject_type="pairwise")


def id_token_algorithms(team, values):
    assert "RS256" in values  # OpenID Connect Discovery §3
    for value in values:
        check_signature(team, team.logs_in(team.registers(id_token_signed_response_alg=value))["id_token"], value)
    for other in ("none", "HS256", "ES384"):
        assert other not in values
        team.cannot_register(id_token_signed_response_alg=other)


def userinfo_algorithms(team, values):
    for value in values:
        client = team.registers(userinfo_signed_response_alg=value)
        answer = team.userinfo(team.logs_in(client)["access_token"])
        assert answer.headers["content-type"].startswith("application/jwt")
        check_signature(team, answer.text, value)
        claims = payload_of(answer.text)
        assert claims["iss"] == team.about["issuer"] and claims["aud"] == client.id and claims["sub"]
    team.cannot_register(userinfo_signed_response_alg="HS256")


def token_methods(team, values):
    for value in values:
        assert team.logs_in(client_for(team, value))["access_token"], value
    for other in ("tls_client_auth", "self_signed_tls_client_auth", "unheard-of"):
        assert other in values or team.cannot_register(token_endpoint_auth_method=other) is None


def revocation_methods(team, values):
    assert set(values) == set(team.about["token_endpoint_auth_methods_supported"])
    for value in values:
        client = client_for(team, value)
        token = team.logs_in(client)["access_token"]
        assert team.posts("revocation_endpoint", client, token=token).status_code == 200
        assert team.userinfo(token).status_code == 401, value


def introspection_methods(team, values):
    for value in values:
        client = client_for(team, value)
        assert team.posts("introspection_endpoint", client, token=team.logs_in(client)["access_token"]).json()["active"] is True
    assert "none" not in values
    public = client_for(team, "none")
    assert team.posts("introspection_endpoint", public, token=team.logs_in(public)["access_token"]).status_code == 401


def assertion_algorithms(team, values):
    for value in values:
        client = team.registers(token_endpoint_auth_method="client_secret_jwt") if value == "HS256" else signing_client(team, value)
        # Whoever is known hears about the token, not about the client.
        answer = team.posts("token_endpoint", client, grant_type="refresh_token", refresh_token="x")
        assert answer.json()["error"] == "invalid_grant", (value, answer.text)
    assert "ES384" not in values
    team.cannot_register(token_endpoint_auth_method="private_key_jwt", token_endpoint_auth_signing_alg="ES384",
                         jwks={"keys": [jwk.generate_key("EC", "P-256").as_dict(private=False)]})
    client = team.registers(token_endpoint_auth_method="client_secret_jwt")
    unsigned = base64url(b'{"alg":"none"}')
    _, said, _ = client_assertion(client, team.about["issuer"]).split(".")
    answer = team.posts("token_endpoint", grant_type="refresh_token", refresh_token="x", client_id=client.id,
                        client_assertion_type="urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                        client_assertion=f"{unsigned}.{said}.")
    assert answer.status_code == 401 and answer.json()["error"] == "invalid_client"


def same_assertion_algorithms(team, values):
    """The methods were tried there one by one; which algorithms they take is one rule for all endpoints."""
    assert values == team.about["token_endpoint_auth_signing_alg_values_supported"]


def displays(team, values):
    faces = {Team(team.operator).asks(team.ordinary, **PKCE, display=value)
             .response.text.split('data-face="')[1].split('"')[0] for value in values}
    assert len(faces) == len(values)


def claims(team, values):
    team.logs_in(scope=" ".join(team.about["scopes_supported"]))
    wish = json.dumps({"userinfo": {name: None for name in values}, "id_token": {name: None for name in values}})
    tokens = team.logs_in(scope="openid", claims=wish)
    inside, outside = payload_of(tokens["id_token"]), team.userinfo(tokens["access_token"]).json()
    protocol = {"iss", "aud", "exp", "iat", "nonce", "at_hash", "c_hash", "s_hash", "azp", "jti"}
    assert set(outside) >= {"sub", "name", "phone_number", "phone_number_verified", "real_name", "id_number"}
    assert set(outside) <= set(values) and set(inside) - protocol <= set(values)
    assert set(values) & protocol <= set(inside)


def locales(team, values):
    for value in values:
        page = Team(team.operator).asks(team.ordinary, **PKCE, ui_locales=value)
        assert f'<html lang="{value}"' in page.response.text


def prompts(team, values):
    team.logs_in()
    seen = {value: team.asks(**PKCE, prompt=value) for value in values}
    assert seen.pop("none").parameters["code"]
    assert seen.pop("login").name == "login" and seen.pop("consent").name == "consent" and seen.pop("select_account").name == "login"
    assert all(isinstance(page, Page) and page.status == 200 for page in seen.values()), seen
    for other in {"create", "unheard-of"} - set(values):
        assert team.hears(prompt=other) == "invalid_request", other


def challenges(team, values):
    assert values == ["S256"]
    for wrong in ({"code_challenge_method": "plain"}, {"code_challenge_method": None}, {"code_challenge": None},
                  {"code_challenge": None, "code_challenge_method": None}):
        answer = team.asks(**(PKCE | wrong))
        assert answer.parameters["error"] == "invalid_request", wrong


def proofs(team, values):
    client = service(team)

    def ask(algorithm):
        prover, nonce = Prover(*KEYS[algorithm], algorithm), None
        for _ in range(2):
            answer = team.posts("token_endpoint", client, grant_type="client_credentials",
                                headers={"DPoP": prover.proof("POST", team.about["token_endpoint"], nonce)})
            nonce = answer.headers.get("dpop-nonce")
        return answer

    for value in values:
        assert ask(value).json()["token_type"] == "DPoP", value
    assert ask("ES384").json()["error"] == "invalid_dpop_proof"


def readable(_, address):
    answer = requests.get(address, timeout=20)
    assert answer.status_code == 200 and answer.headers["content-type"].startswith("text/html")


def request_objects(team, value):
    assert value is False and team.hears(request="e30.e30.") == "request_not_supported"


def request_references(team, value):
    assert value is False and team.hears(request_uri="https://rp.example/request.jwt") in (
        "request_uri_not_supported", "invalid_request_uri")


def names_itself(team, value):
    assert value is True
    assert team.citizen.authorize(team.ordinary).parameters["iss"] == team.about["issuer"]
    refused = team.asks(response_type="unheard-of", **PKCE)
    assert refused.parameters["iss"] == team.about["issuer"]


def nobody_must_push(team, value):
    assert value is False and team.logs_in()["access_token"]
    assert team.hears(team.registers(require_pushed_authorization_requests=True)) == "invalid_request"


def session_is_named(team, value):
    assert value is True and payload_of(team.logs_in()["id_token"])["sid"]
    team.registers(backchannel_logout_uri="https://rp.example.gov.cn/logout", backchannel_logout_session_required=True)


def holds(expected):
    def check(_, value):
        assert value == expected
    return check


PROMISES = {
    "issuer": issuer, "authorization_endpoint": login, "token_endpoint": login, "userinfo_endpoint": login, "jwks_uri": login,
    "end_session_endpoint": logout, "revocation_endpoint": revocation_and_introspection,
    "introspection_endpoint": revocation_and_introspection, "pushed_authorization_request_endpoint": pushing,
    "device_authorization_endpoint": device, "registration_endpoint": registration, "scopes_supported": scopes,
    "response_types_supported": response_types, "response_modes_supported": response_modes, "grant_types_supported": grant_types,
    "acr_values_supported": levels, "subject_types_supported": subject_types,
    "id_token_signing_alg_values_supported": id_token_algorithms, "userinfo_signing_alg_values_supported": userinfo_algorithms,
    "token_endpoint_auth_methods_supported": token_methods, "revocation_endpoint_auth_methods_supported": revocation_methods,
    "introspection_endpoint_auth_methods_supported": introspection_methods,
    "token_endpoint_auth_signing_alg_values_supported": assertion_algorithms,
    "revocation_endpoint_auth_signing_alg_values_supported": same_assertion_algorithms,
    "introspection_endpoint_auth_signing_alg_values_supported": same_assertion_algorithms,
    "display_values_supported": displays, "claim_types_supported": holds(["normal"]), "claims_supported": claims,
    "ui_locales_supported": locales, "prompt_values_supported": prompts, "code_challenge_methods_supported": challenges,
    "dpop_signing_alg_values_supported": proofs, "service_documentation": readable, "op_policy_uri": readable, "op_tos_uri": readable,
    "claims_parameter_supported": holds(True), "request_parameter_supported": request_objects,
    "request_uri_parameter_supported": request_references, "authorization_response_iss_parameter_supported": names_itself,
    "require_pushed_authorization_requests": nobody_must_push, "backchannel_logout_supported": session_is_named,
    "backchannel_logout_session_supported": session_is_named,
}


def test_every_member_of_the_document_is_looked_at(team):
    assert set(team.about) <= set(PROMISES), "announced, and nobody checks it"


@pytest.mark.parametrize("member", [name for name, check in PROMISES.items() if check is not login or name == "token_endpoint"])
def test_what_is_announced_works_and_nothing_else(team, member):
    if member not in team.about:
        pytest.skip("not announced by this server")
    PROMISES[member](team, team.about[member])
