"""Relying parties that nobody here wrote, each with a real browser: unmodified, told nothing but issuer, id and secret."""

import secrets
import socket
import ssl
import warnings
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import ClientSecretJWT, PrivateKeyJWT
from joserfc import jwk
from playwright.sync_api import expect
from requests_oauth2client import ClientSecretJwt, ClientSecretPost, OAuth2Client, PrivateKeyJwt

from harness.apache import openid_site
from harness.browser import give_consent, log_in
from harness.sandbox import Proof, Sandbox
from harness.server import Citygate
from harness.tokens import check_id_token, signing_algorithm


def test_authlib_logs_in_by_code_and_pkce(citygate, sandbox, browse, callback):
    client = sandbox.client("client_secret_basic")
    metadata = requests.get(f"{citygate.issuer}/.well-known/openid-configuration", timeout=10).json()
    relying_party = OAuth2Session(client.id, client.secret, scope="openid profile phone", redirect_uri=callback.url,
                                  code_challenge_method="S256", token_endpoint_auth_method="client_secret_basic")
    verifier, nonce = secrets.token_urlsafe(48), secrets.token_urlsafe(16)
    address, state = relying_party.create_authorization_url(metadata["authorization_endpoint"], code_verifier=verifier,
                                                            nonce=nonce)
    page, watch = browse()
    page.goto(address)
    log_in(page, citygate, sandbox.persona())
    expect(page.locator("#arrived")).to_be_visible()
    arrival = callback.wait()
    tokens = relying_party.fetch_token(metadata["token_endpoint"], authorization_response=arrival, state=state,
                                       code_verifier=verifier)
    check_id_token(citygate, client, tokens["id_token"], nonce, tokens["access_token"])
    information = relying_party.get(metadata["userinfo_endpoint"]).json()
    assert information["phone_number"].endswith(sandbox.persona()["phone"])
    watch.clean()
    assert {urlsplit(url).netloc for url in watch.elsewhere} <= {urlsplit(callback.origin).netloc}


@pytest.mark.parametrize("method", ["client_secret_jwt", "private_key_jwt"])
def test_authlib_signs_for_itself(citygate, sandbox, walker, method):
    client = sandbox.client(method)
    endpoint = citygate.metadata()["token_endpoint"]
    if method == "client_secret_jwt":
        relying_party = OAuth2Session(client.id, client.secret, token_endpoint_auth_method=method)
        relying_party.register_client_auth_method(ClientSecretJWT(endpoint))
    else:
        relying_party = OAuth2Session(client.id, jwk.import_key(client.private_jwk), token_endpoint_auth_method=method)
        algorithm = signing_algorithm(client.private_jwk)
        relying_party.register_client_auth_method(
            PrivateKeyJWT(endpoint, alg=algorithm, headers={"kid": client.private_jwk["kid"]}))
    proof = Proof()
    answer = walker.authorize(client, proof)
    tokens = relying_party.fetch_token(endpoint, code=answer.parameters["code"], code_verifier=proof.verifier,
                                       redirect_uri=client.callback)
    assert relying_party.get(citygate.metadata()["userinfo_endpoint"]).json()["sub"] and tokens["id_token"]


@pytest.mark.parametrize("method", ["client_secret_post", "client_secret_jwt", "private_key_jwt", "jwks_uri", "none"])
def test_requests_oauth2client_logs_in_by_each_method(citygate, sandbox, browse, callback, method):
    client = sandbox.client_named("sandbox-jwks-uri") if method == "jwks_uri" else sandbox.client(method)
    authentication = {
        "client_secret_post": lambda: ClientSecretPost(client.id, client.secret),
        "client_secret_jwt": lambda: ClientSecretJwt(client.id, client.secret),
        "private_key_jwt": lambda: PrivateKeyJwt(
            client.id, client.private_jwk, alg=signing_algorithm(client.private_jwk)),
        "none": lambda: client.id,
    }["private_key_jwt" if method == "jwks_uri" else client.method]()
    relying_party = OAuth2Client.from_discovery_endpoint(
        issuer=citygate.issuer, auth=authentication, redirect_uri=callback.url, testing=True,
        id_token_signed_response_alg=client.metadata.get("id_token_signed_response_alg", "RS256"))
    request = relying_party.authorization_request(scope="openid profile")
    page, _ = browse()
    page.goto(str(request))
    log_in(page, citygate, sandbox.persona())
    expect(page.locator("#arrived")).to_be_visible()
    response = request.validate_callback(callback.wait())
    token = relying_party.authorization_code(response, validate=True)
    assert token.id_token.subject
    information = relying_party.userinfo(token)
    assert information["sub"] == token.id_token.subject


@pytest.fixture(scope="module")
def secure(certificates):
    """A server that terminates TLS itself."""
    with Citygate("tls", certificates=certificates) as server:
        yield server


@pytest.fixture
def apache(secure, certificates):
    with openid_site(secure, Sandbox(secure).client("client_secret_basic"), certificates) as server:
        yield server


def test_mod_auth_openidc_logs_in_and_out(secure, apache, browse):
    page, _ = browse(secure)
    page.goto(apache.protected)
    assert page.url.startswith(secure.issuer), f"{page.url}\n{apache.log()}"
    with page.expect_response(lambda r: r.url == apache.protected and r.status == 200) as arrived:
        log_in(page, secure, Sandbox(secure).persona())
    expect(page.locator("#arrived")).to_be_visible()
    headers = arrived.value.headers
    assert headers["x-claim-iss"] == secure.issuer, apache.log()
    assert headers["x-claim-sub"] and headers["x-remote-user"].startswith(headers["x-claim-sub"])

    # Out: the module ends its own session and sends the browser to end ours.
    page.goto(f"{apache.address}/callback?logout={apache.address}/callback")
    confirm = page.locator("form#logout-confirm [type=submit]")
    if confirm.count():
        confirm.first.click()
    page.wait_for_url(f"{apache.address}/callback")
    # The module's callback page posts itself once more, looking for a fragment: go on only after that.
    page.wait_for_load_state("networkidle")
    page.goto(apache.protected)
    expect(page.locator("form#password-login")).to_be_visible()


def test_a_second_relying_party_gets_the_same_session(secure, apache, browse, certificates):
    page, _ = browse(secure)
    page.goto(apache.protected)
    log_in(page, secure, Sandbox(secure).persona())
    expect(page.locator("#arrived")).to_be_visible()
    with openid_site(secure, Sandbox(secure).client("client_secret_post"), certificates) as other:
        page.goto(other.protected)
        give_consent(page)
        expect(page.locator("#arrived")).to_be_visible()


def test_tls_serves_the_same_and_takes_no_old_protocol(secure, certificates):
    assert secure.metadata()["issuer"].startswith("https://localhost:")
    assert "max-age" in secure.get("/login").headers.get("strict-transport-security", "max-age")
    context = ssl.create_default_context(cafile=str(certificates.authority))
    with socket.create_connection(("127.0.0.1", secure.port), timeout=10) as plain:
        with context.wrap_socket(plain, server_hostname="localhost") as tls:
            assert tls.version() in ("TLSv1.2", "TLSv1.3")
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    old.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings(action="ignore"):
        old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    with socket.create_connection(("127.0.0.1", secure.port), timeout=10) as plain, pytest.raises((ssl.SSLError, OSError)):
        old.wrap_socket(plain)


def test_an_error_is_told_to_the_relying_party_in_a_browser(citygate, sandbox, browse, callback):
    client = sandbox.client("client_secret_basic")
    page, _ = browse()
    page.goto(f"{citygate.issuer}/oauth2/authorize?client_id={client.id}&redirect_uri={callback.url}&response_type=nonsense&state=s")
    expect(page.locator("#arrived")).to_be_visible()
    told = parse_qs(urlsplit(callback.wait()).query)
    assert told["error"] == ["unsupported_response_type"] and told["state"] == ["s"]
