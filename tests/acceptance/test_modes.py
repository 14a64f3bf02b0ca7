"""S27: each way in which callers may show who they are, from the portal's API to the gateway."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from acceptance.world import Product, World, eventually
from gateway.issuer import Issuer

pytestmark = pytest.mark.acceptance

FAILED = (403, "Authentication failed")
MISSING = (403, "Authentication parameters missing")


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    issuer = Issuer()
    yield issuer
    issuer.close()


def told(product: Product, on: str, **shown: str) -> tuple[int, str]:
    answer = product.call("/", on=on, **shown)
    return answer.status_code, answer.text if answer.status_code >= 400 else ""


def lets_in(product: Product, good: dict[str, str], wrong: list[dict[str, str]]) -> None:
    """Check that a product takes these credentials, and none of the others, in both places."""
    for on in ("staging", "production"):
        eventually(lambda: told(product, on, **good) == (200, ""), f"served on {on}")  # noqa: B023
        assert [told(product, on, **each) for each in wrong] == [FAILED] * len(wrong)
        assert told(product, on) == MISSING


def test_an_api_key(world: World) -> None:
    product = world.product()
    application = product.application(product.plan())
    lets_in(product, {"user_key": application["user_key"]}, [{"user_key": "wrong"}])


def test_an_application_id_and_its_key(world: World) -> None:
    product = world.product(backend_version="2")
    account = world.account()
    application = product.application(product.plan(), account)
    path = f"/accounts/{account}/applications/{application['id']}/keys"
    world.api("POST", path, key="a-key-of-its-own")
    app_id = str(application["application_id"])
    good = {"app_id": app_id, "app_key": "a-key-of-its-own"}
    lets_in(product, good, [{**good, "app_key": "wrong"}, {**good, "app_id": "wrong"}])
    assert told(product, "staging", app_id=app_id) == MISSING


def test_an_access_token_of_the_products_issuer(world: World, issuer: Issuer) -> None:
    product = world.product(backend_version="oidc")
    account = world.account()
    application = product.application(product.plan(), account)
    login = issuer.address.replace("://", "://portal:secret@")
    product.update_proxy(oidc_issuer_endpoint=login)
    product.promote()
    client = str(application["client_id"])
    other = Issuer("other.localhost")
    try:
        wrong = [
            issuer.token(azp=client, exp=1),
            issuer.token(azp="nobody's"),
            other.token(azp=client),
            "garbage",
        ]
    finally:
        other.close()
    good = {"access_token": issuer.token(azp=client)}
    lets_in(product, good, [{"access_token": each} for each in wrong])
    world.api("PUT", f"/accounts/{account}/applications/{application['id']}/suspend")
    eventually(lambda: told(product, "staging", **good) == FAILED, "suspended")
