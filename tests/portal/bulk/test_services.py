"""Bulk runs: every row once, whoever is killed, and what cannot be done told row by row."""

from __future__ import annotations

import msgspec
import pytest
from django.core.exceptions import ValidationError
from django.db import transaction

from portal.people import BY, Provider
from tollway.portal.accounts.models import Account, User
from tollway.portal.accounts.services import create_user
from tollway.portal.applications.models import Application
from tollway.portal.applications.selectors import AccountFilter, Filter
from tollway.portal.bulk import kinds, letters, selectors, services, subjects
from tollway.portal.bulk.kinds import KINDS, Needs, Parameters
from tollway.portal.bulk.models import Fault, Run
from tollway.portal.bulk.subjects import Ids, Selection, Subject
from tollway.portal.events.actors import Actor
from tollway.portal.events.models import Event
from tollway.portal.mail.models import Mail
from tollway.portal.mail.services import content_of
from tollway.portal.plans.models import ServiceSubscription
from tollway.portal.plans.selectors import SubscriptionFilter
from tollway.portal.plans.services import (
    create_account_plan,
    create_application_plan,
    create_service_plan,
)
from tollway.portal.tenants.models import Tenant

pytestmark = pytest.mark.django_db

PENDING = AccountFilter(state="pending")


def others(provider: Provider, *names: str, state: str = "pending") -> list[Account]:
    return [
        Account.objects.create(tenant=provider.tenant, org_name=name, state=state) for name in names
    ]


def start(
    provider: Provider,
    kind: str,
    selection: Selection,
    user: User | None = None,
    **parameters: object,
) -> Run:
    user = user or provider.admin
    return services.start(
        provider.tenant,
        kind,
        selection,
        msgspec.convert(parameters, Parameters),
        user=user,
        by=Actor("user", str(user.pk)),
    )


def finish(run: Run) -> Run:
    while services.step():
        pass
    run.refresh_from_db()
    return run


def states(provider: Provider) -> dict[str, str]:
    rows = Account.objects.filter(tenant=provider.tenant)
    return dict(rows.values_list("org_name", "state"))


def test_ticked_rows_are_done_and_no_others(acme: Provider) -> None:
    night, ferry, _ = others(acme, "Night Bus", "Ferrywatch", "Parcel Post")
    run = finish(start(acme, "accounts-approve", Ids((night.pk, ferry.pk))))
    assert (run.state, run.total, run.done, run.failed) == ("done", 2, 2, 0)
    assert run.ended_at is not None
    assert states(acme)["Parcel Post"] == "pending"
    assert states(acme)["Night Bus"] == "approved"


def test_all_that_match_are_found_in_the_database_and_rows_made_later_are_left_alone(
    acme: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "BATCH", 2)
    others(acme, *(f"Account {n}" for n in range(5)))
    run = start(acme, "accounts-approve", PENDING)
    services.step()
    late = others(acme, "Late")[0]
    finish(run)
    assert (run.total, run.done) == (5, 5)
    late.refresh_from_db()
    assert late.state == "pending"


def test_a_batch_that_was_cut_off_is_done_again_and_nothing_twice(
    acme: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "BATCH", 2)
    others(acme, *(f"Account {n}" for n in range(5)))
    run = start(acme, "accounts-approve", PENDING)
    services.step()
    with pytest.raises(KeyboardInterrupt):
        _step_and_die()
    run.refresh_from_db()
    assert run.done == 2
    finish(run)
    assert run.done == 5
    assert Event.objects.filter(kind="account.approved").count() == 5


@transaction.atomic
def _step_and_die() -> None:
    services.step()
    raise KeyboardInterrupt


def test_what_is_refused_is_told_by_row_and_does_not_stop_the_rest(acme: Provider) -> None:
    others(acme, "Night Bus")
    others(acme, "Quiet Rooms", state="suspended")
    run = finish(start(acme, "accounts-reject", AccountFilter()))
    assert (run.total, run.done, run.failed) == (3, 2, 1)
    fault = Fault.objects.get(run=run)
    assert (fault.name, fault.reason) == ("Quiet Rooms", "It is suspended.")


def test_rows_that_do_not_match_any_more_are_left_out_and_counted(acme: Provider) -> None:
    night, _ = others(acme, "Night Bus", "Ferrywatch")
    run = start(acme, "accounts-approve", PENDING)
    Account.objects.filter(pk=night.pk).update(state="suspended")
    finish(run)
    assert (run.done, run.failed, run.left_out) == (1, 0, 1)
    assert states(acme)["Night Bus"] == "suspended"


def test_a_row_that_breaks_something_is_told_and_does_not_keep_others_waiting(
    acme: Provider, caplog: pytest.LogCaptureFixture
) -> None:
    parcel = others(acme, "Parcel Post")[0]
    run = start(acme, "accounts-approve", Ids((parcel.pk,)))
    assert run.user is not None
    order = kinds.Order(Parameters(), None, "x", BY)
    broken = msgspec.structs.replace(KINDS["accounts-plan"], needs=Needs.NOTHING)
    fault = services._done(run, broken, parcel, order)
    assert fault is not None
    assert "Something went wrong" in fault.reason
    assert "AttributeError" in caplog.text


def test_an_account_that_stands_for_an_organisation_is_left_alone(
    acme: Provider, globex: Provider
) -> None:
    Account.objects.filter(provider=globex.tenant).update(provider=None)
    Account.objects.filter(pk=acme.account.pk).update(provider=globex.tenant)
    run = finish(start(acme, "accounts-suspend", Ids((acme.account.pk,))))
    assert "stands for an organisation" in Fault.objects.get(run=run).reason


def test_strangers_rows_are_not_selected(acme: Provider, globex: Provider) -> None:
    ids = Ids((globex.account.pk, acme.account.pk))
    run = finish(start(acme, "accounts-suspend", ids))
    assert run.total == 1
    globex.account.refresh_from_db()
    assert globex.account.state == "approved"
    with pytest.raises(ValidationError, match="Nothing is selected"):
        start(acme, "accounts-suspend", Ids((globex.account.pk,)))


def test_a_member_reaches_the_applications_of_own_products_alone(acme: Provider) -> None:
    user = create_user(acme.tenant, by=BY, username="member", email="m@acme.example")
    other = acme.another_product()
    User.objects.filter(pk=user.pk).update(
        state="active", allowed_sections=["partners"], allowed_service_ids=[other.pk]
    )
    user.refresh_from_db()
    with pytest.raises(ValidationError, match="Nothing is selected"):
        start(acme, "applications-suspend", Filter(), user)
    assert list(selectors.runs_of(acme.tenant, user)) == []


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"state": "suspended"}, "gone or suspended"),
        ({"allowed_sections": []}, "may not do it any more"),
    ],
)
def test_a_run_stops_when_who_asked_may_not_any_more(
    acme: Provider, change: dict[str, object], reason: str
) -> None:
    user = create_user(acme.tenant, by=BY, username="member", email="m@acme.example")
    User.objects.filter(pk=user.pk).update(state="active", allowed_sections=["partners"])
    user.refresh_from_db()
    others(acme, "Night Bus")
    run = start(acme, "accounts-approve", PENDING, user)
    User.objects.filter(pk=user.pk).update(**change)
    finish(run)
    assert (run.state, run.done) == ("stopped", 0)
    assert reason in run.reason
    assert states(acme)["Night Bus"] == "pending"


def test_a_run_of_a_closed_organisation_and_of_a_deleted_user_stops(acme: Provider) -> None:
    others(acme, "Night Bus")
    for change in ("tenant", "user"):
        run = start(acme, "accounts-approve", PENDING)
        if change == "tenant":
            Tenant.objects.filter(pk=acme.tenant.pk).update(state="suspended")
        else:
            Run.objects.filter(pk=run.pk).update(user=None)
        assert finish(run).state == "stopped"
        Tenant.objects.filter(pk=acme.tenant.pk).update(state="approved")


def test_a_cancelled_run_keeps_what_was_done_and_ends_once(
    acme: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "BATCH", 2)
    others(acme, *(f"Account {n}" for n in range(5)))
    run = start(acme, "accounts-approve", PENDING)
    services.step()
    services.cancel(run, by=BY)
    assert not services.step()
    run.refresh_from_db()
    assert (run.state, run.done) == ("cancelled", 2)
    with pytest.raises(ValidationError):
        services.cancel(run, by=BY)


def test_runs_take_turns(acme: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "BATCH", 1)
    night, ferry = others(acme, "Night Bus", "Ferrywatch")
    runs = [start(acme, "accounts-approve", Ids((night.pk, ferry.pk)))]
    runs.append(start(acme, "accounts-plan", Ids((night.pk,)), plan_id=_account_plan(acme)))
    for _ in runs:
        services.step()
    assert [Run.objects.get(pk=run.pk).done for run in runs] == [1, 1]


def _account_plan(provider: Provider) -> int:
    return create_account_plan(provider.tenant, by=BY, name="Partner").pk


def test_accounts_are_put_on_another_plan(acme: Provider) -> None:
    finish(start(acme, "accounts-plan", AccountFilter(), plan_id=_account_plan(acme)))
    acme.account.refresh_from_db()
    assert acme.account.contract.plan.name == "Partner"


def test_a_plan_that_goes_meanwhile_stops_the_run(acme: Provider) -> None:
    plan = create_account_plan(acme.tenant, by=BY, name="Partner")
    run = start(acme, "accounts-plan", AccountFilter(), plan_id=plan.pk)
    plan.delete()
    assert finish(run).reason == "The plan is gone."


def test_applications_are_moved_accepted_and_put_on_a_plan_of_their_product(
    acme: Provider,
) -> None:
    another = acme.another_application()
    Application.objects.filter(pk=another.pk).update(state="pending")
    finish(start(acme, "applications-accept", Filter(state="pending")))
    finish(start(acme, "applications-suspend", Ids((another.pk,))))
    another.refresh_from_db()
    assert another.state == "suspended"
    plan = create_application_plan(acme.product, by=BY, name="Dear")
    finish(start(acme, "applications-plan", Filter(), plan_id=plan.pk))
    assert set(Application.objects.values_list("plan__name", flat=True)) == {"Dear"}


def test_a_plan_of_another_product_or_tenant_is_refused(acme: Provider, globex: Provider) -> None:
    other = create_application_plan(acme.another_product(), by=BY, name="Other")
    for pk, message in ((other.pk, "of the plan's product only"), (globex.plan.pk, "gone")):
        with pytest.raises(ValidationError, match=message):
            start(acme, "applications-plan", Filter(), plan_id=pk)
    assert not Run.objects.exists()


def test_subscriptions_are_moved_and_put_on_a_plan(acme: Provider) -> None:
    row = ServiceSubscription.objects.get(account=acme.account)
    finish(start(acme, "subscriptions-suspend", SubscriptionFilter(product_id=acme.product.pk)))
    row.refresh_from_db()
    assert row.state == "suspended"
    finish(start(acme, "subscriptions-resume", SubscriptionFilter(state="suspended", text="dev")))
    plan = create_service_plan(acme.product, by=BY, name="Gold")
    finish(start(acme, "subscriptions-plan", Ids((row.pk,)), plan_id=plan.pk))
    row.refresh_from_db()
    assert (row.state, row.plan_id) == ("live", plan.pk)
    assert "Developer" in subjects.name_of(Subject.SUBSCRIPTIONS, row)


def test_a_letter_goes_to_each_account_once_also_through_its_applications(
    acme: Provider,
) -> None:
    acme.another_application()
    run = start(acme, "applications-letter", Filter(), subject="Ten", body="First\nsecond <b>\n")
    finish(run)
    assert run.done == 2
    mail = Mail.objects.get(template=letters.TEMPLATE)
    assert (mail.recipient, mail.subject) == (acme.developer.email, "Ten")
    content = content_of(mail)
    assert content is not None
    assert "First\n\nsecond <b>" in content.text
    assert "second &lt;b&gt;" in content.html
    written = Event.objects.get(kind="account.written_to")
    assert (written.object_id, written.after) == (str(acme.account.pk), {"subject": "Ten"})


def test_an_account_that_nobody_can_be_written_to_is_told(acme: Provider) -> None:
    User.objects.filter(pk=acme.developer.pk).update(state="suspended")
    run = finish(start(acme, "accounts-letter", AccountFilter(), subject="Ten", body="x"))
    assert "no active admin" in Fault.objects.get(run=run).reason


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("subject", {"subject": " ", "body": "x"}),
        ("body", {"subject": "x", "body": ""}),
        ("body", {"subject": "x", "body": "\0"}),
        ("subject", {"subject": "x" * 999, "body": "x"}),
        ("body", {"subject": "x", "body": "x" * 10_001}),
    ],
)
def test_a_letter_that_says_nothing_or_too_much_is_refused(
    acme: Provider, field: str, said: dict[str, str]
) -> None:
    with pytest.raises(ValidationError) as refused:
        start(acme, "accounts-letter", AccountFilter(), subject=said["subject"], body=said["body"])
    assert list(refused.value.message_dict) == [field]


def test_a_search_is_not_kept_in_the_clear(acme: Provider) -> None:
    key = acme.application.user_key
    run = start(acme, "accounts-suspend", AccountFilter(text=key))
    assert key.encode() not in bytes(run.selection_sealed)
    assert subjects.unsealed(run.selection_sealed) == AccountFilter(text=key)
    assert key not in str(Event.objects.filter(kind="bulk_run.started").values())


def test_a_kind_that_is_not_known_any_more_stops_the_run(acme: Provider) -> None:
    run = start(acme, "accounts-suspend", AccountFilter())
    Run.objects.filter(pk=run.pk).update(kind="accounts-fly")
    assert finish(run).state == "stopped"


def test_old_runs_go_with_what_they_say(acme: Provider) -> None:
    others(acme, "Quiet Rooms", state="suspended")
    run = finish(start(acme, "accounts-reject", AccountFilter()))
    assert services.tidy() == 0
    assert run.ended_at is not None
    Run.objects.filter(pk=run.pk).update(ended_at=run.ended_at - services.KEPT * 2)
    assert services.tidy() == 3
    assert not Fault.objects.exists()
