"""A citizen's walk without a browser: cookies, forms and redirects, nothing else. The journeys must work without JavaScript."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

import requests

from .pages import Page
from .sandbox import Client, Proof, Sandbox
from .server import Citygate


@dataclass
class Answer:
    """An authorization response as the relying party receives it."""

    url: str
    parameters: dict[str, str]
    fragment: dict[str, str]

    @classmethod
    def of(cls, url: str) -> "Answer":
        parts = urlsplit(url)
        return cls(url, dict(parse_qsl(parts.query)), dict(parse_qsl(parts.fragment)))


class Walker:
    def __init__(self, server: Citygate, persona: dict | None = None):
        self.server = server
        self.sandbox = Sandbox(server)
        self.session = server.session()
        self._persona = persona
        self.pages: list[Page] = []

    @property
    def persona(self) -> dict:
        self._persona = self._persona or self.sandbox.persona()
        return self._persona

    # Requests

    def request_parameters(self, client: Client, proof: Proof | None = None, **changes) -> dict[str, str]:
        """An ordinary authorization request; a change to None leaves the parameter out."""
        parameters = {
            "response_type": "code", "client_id": client.id, "redirect_uri": client.callback, "scope": "openid profile",
            "state": secrets.token_urlsafe(12), "nonce": secrets.token_urlsafe(12),
        }
        if proof:
            parameters |= {"code_challenge": proof.challenge, "code_challenge_method": "S256"}
        parameters |= changes
        return {name: value for name, value in parameters.items() if value is not None}

    def open_authorization(self, parameters, method: str = "GET") -> requests.Response:
        """Sends one authorization request and follows nothing."""
        endpoint = self.server.metadata()["authorization_endpoint"]
        if method == "POST":
            return self.session.post(endpoint, data=parameters, allow_redirects=False, timeout=20)
        return self.session.get(f"{endpoint}?{urlencode(parameters)}", allow_redirects=False, timeout=20)

    def _is_ours(self, url: str) -> bool:
        return urlsplit(url)[:2] == urlsplit(self.server.issuer)[:2]

    # The walk

    def authorize(self, client: Client, proof: Proof | None = None, decision: str = "allow", **changes) -> Answer:
        """Sends the request and walks every step as the persona until the answer leaves for the relying party."""
        proof = proof if proof is not None else Proof()
        return self.walk(self.open_authorization(self.request_parameters(client, proof, **changes)), decision)

    def walk(self, response: requests.Response, decision: str = "allow") -> Answer:
        for _ in range(12):
            while response.is_redirect:
                url = urljoin(response.url, response.headers["location"])
                if not self._is_ours(url):
                    return Answer.of(url)
                response = self.session.get(url, allow_redirects=False, timeout=20)
            page = Page(response)
            self.pages.append(page)
            outside = [form for form in page.all_forms if not self._is_ours(page.target(form))]
            if outside:
                return Answer(page.target(outside[0]), dict(outside[0].fields), {})
            response = self.step(page, decision)
        raise AssertionError(f"the walk does not end: {[page.name for page in self.pages]}")

    def step(self, page: Page, decision: str) -> requests.Response:
        """Does what the page asks for."""
        if "password-login" in page.forms:
            return self.submit(page, "password-login", account=self.persona["username"], password=self.persona["password"])
        if "consent" in page.forms:
            return self.submit(page, "consent", decision=decision)
        if "assurance" in page.forms:
            return self.submit(page, "assurance", decision="return")
        raise AssertionError(f"no known form on page {page.name!r} ({page.status}, error {page.error!r}) at {page.url}:\n"
                             f"{page.text[:800]}")

    def submit(self, page: Page, form_id: str, **typed) -> requests.Response:
        """Fills the form in as a person would (captcha read, boxes ticked) and sends it."""
        form = page.forms[form_id]
        values = dict(form.fields)
        values |= {name: value for name, value in form.boxes.items() if name in ("agree", "consent")}
        if "captcha" in form.fields and "captcha" not in typed:
            values["captcha"] = self.sandbox.captcha(form.fields["captcha_id"])
        values |= typed
        return self.session.post(page.target(form), data=values, allow_redirects=False, timeout=30,
                                 headers={"Referer": page.url, "Origin": self.server.issuer})

    # The token side

    def redeem(self, client: Client, answer: Answer, proof: Proof | None, server: Citygate | None = None,
               **changes) -> requests.Response:
        """One token request with the code of an answer, at this server or another of the same installation."""
        assert "code" in answer.parameters, answer.parameters
        return self.redeem_code(client, answer.parameters["code"], proof, server, **changes)

    def redeem_code(self, client: Client, code: str, proof: Proof | None, server: Citygate | None = None, /,
                    **changes) -> requests.Response:
        server = server or self.server
        endpoint = server.metadata()["token_endpoint"]
        options = client.authentication(endpoint)
        data = options.pop("data", {}) | {
            "grant_type": "authorization_code", "code": code, "redirect_uri": client.callback,
            "code_verifier": proof.verifier if proof else None} | changes
        target = endpoint.replace(server.issuer, server.address, 1)
        return server.session().post(target, data={k: v for k, v in data.items() if v is not None}, timeout=30, **options)

    def tokens(self, client: Client, **changes) -> dict:
        """A whole login: the token response."""
        proof = Proof()
        response = self.redeem(client, self.authorize(client, proof, **changes), proof)
        assert response.status_code == 200, response.text
        return response.json()

    def userinfo(self, access_token: str, server: Citygate | None = None) -> requests.Response:
        server = server or self.server
        return server.session().get(f"{server.address}/oauth2/userinfo", timeout=20,
                                    headers={"Authorization": f"Bearer {access_token}"})
