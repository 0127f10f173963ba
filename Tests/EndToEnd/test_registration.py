"""Dynamic client registration and management (RFC 7591, RFC 7592) and pairwise subjects, from outside: the command that makes the first token,
clients of other hands, two processes that race for one use."""

import json
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import requests
from joserfc import jwt
from joserfc.jwk import ECKey

from harness.postgres import Postgres
from harness.sandbox import Client, Proof
from harness.server import Citygate, binary
from harness.tokens import check_id_token
from harness.walker import Walker


def command(citygate, *words, status=0):
    """`citygate client …` on the running server's own store."""
    done = subprocess.run([str(binary()), "client", *words, "--sandbox"], cwd=citygate.folder, env=citygate.environment,
                          timeout=60, capture_output=True, text=True)
    assert done.returncode == status, done.stderr + done.stdout
    return done.stdout.strip()


@pytest.fixture
def token(citygate):
    return lambda *words: command(citygate, "registration-token", *words)


def register(citygate, token, status=201, **metadata):
    metadata.setdefault("redirect_uris", ["http://127.0.0.1:4711/callback"])
    answer = citygate.session().post(citygate.metadata()["registration_endpoint"], json=metadata, timeout=20,
                                     headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == status, answer.text
    assert answer.headers["cache-control"] == "no-store"
    return answer.json()


def manage(citygate, method, registration, token=None, **options):
    return citygate.session().request(method, registration["registration_client_uri"], timeout=20, headers={
        "Authorization": f"Bearer {token or registration['registration_access_token']}"}, **options)


def log_in(citygate, registration, scope="openid profile"):
    """A whole login of a client that registered itself; the token answer and the ID token's claims."""
    client, proof, walker = Client(registration), Proof(), Walker(citygate)
    answer = walker.authorize(client, proof, scope=scope, nonce="n-1")
    tokens = walker.redeem(client, answer, proof).json()
    return tokens, check_id_token(citygate, client, tokens["id_token"], "n-1", tokens["access_token"])


def test_the_command_tells_the_token_alone_or_everything_in_json(citygate, token):
    assert len(token()) == 46
    told = json.loads(token("--json", "--uses", "3", "--lifetime", "1h", "--note", "parking", "--maximum-level", "L2",
                            "--redirect-host", "example.cn", "--scope", "openid"))
    assert told["uses_left"] == 3 and told["note"] == "parking" and told["state"] == "live"
    assert told["constraints"] == {"scope": ["openid"], "maximum_acr": "urn:citygate:acr:L2", "redirect_hosts": ["example.cn"]}
    listed = {entry["id"]: entry for entry in json.loads(command(citygate, "registration-tokens", "--json"))}
    assert "initial_access_token" not in listed[told["id"]]
    command(citygate, "revoke-registration-token", told["id"])
    register(citygate, told["initial_access_token"], status=401)
    command(citygate, "revoke-registration-token", "nobody", status=3)


@pytest.mark.parametrize("words", [["--uses", "0"], ["--lifetime", "91d"], ["--lifetime", "soon"], ["--maximum-level", "L9"],
                                   ["--grant-type", "password"], ["--realname-claim", "email"]])
def test_the_command_refuses_what_no_token_can_be(citygate, words):
    command(citygate, "registration-token", *words, status=2)


def test_a_registered_client_logs_a_person_in_and_manages_itself(citygate, token):
    registration = register(citygate, token(), client_name="Parking", contacts=["ops@example.cn"])
    tokens, claims = log_in(citygate, registration)
    assert claims["sub"]
    read = manage(citygate, "GET", registration)
    assert read.status_code == 200 and "client_secret" not in read.json()
    changed = {name: value for name, value in read.json().items()
               if name not in ("registration_access_token", "registration_client_uri", "client_id_issued_at", "client_secret_expires_at")}
    changed.update(client_name="Parking 2", client_secret=registration["client_secret"])
    del changed["contacts"]
    replaced = manage(citygate, "PUT", registration, json=changed)
    assert replaced.status_code == 200, replaced.text
    assert replaced.json()["client_name"] == "Parking 2" and "contacts" not in replaced.json()
    log_in(citygate, registration)
    assert manage(citygate, "DELETE", registration).status_code == 204
    userinfo = citygate.get("/oauth2/userinfo", headers={"Authorization": f"Bearer {tokens['access_token']}"})
    assert userinfo.status_code == 401
    refused = citygate.post("/oauth2/token", data={"grant_type": "authorization_code", "code": "x"},
                            auth=(registration["client_id"], registration["client_secret"]))
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")
    assert manage(citygate, "GET", registration).status_code == 401


def test_a_client_registers_with_keys_of_its_own(citygate, token):
    key = ECKey.generate_key("P-256", {"kid": "own", "use": "sig"})
    registration = register(citygate, token(), token_endpoint_auth_method="private_key_jwt", jwks={"keys": [key.as_dict(private=False)]})
    assert "client_secret" not in registration
    registration["private_jwk"] = key.as_dict(private=True)
    log_in(citygate, registration)


def test_unknown_clients_and_wrong_tokens_look_alike(citygate, token):
    one, other = (register(citygate, token()) for _ in range(2))
    answers = [manage(citygate, "GET", one, other["registration_access_token"]),
               manage(citygate, "GET", one, "x"),
               manage(citygate, "GET", {**one, "registration_client_uri": citygate.issuer + "/oauth2/register/unknown"})]
    assert {(answer.status_code, answer.text, answer.headers["www-authenticate"]) for answer in answers} == {
        (401, answers[0].text, answers[0].headers["www-authenticate"])}
    assert answers[0].json()["error"] == "invalid_token"


@pytest.mark.parametrize("metadata, error", [
    ({"redirect_uris": ["http://example.cn/cb"]}, "invalid_redirect_uri"),
    ({"redirect_uris": ["https://example.cn/cb#f"]}, "invalid_redirect_uri"),
    ({"redirect_uris": ["https://*.example.cn/cb"]}, "invalid_redirect_uri"),
    ({"redirect_uris": ["app:/cb"], "application_type": "native"}, "invalid_redirect_uri"),
    ({"redirect_uris": []}, "invalid_redirect_uri"),
    ({"redirect_uris": "https://example.cn/cb"}, "invalid_client_metadata"),
    ({"jwks": {"keys": []}, "jwks_uri": "https://example.cn/jwks"}, "invalid_client_metadata"),
    ({"grant_types": ["password"]}, "invalid_client_metadata"),
    ({"consent": "first_party"}, "invalid_client_metadata"),
    ({"scope": "openid realname"}, "invalid_client_metadata"),
    ({"resources": ["https://api.citygate.example/"]}, "invalid_client_metadata"),
    ({"id_token_signed_response_alg": "none"}, "invalid_client_metadata"),
    ({"subject_type": "pairwise", "redirect_uris": ["https://a.cn/cb", "https://b.cn/cb"]}, "invalid_client_metadata"),
    ({"software_statement": "a.b.c"}, "invalid_software_statement"),
])
def test_a_registration_that_is_refused_says_why(citygate, token, metadata, error):
    answer = register(citygate, token(), status=400, **metadata)
    assert answer["error"] == error and answer["error_description"]


def test_a_stranger_vouches_for_nothing(citygate, token):
    key = ECKey.generate_key("P-256")
    statement = jwt.encode({"alg": "ES256"}, {"iss": "https://stranger.example.cn", "client_name": "官方"}, key)
    assert register(citygate, token(), status=400, software_statement=statement)["error"] == "unapproved_software_statement"


def test_a_browser_of_another_origin_may_not_register(citygate, token):
    endpoint = citygate.metadata()["registration_endpoint"]
    asked = requests.options(endpoint, headers={"Origin": "https://rp.example.cn", "Access-Control-Request-Method": "POST"}, timeout=20)
    assert asked.status_code >= 400 and "access-control-allow-origin" not in asked.headers
    posted = requests.post(endpoint, json={}, headers={"Origin": "https://rp.example.cn"}, timeout=20)
    assert posted.status_code == 401 and "access-control-allow-origin" not in posted.headers


@pytest.fixture(scope="module")
def pair():
    """One installation of two processes."""
    with Postgres() as postgres, Citygate("one", database_url=postgres.url) as first:
        with Citygate("two", database_url=postgres.url, keys=first.keys, issuer=first.issuer) as second:
            yield first, second


def test_one_use_raced_at_two_processes_makes_one_client_that_both_know(pair):
    for _ in range(20):
        token = command(pair[0], "registration-token")
        barrier = threading.Barrier(8)

        def race(number):
            server = pair[number % 2]
            barrier.wait(20)
            return server.session().post(f"{server.address}/oauth2/register", timeout=30, headers={"Authorization": f"Bearer {token}"},
                                         json={"redirect_uris": ["http://127.0.0.1:4711/callback"], "grant_types": ["client_credentials"]})

        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(race, range(8)))
        assert sorted(answer.status_code for answer in answers) == [201] + [401] * 7
        made = next(answer.json() for answer in answers if answer.status_code == 201)
        for server in pair:
            asked = server.session().post(f"{server.address}/oauth2/token", data={"grant_type": "client_credentials"}, timeout=20,
                                          auth=(made["client_id"], made["client_secret"]))
            assert asked.status_code == 200, asked.text


def test_what_an_operator_ends_is_refused_within_a_second_on_both_processes(pair):
    """A disabled client, a deleted one and a secret that was ended at once (K5)."""
    def refused_after(client_id, secret):
        began, done = time.monotonic(), {}
        while len(done) < 2 and time.monotonic() - began < 5:
            for server in pair:
                asked = server.session().post(f"{server.address}/oauth2/token", data={"grant_type": "client_credentials"}, timeout=20,
                                              auth=(client_id, secret))
                if asked.status_code == 401:
                    done.setdefault(server.address, time.monotonic() - began)
        return max(done.values()) if len(done) == 2 else None

    for ending in ("disable", "rotate-secret --at-once", "delete"):
        made = register(pair[0], command(pair[0], "registration-token"), grant_types=["client_credentials"], redirect_uris=[])
        for server in pair:
            assert server.session().post(f"{server.address}/oauth2/token", data={"grant_type": "client_credentials"}, timeout=20,
                                         auth=(made["client_id"], made["client_secret"])).status_code == 200
        if ending == "delete":
            assert manage(pair[0], "DELETE", made).status_code == 204
        else:
            command(pair[0], *ending.split(), made["client_id"])
        seconds = refused_after(made["client_id"], made["client_secret"])
        assert seconds is not None and seconds < 1, f"{ending}: {seconds}"


class Sector(BaseHTTPRequestHandler):
    uris: list = []

    def do_GET(self):
        body = json.dumps(self.uris).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def sector():
    server = HTTPServer(("127.0.0.1", 0), Sector)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/sector"
    server.shutdown()
    thread.join()


def test_pairwise_clients_of_one_sector_know_a_person_alike_and_others_do_not(citygate, token, sector):
    here, there = "http://127.0.0.1:4711/callback", "http://localhost:4711/callback"
    Sector.uris = [here, there]
    public = log_in(citygate, register(citygate, token()))[1]["sub"]
    alone = log_in(citygate, register(citygate, token(), subject_type="pairwise"))[1]["sub"]
    shared = register(citygate, token(), subject_type="pairwise", sector_identifier_uri=sector, redirect_uris=[here, there])
    tokens, claims = log_in(citygate, shared)
    # 127.0.0.1 serves the document as well, so it is the same sector; the public subject is nobody's pairwise one.
    assert claims["sub"] == alone != public
    userinfo = citygate.get("/oauth2/userinfo", headers={"Authorization": f"Bearer {tokens['access_token']}"})
    assert userinfo.json()["sub"] == claims["sub"]
    Sector.uris = [here]
    refused = register(citygate, token(), status=400, subject_type="pairwise", sector_identifier_uri=sector, redirect_uris=[here, there])
    assert refused["error"] == "invalid_client_metadata"
