"""A redirect URI that is not exactly a registered one never receives anything (RFC 9700 §2.1, RFC 6749 §3.1.2.4)."""

from urllib.parse import quote

import pytest

from harness.sandbox import Proof

# The sandbox's clients register http://127.0.0.1:*/callback and https://localhost:*/callback, the port free (RFC 8252 §7.3).
TRICKS = {
    "another path": "http://127.0.0.1:4711/other",
    "a longer path": "http://127.0.0.1:4711/callback/extra",
    "a trailing slash": "http://127.0.0.1:4711/callback/",
    "a longer last segment": "http://127.0.0.1:4711/callbacks",
    "no path": "http://127.0.0.1:4711",
    "a doubled slash": "http://127.0.0.1:4711//callback",
    "dot segments": "http://127.0.0.1:4711/callback/../evil",
    "dot segments back again": "http://127.0.0.1:4711/x/../callback",
    "a dot segment": "http://127.0.0.1:4711/./callback",
    "dot segments with a semicolon": "http://127.0.0.1:4711/callback/..;/evil",
    "a path parameter": "http://127.0.0.1:4711/callback;x",
    "escaped dot segments": "http://127.0.0.1:4711/callback%2f..%2fevil",
    "escaped slash": "http://127.0.0.1:4711/callback%2fextra",
    "an escaped letter": "http://127.0.0.1:4711/%63allback",
    "escaped twice": "http://127.0.0.1:4711/%2563allback",
    "case of the path": "http://127.0.0.1:4711/Callback",
    "case of the scheme": "HTTP://127.0.0.1:4711/callback",
    "case of the host": "https://LOCALHOST:4711/callback",
    "a query": "http://127.0.0.1:4711/callback?x=1",
    "an empty query": "http://127.0.0.1:4711/callback?",
    "a fragment": "http://127.0.0.1:4711/callback#x",
    "an empty fragment": "http://127.0.0.1:4711/callback#",
    "user information": "http://user@127.0.0.1:4711/callback",
    "user information that looks like the host": "http://127.0.0.1:4711@evil.example/callback",
    "user information with a password": "http://127.0.0.1:4711:x@evil.example/callback",
    "a backslash before the at sign": "http://127.0.0.1:4711\\@evil.example/callback",
    "backslashes for slashes": "http:\\\\127.0.0.1:4711\\callback",
    "a fragment before the host": "http://evil.example#@127.0.0.1:4711/callback",
    "a query before the host": "http://evil.example?@127.0.0.1:4711/callback",
    "another host": "https://evil.example/callback",
    "the host as a label": "http://127.0.0.1.evil.example:4711/callback",
    "the host as a prefix": "http://127.0.0.1evil.example:4711/callback",
    "the port as a label": "http://127.0.0.1:4711.evil.example/callback",
    "localhost for the address": "http://localhost:4711/callback",
    "a trailing dot": "https://localhost.:4711/callback",
    "the other address family": "http://[::1]:4711/callback",
    "an address of another form": "http://2130706433:4711/callback",
    "a hexadecimal address": "http://0x7f.0.0.1:4711/callback",
    "a shortened address": "http://127.1:4711/callback",
    "a neighbour on loopback": "http://127.0.0.2:4711/callback",
    "another scheme": "https://127.0.0.1:4711/callback",
    "one slash": "http:/127.0.0.1:4711/callback",
    "no scheme": "//127.0.0.1:4711/callback",
    "a path alone": "/callback",
    "a word": "callback",
    "an empty value": "",
    "a script": "javascript:alert(1)//127.0.0.1:4711/callback",
    "data": "data:text/html,callback",
    "a port out of range": "http://127.0.0.1:99999/callback",
    "a port of letters": "http://127.0.0.1:port/callback",
    "a port with a sign": "http://127.0.0.1:+4711/callback",
    "the pattern itself": "http://127.0.0.1:*/callback",
    "a space at the end": "http://127.0.0.1:4711/callback ",
    "a space in front": " http://127.0.0.1:4711/callback",
    "a line break": "http://127.0.0.1:4711/callback\r\nSet-Cookie: a=b",
    "a tab": "http://127.0.0.1:4711/call\tback",
    "a null byte": "http://127.0.0.1:4711/callback\0",
    "full-width letters": "\uff48\uff54\uff54\uff50://127.0.0.1:4711/callback",
    "a combining mark": "http://127.0.0.1:4711/callback\u0301",
    "two addresses": "http://127.0.0.1:4711/callback http://evil.example/",
    "a comma between addresses": "http://127.0.0.1:4711/callback,http://evil.example/",
    "a very long one": "http://127.0.0.1:4711/callback/" + "a" * 6000,
}


@pytest.mark.parametrize("trick", TRICKS)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_trick_is_answered_by_our_own_page(signed_in, client, expect_own_page, trick, method):
    # The browser is signed in and consent is given: nothing but the redirect URI stands in the way of a code.
    request = signed_in.request_parameters(client, Proof(), redirect_uri=TRICKS[trick])
    expect_own_page(signed_in.open_authorization(request, method))


@pytest.mark.parametrize("fault", ["prompt", "response_type", "scope"])
def test_a_second_fault_does_not_open_the_door(signed_in, client, expect_own_page, fault):
    changes = {"prompt": "none", "response_type": "nonsense", "scope": "\x01"}
    request = signed_in.request_parameters(client, Proof(), redirect_uri="https://evil.example/callback",
                                           **{fault: changes[fault]})
    expect_own_page(signed_in.open_authorization(request))


def test_a_missing_redirect_uri_is_no_guess(signed_in, client, expect_own_page):
    expect_own_page(signed_in.open_authorization(signed_in.request_parameters(client, Proof(), redirect_uri=None)))


@pytest.mark.parametrize("order", [0, 1])
def test_a_repeated_redirect_uri_is_refused(signed_in, client, expect_own_page, order):
    request = list(signed_in.request_parameters(client, Proof()).items())
    request.insert(0 if order else len(request), ("redirect_uri", "https://evil.example/"))
    expect_own_page(signed_in.open_authorization(request))


@pytest.mark.parametrize("client_id", ["nobody", "", "' OR 1=1 --", "a" * 3000, "\0", "<script>alert(1)</script>"],
                         ids=range(6))
def test_an_unknown_client_is_answered_by_our_own_page(signed_in, client, expect_own_page, client_id):
    page = expect_own_page(
        signed_in.open_authorization(signed_in.request_parameters(client, Proof(), client_id=client_id)))
    assert "<script>alert" not in page.response.text


def test_a_missing_or_repeated_client_is_answered_by_our_own_page(signed_in, client, expect_own_page):
    request = signed_in.request_parameters(client, Proof())
    expect_own_page(signed_in.open_authorization({k: v for k, v in request.items() if k != "client_id"}))
    expect_own_page(signed_in.open_authorization([*request.items(), ("client_id", client.id)]))


def test_any_port_of_loopback_and_no_other_change_is_taken(signed_in, client):
    for port in (1024, 4711, 65535):
        client.callback = f"http://127.0.0.1:{port}/callback"
        assert signed_in.authorize(client).url.startswith(client.callback + "?code=") or (
            "code" in signed_in.authorize(client).parameters)


def test_malformed_queries_are_pages_or_refusals_and_never_a_redirect(citygate, signed_in, client):
    good = quote(client.callback, safe="")
    for query in ("%", "%zz=1", "client_id=%ff%fe", "&&&&", "=&=", "a" * 9000, f"client_id={client.id}&redirect_uri={good}%",
                  f"client_id={client.id};redirect_uri={good}", "client_id[]=x&redirect_uri[]=y"):
        answer = signed_in.session.get(f"{citygate.address}/oauth2/authorize?{query}", allow_redirects=False, timeout=20)
        assert 400 <= answer.status_code < 500 and "location" not in answer.headers, query
