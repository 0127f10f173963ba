"""The quick starts of the relying party guide, run as they are printed: unmodified libraries, a real browser, the running server."""

import json
import subprocess
import time
from pathlib import Path

import pytest
from playwright.sync_api import expect

from harness.apache import token_checker
from harness.browser import log_in
from harness.device import decide, enter
from harness.guide import Guide, blocks


@pytest.fixture
def reader(citygate):
    with Guide(citygate) as guide:
        yield guide


def claims_on(page) -> dict:
    return json.loads(page.locator("body").inner_text())


def walk(page, citygate, sandbox, guide, renews=True) -> dict:
    """In, once more with a renewed token, out at both sides; the claims the site learnt."""
    page.goto(guide.here)
    assert page.url.startswith(citygate.issuer), f"{page.url}\n{guide.output()}"
    log_in(page, citygate, sandbox.persona())
    assert page.url == guide.here + "/", f"{page.url}\n{page.content()[:800]}\n{guide.output()}"
    claims = claims_on(page)
    assert claims["sub"]
    if renews:
        page.goto(guide.here + "/renew")
        assert page.url == guide.here + "/" and claims_on(page) == claims, guide.output()
    page.goto(guide.here + "/logout")
    # The site begins a new login at once, and this server asks who is there: the session has ended on both sides.
    expect(page.locator("form#password-login")).to_be_visible()
    return claims


@pytest.mark.parametrize("program", ["flask_authlib.py", "django_site.py"])
def test_a_python_site_logs_in_and_out(citygate, sandbox, browse, reader, program):
    reader.register("register_site.sh")
    reader.start("python", reader.file(program))
    page, watch = browse()
    claims = walk(page, citygate, sandbox, reader, renews=False)
    assert claims.get("phone_number", sandbox.persona()["phone"]).endswith(sandbox.persona()["phone"])
    watch.clean()


def test_a_site_that_registered_itself_logs_in(citygate, sandbox, browse, reader):
    client = reader.register("register_itself.sh")
    assert client["registration_access_token"] and client["registration_client_uri"].startswith(citygate.issuer)
    reader.start("python", reader.file("flask_authlib.py"))
    walk(browse()[0], citygate, sandbox, reader, renews=False)


def test_a_python_site_renews_and_is_told_of_a_logout_elsewhere(citygate, sandbox, browse, reader):
    reader.register("register_told.sh")
    reader.start("python", reader.file("flask_simple.py"))
    page, _ = browse()
    walk(page, citygate, sandbox, reader)
    page.goto(reader.here)
    log_in(page, citygate, sandbox.persona())
    assert claims_on(page)["sub"]
    page.goto(f"{citygate.issuer}/account")
    page.locator("form#logout [type=submit]").click()
    page.wait_for_load_state("load")
    told = '"POST /told HTTP/1.1" 200'
    for _ in range(200):  # of its own logout before, and of this one
        if reader.output().count(told) == 2:
            break
        time.sleep(0.1)
    page.goto(reader.here)
    expect(page.locator("form#password-login")).to_be_visible()
    assert reader.output().count(told) == 2, reader.output()


def test_a_python_site_signs_with_its_own_key(citygate, sandbox, browse, reader):
    client = reader.register("register_key.sh")
    assert "client_secret" not in client
    reader.start("python", reader.file("flask_idpy.py"))
    walk(browse()[0], citygate, sandbox, reader)


def test_a_go_site_logs_in_renews_and_out(citygate, sandbox, browse, reader, output):
    reader.register("register_site.sh")
    program = reader.folder / "login"
    # As on a Debian machine without network: the libraries are Debian's own packages.
    go = reader.environment | {"GO111MODULE": "off", "GOPATH": "/usr/share/gocode", "GOFLAGS": "",
                               "GOCACHE": str(output / "go")}
    built = subprocess.run(["go", "build", "-o", program, reader.file("login.go")], env=go, capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    assert subprocess.run(["gofmt", "-l", reader.folder / "login.go"], capture_output=True, text=True).stdout == ""
    reader.start(program)
    walk(browse()[0], citygate, sandbox, reader)


def test_a_ruby_site_logs_in_renews_and_out(citygate, sandbox, browse, reader):
    reader.register("register_site.sh")
    reader.start("ruby", reader.file("login.rb"))
    walk(browse()[0], citygate, sandbox, reader)


def test_an_app_logs_in_renews_and_revokes(citygate, sandbox, browse, reader):
    client = reader.register("register_app.sh")
    assert "client_secret" not in client
    reader.start("python", reader.file("app_login.py"), until="Open in a browser: ")
    page, _ = browse()
    page.goto(reader.output().split("Open in a browser: ")[1].split()[0])
    log_in(page, citygate, sandbox.persona())
    expect(page.locator("body")).to_contain_text("close this window")
    assert reader.wait() == 0, reader.output()
    assert "'sub': " in reader.output()


def test_a_device_gets_its_tokens_by_a_code_typed_elsewhere(citygate, walker, reader):
    reader.register("register_device.sh")
    reader.start("python", reader.file("device_login.py"), until="and type ")
    code = reader.output().split("and type ")[1].split()[0]
    assert decide(walker, enter(walker, code), "allow").name == "done"
    assert reader.wait() == 0, reader.output()
    assert walker.persona["username"] in reader.output()


@pytest.fixture(scope="module")
def interface(citygate):
    """The interface of the guide, registered once."""
    with Guide(citygate) as guide:
        guide.register("register_records.sh")
        yield guide


@pytest.fixture(scope="module", params=["mod_oauth2_ask.conf", "mod_oauth2_keys.conf"])
def apache(request, interface, certificates):
    """The interface inside Apache, by mod_oauth2."""
    with token_checker(interface, request.param, certificates) as server:
        server.asks = request.param == "mod_oauth2_ask.conf"
        yield server


@pytest.fixture
def service(citygate, reader):
    """`service(**form)` is an access token of the guide's service."""
    client = reader.register("register_service.sh")

    def token(**form) -> str:
        answer = citygate.post("/oauth2/token", auth=(client["client_id"], client["client_secret"]), data={
            "grant_type": "client_credentials", "scope": "records.read", "resource": "https://records.example.gov.cn/"} | form)
        assert answer.status_code == 200, answer.text
        return answer.json()["access_token"]

    token.client = client
    return token


def test_a_service_calls_an_interface_inside_apache(reader, service, apache, certificates):
    reader.environment |= {"API": apache.protected, "REQUESTS_CA_BUNDLE": str(certificates.authority)}
    assert reader.run("python", reader.file("service.py")).strip() == "200", apache.log()


def test_the_interface_takes_good_tokens_only(sandbox, signed_in, service, apache):
    good = service()
    assert apache.get("/index.html", good).status_code == 200, apache.log()
    head, body, signature = good.split(".")
    foreign = signed_in.tokens(sandbox.client_named("sandbox-basic"))["access_token"]
    for bad in (None, "x", ".".join([head, body, signature[::-1]]), foreign):
        assert apache.get("/index.html", bad).status_code == 401, bad


def test_who_asks_hears_of_a_revocation_at_once(citygate, service, apache):
    token = service()
    assert apache.get("/index.html", token).status_code == 200, apache.log()
    answer = citygate.post("/oauth2/revoke", data={"token": token},
                           auth=(service.client["client_id"], service.client["client_secret"]))
    assert answer.status_code == 200
    time.sleep(1.1)  # the module counts in whole seconds
    assert apache.get("/index.html", token).status_code == (401 if apache.asks else 200), apache.log()


def test_a_token_is_asked_about_and_checked_by_the_printed_lines(interface, service):
    token = service()
    interface.environment["TOKEN"] = token
    answer = json.loads(interface.shell("ask_about_token.sh"))
    assert answer["active"] is True and answer["scope"] == "records.read" and answer["aud"] == "https://records.example.gov.cn/"
    assert answer["sub"] == answer["client_id"] == service.client["client_id"]
    assert interface.run("python", interface.file("check_token.py")).strip() == "True"
    interface.environment["TOKEN"] = token[:-4] + "AAAA"
    assert json.loads(interface.shell("ask_about_token.sh")) == {"active": False}
    with pytest.raises(AssertionError, match="BadSignature"):
        interface.run("python", interface.file("check_token.py"))


def test_the_guide_prints_nothing_that_no_test_runs():
    own = Path(__file__).read_text() + Path(__file__).with_name("harness").joinpath("apache.py").read_text()
    assert {name for name in blocks() if f'"{name}"' not in own} == set()
    lines = blocks()["set_up.sh"].splitlines()[1:]
    assert lines == ["export ISSUER=http://localhost:8080 PORT=4711"], "the two that the tests fill in with their own"
