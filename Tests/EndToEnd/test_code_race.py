"""Two server processes on one database race for one code (RFC 6749 §4.1.2, RFC 9700 §2.1.1).

Rounds: CITYGATE_RACE_ROUNDS, 100 unless set; a full run takes 1000.
"""

import os
import threading

import pytest

from harness.postgres import Postgres
from harness.sandbox import Proof, Sandbox
from harness.server import Citygate
from harness.tokens import client_assertion
from harness.walker import Walker

ROUNDS = int(os.environ.get("CITYGATE_RACE_ROUNDS", "100"))


@pytest.fixture(scope="module")
def pair():
    """One installation of two processes: one database, one folder of keys, one issuer."""
    with Postgres() as postgres, Citygate("one", database_url=postgres.url) as first:
        with Citygate("two", database_url=postgres.url, keys=first.keys, issuer=first.issuer) as second:
            yield first, second


class Redeemer:
    """One server's end of the race: a kept-alive connection and a barrier to leave from together."""

    def __init__(self, server: Citygate, client, barrier: threading.Barrier):
        self.server, self.client, self.barrier = server, client, barrier
        self.session = server.session()
        self.session.get(f"{server.address}/healthz", timeout=10)
        self.answer = None

    def run(self, code: str, proof: Proof):
        self.barrier.wait(20)
        self.answer = self.session.post(
            f"{self.server.address}/oauth2/token", auth=(self.client.id, self.client.secret), timeout=30,
            data={"grant_type": "authorization_code", "code": code, "redirect_uri": self.client.callback,
                  "code_verifier": proof.verifier})


@pytest.mark.timeout(1800)
def test_one_code_raced_at_two_servers_has_one_winner_who_keeps_nothing(pair):
    first, second = pair
    client = Sandbox(first).client("client_secret_basic")
    walker = Walker(first)
    barrier = threading.Barrier(2)
    ends = [Redeemer(first, client, barrier), Redeemer(second, client, barrier)]
    wins = [0, 0]
    for number in range(ROUNDS):
        proof = Proof()
        code = walker.authorize(client, proof).parameters["code"]
        threads = [threading.Thread(target=end.run, args=(code, proof)) for end in ends]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        statuses = [end.answer.status_code for end in ends]
        assert sorted(statuses) == [200, 400], f"round {number}: {statuses} {[end.answer.text for end in ends]}"
        winner = statuses.index(200)
        wins[winner] += 1
        loser = ends[1 - winner]
        assert loser.answer.json()["error"] == "invalid_grant", f"round {number}: {loser.answer.text}"
        token = ends[winner].answer.json()["access_token"]
        for server in pair:
            information = walker.userinfo(token, server)
            assert information.status_code == 401, f"round {number}: the first answer's token still works at {server.address}"
    print(f"{ROUNDS} rounds: {wins[0]} won by the first server, {wins[1]} by the second")
    assert ROUNDS < 50 or min(wins) > 0, "one server won every round: this was no race"


def test_what_one_server_issued_the_other_takes(pair):
    first, second = pair
    client = Sandbox(first).client("client_secret_basic")
    walker = Walker(first)
    proof = Proof()
    answer = walker.authorize(client, proof)
    response = walker.redeem(client, answer, proof, server=second)
    assert response.status_code == 200, response.text
    assert walker.userinfo(response.json()["access_token"], first).status_code == 200


def test_one_assertion_serves_once_across_servers(pair):
    first, second = pair
    client = Sandbox(first).client("private_key_jwt")
    assertion = client_assertion(client, first.metadata()["token_endpoint"])
    walker = Walker(first)
    answers = []
    for server in pair:
        proof = Proof()
        code = walker.authorize(client, proof).parameters["code"]
        answers.append(server.post("/oauth2/token", data={
            "grant_type": "authorization_code", "code": code, "redirect_uri": client.callback,
            "code_verifier": proof.verifier, "client_id": client.id, "client_assertion": assertion,
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}))
    assert answers[0].status_code == 200
    assert answers[1].json()["error"] == "invalid_client"
