"""Who visits the developers' side in tests without a browser."""

from __future__ import annotations

import html
import re
from typing import Any

from django.test import Client

from portal.people import PASSWORD, Provider
from tollway.portal.accounts.models import User
from tollway.portal.tenants.models import Tenant


def host_of(provider: Provider) -> dict[str, str]:
    return {"host": f"{provider.tenant.subdomain}.localhost:3000"}


def visitor(provider: Provider, *, code: bool = False) -> Client:
    """Return a browser on the developers' side; with ``code``, the tenant asks for its own."""
    if not code:
        Tenant.objects.filter(pk=provider.tenant.pk).update(site_access_code="")
    return Client(headers=host_of(provider))


def with_password(user: User) -> User:
    """Give the user the password of everybody in tests."""
    user.set_password(PASSWORD)
    user.save(update_fields=["password"])
    return user


def developer(provider: Provider) -> Client:
    """Return a browser in which the provider's developer has signed in."""
    with_password(provider.developer)
    client = visitor(provider)
    response = client.post("/login", {"username": "john", "password": PASSWORD})
    assert response.status_code == 302
    return client


def text(response: Any) -> str:
    """Return a page as it is read: without tags, entities and repeated blanks."""
    page = response.content.decode()
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]*>", " ", page)))
