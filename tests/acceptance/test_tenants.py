"""A tenant made through the operator's API is as the first one: its gateways serve it at once."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from acceptance.world import Product, World, eventually

pytestmark = pytest.mark.acceptance


def operate(world: World, method: str, path: str, **body: Any) -> Any:
    """Call the operator's API."""
    answer = world.http.request(
        method,
        f"{world.platform['master']}/master/api{path}.json",
        params={"access_token": world.platform["master_token"]},
        json=body or None,
    )
    assert answer.status_code < 400, f"{method} {path}: {answer.status_code} {answer.text}"
    return answer.json()["signup"] if answer.content else None


@pytest.fixture(scope="module")
def signup(world: World) -> Any:
    name = f"tenant-{secrets.token_hex(4)}"
    return operate(
        world, "POST", "/providers", org_name=name, username="admin",
        email=f"admin@{name}.example", password=secrets.token_urlsafe(16),
    )  # fmt: skip


@pytest.fixture(scope="module")
def second(world: World, signup: Any) -> Iterator[World]:
    """The same platform as the second tenant's admin sees it."""
    own = {
        "admin_portal": signup["account"]["admin_base_url"],
        "access_token": signup["access_token"]["value"],
    }
    with closing(World({**world.platform, **own})) as theirs:
        yield theirs


@pytest.fixture
def sample(second: World) -> Product:
    (service,) = second.api("GET", "/services")["services"][:1]
    return Product(second, service["service"]["id"])


def sample_key(second: World) -> str:
    applications = second.api("GET", "/applications")["applications"]
    return str(applications[0]["application"]["user_key"])


def test_its_sample_api_can_be_called_at_once(second: World, sample: Product) -> None:
    key = sample_key(second)
    for environment in ("staging", "production"):
        sample.serves(key, on=environment)
        assert sample.call("/hello", on=environment, user_key=key).status_code == 200


def test_what_it_makes_works_as_the_first_tenant_s_does(second: World, world: World) -> None:
    product = second.product()
    key = product.application(product.plan())["user_key"]
    product.serves(key, on="production")
    assert product.call("/", on="production", user_key=key).status_code == 200
    theirs = {each["service"]["id"] for each in world.api("GET", "/services")["services"]}
    assert product.id not in theirs


def test_suspending_it_stops_its_calls_its_api_and_its_portal(
    world: World, second: World, signup: Any, sample: Product
) -> None:
    key, one = sample_key(second), f"/providers/{signup['account']['id']}"
    sample.serves(key)

    def called() -> int:
        return sample.call("/", user_key=key).status_code

    def managed() -> int:
        url = f"{second.platform['admin_portal']}/admin/api/services.json"
        return second.get(url, access_token=second.platform["access_token"]).status_code

    def visited() -> int:
        return second.get(f"{signup['account']['base_url']}/access_code").status_code

    assert (called(), managed(), visited()) == (200, 200, 200)
    for method, body in (("PUT", {"state_event": "suspend"}), ("DELETE", {})):
        operate(world, method, one, **body)
        eventually(lambda: called() == 403, "suspension of a tenant in force")
        assert (managed(), visited()) == (403, 403)
        operate(world, "PUT", one, state_event="resume")
        eventually(lambda: called() == 200, "resumption of a tenant in force")
        assert (managed(), visited()) == (200, 200)
