"""A bulk run is put back by another: what nobody has changed since gets its state or plan back."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from portal.bulk.test_services import finish, others, start, states
from portal.people import BY, Provider
from tollway.portal.accounts.models import Account
from tollway.portal.accounts.services import change_account_state
from tollway.portal.applications.models import Application
from tollway.portal.applications.selectors import AccountFilter, Filter
from tollway.portal.applications.services import change_plan, customize_plan, update_application
from tollway.portal.bulk import aspects, services
from tollway.portal.bulk.kinds import BACK, CHANGED_SINCE, KINDS, back_of
from tollway.portal.bulk.models import Change, Run
from tollway.portal.bulk.selectors import changes_of, faults_of
from tollway.portal.bulk.subjects import Ids
from tollway.portal.mail.models import Mail
from tollway.portal.plans.models import ServiceSubscription
from tollway.portal.plans.selectors import SubscriptionFilter
from tollway.portal.plans.services import (
    create_account_plan,
    create_application_plan,
    create_service_plan,
    delete_plan,
)

pytestmark = pytest.mark.django_db

APPROVED = AccountFilter(state="approved")


def put_back(provider: Provider, run: Run) -> Run:
    return finish(services.put_back(run, user=provider.admin, by=BY))


def faults(run: Run) -> dict[str, str]:
    return dict(faults_of(run.tenant, run).values_list("name", "reason"))


def test_states_are_put_back_of_those_that_nobody_has_changed_since(acme: Provider) -> None:
    rows = others(acme, "Still", "Resumed", "Both ways", "Renamed", state="approved")
    others(acme, "Before", state="suspended")
    run = finish(start(acme, "accounts-suspend", APPROVED))
    _, resumed, both_ways, renamed = rows
    change_account_state(resumed, "resume", by=BY)
    for event in ("resume", "suspend"):
        change_account_state(both_ways, event, by=BY)
    Account.objects.filter(pk=renamed.pk).update(org_name="Another name")

    back = put_back(acme, run)
    assert (back.state, back.done, back.failed, back.undoes) == ("done", 3, 2, run)
    found = states(acme)
    assert {name for name, state in found.items() if state == "suspended"} == {
        "Both ways", "Before",
    }  # fmt: skip
    assert faults(back) == dict.fromkeys(("Resumed", "Both ways"), f"{CHANGED_SINCE}.")


def test_a_run_in_several_batches_that_puts_back_can_be_put_back_itself(
    acme: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "BATCH", 2)
    others(acme, *(f"Account {n}" for n in range(5)), state="approved")
    before = states(acme)
    run = finish(start(acme, "accounts-suspend", APPROVED))
    after = states(acme)
    back = put_back(acme, run)
    assert states(acme) == before
    again = put_back(acme, back)
    assert states(acme) == after
    assert (again.total, again.done, again.kind) == (6, 6, "accounts-state-back")
    assert services.ways_back(again) == 6


def test_application_plans_are_put_back_each_to_its_own(acme: Provider) -> None:
    gold, old = (create_application_plan(acme.product, by=BY, name=name) for name in "GO")
    mine = acme.application
    on_old, on_gold, own, moved = (
        acme.another_application(name=name, plan=plan)
        for name, plan in (("O", old), ("G", gold), ("Own", old), ("Moved", old))
    )
    customize_plan(own, by=BY)
    run = finish(start(acme, "applications-plan", Filter(), plan_id=gold.pk))
    update_application(on_old, by=BY, name="Renamed")
    change_plan(Application.objects.get(pk=moved.pk), acme.plan, by=BY)
    back = put_back(acme, run)
    plans = dict(Application.objects.filter(tenant=acme.tenant).values_list("pk", "plan"))
    assert plans == {
        mine.pk: acme.plan.pk, on_old.pk: old.pk, on_gold.pk: gold.pk, own.pk: gold.pk,
        moved.pk: acme.plan.pk,
    }  # fmt: skip
    assert faults(back) == {
        "Own": f"{aspects.PLAN_GONE}.", "Moved": f"{CHANGED_SINCE}.",
    }  # fmt: skip


def test_account_and_service_plans_are_put_back(acme: Provider) -> None:
    silver, service = create_account_plan(acme.tenant, by=BY, name="Silver"), None
    [other] = others(acme, "Without a plan", state="approved")
    run = finish(start(acme, "accounts-plan", APPROVED, plan_id=silver.pk))
    was = Change.objects.get(run=run, object_id=acme.account.pk).before
    back = put_back(acme, run)
    assert str(Account.objects.get(pk=acme.account.pk).contract.plan_id) == was
    assert faults(back) == {other.org_name: f"{aspects.NO_PLAN}."}

    service = create_service_plan(acme.product, by=BY, name="Service")
    [subscription] = ServiceSubscription.objects.filter(tenant=acme.tenant)
    run = finish(start(acme, "subscriptions-plan", SubscriptionFilter(), plan_id=service.pk))
    finish(start(acme, "subscriptions-suspend", SubscriptionFilter()))
    put_back(acme, run)
    subscription.refresh_from_db()
    assert (subscription.plan_id != service.pk, subscription.state) == (True, "suspended")


NO_WAY = {
    "accounts-letter": ("approved", {"subject": "Hello", "body": "There"}),
    "accounts-approve": ("created", {}),
}


@pytest.mark.parametrize(("kind", "case"), NO_WAY.items(), ids=NO_WAY)
def test_what_has_no_way_back_is_not_put_back(
    acme: Provider, kind: str, case: tuple[str, dict[str, Any]]
) -> None:
    state, said = case
    others(acme, "Created", state="created")
    run = start(acme, kind, AccountFilter(state=state), **said)
    with pytest.raises(ValidationError, match="cannot be put back"):
        services.put_back(run, user=acme.admin, by=BY)  # it runs still
    finish(run)
    before = states(acme), Mail.objects.count()
    assert services.ways_back(run) == 0
    with pytest.raises(ValidationError, match="cannot be put back"):
        services.put_back(run, user=acme.admin, by=BY)
    assert (states(acme), Mail.objects.count()) == before
    assert not back_of(KINDS["accounts-letter"])


def test_what_was_refused_or_stayed_is_not_remembered(acme: Provider) -> None:
    others(acme, "Rejected", state="rejected")
    run = finish(start(acme, "accounts-suspend", AccountFilter()))
    assert (run.done, run.failed) == (1, 1)
    assert list(changes_of(acme.tenant, run).values_list("object_id", flat=True)) == [
        acme.account.pk
    ]
    same = finish(start(acme, "applications-plan", Filter(), plan_id=acme.plan.pk))
    assert (same.done, changes_of(acme.tenant, same).count()) == (1, 0)


def test_a_plan_that_is_gone_offers_no_way_back(acme: Provider) -> None:
    old, new = (create_application_plan(acme.product, by=BY, name=name) for name in "ON")
    row = acme.another_application(plan=old)
    run = finish(start(acme, "applications-plan", Ids((row.pk,)), plan_id=new.pk))
    assert services.ways_back(run) == 1
    delete_plan(old, by=BY)
    assert services.ways_back(run) == 0


def test_without_the_run_that_it_puts_back_it_stops(acme: Provider) -> None:
    run = finish(start(acme, "accounts-suspend", APPROVED))
    back = services.put_back(run, user=acme.admin, by=BY)
    run.delete()
    finish(back)
    assert (back.state, states(acme)["Developer"]) == ("stopped", "suspended")
    assert set(BACK).isdisjoint(KINDS)
