"""The profile centre's sections and the page of a missing level, as people meet them."""

import json
from urllib.parse import urlencode

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from harness.browser import DESKTOP, NARROW, PHONE
from harness.sandbox import Proof
from harness.walker import Walker

FACES = {"desktop": DESKTOP, "phone": PHONE, "narrow": NARROW, "dark": PHONE | {"color_scheme": "dark"}}
DEMAND = json.dumps({"id_token": {"acr": {"essential": True, "values": ["urn:citygate:acr:L4"]}}})


@pytest.fixture
def citizen(citygate, client):
    """A browser that is logged in and has allowed the client something, beside a second device."""
    Walker(citygate).authorize(client)
    walker = Walker(citygate)
    walker.authorize(client, scope="openid profile phone offline_access")
    return walker


def addresses(walker: Walker, client) -> dict[str, tuple[str, str]]:
    demand = urlencode(walker.request_parameters(client, Proof(), claims=DEMAND))
    return {
        "account": ("/account", "account"), "devices": ("/account/sessions", "account"),
        "authorizations": ("/account/authorizations", "account"),
        "withdraw": (f"/account/authorizations/withdraw?client_id={client.id}", "account"),
        "logout": ("/logout", "logout"), "assurance": (f"/oauth2/authorize?{demand}", "assurance"),
    }


@pytest.mark.parametrize("face", FACES)
def test_the_pages_are_accessible_quiet_and_fit(citygate, client, citizen, browse, output, face):
    page, watch = browse(**FACES[face])
    page.context.add_cookies([{"name": c.name, "value": c.value, "url": citygate.issuer} for c in citizen.session.cookies])
    for name, (path, expected) in addresses(citizen, client).items():
        page.goto(citygate.issuer + path)
        expect(page.locator("main[data-page]")).to_have_attribute("data-page", expected)
        page.screenshot(path=output / f"profile-{name}-{face}.png", full_page=True)
        found = Axe().run(page)
        assert found.violations_count == 0, f"{name}: {found.generate_report()}"
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{name}: {wide} px stick out"
        assert page.locator("h1").count() == 1, name
    watch.clean()
    assert watch.elsewhere == [], "requests to third parties"


def test_a_person_takes_an_authorisation_back_by_the_pages_alone(citygate, client, citizen, browse):
    page, watch = browse(java_script_enabled=False)
    page.context.add_cookies([{"name": c.name, "value": c.value, "url": citygate.issuer} for c in citizen.session.cookies])
    page.goto(citygate.issuer + "/account")
    page.get_by_role("link", name="已授权的应用").click()
    page.get_by_role("link", name="取消授权").first.click()
    page.get_by_role("link", name="我再想想").click()
    page.get_by_role("link", name="取消授权").first.click()
    page.get_by_role("button", name="取消授权").click()
    expect(page.get_by_role("status")).to_contain_text("已取消授权")
    assert citizen.authorize(client, prompt="none").parameters["error"] == "consent_required"
