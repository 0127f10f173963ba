"""Pages as text: forms, the page's name, its error code. Enough of HTML for a walk without a browser."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin

import requests


@dataclass
class Form:
    id: str
    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    boxes: dict[str, str] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)


class _Reader(HTMLParser):
    def __init__(self):
        super().__init__()
        self.forms: list[Form] = []
        self.open: Form | None = None
        self.main: dict[str, str | None] = {}
        self.titles: list[str] = []
        self.text: list[str] = []
        self.links: list[dict] = []
        self.in_title = False

    def handle_starttag(self, tag, attributes):
        a = dict(attributes)
        if tag == "main":
            self.main = a
        elif tag == "title":
            self.in_title = True
        elif tag == "a":
            self.links.append(a)
        elif tag == "form":
            self.open = Form(a.get("id") or "", a.get("action") or "", (a.get("method") or "get").lower())
            self.forms.append(self.open)
        elif self.open is not None and a.get("name"):
            name, value = a["name"], a.get("value") or ""
            kind = (a.get("type") or "").lower()
            if tag == "button" or kind == "submit":
                self.open.buttons.append((name, value))
            elif kind in ("checkbox", "radio"):
                self.open.boxes[name] = value or "on"
                if "checked" in a:
                    self.open.fields[name] = value or "on"
            elif tag in ("input", "textarea", "select"):
                self.open.fields[name] = value

    def handle_endtag(self, tag):
        if tag == "form":
            self.open = None
        elif tag == "title":
            self.in_title = False

    def handle_data(self, data):
        if self.in_title:
            self.titles.append(data)
        self.text.append(data)


class Page:
    def __init__(self, response: requests.Response):
        self.response = response
        self.url = response.url
        self.status = response.status_code
        reader = _Reader()
        if "html" in response.headers.get("content-type", ""):
            reader.feed(response.text)
        self.forms = {form.id: form for form in reader.forms}
        self.all_forms = reader.forms
        self.name = reader.main.get("data-page")
        self.error = reader.main.get("data-error")
        self.title = "".join(reader.titles).strip()
        self.text = " ".join(" ".join(reader.text).split())
        self.links = reader.links

    def target(self, form: Form) -> str:
        return urljoin(self.url, form.action)
