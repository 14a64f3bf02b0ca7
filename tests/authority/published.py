"""A published state out of a vector file, and a way to call the authority without sockets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree

from tollway.authority.routes import Request, Routes
from tollway.authority.wire import Reply
from tollway.store.memory import MemoryStore
from tollway.store.publishing import Publisher
from tollway.store.sealing import Keyring
from tollway.store.snapshot import (
    Application,
    ApplicationKey,
    Metric,
    Owner,
    Plan,
    Product,
    UsageLimit,
)

SECRET_KEY = bytes(range(32))
KEYRING = Keyring([SECRET_KEY])
Home = MemoryStore | Publisher


def publish(home: Home, state: Mapping[str, Any]) -> None:
    """Write what ``state`` describes; secrets in it are in the clear."""
    for key, owner in state.get("providers", {}).items():
        home.put_provider(KEYRING.digest("provider_key", key), Owner(**owner))
    for service in state.get("services", []):
        home.put_product(product(service))
        for token in service.get("tokens", []):
            home.put_service_token(service["id"], KEYRING.digest("service_token", token))
        for application in service.get("applications", []):
            home.put_application(application_record(service["id"], application))


def product(service: Mapping[str, Any]) -> Product:
    return Product(
        id=service["id"],
        owner=service["owner"],
        backend_version=service["mode"],
        metrics=[Metric(*metric) for metric in service.get("metrics", [["1", "hits"]])],
        plans={
            id_: Plan(id_, plan["name"], [UsageLimit(*limit) for limit in plan["limits"]])
            for id_, plan in service.get("plans", {}).items()
        },
        state=service.get("state", "active"),
        referrer_filters_required=service.get("referrers", False),
    )


def application_record(service_id: str, given: Mapping[str, Any]) -> Application:
    id_ = given["id"]
    return Application(
        service_id=service_id,
        id=id_,
        state=given.get("state", "active"),
        plan_id=given.get("plan", "basic"),
        plan_name=given.get("plan_name", ""),
        redirect_url=given.get("redirect_url", ""),
        user_keys=[KEYRING.digest("user_key", service_id, k) for k in given.get("user_keys", [])],
        keys=[
            ApplicationKey(
                KEYRING.digest("app_key", service_id, id_, key),
                KEYRING.seal(key.encode(), "app_key"),
            )
            for key in given.get("keys", [])
        ],
        referrer_filters=given.get("referrers", []),
    )


async def ask(routes: Routes, line: str, body: str = "", **headers: str) -> Reply:
    """Send "GET /path?query"; ``headers`` are named with underscores for dashes."""
    method, _, target = line.partition(" ")
    path, _, query = target.partition("?")
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return await routes(Request(method, unquote(path), query, named, body.encode()))


def well_formed(body: bytes) -> ElementTree.Element:
    """Parse an answer; raises if it is not XML."""
    return ElementTree.fromstring(body)  # noqa: S314  (our own bytes)
