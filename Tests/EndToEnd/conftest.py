"""What every test may ask for. Servers live as long as the module or the run that asked for them; folders are their own."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import sync_playwright

from harness.browser import Watch, new_context
from harness.callback import Callback
from harness.certificates import Certificates
from harness.pages import Page
from harness.sandbox import Proof, Sandbox
from harness.server import Citygate, binary
from harness.walker import Walker


def pytest_sessionstart(session):
    if not binary().exists():
        raise pytest.UsageError(f"{binary()} is not built; run `swift build`, or set CITYGATE_BIN")


@pytest.fixture(scope="session")
def output() -> Path:
    """Where screenshots go: CITYGATE_TEST_OUTPUT, else a folder outside the checkout."""
    home = os.environ.get("CITYGATE_TEST_HOME") or Path.home() / ".cache" / "citygate-test"
    folder = Path(os.environ.get("CITYGATE_TEST_OUTPUT") or Path(home) / "output")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def certificates(tmp_path_factory) -> Certificates:
    return Certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="session")
def citygate():
    """The server that most tests share. A test that moves the clock takes `moved_clock` and leaves it as it was."""
    with Citygate("main") as server:
        yield server


@pytest.fixture
def sandbox(citygate) -> Sandbox:
    return Sandbox(citygate)


@pytest.fixture
def moved_clock(citygate):
    """The sandbox, for a test that moves the clock; everything is back in its first state afterwards."""
    sandbox = Sandbox(citygate)
    yield sandbox
    sandbox.reset()


@pytest.fixture
def walker(citygate) -> Walker:
    """A fresh browser without JavaScript, and the persona 张三 in front of it."""
    return Walker(citygate)


@pytest.fixture(scope="session")
def standing_browser(citygate) -> Walker:
    return Walker(citygate)


@pytest.fixture
def signed_in(standing_browser, client) -> Walker:
    """One browser that is signed in and has consented, for tests that only look at what comes after."""
    standing_browser.authorize(client)
    standing_browser.pages.clear()
    return standing_browser


@pytest.fixture
def client(sandbox):
    return sandbox.client("client_secret_basic")


@pytest.fixture(scope="session")
def chromium():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CITYGATE_CHROMIUM", "/usr/bin/chromium"), args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def browse(chromium, citygate):
    """`browse(**options)` opens a page of a fresh browser profile and watches it."""
    contexts = []

    def open_page(server: Citygate = citygate, **options):
        context = new_context(chromium, server, **options)
        contexts.append(context)
        page = context.new_page()
        return page, Watch(page, server)

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture
def callback():
    with Callback() as listener:
        yield listener


@pytest.fixture
def request_address(citygate, client, callback):
    """An authorization request that ends at a listening relying party."""
    client.callback = callback.url
    walker = Walker(citygate)
    return f"{citygate.issuer}/oauth2/authorize?" + urlencode(walker.request_parameters(client, Proof(), prompt="consent"))


@pytest.fixture
def expect_own_page():
    """Asserts that an answer is a page of ours that sends nobody anywhere."""

    def check(response, statuses=(400, 403, 404, 405, 413, 414, 422)):
        where = f"{response.request.method} {response.url[:300]}"
        assert "location" not in response.headers, f"redirected to {response.headers.get('location')} by {where}"
        assert response.status_code in statuses, f"{response.status_code} from {where}"
        page = Page(response)
        assert page.name == "error", f"page {page.name!r} from {where}: {page.text[:300]}"
        assert page.error, "the error page names no code of the catalogue"
        assert "refresh" not in response.text.lower().split("<body")[0].replace("refresh=", ""), "a meta refresh"
        return page

    return check
