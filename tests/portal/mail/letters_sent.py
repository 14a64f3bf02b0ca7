"""Letters that the tests of this folder queue."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from tollway.portal.mail.models import Audience, Mail
from tollway.portal.mail.services import To, queue
from tollway.portal.tenants.models import Tenant

URL = "http://acme.localhost:3000/activate/s3cret"


def ann(address: str = "ann@dev.example") -> To:
    return To(address, Audience.DEVELOPER)


def put(
    tenant: Tenant, key: str = "k", to: To | None = None, template: str = "activation", **more: Any
) -> Mail:
    values: dict[str, Any] = {"username": "ann", "url": URL, "days": 7, **more}
    until = values.pop("until", None)
    with transaction.atomic():
        return queue(tenant, template, to or ann(), values, key=key, until=until)
