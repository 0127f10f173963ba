"""kill -9 of the server or of its PostgreSQL in the middle of logins: the next start is healthy and nothing acknowledged is
missing. Rounds of each kind: CITYGATE_CRASH_ROUNDS, 3 unless set."""

import os
import random
import subprocess
import threading
import time

import pytest
import requests

from harness.sandbox import Client, Proof, Sandbox
from harness.server import Citygate, binary
from harness.walker import Walker

ROUNDS = int(os.environ.get("CITYGATE_CRASH_ROUNDS", "3"))


class Citizen(threading.Thread):
    """Logs in again and again, and remembers only what the server has acknowledged."""

    def __init__(self, server: Citygate, client: Client, persona: dict, stop: threading.Event):
        super().__init__(daemon=True)
        self.server, self.client, self.stop = server, client, stop
        self.walker = Walker(server, persona)
        self.kept: list[tuple[str, Proof, str]] = []
        self.revoked: list[str] = []
        self.has_session = False

    def run(self):
        while not self.stop.is_set():
            try:
                self.log_in()
            except (requests.RequestException, AssertionError, KeyError, ValueError):
                # The server is gone or going: what it did not acknowledge does not count.
                if self.stop.wait(0.05):
                    return

    def log_in(self):
        proof = Proof()
        answer = self.walker.authorize(self.client, proof)
        self.has_session = True
        response = self.walker.redeem(self.client, answer, proof)
        if response.status_code != 200:
            return
        code, token = answer.parameters["code"], response.json()["access_token"]
        if random.random() < 0.3:
            if self.walker.redeem_code(self.client, code, proof).status_code == 400:
                self.revoked.append(token)
        else:
            self.kept.append((code, proof, token))


def check_nothing_is_missing(server: Citygate, citizens: list[Citizen], client: Client):
    kept = [entry for citizen in citizens for entry in citizen.kept]
    revoked = [token for citizen in citizens for token in citizen.revoked]
    walker = Walker(server)
    for _, _, token in kept:
        assert walker.userinfo(token).status_code == 200, "an acknowledged token was forgotten"
    for token in revoked:
        assert walker.userinfo(token).status_code == 401, "an acknowledged revocation was forgotten"
    for code, proof, _ in kept:
        assert walker.redeem_code(client, code, proof).status_code == 400, "a redeemed code came back to life"
    for citizen in citizens:
        if citizen.has_session:
            citizen.walker.pages.clear()
            assert "code" in citizen.walker.authorize(client, prompt="none").parameters, "a session was forgotten"
    assert "code" in Walker(server).authorize(client).parameters, "nobody can log in any more"
    return len(kept), len(revoked)


@pytest.mark.timeout(900)
@pytest.mark.parametrize("victim", ["server", "postgres"])
def test_a_kill_in_the_middle_of_logins_loses_nothing_acknowledged(victim):
    with Citygate(f"crash-{victim}") as server:
        client = Sandbox(server).client("client_secret_basic")
        persona = Sandbox(server).persona()
        total = [0, 0]
        for number in range(ROUNDS):
            stop = threading.Event()
            citizens = [Citizen(server, client, persona, stop) for _ in range(3)]
            for citizen in citizens:
                citizen.start()
            time.sleep(random.uniform(2.0, 4.0))
            if victim == "server":
                server.kill()
            else:
                server.kill_postgres()
                time.sleep(random.uniform(0.0, 1.0))
            stop.set()
            for citizen in citizens:
                citizen.join(60)
                assert not citizen.is_alive()
            if victim == "postgres":
                # Whether the server brings its database back by itself or ends: what comes after must be healthy.
                wait_until(lambda: server.process.poll() is not None or server.is_ready(), 60)
            if server.process.poll() is not None:
                server.start()
            kept, revoked = check_nothing_is_missing(server, citizens, client)
            print(f"{victim}, round {number}: {kept} tokens and {revoked} revocations acknowledged and found again, "
                  f"ready after {server.seconds_to_ready:.2f} s")
            total[0] += kept
            total[1] += revoked
        assert total[0] > 0, "no login was acknowledged: this tested nothing"


@pytest.mark.timeout(300)
def test_a_kill_of_both_at_once_and_of_the_start_itself_is_recovered():
    with Citygate("crash-both") as server:
        client = Sandbox(server).client("client_secret_basic")
        token = Walker(server).tokens(client)["access_token"]
        server.kill_postgres()
        server.kill()
        for moment in (0.05, 0.2, 0.5):
            interrupt_start(server, moment)
        server.start()
        assert Walker(server).userinfo(token).status_code == 200
        assert "code" in Walker(server).authorize(client).parameters


def interrupt_start(server: Citygate, seconds: float):
    with server.log.open("ab") as log:
        server.process = subprocess.Popen([str(binary()), "sandbox"], cwd=server.folder, env=server.environment,
                                          stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
    time.sleep(seconds)
    server.kill()


def test_an_ordinary_stop_is_clean_and_the_next_start_is_quick():
    with Citygate("stop") as server:
        client = Sandbox(server).client("client_secret_basic")
        walker = Walker(server)
        token = walker.tokens(client)["access_token"]
        assert server.stop() == 0
        assert server.postgres_pid() is None, "the private PostgreSQL was left running"
        server.start()
        print(f"start on an initialised store: ready after {server.seconds_to_ready:.2f} s")
        assert walker.userinfo(token).status_code == 200
        assert "code" in walker.authorize(client, prompt="none").parameters
        assert server.seconds_to_ready < float(os.environ.get("CITYGATE_READY_SECONDS", "10"))


def wait_until(condition, seconds: float):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.1)
    raise AssertionError("the server neither ended nor became ready")
