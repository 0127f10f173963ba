"""One refresh token, many hands, two servers on one database (RFC 9700 §4.14.2).

Rounds: CITYGATE_RACE_ROUNDS, 20 unless set; each round races the successor that the round before left, 64-fold.
"""

import os
import subprocess
import threading

import pytest

from harness.postgres import Postgres
from harness.sandbox import Sandbox
from harness.server import Citygate
from harness.walker import Walker

ROUNDS = int(os.environ.get("CITYGATE_RACE_ROUNDS", "20"))
HANDS = 64


@pytest.fixture(scope="module")
def pair():
    with Postgres() as postgres, Citygate("one", database_url=postgres.url) as first:
        with Citygate("two", database_url=postgres.url, keys=first.keys, issuer=first.issuer) as second:
            yield first, second, postgres


class Hand:
    """A holder of the token with a connection of its own."""

    def __init__(self, server: Citygate, client, barrier: threading.Barrier):
        self.server, self.client, self.barrier = server, client, barrier
        self.session = server.session()
        self.session.get(f"{server.address}/healthz", timeout=20)
        self.answer = None

    def run(self, token: str):
        self.barrier.wait(60)
        self.answer = self.session.post(
            f"{self.server.address}/oauth2/token", auth=(self.client.id, self.client.secret), timeout=60,
            data={"grant_type": "refresh_token", "refresh_token": token})


def rows(postgres: Postgres, sql: str) -> str:
    return subprocess.run([postgres.programs / "psql", "-XAtq", postgres.url, "-c", sql], check=True,
                          capture_output=True, text=True).stdout.strip()


@pytest.mark.timeout(1800)
def test_one_token_raced_64_fold_at_two_servers_has_one_successor(pair):
    first, second, postgres = pair
    client = Sandbox(first).client("client_secret_basic")
    held = Walker(first).tokens(client, scope="openid offline_access")["refresh_token"]
    barrier = threading.Barrier(HANDS)
    hands = [Hand((first, second)[number % 2], client, barrier) for number in range(HANDS)]
    for number in range(ROUNDS):
        threads = [threading.Thread(target=hand.run, args=(held,)) for hand in hands]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(90)
        assert {hand.answer.status_code for hand in hands} == {200}, f"round {number}: {hands[0].answer.text}"
        successors = {hand.answer.json()["refresh_token"] for hand in hands}
        assert len(successors) == 1 and held not in successors, f"round {number}: {len(successors)} successors"
        held = successors.pop()
    # Not only what was answered: what is stored. One token for each round and the first.
    assert rows(postgres, "SELECT count(*), count(*) FILTER (WHERE spent_at IS NULL) FROM refresh_token") == f"{ROUNDS + 1}|1"
    rotated = rows(postgres, "SELECT count(*), count(DISTINCT object) FROM audit WHERE event = 'refresh_token.rotated'")
    assert rotated == f"{ROUNDS}|1"
    assert rows(postgres, "SELECT count(*) FROM audit WHERE event = 'refresh_token.replayed'") == "0"


def test_the_store_alone_opens_no_successor(pair):
    """What lies in the table is neither the token nor anything that leads to it."""
    first, _, postgres = pair
    client = Sandbox(first).client("client_secret_basic")
    tokens = Walker(first).tokens(client, scope="openid offline_access")
    answer = first.post("/oauth2/token", auth=(client.id, client.secret),
                        data={"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]})
    successor = answer.json()["refresh_token"]
    from base64 import urlsafe_b64decode
    dump = rows(postgres, "SELECT string_agg(t::text, '') FROM refresh_token t")
    for token in (tokens["refresh_token"], successor):
        assert token not in dump and token.encode().hex() not in dump
        assert urlsafe_b64decode(token + "==").hex() not in dump


def test_a_family_that_one_server_ends_is_dead_at_the_other(pair):
    first, second, _ = pair
    client = Sandbox(first).client("client_secret_basic")
    walker = Walker(first)
    tokens = walker.tokens(client, scope="openid offline_access")

    def refresh(server, token):
        return server.post("/oauth2/token", auth=(client.id, client.secret),
                           data={"grant_type": "refresh_token", "refresh_token": token})

    successor = refresh(first, tokens["refresh_token"]).json()
    latest = refresh(second, successor["refresh_token"]).json()
    assert walker.userinfo(latest["access_token"], second).status_code == 200
    assert refresh(second, tokens["refresh_token"]).json()["error"] == "invalid_grant"
    assert walker.userinfo(latest["access_token"], first).status_code == 401
    assert refresh(first, latest["refresh_token"]).json()["error"] == "invalid_grant"
