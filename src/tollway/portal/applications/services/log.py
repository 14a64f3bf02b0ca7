"""What events say of an application."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tollway.portal.applications.models import Application
from tollway.portal.events import services as events
from tollway.portal.events.actors import Actor


def append(application: Application, what: str, *, by: Actor, **details: Mapping[str, Any]) -> None:
    """Record "application.{what}", with what the data planes know the application by."""
    details["after"] = {**details.get("after", {}), **identity(application)}
    events.append(application.tenant, f"application.{what}", application.pk, by=by, **details)


def identity(application: Application) -> dict[str, Any]:
    """Return what the data planes know an application by, for readers when the row is gone."""
    return {"product_id": application.product_id, "application_id": application.application_id}
