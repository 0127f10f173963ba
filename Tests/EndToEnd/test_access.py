"""What ends a person's access: an operator's word, the profile centre; dead within a second at every process."""

import time

import pytest
import requests

from harness.back_channel import BackChannel, wait_for
from harness.pages import Page
from harness.postgres import Postgres
from harness.sandbox import Sandbox
from harness.server import Citygate
from harness.tokens import payload_of
from harness.walker import Walker


@pytest.fixture(scope="module")
def pair():
    with Postgres() as postgres, Citygate("one", database_url=postgres.url) as first:
        with Citygate("two", database_url=postgres.url, keys=first.keys, issuer=first.issuer) as second:
            yield first, second


def is_alive(server: Citygate, client, tokens: dict) -> dict[str, bool]:
    def introspected(token):
        answer = server.session().post(f"{server.address}/oauth2/introspect", auth=(client.id, client.secret),
                                       data={"token": token}, timeout=20)
        return answer.json()["active"]

    return {"userinfo": Walker(server).userinfo(tokens["access_token"], server).status_code == 200,
            "access": introspected(tokens["access_token"]), "refresh": introspected(tokens["refresh_token"])}


def refresh(server: Citygate, client, tokens: dict) -> requests.Response:
    return server.session().post(f"{server.address}/oauth2/token", auth=(client.id, client.secret), timeout=20, data={
        "grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]})


@pytest.mark.parametrize("form", ["jwt", "opaque"])
@pytest.mark.parametrize("word", ["logout", "disable"])
def test_an_operator_s_word_ends_everything_within_a_second_at_both_processes(pair, word, form):
    first, second = pair
    with BackChannel() as door:
        client = door.register(first, access_token_format=form)
        walkers = [Walker(first, Sandbox(first).persona("李四")) for _ in range(2)]
        tokens = [walker.tokens(client, scope="openid profile offline_access") for walker in walkers]
        for server in pair:
            assert all(all(is_alive(server, client, one).values()) for one in tokens)
        answer = first.command("user", word, walkers[0].persona["username"])
        began = time.monotonic()
        try:
            assert answer["ended_sessions"] >= 2 and answer["ended_grants"] >= 2
            for server in pair:
                for one in tokens:
                    assert not any(is_alive(server, client, one).values())
                    assert refresh(server, client, one).json()["error"] == "invalid_grant"
            assert time.monotonic() - began < 1.5, "the tests themselves take part of the second"
            assert all("error" in w.authorize(client, prompt="none").parameters for w in walkers)
            assert {payload_of(door.wait())["sid"] for _ in range(2)} == {payload_of(t["id_token"])["sid"] for t in tokens}
            if word == "disable":
                page = Page(walkers[0].step(Page(walkers[0].session.get(f"{first.address}/login", timeout=20)), "allow"))
                assert page.status == 403 and "该账号已停用" in page.text
        finally:
            enabled = first.command("user", "enable", walkers[0].persona["username"])
            assert enabled["state"] == "active"


def test_an_authorisation_taken_back_in_the_profile_centre_ends_tokens_and_asks_again(pair):
    first, second = pair
    with BackChannel() as door:
        client = door.register(first)
        walker = Walker(first)
        tokens = walker.tokens(client, scope="openid profile offline_access")
        page = Page(walker.session.get(f"{first.address}/account/authorizations", timeout=20))
        assert page.name == "account" and "听得见退出的应用" in page.text
        page = Page(walker.session.get(f"{first.address}/account/authorizations/withdraw?client_id={client.id}", timeout=20))
        answer = walker.submit(page, "withdraw", decision="withdraw")
        assert answer.is_redirect
        assert not any(is_alive(second, client, tokens).values())
        assert refresh(second, client, tokens).json()["error"] == "invalid_grant"
        assert walker.authorize(client, prompt="none").parameters["error"] == "consent_required"


def test_a_device_is_thrown_out_from_another_one(pair):
    first, _ = pair
    with BackChannel() as door:
        client = door.register(first)
        mine, other = Walker(first), Walker(first)
        tokens = other.tokens(client, scope="openid profile offline_access")
        mine.authorize(client)
        page = Page(mine.session.get(f"{first.address}/account/sessions", timeout=20))
        assert "本机" in page.text
        name = f"end-session-{payload_of(tokens['id_token'])['sid']}"
        assert mine.submit(page, name).is_redirect
        assert not any(is_alive(first, client, tokens).values())
        assert payload_of(door.wait())["sid"] == payload_of(tokens["id_token"])["sid"]
        wait_for(first, client, lambda found: found[0]["state"] == "delivered")
        assert "error" in other.authorize(client, prompt="none").parameters
        assert "code" in mine.authorize(client, prompt="none").parameters
