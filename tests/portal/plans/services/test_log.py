"""What events say of plans: enough for readers to find what is touched when the rows are gone."""

from __future__ import annotations

from portal.people import BY, Provider
from tollway.portal.applications.services import customize_plan
from tollway.portal.events.selectors import events_of
from tollway.portal.plans.services import create_limit, delete_limit, delete_plan
from tollway.portal.plans.services.log import append, described, placed


def test_an_event_names_the_product_unless_the_plan_is_an_accounts(acme: Provider) -> None:
    account_plan = acme.account.contract.plan
    for plan, where in ((acme.plan, {"product_id": acme.product.pk}), (account_plan, {})):
        append(plan, "looked_at", by=BY, after={"name": "x"})
        event = events_of(acme.tenant).last()
        assert event
        assert (event.kind, event.object_id) == (f"{plan.kind}.looked_at", str(plan.pk))
        assert event.after == {"name": "x", **where}
        assert placed(plan) == where


def test_a_limit_that_is_the_parents_is_told_as_the_custom_plans(acme: Provider) -> None:
    limit = create_limit(acme.plan, acme.hits, by=BY, period="hour", value=3)
    custom = customize_plan(acme.application, by=BY)
    delete_limit(custom, limit, by=BY)
    event = events_of(acme.tenant).last()
    assert event
    assert event.before == {
        "product_id": acme.product.pk, "plan_id": custom.pk, "metric_id": acme.hits.pk,
        "period": "hour", "value": 3,
    }  # fmt: skip


def test_a_deleted_plan_is_still_described(acme: Provider) -> None:
    acme.application.delete()
    about = described(acme.plan)
    delete_plan(acme.plan, by=BY)
    event = events_of(acme.tenant).last()
    assert event
    assert (event.kind, event.before) == ("application_plan.deleted", about)
