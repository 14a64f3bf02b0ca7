"""3scale's quick-start guide, its path of plans and mapping rules, walked through the API alone.

S49 and so on are the numbers of the guide's statements in the acceptance checklist. Limits are per
minute where the guide has an hour. The sample tenant walks, and one that the operator makes here.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import closing

import pytest

from acceptance.world import Product, World, eventually, within_one_minute

pytestmark = pytest.mark.acceptance

OVER = (429, "Usage limit exceeded")
OFF = (403, "Authentication failed")
UNMAPPED = (404, "No Mapping Rule matched")
PASSED = (200, "")

SHOWN = ("hits", "test", "v1", "v2")  # what the plan of ``basic`` limits in all, so that it is told


@pytest.fixture(scope="module", params=["the sample tenant", "a new tenant"])
def provider(request: pytest.FixtureRequest, world: World) -> Iterator[World]:
    if request.param == "the sample tenant":
        yield world
        return
    with closing(world.another_tenant()) as theirs:
        yield theirs


def ask(product: Product, path: str, key: str) -> tuple[int, str]:
    answer = product.call(path, user_key=key)
    return answer.status_code, answer.text if answer.status_code >= 400 else ""


def mapped(provider: World) -> Product:
    """S71, S73, S77, S78: a method, two metrics, and rules of their own in place of `/`."""
    product = provider.product()
    product.method("test")
    for name in ("v1", "v2"):
        product.metric(name)
    product.remove_rules()
    product.rule("/v1", "v1")
    product.rule("/v2", "v2")
    product.rule("/{version}/test", "test")
    product.deploy()
    return product


def basic(product: Product) -> int:
    """S72, S74: the plan Basic, which also shows what has been used in all."""
    plan = product.plan()
    product.limit(plan, "test", "minute", 5)
    product.limit(plan, "v2", "eternity", 0)
    for metric in ("hits", "test", "v1"):
        product.limit(plan, metric, "eternity", 1000)
    return plan


def served(product: Product, plan: int, *limited: str) -> str:
    """Return the key of a new application, once the authority knows it and its limits in all."""
    key = str(product.application(plan)["user_key"])
    product.serves(key)
    eventually(lambda: product.used(key).keys() == set(limited), "limits known")
    return key


def known(product: Product, plan: int, *limited: str) -> str:
    """Return the key of a new application, once the gateway knows the rules of ``mapped`` too."""
    key = served(product, plan, *limited)
    eventually(lambda: ask(product, "/missing", key) == UNMAPPED, "rules deployed")
    return key


def test_applications_have_credentials_one_plan_and_an_account(provider: World) -> None:
    """S49, S50, S51."""
    account = provider.account()
    path = f"/accounts/{account}/applications"
    made = {}
    for mode, fields in (
        ("1", {"user_key"}), ("2", {"application_id"}),
        ("oidc", {"client_id", "client_secret", "application_id"}),
    ):  # fmt: skip
        product = provider.product(backend_version=mode)
        plan = product.plan()
        application = product.application(plan, account)
        assert fields <= application.keys()
        assert application["plan_id"] == plan
        made[application["id"]] = (product, plan)
    listed = [each["application"] for each in provider.api("GET", path)["applications"]]
    assert made.keys() <= {each["id"] for each in listed}
    assert {each["account_id"] for each in listed} == {account}
    application_id, (product, plan) = next(iter(made.items()))
    keys = provider.api("GET", f"{path}/{list(made)[1]}/keys")
    assert "keys" in keys
    assert provider.refused("POST", path, name="no plan") == (422, {"plan_id": ["can't be blank"]})
    status, errors = provider.refused("DELETE", f"{product.path}/application_plans/{plan}")
    assert (status, list(errors)) == (403, ["base"])
    assert provider.api("GET", f"{path}/{application_id}")["application"]["plan_id"] == plan


def test_a_limit_is_stored_once_per_period_and_in_force_at_once(provider: World) -> None:
    """S54, S68, S70."""
    product = provider.product()
    plan = product.plan()
    limit = product.limit(plan, "hits", "minute", 3)
    limits = f"/application_plans/{plan}/limits"
    told = [each["limit"] for each in provider.api("GET", limits)["limits"]]
    assert [(each["period"], each["value"]) for each in told] == [("minute", 3)]
    of_hits = f"/application_plans/{plan}/metrics/{product.metrics['hits']}/limits"
    status, errors = provider.refused("POST", of_hits, period="minute", value=4)
    assert (status, list(errors)) == (422, ["period"])

    def story() -> None:
        key = str(product.application(plan)["user_key"])
        product.serves(key)
        product.change_limit(limit, 3)
        product.limits(key, 3)
        assert [ask(product, "/", key) for _ in range(4)] == [PASSED] * 3 + [OVER]
        product.change_limit(limit, 4)
        product.limits(key, 4)
        assert [ask(product, "/", key) for _ in range(2)] == [PASSED, OVER]

    within_one_minute(story)
    provider.api("DELETE", f"{of_hits}/{limit['id']}")
    key = str(product.application(plan)["user_key"])
    product.serves(key)
    eventually(lambda: product.used(key, "minute") == {}, "limit gone")
    assert [ask(product, "/", key) for _ in range(6)] == [PASSED] * 6


def test_values_only_go_up(provider: World) -> None:
    """S66."""
    product = provider.product()
    rules = f"{product.path}/proxy/mapping_rules"
    for delta in (0, -1):
        assert provider.refused(
            "POST", rules, http_method="GET", pattern="/x", delta=delta,
            metric_id=product.metrics["hits"],
        ) == (422, {"delta": ["must be greater than 0"]})  # fmt: skip
    plan = product.plan()
    product.limit(plan, "hits", "eternity", 1000)
    key = served(product, plan, "hits")
    assert ask(product, "/", key) == PASSED
    before = product.used(key)
    assert before == {"hits": 1}
    provider.http.post(
        f"{provider.platform['authority']}/transactions.xml",
        data={
            "service_token": product.token(), "service_id": str(product.id),
            "transactions[0][user_key]": key, "transactions[0][usage][hits]": "-1",
        },
    )  # fmt: skip
    assert product.used(key) == before


def test_methods_and_metrics_are_rows_of_their_own(provider: World) -> None:
    """S71, S73."""
    product = provider.product()
    product.method("test")
    for name in ("v1", "v2"):
        product.metric(name)
    listed = [each["metric"] for each in provider.api("GET", f"{product.path}/metrics")["metrics"]]
    assert {each["system_name"] for each in listed} == {"hits", "test", "v1", "v2"}
    parents = {each["system_name"]: each.get("parent_id") for each in listed}
    assert parents == {"hits": None, "test": product.metrics["hits"], "v1": None, "v2": None}
    assert provider.refused("POST", f"{product.path}/metrics", friendly_name="v3") == (
        422, {"unit": ["can't be blank"]},
    )  # fmt: skip


def test_system_names_are_fixed_and_a_metric_that_is_counted_stays(provider: World) -> None:
    """S69."""
    product = mapped(provider)
    one = f"{product.path}/metrics/{product.metrics['v1']}"
    told = provider.api("PUT", one, system_name="other", friendly_name="Version 1")["metric"]
    assert (told["system_name"], told["friendly_name"]) == ("v1", "Version 1")
    product.promote()
    status, errors = provider.refused("DELETE", one)
    assert (status, list(errors)) == (403, ["base"])


def test_rules_replace_the_default_one_and_wait_for_the_deploy(provider: World) -> None:
    """S76 to S79. While `/` is kept, a call counts hits twice: by it, and through the method."""
    product = provider.product()
    product.method("test")
    plan = product.plan()
    product.limit(plan, "hits", "eternity", 1000)
    key = served(product, plan, "hits")
    rules = f"{product.path}/proxy/mapping_rules"
    kept = [each["mapping_rule"] for each in provider.api("GET", rules)["mapping_rules"]]
    assert [(r["http_method"], r["pattern"], r["delta"]) for r in kept] == [("GET", "/", 1)]
    product.rule("/{version}/test", "test")
    assert ask(product, "/v1/test", key) == PASSED
    assert product.used(key) == {"hits": 1}, "saved is not deployed"
    before = product.version()
    product.deploy()
    assert product.version() == before + 1

    def counted_twice() -> bool:
        start = product.used(key)["hits"]
        assert ask(product, "/v1/test", key) == PASSED
        return product.used(key)["hits"] == start + 2

    eventually(counted_twice, "both rules in force")
    provider.api("DELETE", f"{rules}/{kept[0]['id']}")
    product.deploy()
    eventually(lambda: ask(product, "/", key) == UNMAPPED, "default rule gone")
    start = product.used(key)["hits"]
    assert ask(product, "/v1/test", key) == PASSED
    assert product.used(key)["hits"] == start + 1


def test_calls_are_counted_limited_and_refused_as_the_guide_says(provider: World) -> None:
    """S81 to S86. What `/noversion/test` counts is taken from the same limit (S86)."""
    product = mapped(provider)
    plan = basic(product)

    def story() -> None:
        key = known(product, plan, *SHOWN)
        product.limits(key, 5)
        assert ask(product, "/v2/test", key) == OFF
        assert ask(product, "/missing", key) == UNMAPPED
        assert product.used(key) == {"hits": 0, "test": 0, "v1": 0, "v2": 0}
        assert [ask(product, "/v1/test", key) for _ in range(5)] == [PASSED] * 5
        assert product.used(key) == {"hits": 5, "test": 5, "v1": 5, "v2": 0}
        assert ask(product, "/v1/test", key) == OVER
        assert ask(product, "/noversion/test", key) == OVER
        assert product.used(key) == {"hits": 5, "test": 5, "v1": 5, "v2": 0}
        other = known(product, plan, *SHOWN)
        assert ask(product, "/noversion/test", other) == PASSED
        assert product.used(other) == {"hits": 1, "test": 1, "v1": 0, "v2": 0}

    within_one_minute(story)


def test_a_metric_is_switched_off_and_on(provider: World) -> None:
    """S74, S75."""
    product = mapped(provider)
    plan = product.plan()
    limit = product.limit(plan, "v2", "eternity", 0)
    key = known(product, plan, "v2")
    assert ask(product, "/v2/test", key) == OFF
    of_v2 = f"/application_plans/{plan}/metrics/{product.metrics['v2']}/limits"
    told = [each["limit"]["value"] for each in provider.api("GET", of_v2)["limits"]]
    assert told == [0]
    provider.api("DELETE", f"{of_v2}/{limit['id']}")
    eventually(lambda: ask(product, "/v2/test", key) == PASSED, "metric on again")


def test_finer_rules_leave_unknown_versions_out(provider: World) -> None:
    """S87."""
    product = mapped(provider)
    key = known(product, product.plan())
    assert ask(product, "/noversion/test", key) == PASSED
    product.remove_rules()
    for version in ("v1", "v2"):
        product.rule(f"/{version}", version)
        product.rule(f"/{version}/test$", "test")
    product.deploy()
    eventually(lambda: ask(product, "/noversion/test", key) == UNMAPPED, "finer rules in force")
    assert ask(product, "/v1/test", key) == ask(product, "/v2/test", key) == PASSED


def test_an_unlimited_plan_limits_nothing(provider: World) -> None:
    """S89."""
    product = mapped(provider)
    basic(product)
    key = known(product, product.plan())
    assert [ask(product, f"/{v}/test", key) for v in ("v1", "v2") for _ in range(7)] == [
        PASSED
    ] * 14


def test_a_new_tenant_is_nobody_elses(world: World) -> None:
    """It has its sample data, and neither sees the other's."""
    with closing(world.another_tenant()) as theirs:
        products = {
            who: {each["service"]["id"] for each in who.api("GET", "/services")["services"]}
            for who in (world, theirs)
        }
        assert len(products[theirs]) == 1
        assert not products[world] & products[theirs]
        own = next(iter(products[theirs]))
        assert world.ask("GET", f"/services/{own}").status_code == 404
        sample = theirs.api("GET", "/applications")["applications"][0]["application"]
        product = Product(theirs, own)
        product.serves(sample["user_key"])
        assert ask(product, f"/{secrets.token_hex(4)}", sample["user_key"]) == PASSED
