"""What serves once, sent 64-fold to two server processes on one database: one of them wins, always.

Rounds: CITYGATE_RACE_ROUNDS, 20 unless set; a full run takes 10,000.
"""

import base64
import json
import os
import subprocess
from collections import Counter
from urllib.parse import urlencode

import pytest

from harness.postgres import Postgres
from harness.sandbox import Proof, Sandbox
from harness.server import Citygate
from harness.tokens import client_assertion
from harness.volley import Volley
from harness.walker import Walker
from test_dpop import Prover

ROUNDS = int(os.environ.get("CITYGATE_RACE_ROUNDS", "20"))
HANDS = 64


@pytest.fixture(scope="module")
def pair():
    with Postgres() as postgres, Citygate("one", database_url=postgres.url) as first:
        with Citygate("two", database_url=postgres.url, keys=first.keys, issuer=first.issuer) as second:
            yield first, second, postgres


def basic(client) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{client.id}:{client.secret}".encode()).decode()}


class Tally:
    """Who won, round by round; the servers' connections alternate."""

    def __init__(self):
        self.wins = [0, 0]

    def count(self, number: int, replies, won: int, lost: int, error: str):
        statuses = Counter(reply.status for reply in replies)
        assert statuses == {won: 1, lost: HANDS - 1}, f"round {number}: {statuses}"
        for reply in replies:
            assert reply.status == won or error.encode() in reply.body, f"round {number}: {reply.body[:300]}"
        self.wins[next(n for n, reply in enumerate(replies) if reply.status == won) % 2] += 1

    def close(self, what: str):
        print(f"{what}: {ROUNDS} raced {HANDS}-fold, won by the servers {self.wins[0]} and {self.wins[1]} times")
        assert ROUNDS < 50 or min(self.wins) > 0, "one server won every round: this was no race"


@pytest.mark.timeout(7200)
def test_a_pushed_request_is_taken_once(pair):
    first, second, _ = pair
    client, walker, tally = Sandbox(first).client_named("sandbox-par"), Walker(first), Tally()
    session = first.session()
    form = walker.request_parameters(client, Proof())
    with Volley([first, second], HANDS) as volley:
        for number in range(ROUNDS):
            pushed = session.post(f"{first.address}/oauth2/par", data=form, auth=(client.id, client.secret), timeout=60)
            query = urlencode({"client_id": client.id, "request_uri": pushed.json()["request_uri"]})
            replies = volley.fire(Volley.request("GET", f"/oauth2/authorize?{query}", {}))
            tally.count(number, replies, 303, 400, "invalid_request_uri")
    tally.close("pushed requests")


@pytest.mark.timeout(7200)
@pytest.mark.parametrize("method", ["client_secret_jwt", "private_key_jwt"])
def test_a_client_assertion_serves_once(pair, method):
    first, second, _ = pair
    client, tally = Sandbox(first).client(method), Tally()
    with Volley([first, second], HANDS) as volley:
        for number in range(ROUNDS):
            # Whoever is authenticated hears of the code, which is none.
            body = urlencode({
                "grant_type": "authorization_code", "code": "none", "redirect_uri": client.callback, "client_id": client.id,
                "client_assertion": client_assertion(client, f"{first.issuer}/oauth2/token"),
                "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}).encode()
            replies = volley.fire(Volley.request("POST", "/oauth2/token", {}, body))
            tally.count(number, replies, 400, 401, "invalid_client")
            assert b"invalid_grant" in next(reply.body for reply in replies if reply.status == 400)
    tally.close(f"assertions by {method}")


@pytest.mark.timeout(7200)
def test_a_proof_of_possession_serves_once(pair):
    first, second, _ = pair
    client, prover, tally = Sandbox(first).client_named("sandbox-service"), Prover(), Tally()
    nonce = None
    with Volley([first, second], HANDS) as volley:
        for number in range(ROUNDS):
            headers = basic(client) | {"DPoP": prover.proof("POST", f"{first.issuer}/oauth2/token", nonce)}
            replies = volley.fire(Volley.request("POST", "/oauth2/token", headers, b"grant_type=client_credentials"))
            if all(b"use_dpop_nonce" in reply.body for reply in replies):
                nonce = replies[0].headers["dpop-nonce"]
                headers["DPoP"] = prover.proof("POST", f"{first.issuer}/oauth2/token", nonce)
                replies = volley.fire(Volley.request("POST", "/oauth2/token", headers, b"grant_type=client_credentials"))
            tally.count(number, replies, 200, 400, "invalid_dpop_proof")
            token = json.loads(next(reply.body for reply in replies if reply.status == 200))
            assert token["token_type"] == "DPoP"
    tally.close("proofs")


def test_each_is_stored_once_and_spent(pair):
    """Not only what was answered: what is stored."""
    *_, postgres = pair
    rows = subprocess.run(
        [postgres.programs / "psql", "-XAtq", postgres.url, "-c",
         "SELECT kind, count(*), count(spent_at) FROM one_time WHERE kind IN (3, 20, 21) GROUP BY kind ORDER BY kind"],
        check=True, capture_output=True, text=True).stdout.split()
    assert rows == [f"3|{2 * ROUNDS}|{2 * ROUNDS}", f"20|{ROUNDS}|{ROUNDS}", f"21|{ROUNDS}|{ROUNDS}"]
