"""A visitor of the admin portal without scripts: pages, their forms, and where these lead."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import unescape
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin

import httpx

PATIENCE_S = 60  # a test call waits for gateways, beside everything else that this machine does


class _Loopback(httpx.HTTPTransport):
    """Dials 127.0.0.1 whatever the name, and leaves the request alone: cookies are by its host."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        dialled = httpx.Request(
            request.method,
            request.url.copy_with(host="127.0.0.1"),
            headers=request.headers,
            stream=request.stream,
            extensions=request.extensions,
        )
        return super().handle_request(dialled)


class Form:
    """A form as a browser would send it: where to, and the values of its fields."""

    def __init__(self, action: str, method: str) -> None:
        self.action = action
        self.method = method
        self.fields: dict[str, str] = {}


class _Forms(HTMLParser):
    def __init__(self, path: str) -> None:
        super().__init__()
        self._path = path
        self.forms: list[Form] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(given.get("action") or self._path, given.get("method", "get")))
        elif tag == "input" and self.forms and "name" in given:
            chosen = given.get("type") not in {"radio", "checkbox"} or "checked" in given
            if chosen:
                self.forms[-1].fields[given["name"]] = given.get("value", "")


class Page:
    """A page that was answered, with the address it was found at."""

    def __init__(self, answer: httpx.Response) -> None:
        self.status = answer.status_code
        self.html = answer.text
        self.path = answer.url.path
        parser = _Forms(self.path)
        parser.feed(answer.text)
        self.forms = parser.forms

    @property
    def text(self) -> str:
        """What it says, without markup."""
        return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", self.html)))

    @property
    def outcome(self) -> str:
        """What came of the test call that it shows."""
        found = re.search(r'data-outcome="(\w+)"', self.html)
        return found[1] if found else ""

    def form(self, action: str) -> Form:
        return next(form for form in self.forms if form.action.endswith(action))


class Visitor:
    """Somebody with a browser at one admin portal."""

    def __init__(self, portal: str) -> None:
        self._portal = portal
        self._http = httpx.Client(transport=_Loopback(), timeout=PATIENCE_S, follow_redirects=True)

    def close(self) -> None:
        self._http.close()

    def sign_in(self, user: Mapping[str, str]) -> None:
        page = self.send(self.get("/p/login").form("/p/login"), **user)
        assert page.status == 200
        assert page.path != "/p/login", page.text

    def get(self, path: str) -> Page:
        return Page(self._http.get(urljoin(self._portal, path)))

    def send(self, form: Form, **changes: str) -> Page:
        return Page(self._http.post(urljoin(self._portal, form.action), data=form.fields | changes))

    def download(self, path: str) -> Any:
        return self._http.get(urljoin(self._portal, path)).json()
