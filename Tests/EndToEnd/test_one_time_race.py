"""What serves once, sent 64-fold to two server processes on one database: one of them wins, always.

CITYGATE_RACE_OBJECTS says how many things are raced for altogether, 140 unless set; a full run takes 10,000 (`-s` shows who won).
CITYGATE_RACE_ROUNDS sets the number for each kind instead.
"""

import base64
import json
import os
import subprocess
import time
from collections import Counter
from urllib.parse import urlencode

import pytest

from harness.device import Device, decide, enter
from harness.postgres import Postgres
from harness.sandbox import Proof, Sandbox
from harness.server import Citygate
from harness.tokens import client_assertion
from harness.volley import Volley
from harness.walker import Walker
from test_dpop import Prover

KINDS = 7
ROUNDS = int(os.environ.get("CITYGATE_RACE_ROUNDS") or -(-int(os.environ.get("CITYGATE_RACE_OBJECTS", "140")) // KINDS))
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
        self.began = time.monotonic()

    def count(self, number: int, replies, won: int, lost: int, error: str):
        statuses = Counter(reply.status for reply in replies)
        assert statuses == {won: 1, lost: HANDS - 1}, f"round {number}: {statuses}"
        for reply in replies:
            assert reply.status == won or error.encode() in reply.body, f"round {number}: {reply.body[:300]}"
        self.wins[next(n for n, reply in enumerate(replies) if reply.status == won) % 2] += 1

    def close(self, what: str):
        print(f"{what}: {ROUNDS} raced {HANDS}-fold in {time.monotonic() - self.began:.0f} s, "
              f"won by the servers {self.wins[0]} and {self.wins[1]} times")
        assert ROUNDS < 50 or min(self.wins) > 0, "one server won every round: this was no race"


def token_request(client, form: dict[str, str]) -> bytes:
    headers = basic(client) if client.secret else {}
    form = form if client.secret else form | {"client_id": client.id}
    return Volley.request("POST", "/oauth2/token", headers, urlencode(form).encode())


@pytest.mark.timeout(7200)
def test_an_authorization_code_is_redeemed_once(pair):
    first, second, _ = pair
    client, walker, tally = Sandbox(first).client_named("sandbox-basic"), Walker(first), Tally()
    with Volley([first, second], HANDS) as volley:
        for number in range(ROUNDS):
            proof = Proof()
            code = walker.authorize(client, proof).parameters["code"]
            replies = volley.fire(token_request(client, {
                "grant_type": "authorization_code", "code": code, "redirect_uri": client.callback,
                "code_verifier": proof.verifier}))
            tally.count(number, replies, 200, 400, "invalid_grant")
    tally.close("authorization codes")


@pytest.mark.timeout(7200)
def test_a_refresh_token_has_one_successor(pair):
    """Many hands of one holder: all hear the same answer (RFC 9700 §4.14.2)."""
    first, second, _ = pair
    client, tally = Sandbox(first).client_named("sandbox-post"), Tally()
    held = Walker(first).tokens(client, scope="openid offline_access")["refresh_token"]
    with Volley([first, second], HANDS) as volley:
        for number in range(ROUNDS):
            body = urlencode({"grant_type": "refresh_token", "refresh_token": held, "client_id": client.id,
                              "client_secret": client.secret}).encode()
            replies = volley.fire(Volley.request("POST", "/oauth2/token", {}, body))
            assert Counter(reply.status for reply in replies) == {200: HANDS}, f"round {number}: {replies[0].body[:300]}"
            successors = {json.loads(reply.body)["refresh_token"] for reply in replies}
            assert len(successors) == 1 and held not in successors, f"round {number}: {len(successors)} successors"
            held = successors.pop()
    print(f"refresh tokens: {ROUNDS} raced {HANDS}-fold in {time.monotonic() - tally.began:.0f} s, one successor each")


@pytest.mark.timeout(7200)
def test_a_device_code_is_redeemed_once(pair):
    first, second, _ = pair
    client, walker, tally = Sandbox(first).client_named("sandbox-device"), Walker(first), Tally()
    with Volley([first, second], HANDS) as volley:
        for number in range(ROUNDS):
            device = Device.start(first, client)
            assert decide(walker, enter(walker, device.codes["user_code"]), "allow").name == "done"
            tally.count(number, volley.fire(token_request(client, device.form)), 200, 400, "invalid_grant")
    tally.close("device codes")


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
    """Not only what was answered: what is stored, and what was recorded."""
    *_, postgres = pair

    def rows(sql: str) -> list[str]:
        return subprocess.run([postgres.programs / "psql", "-XAtq", postgres.url, "-c", sql], check=True,
                              capture_output=True, text=True).stdout.split()

    spent = rows("SELECT kind, count(*), count(spent_at) FROM one_time WHERE kind IN (3, 20, 21) GROUP BY kind ORDER BY kind")
    assert spent == [f"3|{2 * ROUNDS}|{2 * ROUNDS}", f"20|{ROUNDS}|{ROUNDS}", f"21|{ROUNDS}|{ROUNDS}"]
    # One code more began the family of refresh tokens.
    assert rows("SELECT count(*), count(spent_at) FROM one_time WHERE kind = 2") == [f"{ROUNDS + 1}|{ROUNDS + 1}"]
    assert rows("SELECT state, count(*) FROM device_authorization GROUP BY state") == [f"redeemed|{ROUNDS}"]
    recorded = rows("SELECT event, count(*) FROM audit WHERE event IN ('authorization_code.redeemed', 'device_code.approved', "
                    "'device_code.redeemed', 'refresh_token.rotated', 'refresh_token.replayed') GROUP BY event ORDER BY event")
    assert recorded == [f"authorization_code.redeemed|{ROUNDS + 1}", f"device_code.approved|{ROUNDS}",
                        f"device_code.redeemed|{ROUNDS}", f"refresh_token.rotated|{ROUNDS}"]
