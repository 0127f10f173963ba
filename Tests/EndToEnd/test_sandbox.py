"""The sandbox contract that relying parties' own tests stand on."""

from datetime import datetime, timedelta

import pytest

from harness.sandbox import Sandbox
from harness.walker import Walker

FIELDS = {"id", "title", "username", "phone", "password", "id_type", "id_number", "name", "level", "note"}


def test_personas_have_all_fields_and_can_log_in(citygate, sandbox, client):
    personas = sandbox.personas()
    assert len(personas) >= 3
    for persona in personas:
        assert FIELDS <= set(persona), persona.get("id")
    assert sandbox.persona("张三")["level"] in (3, "L3", "3")
    assert "code" in Walker(citygate, sandbox.persona("张三")).authorize(client).parameters


@pytest.mark.parametrize("identifier", ["username", "phone", "id_number"])
def test_each_identifier_of_a_person_logs_in(citygate, sandbox, client, identifier):
    persona = sandbox.persona()
    assert "code" in Walker(citygate, persona | {"username": persona[identifier]}).authorize(client).parameters


def test_clients_cover_each_authentication_method(sandbox):
    methods = {client.method for client in sandbox.clients()}
    assert methods >= {"client_secret_basic", "client_secret_post", "private_key_jwt", "none"}
    for client in sandbox.clients():
        if "authorization_code" not in client.metadata["grant_types"]:
            continue
        assert {"http://127.0.0.1:*/callback", "https://localhost:*/callback"} <= set(client.metadata["redirect_uris"])
    assert sandbox.client("private_key_jwt").private_jwk["d"]
    assert sandbox.client("none").secret is None


def test_the_clock_moves_and_is_set_back(citygate, moved_clock):
    before = datetime.fromisoformat(moved_clock.now())
    assert before.tzinfo is not None
    moved_clock.advance(3600)
    after = datetime.fromisoformat(moved_clock.now())
    assert timedelta(seconds=3595) <= after - before <= timedelta(seconds=3660)
    answer = citygate.post("/sandbox/clock", json={"now": "2031-12-01T00:00:00+08:00"})
    assert answer.status_code in (200, 204)
    assert moved_clock.now().startswith(("2031-12-01T00:00", "2031-11-30T16:00"))
    moved_clock.reset()
    assert abs(datetime.fromisoformat(moved_clock.now()) - before) < timedelta(minutes=10)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"advance_seconds":"x"}', b'{"advance_seconds":1e400}', b'{"now":"tomorrow"}',
                                  b'{"advance_seconds":9223372036854775807}'], ids=range(7))
def test_a_faulty_clock_request_is_refused(citygate, moved_clock, body):
    answer = citygate.post("/sandbox/clock", data=body, headers={"content-type": "application/json"})
    assert 400 <= answer.status_code < 500


def test_an_unknown_captcha_is_not_found(citygate):
    assert citygate.get("/sandbox/captchas/nothing").status_code == 404


def test_a_reset_ends_sessions_and_brings_people_back(citygate, client):
    walker = Walker(citygate)
    walker.authorize(client)
    Sandbox(citygate).reset()
    assert walker.authorize(client, prompt="none").parameters["error"] == "login_required"
    assert "code" in Walker(citygate).authorize(client).parameters
