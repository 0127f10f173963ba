"""Pushed authorization requests (RFC 9126), by a client that nobody here wrote and by hand."""

from urllib.parse import urlencode

import pytest
from playwright.sync_api import expect
from requests_oauth2client import ClientSecretBasic, InvalidRequest, OAuth2Client

from harness.browser import log_in
from harness.pages import Page
from harness.sandbox import Proof
from harness.tokens import check_id_token
from harness.walker import Answer


@pytest.fixture
def pushing(sandbox):
    """A client that is held to pushing."""
    return sandbox.client_named("sandbox-par")


def push(citygate, walker, client, proof=None, **changes):
    endpoint = citygate.metadata()["pushed_authorization_request_endpoint"]
    return citygate.session().post(endpoint, timeout=20, auth=(client.id, client.secret),
                                   data=walker.request_parameters(client, proof or Proof(), **changes))


def test_requests_oauth2client_pushes_and_logs_in(citygate, sandbox, browse, callback, pushing):
    relying_party = OAuth2Client.from_discovery_endpoint(
        issuer=citygate.issuer, auth=ClientSecretBasic(pushing.id, pushing.secret), redirect_uri=callback.url, testing=True,
        id_token_signed_response_alg="RS256")
    asked = relying_party.authorization_request(scope="openid profile")
    pushed = relying_party.pushed_authorization_request(asked)
    assert pushed.request_uri.startswith("urn:ietf:params:oauth:request_uri:")
    page, watch = browse()
    page.goto(str(pushed))
    log_in(page, citygate, sandbox.persona())
    expect(page.locator("#arrived")).to_be_visible()
    token = relying_party.authorization_code(asked.validate_callback(callback.wait()), validate=True)
    assert relying_party.userinfo(token)["sub"] == token.id_token.subject
    watch.clean()


def test_requests_oauth2client_hears_of_a_fault_at_the_push(citygate, pushing):
    relying_party = OAuth2Client.from_discovery_endpoint(
        issuer=citygate.issuer, auth=ClientSecretBasic(pushing.id, pushing.secret), redirect_uri="http://evil.example/", testing=True)
    with pytest.raises(InvalidRequest):
        relying_party.pushed_authorization_request(relying_party.authorization_request(scope="openid"))


def test_what_was_pushed_counts_and_nothing_beside_it(citygate, walker, pushing):
    proof = Proof()
    pushed = push(citygate, walker, pushing, proof, state="pushed", nonce="pushed")
    assert pushed.status_code == 201 and pushed.json()["expires_in"] == 60, pushed.text
    answer = walker.walk(walker.open_authorization({
        "client_id": pushing.id, "request_uri": pushed.json()["request_uri"], "state": "other", "nonce": "other",
        "redirect_uri": "https://evil.example/", "scope": "openid realname", "prompt": "none"}))
    assert answer.url.startswith(pushing.callback) and answer.parameters["state"] == "pushed"
    tokens = walker.redeem(pushing, answer, proof).json()
    check_id_token(citygate, pushing, tokens["id_token"], "pushed", tokens["access_token"])
    assert tokens["scope"] == "openid profile"


@pytest.mark.parametrize("prompt", [None, "none", "login"])
def test_a_reference_is_spent_by_whatever_it_is_answered_with(citygate, walker, pushing, expect_own_page, prompt):
    changes = {"prompt": prompt} if prompt else {}
    reference = push(citygate, walker, pushing, **changes).json()["request_uri"]
    request = {"client_id": pushing.id, "request_uri": reference}
    assert walker.open_authorization(request).is_redirect
    again = walker.open_authorization(request)
    assert again.status_code == 400
    assert "invalid_request_uri" in again.text
    expect_own_page(again)


def test_a_reference_ends_with_its_minute(citygate, moved_clock, walker, pushing, expect_own_page):
    reference = push(citygate, walker, pushing).json()["request_uri"]
    moved_clock.advance(61)
    expect_own_page(walker.open_authorization({"client_id": pushing.id, "request_uri": reference}), (400,))


def test_another_client_cannot_use_it_nor_spoil_it(citygate, walker, client, pushing, expect_own_page):
    reference = push(citygate, walker, pushing).json()["request_uri"]
    expect_own_page(walker.open_authorization({"client_id": client.id, "request_uri": reference}), (400,))
    assert walker.open_authorization({"client_id": pushing.id, "request_uri": reference}).is_redirect


def test_a_client_held_to_pushing_is_refused_at_its_own_address(walker, pushing):
    response = walker.open_authorization(walker.request_parameters(pushing, Proof()))
    answer = Answer.of(response.headers["location"])
    assert answer.url.startswith(pushing.callback) and answer.parameters["error"] == "invalid_request"


def test_the_page_for_a_late_reference_leads_back_and_tells_developers(citygate, walker, pushing):
    page = Page(walker.open_authorization({
        "client_id": pushing.id, "request_uri": "urn:ietf:params:oauth:request_uri:nothing"}))
    assert page.error == "flow.expired" and "参考号" in page.text and pushing.id in page.text


def test_a_script_of_another_origin_may_push(citygate):
    endpoint = citygate.metadata()["pushed_authorization_request_endpoint"]
    session = citygate.session()
    preflight = session.options(endpoint, timeout=20, headers={
        "Origin": "https://spa.example", "Access-Control-Request-Method": "POST"})
    assert preflight.headers["access-control-allow-origin"] == "*"
    assert "POST" in preflight.headers["access-control-allow-methods"]
    answer = session.post(endpoint, timeout=20, headers={"Origin": "https://spa.example"}, data={"client_id": "nobody"})
    assert answer.headers["access-control-allow-origin"] == "*" and answer.json()["error"] == "invalid_client"
    assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize("body, status", [
    (b"client_id=%zz", 400), (b"a" * 300_000, 413), (b"&" * 1000, 401), (urlencode({f"p{n}": n for n in range(100)}).encode(), 400),
    (b"\xff\xfe=1", 400), (b"client_id=a&client_id=b", 400)])
def test_a_push_that_cannot_be_read_is_told_so(citygate, body, status):
    answer = citygate.post("/oauth2/par", data=body, headers={"Content-Type": "application/x-www-form-urlencoded"})
    assert answer.status_code == status, answer.text
    if status != 413:
        assert answer.json()["error"] in ("invalid_request", "invalid_client")
