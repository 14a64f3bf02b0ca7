"""A custom plan is in force for its application: what the portal sets, the authority enforces."""

from __future__ import annotations

import asyncio

import pytest

from authority.published import ask
from portal.people import BY, Provider
from portal.publish.homes import Home
from tollway.authority.routes import Routes
from tollway.portal.applications import services as applications
from tollway.portal.applications.models import Application
from tollway.portal.fields import keyring
from tollway.portal.plans import selectors
from tollway.portal.plans import services as plans
from tollway.portal.publish.services import publish_events
from tollway.store import snapshot
from tollway.store.memory import MemoryStore

AT = 1_790_000_000


class Platform:
    """Acme's portal and an authority, with a store between them and a clock that stands."""

    def __init__(self, acme: Provider) -> None:
        self.acme = acme
        self.store = MemoryStore(keyring(), position=0)
        self.routes = Routes(self.store, keyring(), lambda: AT)

    def calls(self, application: Application, count: int) -> list[int]:
        """Publish what has happened, then call; return the statuses."""
        while publish_events(self.store):
            pass
        token = self.acme.product.service_tokens.get().value
        url = (
            f"GET /transactions/authrep.xml?service_token={token}"
            f"&service_id={self.acme.product.pk}&user_key={application.user_key}&usage[hits]=1"
        )

        async def several() -> list[int]:
            return [(await ask(self.routes, url)).status for _ in range(count)]

        return asyncio.run(several())


def test_a_custom_limit_is_what_one_application_is_held_to(acme: Provider) -> None:
    platform, other = Platform(acme), acme.another_application()
    limit = plans.create_limit(acme.plan, acme.hits, by=BY, period="hour", value=2)
    assert platform.calls(acme.application, 3) == [200, 200, 409]

    custom = applications.customize_plan(acme.application, by=BY)
    assert platform.calls(acme.application, 1) == [409], "as its parent, until it is changed"
    plans.update_limit(custom, limit, by=BY, value=4)
    assert platform.calls(acme.application, 3) == [200, 200, 409], "what was used before counts"
    assert platform.calls(other, 3) == [200, 200, 409], "another application on the plan"

    plans.create_limit(acme.plan, acme.hits, by=BY, period="day", value=5)
    own = selectors.limits_of(acme.tenant, custom).get(period="hour")
    plans.update_limit(custom, own, by=BY, value=9)
    assert platform.calls(acme.application, 2) == [200, 409], "its parent's new limit reaches it"

    applications.decustomize_plan(acme.application, by=BY)
    assert platform.calls(acme.application, 1) == [409]


def test_a_custom_plan_is_published_in_full_and_goes_with_its_use(
    acme: Provider, home: Home
) -> None:
    plans.create_limit(acme.plan, acme.hits, by=BY, period="hour", value=3)
    custom = applications.customize_plan(acme.application, by=BY)
    plans.create_limit(custom, acme.hits, by=BY, period="day", value=9)
    plans.update_plan(acme.plan, by=BY, name="Silver")
    home.catch_up()
    product = home.product(acme.product.pk)
    record = home.application(acme.product.pk, acme.application.application_id)
    assert product
    assert record
    assert (record.plan_id, record.plan_name) == (str(custom.pk), "Silver (custom)")
    found = product.plans[record.plan_id]
    assert found.name == "Silver (custom)"
    assert [(x.period, x.maximum) for x in found.limits] == [("hour", 3), ("day", 9)]

    applications.change_plan(acme.application, acme.plan, by=BY)
    home.catch_up()
    product = home.product(acme.product.pk)
    record = home.application(acme.product.pk, acme.application.application_id)
    assert product
    assert record
    assert list(product.plans) == [record.plan_id] == [str(acme.plan.pk)]


class Watched(MemoryStore):
    """Asks after every step of publishing whether each application's plan is there."""

    def check(self) -> None:
        for record in self.seen.values():
            product = self.products_seen.get(record.service_id)
            assert product is None or record.plan_id in product.plans, "its plan limits nothing"

    def __init__(self) -> None:
        super().__init__(keyring(), position=0)
        self.seen: dict[tuple[str, str], snapshot.Application] = {}
        self.products_seen: dict[str, snapshot.Product] = {}

    def put_product(self, product: snapshot.Product) -> None:
        super().put_product(product)
        self.products_seen[product.id] = product
        self.check()

    def put_application(self, application: snapshot.Application) -> None:
        super().put_application(application)
        self.seen[application.service_id, application.id] = application
        self.check()

    def remove_application(self, service_id: str, application_id: str) -> None:
        super().remove_application(service_id, application_id)
        self.seen.pop((service_id, application_id), None)


@pytest.mark.parametrize("how", ["alone", "with a change of the product"])
def test_at_no_moment_is_an_application_without_its_plan(acme: Provider, how: str) -> None:
    store, names = Watched(), map(str, range(9))

    def catch_up() -> None:
        if how != "alone":
            plans.create_application_plan(acme.product, by=BY, name=next(names))
        while publish_events(store):
            pass

    catch_up()
    applications.customize_plan(acme.application, by=BY)
    catch_up()
    applications.decustomize_plan(acme.application, by=BY)
    catch_up()
    gold = plans.create_application_plan(acme.product, by=BY, name="Gold")
    applications.change_plan(acme.application, gold, by=BY)
    plans.delete_plan(acme.plan, by=BY)
    catch_up()
    applications.customize_plan(acme.application, by=BY)
    catch_up()
    applications.delete_application(acme.application, by=BY)
    another = acme.another_application(plan=gold)
    applications.customize_plan(another, by=BY)
    catch_up()
    applications.delete_account(acme.account, by=BY)
    catch_up()
    left = store.products_seen[str(acme.product.pk)].plans.values()
    assert "Gold" in [plan.name for plan in left]
    assert not [plan for plan in left if plan.name.endswith("(custom)")]
