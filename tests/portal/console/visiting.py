"""Who visits the admin portal in tests without a browser, and what they are shown."""

from __future__ import annotations

import html
import re
from typing import Any

from django.test import Client

from portal.people import BY, PASSWORD, Provider
from tollway.portal.accounts.models import User
from tollway.portal.accounts.services import create_user

NONCE = "n" * 32


def admin(provider: Provider) -> Client:
    """Return a browser in which the provider's admin has signed in."""
    return signed_in(provider, "admin")


def member(
    provider: Provider, *sections: str, products: list[int] | None = None, name: str = "member"
) -> Client:
    """Return a browser of a new member with these permissions, for these products or all."""
    email = f"{name}@{provider.tenant.subdomain}.example"
    user = create_user(provider.tenant, by=BY, username=name, email=email, password=PASSWORD)
    User.objects.filter(pk=user.pk).update(
        state=User.State.ACTIVE, allowed_sections=sections, allowed_service_ids=products
    )
    return signed_in(provider, name)


def signed_in(provider: Provider, name: str) -> Client:
    client = Client(headers={"host": f"{provider.tenant.subdomain}-admin.localhost:3000"})
    response = client.post("/p/login", {"username": name, "password": PASSWORD})
    assert response.status_code == 302
    return client


def text(response: Any) -> str:
    """Return a page as it is read: without tags, entities and repeated blanks."""
    page = response.content.decode()
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]*>", " ", page)))


def toasts(client: Client) -> str:
    """Return what the next page says in passing."""
    page = client.get("/p/admin/dashboard").content.decode()
    found = re.search(r'id="toasts".*', page, re.DOTALL)
    return found[0] if found else ""


def seen(response: Any, name: str = "seen") -> str:
    """Return the version of the row that a form shows, or another of its hidden fields."""
    found = re.search(rf'name="{name}" value="([^"]*)"', response.content.decode())
    assert found
    return html.unescape(found[1])
