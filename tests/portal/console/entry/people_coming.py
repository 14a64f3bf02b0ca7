"""Who comes to the pages that are open to everybody, in tests without a browser."""

from __future__ import annotations

import re
from typing import Any

import msgspec
from django.conf import settings
from django.test import Client, override_settings

from tollway import clock
from tollway.portal.accounts.models import User
from tollway.portal.mail.models import Mail
from tollway.portal.mail.services import content_of
from tollway.portal.tenants.models import Tenant
from tollway.portal.web.humans import LEAST_S, stamp

MASTER, ACME, GLOBEX = (
    "master.localhost:3000",
    "acme-admin.localhost:3000",
    "globex-admin.localhost",
)
CHOSEN = "four words in a row"


def visitor(host: str = MASTER, **options: Any) -> Client:
    return Client(headers={"host": host}, **options)


def set_to(**changes: Any) -> override_settings:
    return override_settings(TOLLWAY=msgspec.structs.replace(settings.TOLLWAY, **changes))


def sign_up_form(**changes: str) -> dict[str, str]:
    """Return the form as a person fills it in; with one field after another as keywords."""
    return {
        "org_name": "Night Bus",
        "subdomain": "nightbus",
        "username": "maya",
        "email": "maya@nightbus.example",
        "password": CHOSEN,
        "began": stamp(clock.now() - LEAST_S),
        **changes,
    }


def sign_up(client: Client | None = None, **changes: str) -> User:
    """Sign an organisation up; return its admin."""
    answer = (client or visitor()).post("/p/signup", sign_up_form(**changes))
    assert answer.status_code == 302, answer.content.decode()
    user = User.objects.filter(account=None).latest("pk")
    assert user.state == User.State.PENDING
    return user


def host_of(tenant: Tenant) -> str:
    return f"{tenant.subdomain}-admin.localhost:3000"


def link_in(mail: Mail) -> str:
    """Return the path of the link that a message carries."""
    content = content_of(mail)
    assert content
    [path] = re.findall(r"https?://[^/\s]+(/\S+)$", content.text, re.MULTILINE)
    return str(path)


def newest_link() -> str:
    return link_in(Mail.objects.latest("pk"))
