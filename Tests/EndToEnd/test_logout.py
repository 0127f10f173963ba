"""RP-initiated logout (OpenID Connect RP-Initiated Logout 1.0)."""

from urllib.parse import urlsplit

import pytest

from harness.pages import Page
from harness.sandbox import Proof
from harness.tokens import forge, header_of, payload_of
from harness.walker import Answer, Walker


@pytest.fixture
def login(walker, client):
    """A fresh browser that is signed in, and the ID token its relying party holds."""
    return walker, walker.tokens(client)["id_token"]


def log_out(walker: Walker, parameters: dict, method: str = "GET"):
    """One logout request, the confirmation given when it is asked; the last response."""
    endpoint = walker.server.metadata()["end_session_endpoint"]
    options = {"params": parameters} if method == "GET" else {"data": parameters}
    response = walker.session.request(method, endpoint, allow_redirects=False, timeout=20, **options)
    for _ in range(6):
        if response.is_redirect and not urlsplit(response.headers["location"]).netloc:
            response = walker.session.get(walker.server.address + response.headers["location"], allow_redirects=False, timeout=20)
            continue
        page = Page(response)
        if "logout-confirm" not in page.forms:
            return response
        form = page.forms["logout-confirm"]
        name = form.buttons[0][0] if form.buttons else "decision"
        response = walker.submit(page, "logout-confirm", **{name: "logout"})
    return response


def is_signed_in(walker: Walker, client) -> bool:
    return "code" in walker.authorize(client, prompt="none").parameters


def registered(client) -> str:
    """A post-logout address of the client: its own callback when none is listed."""
    listed = client.metadata.get("post_logout_redirect_uris") or []
    return listed[0].replace(":*", ":4711") if listed else client.callback


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_relying_party_ends_the_session_and_gets_the_browser_back(login, client, method):
    walker, id_token = login
    assert is_signed_in(walker, client)
    response = log_out(walker, {"id_token_hint": id_token, "post_logout_redirect_uri": registered(client), "state": "s"}, method)
    assert response.is_redirect, Page(response).text[:300]
    answer = Answer.of(response.headers["location"])
    assert answer.url.startswith(registered(client)) and answer.parameters["state"] == "s"
    assert not is_signed_in(walker, client)


def test_without_a_hint_the_citizen_is_asked(login, client):
    walker, _ = login
    endpoint = walker.server.metadata()["end_session_endpoint"]
    page = Page(walker.session.get(endpoint, timeout=20))
    assert page.name == "logout" and "logout-confirm" in page.forms
    assert is_signed_in(walker, client), "a mere GET from anywhere ended the session"
    log_out(walker, {})
    assert not is_signed_in(walker, client)


@pytest.mark.parametrize("address", [
    "https://evil.example/", "http://127.0.0.1:4711/callback/../evil", "//evil.example", "javascript:alert(1)",
    "http://127.0.0.1:4711@evil.example/callback", "http://127.0.0.1:4711\\@evil.example/callback",
])
def test_an_address_that_is_not_registered_receives_nobody(login, address):
    walker, id_token = login
    response = log_out(walker, {"id_token_hint": id_token, "post_logout_redirect_uri": address, "state": "s"})
    assert "evil" not in response.headers.get("location", "") and "javascript" not in response.headers.get("location", "")
    assert response.status_code < 500


def test_a_forged_hint_neither_ends_a_session_nor_redirects(login, client):
    walker, id_token = login
    head, body, signature = id_token.split(".")
    for hint in (forge({"alg": "none"}, payload_of(id_token)), forge(header_of(id_token), payload_of(id_token), bytes(256)),
                 f"{head}.{body}.", "nonsense", "", f"{head}.{body}.{signature[:-6]}"):
        endpoint = walker.server.metadata()["end_session_endpoint"]
        response = walker.session.get(endpoint, allow_redirects=False, timeout=20, params={
            "id_token_hint": hint, "post_logout_redirect_uri": registered(client), "state": "s"})
        location = response.headers.get("location", "")
        assert not location.startswith(registered(client)), hint[:60]
        assert is_signed_in(walker, client), f"a forged hint ended the session: {hint[:60]}"


def test_an_expired_hint_still_names_the_session(citygate, client, moved_clock):
    walker = Walker(citygate)
    id_token = walker.tokens(client)["id_token"]
    moved_clock.advance(3700)
    response = log_out(walker, {"id_token_hint": id_token, "post_logout_redirect_uri": registered(client)})
    assert response.is_redirect and response.headers["location"].startswith(registered(client))


def test_one_browser_s_logout_leaves_the_other_signed_in(citygate, client):
    one, other = Walker(citygate), Walker(citygate)
    hint = one.tokens(client)["id_token"]
    other.tokens(client)
    log_out(one, {"id_token_hint": hint, "post_logout_redirect_uri": registered(client)})
    assert not is_signed_in(one, client)
    assert is_signed_in(other, client)


def test_a_hint_of_another_person_s_session_is_not_enough(citygate, client):
    """A stolen ID token, sent by a browser with a session of its own: that browser's citizen is asked first."""
    victim, thief = Walker(citygate), Walker(citygate)
    hint = victim.tokens(client)["id_token"]
    thief.authorize(client, Proof())
    endpoint = citygate.metadata()["end_session_endpoint"]
    thief.session.get(endpoint, params={"id_token_hint": hint}, allow_redirects=False, timeout=20)
    assert is_signed_in(victim, client)
