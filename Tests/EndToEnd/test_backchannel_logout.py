"""Back-channel logout (OpenID Connect Back-Channel Logout 1.0): every relying party of a session that ends is told, whatever breaks."""

import time

import pytest
from joserfc import jwt

from harness.back_channel import BackChannel, deliveries, wait_for
from harness.pages import Page
from harness.postgres import Postgres
from harness.sandbox import Sandbox
from harness.server import Citygate
from harness.tokens import header_of, payload_of, verify
from harness.walker import Walker

EVENT = "http://schemas.openid.net/event/backchannel-logout"


@pytest.fixture
def door():
    with BackChannel() as door:
        yield door


def leave(walker: Walker):
    """退出登录 by the button of our own page."""
    page = Page(walker.session.get(f"{walker.server.address}/account", timeout=20))
    form = "logout" if "logout" in page.forms else "logout-confirm"
    assert walker.submit(page, form).is_redirect


def check_logout_token(server: Citygate, client, token: str, algorithm: str) -> dict:
    """The checks of Back-Channel Logout §2.6, by joserfc."""
    assert header_of(token)["typ"] == "logout+jwt" and header_of(token)["alg"] == algorithm
    claims = verify(server, token).claims
    registry = jwt.JWTClaimsRegistry(
        iss={"essential": True, "value": server.metadata()["issuer"]}, aud={"essential": True, "value": client.id},
        iat={"essential": True}, exp={"essential": True}, jti={"essential": True}, leeway=2)
    registry.validate(claims)
    assert claims["exp"] - claims["iat"] <= 120
    assert claims["events"] == {EVENT: {}}
    assert "nonce" not in claims
    assert claims["sid"] and claims["sub"]
    return claims


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "PS256", "EdDSA"])
def test_a_logout_token_is_what_the_specification_says(citygate, door, algorithm):
    client = door.register(citygate, id_token_signed_response_alg=algorithm)
    walker = Walker(citygate)
    id_token = walker.tokens(client)["id_token"]
    leave(walker)
    token = door.wait()
    claims = check_logout_token(citygate, client, token, algorithm)
    assert claims["sid"] == payload_of(id_token)["sid"] and claims["sub"] == payload_of(id_token)["sub"]
    path, headers, _ = door.requests[0]
    assert path == "/backchannel?tenant=a" and headers["content-type"] == "application/x-www-form-urlencoded"
    entry, = wait_for(citygate, client, lambda found: found[0]["state"] == "delivered")
    assert entry["tries"] == 1 and entry["last_status"] == 200 and "last_error" not in entry
    assert claims["sub"] not in str(entry) and claims["sid"] not in str(entry), "the operator's log names the person"


def test_support_is_announced(citygate):
    metadata = citygate.metadata()
    assert metadata["backchannel_logout_supported"] is True and metadata["backchannel_logout_session_supported"] is True


def test_a_relying_party_s_own_logout_tells_the_others_and_itself(citygate, door):
    one = door.register(citygate)
    with BackChannel() as second:
        other = second.register(citygate)
        walker = Walker(citygate)
        id_token = walker.tokens(one)["id_token"]
        walker.tokens(other)
        answer = walker.session.get(citygate.metadata()["end_session_endpoint"], params={"id_token_hint": id_token},
                                    allow_redirects=False, timeout=20)
        assert answer.is_redirect
        assert payload_of(door.wait())["aud"] == one.id
        assert payload_of(second.wait())["aud"] == other.id
    with pytest.raises(Exception):
        door.wait(2)


def test_what_fails_is_tried_again_with_a_new_token_and_a_refusal_is_final(citygate, door, moved_clock):
    client = door.register(citygate)
    walker = Walker(citygate)
    walker.tokens(client)
    door.status = 503
    leave(walker)
    door.wait()
    wait_for(citygate, client, lambda found: found[0].get("last_status") == 503)
    for status in (500, 302, 404):
        door.status, door.headers = status, {"location": door.url} if status == 302 else {}
        moved_clock.advance(3600)
        door.wait()
        wait_for(citygate, client, lambda found: found[0].get("last_status") == status)
    assert len(door.tokens) == 4, "a redirect was followed"
    claims = [payload_of(token) for token in door.tokens]
    assert len({entry["jti"] for entry in claims}) == 4 and len({entry["sid"] for entry in claims}) == 1
    assert all(after["iat"] > before["iat"] for before, after in zip(claims, claims[1:]))
    door.status = 400
    moved_clock.advance(3700)
    entry, = wait_for(citygate, client, lambda found: found[0]["state"] == "refused")
    assert entry["tries"] == 5
    moved_clock.advance(7200)
    time.sleep(3)
    assert len(door.tokens) == 5, "a refused notice was sent again"


def test_a_relying_party_that_hangs_is_left_after_seconds(citygate, door):
    client = door.register(citygate)
    walker = Walker(citygate)
    walker.tokens(client)
    door.hang = 20
    leave(walker)
    door.wait()
    entry, = wait_for(citygate, client, lambda found: "last_error" in found[0], 15)
    assert entry["last_error"] == "no whole answer in time" and entry["state"] == "pending"


@pytest.mark.timeout(120)
def test_a_relying_party_that_is_down_for_long_hears_of_it_when_it_is_back(citygate, moved_clock):
    with BackChannel() as door:
        client = door.register(citygate)
        port = door.port
    walker = Walker(citygate)
    walker.tokens(client)
    leave(walker)
    wait_for(citygate, client, lambda found: "last_error" in found[0])
    moved_clock.advance(12 * 3600)
    wait_for(citygate, client, lambda found: found[0]["tries"] >= 2)
    with BackChannel(port) as door:
        moved_clock.advance(2 * 3600)
        door.wait(30)
        wait_for(citygate, client, lambda found: found[0]["state"] == "delivered")


@pytest.mark.timeout(180)
def test_kill_9_between_the_logout_and_its_delivery_loses_no_notice():
    with Citygate("outbox") as server, BackChannel() as door:
        client = door.register(server)
        walkers = [Walker(server) for _ in range(3)]
        for walker in walkers:
            walker.tokens(client)
        door.hang = 30  # the notices are under way, and nobody has answered
        for walker in walkers:
            leave(walker)
        door.wait()
        server.kill()
        door.hang = 0
        seen = len(door.tokens)
        server.start()
        Sandbox(server).advance(31)  # the lease of the dead process
        wait_for(server, client, lambda found: all(entry["state"] == "delivered" for entry in found) and len(found) == 3)
        sids = {payload_of(token)["sid"] for token in door.tokens[seen:]}
        assert len(sids) == 3


@pytest.mark.timeout(240)
def test_two_processes_deliver_each_notice_once_and_one_takes_over_from_the_other():
    with Postgres() as postgres, Citygate("one", database_url=postgres.url) as first, \
            Citygate("two", database_url=postgres.url, keys=first.keys, issuer=first.issuer) as second, \
            BackChannel() as door:
        client = door.register(first)
        walkers = [Walker(first) for _ in range(12)]
        for walker in walkers:
            walker.tokens(client)
        for walker in walkers:
            leave(walker)
        wait_for(first, client, lambda found: len(found) == 12 and all(e["state"] == "delivered" for e in found))
        time.sleep(3)
        assert len(door.tokens) == 12, "a notice was delivered twice"
        assert len({payload_of(token)["sid"] for token in door.tokens}) == 12
        last = Walker(first)
        last.tokens(client)
        door.hang = 30
        leave(last)
        door.wait()
        # Whichever of the two has it now: both kill it in turn, and it arrives nevertheless.
        first.kill()
        door.hang = 0
        Sandbox(second).advance(31)
        wait_for(second, client, lambda found: all(entry["state"] == "delivered" for entry in found), 60)
