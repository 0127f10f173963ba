"""With client and redirect URI proved, a fault goes to the relying party in the words of RFC 6749 §4.1.2.1."""

import pytest

from harness.sandbox import Proof
from harness.walker import Answer

FAULTS = {
    "no response type": ({"response_type": None}, {"invalid_request"}),
    "an unknown response type": ({"response_type": "nonsense"}, {"unsupported_response_type"}),
    "the implicit grant": ({"response_type": "token"}, {"unsupported_response_type", "unauthorized_client"}),
    "an unknown response mode": ({"response_mode": "carrier-pigeon"}, {"invalid_request"}),
    "no PKCE": ({"code_challenge": None, "code_challenge_method": None}, {"invalid_request"}),
    "the plain method": ({"code_challenge_method": "plain"}, {"invalid_request"}),
    "no method, which means plain": ({"code_challenge_method": None}, {"invalid_request"}),
    "an unknown method": ({"code_challenge_method": "S512"}, {"invalid_request"}),
    "a short challenge": ({"code_challenge": "abc"}, {"invalid_request"}),
    "a challenge of other letters": ({"code_challenge": "!" * 43}, {"invalid_request"}),
    "an empty challenge": ({"code_challenge": ""}, {"invalid_request"}),
    "prompt none with another": ({"prompt": "none login"}, {"invalid_request"}),
    "an age that is no number": ({"max_age": "soon"}, {"invalid_request"}),
    "a negative age": ({"max_age": "-1"}, {"invalid_request"}),
    "an age beyond all numbers": ({"max_age": "9" * 40}, {"invalid_request"}),
    "a scope of other letters": ({"scope": 'openid "'}, {"invalid_scope", "invalid_request"}),
    "a request object": ({"request": "eyJhbGciOiJub25lIn0.e30."}, {"request_not_supported"}),
    "a request by reference": ({"request_uri": "https://evil.example/r"},
                               {"request_uri_not_supported", "invalid_request_uri", "invalid_request"}),
    "a registration": ({"registration": "{}"}, {"registration_not_supported", "invalid_request"}),
    "claims that are no JSON": ({"claims": "{"}, {"invalid_request"}),
    "claims nested without end": ({"claims": "[" * 2000}, {"invalid_request"}),
    "a forged hint": ({"id_token_hint": "eyJhbGciOiJub25lIn0.e30.", "prompt": "none"},
                      {"invalid_request", "login_required"}),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_told_to_the_relying_party(citygate, signed_in, client, fault):
    changes, codes = FAULTS[fault]
    response = signed_in.open_authorization(
        signed_in.request_parameters(client, Proof(), state="the state & more", **changes))
    assert response.is_redirect, f"{response.status_code}: {response.text[:300]}"
    answer = Answer.of(response.headers["location"])
    told = answer.parameters or answer.fragment
    assert answer.url.startswith(client.callback)
    assert told["error"] in codes, told
    assert told["state"] == "the state & more"
    assert told["iss"] == citygate.issuer
    assert "code" not in told


@pytest.mark.parametrize("name", ["state", "scope", "nonce", "response_type", "code_challenge", "prompt"])
def test_a_repeated_parameter_is_refused(signed_in, client, name):
    request = [*signed_in.request_parameters(client, Proof(), prompt="login").items(), (name, "again")]
    response = signed_in.open_authorization(request)
    if response.is_redirect:
        assert Answer.of(response.headers["location"]).parameters["error"] == "invalid_request"
    else:
        assert response.status_code == 400


def test_an_error_description_keeps_to_the_letters_allowed(signed_in, client):
    response = signed_in.open_authorization(
        signed_in.request_parameters(client, Proof(), response_type='"\\<script>\u00e9'))
    description = Answer.of(response.headers["location"]).parameters.get("error_description", "")
    assert all(c in " !" or "#" <= c <= "[" or "]" <= c <= "~" for c in description), description


def test_other_methods_are_not_allowed(citygate):
    for method in ("PUT", "DELETE", "PATCH"):
        answer = citygate.session().request(method, f"{citygate.address}/oauth2/authorize", timeout=20)
        assert answer.status_code in (404, 405), method


def test_unknown_parameters_are_ignored(signed_in, client):
    assert "code" in signed_in.authorize(client, surprise="x", ui_locales="zh-CN en", display="touch").parameters
