"""How the tests call the API: as Acme's admin or as Globex's, in either format."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from django.test import Client
from msgspec import Struct

from portal.people import BY, Provider
from tollway.portal.accounts.models import User
from tollway.portal.accounts.services import create_access_token
from tollway.portal.tenants import selectors as tenants

PORT = 3000


class Api(Struct, frozen=True):
    """One caller on one tenant's admin host."""

    host: str
    token: str

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Call `/admin/api` + ``path``. A body is sent as JSON, whatever the method."""
        joint = "&" if "?" in path else "?"
        return self.send(
            method,
            f"/admin/api{path}{joint}access_token={self.token}",
            json.dumps(body) if body is not None else b"",
            "application/json",
            **headers,
        )

    def send(
        self, method: str, url: str, body: str | bytes, content_type: str, **headers: str
    ) -> Any:
        client = Client(headers={"host": self.host, **headers}, raise_request_exception=True)
        return client.generic(method, url, body, content_type=content_type)

    def json(self, method: str, path: str, /, **body: Any) -> Any:
        """Call in JSON and return the answer, which must be a success."""
        response = self.call(method, f"{path}.json", body or None)
        assert response.status_code < 400, response.content
        return json.loads(response.content) if response.content else None


def token_for(provider: Provider, **fields: Any) -> str:
    return token_of(provider.admin, **fields)


def token_of(user: User, **fields: Any) -> str:
    fields = {
        "name": "test", "permission": "rw", "scopes": ["account_management"], **fields,
    }  # fmt: skip
    return create_access_token(user, by=BY, **fields)


def api_of(provider: Provider, **fields: Any) -> Api:
    host = f"{provider.tenant.subdomain}-admin.localhost:{PORT}"
    return Api(host, token_for(provider, **fields))


def operator_api(_provider: Provider, **fields: Any) -> Api:
    """Return the operator's admin, who is not any provider's."""
    operator = tenants.master()
    assert operator is not None
    return Api(f"master.localhost:{PORT}", token_of(operator.users.get(), **fields))


def errors_of(response: HttpResponse) -> Mapping[str, list[str]]:
    errors: Mapping[str, list[str]] = json.loads(response.content)["errors"]
    return errors
