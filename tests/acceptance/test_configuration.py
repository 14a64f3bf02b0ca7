"""Mapping rules follow deploy and promote; limits and keys follow nothing but the clock."""

from __future__ import annotations

import pytest

from acceptance.world import World, eventually

pytestmark = pytest.mark.acceptance


def test_a_rule_reaches_staging_on_deploy_and_production_on_promote(world: World) -> None:
    product = world.product()
    key = product.application(product.plan())["user_key"]
    for environment in ("staging", "production"):
        product.serves(key, on=environment)

    def status(path: str, environment: str) -> int:
        return product.call(path, on=environment, user_key=key).status_code

    assert status("/old", "staging") == status("/old", "production") == 200
    product.remove_rules()
    product.rule("/new", "hits")
    assert status("/old", "staging") == 200, "saved is not deployed"

    product.deploy()
    eventually(lambda: status("/old", "staging") == 404, "rule in staging after deploy")
    assert status("/new", "staging") == 200
    assert status("/old", "production") == 200, "deployed is not promoted"

    product.promote()
    eventually(lambda: status("/old", "production") == 404, "rule in production after promote")
    assert status("/new", "production") == 200


def test_a_suspended_application_is_refused_until_it_is_resumed(world: World) -> None:
    product = world.product()
    account = world.account()
    application = product.application(product.plan(), account)
    key = application["user_key"]
    product.serves(key)
    path = f"/accounts/{account}/applications/{application['id']}"

    def status() -> int:
        return product.call("/", user_key=key).status_code

    world.api("PUT", f"{path}/suspend")
    eventually(lambda: status() == 403, "suspension in force")
    world.api("PUT", f"{path}/resume")
    eventually(lambda: status() == 200, "resumption in force")


def test_a_change_of_plan_is_in_force_on_the_next_call(world: World) -> None:
    product = world.product()
    closed, opened = product.plan(), product.plan()
    product.limit(closed, "hits", "day", 0)
    account = world.account()
    application = product.application(closed, account)
    key = application["user_key"]
    product.serves(key)

    def status() -> int:
        return product.call("/", user_key=key).status_code

    eventually(lambda: status() == 403, "closed by the plan")
    path = f"/accounts/{account}/applications/{application['id']}/change_plan"
    world.api("PUT", path, plan_id=opened)
    eventually(lambda: status() == 200, "opened by the other plan")
