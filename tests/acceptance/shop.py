"""What the tests of 3scale's Python client share: the client itself, and a shop to call it about.

A module of tests imports the four fixtures.
"""

from __future__ import annotations

import secrets
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from threescale_api import ThreeScaleClient

from acceptance.world import World

PASSWORD = "correct horse battery"


@pytest.fixture(name="resolving", scope="module", autouse=True)
def resolving_fixture() -> Iterator[None]:
    """Let the client find ``*.localhost``, which Debian's resolver does not know."""
    resolve = socket.getaddrinfo

    def local(host: Any, *rest: Any, **more: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else str(host)
        return resolve("127.0.0.1" if name.endswith(".localhost") else host, *rest, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", local)
        yield


@pytest.fixture(name="client", scope="module")
def client_fixture(world: World) -> ThreeScaleClient:
    return ThreeScaleClient(world.platform["admin_portal"], world.platform["access_token"])


@pytest.fixture(name="operator", scope="module")
def operator_fixture(world: World) -> ThreeScaleClient:
    return ThreeScaleClient(world.platform["master"], world.platform["master_token"])


def unique(prefix: str = "c") -> str:
    return f"{prefix}{secrets.token_hex(4)}"


class Shop:
    """A product with a backend and a plan, and an account: what the other resources belong to."""

    def __init__(self, client: ThreeScaleClient, echo: str) -> None:
        self.client = client
        name = unique()
        self.service = client.services.create(params={"name": name, "system_name": name})
        self.backend = client.backends.create(
            params={"name": name, "system_name": name, "private_endpoint": echo}
        )
        self.service.backend_usages.create(params={"backend_api_id": self.backend["id"]})
        self.hits = self.service.metrics.read_by_name("hits")
        self.backend_hits = self.backend.metrics.read_by_name(f"hits.{self.backend['id']}")
        self.plan = self.service.app_plans.create(params={"name": "Basic"})
        self.account = self.another_account()
        self.application = self.account.applications.create(
            params={"name": "App", "description": "An app", "plan_id": self.plan["id"]}
        )

    def another_account(self) -> Any:
        name = unique()
        return self.client.accounts.create(
            params={
                "org_name": name, "name": name, "username": name, "password": PASSWORD,
                "email": f"{name}@example.com", "monthly_billing_enabled": False,
            }
        )  # fmt: skip


@pytest.fixture(name="shop", scope="module")
def shop_fixture(client: ThreeScaleClient, world: World, resolving: None) -> Shop:
    return Shop(client, world.platform["echo"])
