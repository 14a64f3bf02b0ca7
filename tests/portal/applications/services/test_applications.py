"""Applications: made on a plan, and their states and plans."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from portal.people import BY, Provider
from tollway.portal.accounts.models import FieldsDefinition
from tollway.portal.accounts.services import update_settings
from tollway.portal.applications import selectors
from tollway.portal.applications.models import Application
from tollway.portal.applications.services import applications as services
from tollway.portal.applications.services import change_plan
from tollway.portal.events.selectors import events_of
from tollway.portal.plans.services import create_application_plan, update_plan


def test_a_new_application_is_live_and_has_credentials(acme: Provider) -> None:
    application = acme.another_application()
    assert application.state == "live"
    assert len(bytes.fromhex(application.user_key)) == 16
    assert len(bytes.fromhex(application.application_id)) == 4
    assert not selectors.keys_of(acme.tenant, application).exists()
    assert application.user_key.encode() not in bytes(application.user_key_sealed)


def test_where_a_plan_asks_for_approval_it_is_pending_first(acme: Provider) -> None:
    update_plan(acme.plan, by=BY, approval_required=True)
    application = acme.another_application()
    assert application.state == "pending"
    services.change_state(application, "accept", by=BY)
    application.refresh_from_db()
    assert application.state == "live"


@pytest.mark.parametrize(
    ("state", "event", "after"),
    [
        ("pending", "accept", "live"),
        ("pending", "suspend", None),
        ("pending", "resume", None),
        ("live", "accept", None),
        ("live", "suspend", "suspended"),
        ("live", "resume", None),
        ("suspended", "accept", None),
        ("suspended", "suspend", None),
        ("suspended", "resume", "live"),
    ],
)
def test_states_change_as_the_table_says(
    acme: Provider, state: str, event: str, after: str | None
) -> None:
    Application.objects.filter(pk=acme.application.pk).update(state=state)
    if after is None:
        with pytest.raises(ValidationError) as failed:
            services.change_state(acme.application, event, by=BY)
        assert failed.value.message_dict == {"state": [f'cannot transition via "{event}"']}
    else:
        services.change_state(acme.application, event, by=BY)
    acme.application.refresh_from_db()
    assert acme.application.state == (after or state)


@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        ({"name": ""}, {"name": ["can't be blank"]}),
        ({"user_key": "with space"}, {"user_key": ["is invalid"]}),
        ({"user_key": "k" * 257}, {"user_key": ["is invalid"]}),
        ({"application_id": "abc"}, {"application_id": ["is invalid"]}),
        (
            {"application_id": "a" * 256},
            {"application_id": ["is too long (maximum is 255 characters)"]},
        ),
        ({"keys": ["1234"]}, {"value": ["is invalid"]}),
        ({"keys": ["k" * 256]}, {"value": ["is invalid"]}),
        ({"keys": ["same-key", "same-key"]}, {"value": ["has already been taken"]}),
        (
            {"keys": [f"key-number-{n}" for n in range(6)]},
            {"base": ["The limit of 5 keys is reached"]},
        ),
    ],
)
def test_an_application_is_refused_and_nothing_is_made(
    acme: Provider, fields: dict[str, Any], errors: dict[str, list[str]]
) -> None:
    with pytest.raises(ValidationError) as failed:
        acme.another_application(**fields)
    assert {name: failed.value.message_dict[name][:1] for name in errors} == errors
    assert selectors.applications_of(acme.tenant).count() == 1


def test_an_application_id_is_unique_in_its_product(acme: Provider) -> None:
    application = acme.another_application(application_id="my-own-id")
    with pytest.raises(ValidationError) as failed:
        acme.another_application(application_id="my-own-id")
    assert failed.value.message_dict == {"application_id": ["has already been taken"]}
    plan = create_application_plan(acme.another_product(), by=BY, name="Other")
    twin = acme.another_application(plan=plan, application_id="my-own-id")
    find = selectors.application_by_app_id
    assert find(acme.tenant, "my-own-id", acme.product.pk) == application
    assert find(acme.tenant, "my-own-id", twin.product_id) == twin


def test_a_plan_is_changed_within_the_product_only(acme: Provider, globex: Provider) -> None:
    gold = create_application_plan(acme.product, by=BY, name="Gold")
    change_plan(acme.application, gold, by=BY)
    acme.application.refresh_from_db()
    assert acme.application.plan == gold
    elsewhere = create_application_plan(acme.another_product(), by=BY, name="Elsewhere")
    for plan in (elsewhere, globex.plan):
        with pytest.raises(ValidationError) as failed:
            change_plan(acme.application, plan, by=BY)
        assert "plan_id" in failed.value.message_dict
    with pytest.raises(ValidationError, match="must be of the same tenant"):
        services.create_application(acme.account, by=BY, plan=globex.plan, name="Stolen")


def test_a_deprecated_application_can_come_back(acme: Provider) -> None:
    services.change_state(acme.application, "deprecate", by=BY)
    assert acme.application.state == "deprecated"
    for event in ("suspend", "accept", "deprecate"):
        with pytest.raises(ValidationError):
            services.change_state(acme.application, event, by=BY)
    services.change_state(acme.application, "resume", by=BY)
    assert acme.application.state == "live"


def test_a_rejected_application_is_gone_and_the_reason_stays(acme: Provider) -> None:
    with pytest.raises(ValidationError) as failed:
        services.reject_application(acme.application, by=BY)
    assert failed.value.message_dict == {"state": ['cannot transition via "reject"']}
    update_plan(acme.plan, by=BY, approval_required=True)
    application = acme.another_application()
    services.reject_application(application, by=BY, reason="No such company")
    assert acme.application in selectors.applications_of(acme.tenant)
    assert selectors.applications_of(acme.tenant).count() == 1
    event = events_of(acme.tenant).last()
    assert event
    assert (event.kind, event.after) == ("application.rejected", {"reason": "No such company"})
    assert event.before["application_id"] == application.application_id


def test_where_the_tenant_allows_one_application_an_account_has_one(
    acme: Provider, globex: Provider
) -> None:
    update_settings(acme.tenant, by=BY, multiple_applications=False)
    assert not selectors.may_have_another(acme.tenant, acme.account)
    with pytest.raises(ValidationError) as failed:
        acme.another_application()
    assert failed.value.message_dict == {"base": ["An account can have one application only"]}
    globex.another_application()
    services.delete_application(acme.application, by=BY)
    assert selectors.may_have_another(acme.tenant, acme.account)
    acme.another_application()


def test_fields_of_the_tenant_s_own_are_checked_and_kept(acme: Provider) -> None:
    FieldsDefinition.objects.create(
        tenant=acme.tenant, target="Cinstance", name="stage", label="Stage", required=True,
        choices=["beta", "live"],
    )  # fmt: skip
    for given, message in (({}, "can't be blank"), ({"stage": "x"}, "is not included in the list")):
        with pytest.raises(ValidationError) as failed:
            acme.another_application(extra_fields=given)
        assert failed.value.message_dict == {"stage": [message]}
    application = acme.another_application(extra_fields={"stage": "beta", "unknown": "x"})
    assert application.extra_fields == {"stage": "beta"}
    services.update_application(application, by=BY, name="Other")
    services.update_application(application, by=BY, extra_fields={"stage": "live"})
    application.refresh_from_db()
    assert (application.name, application.extra_fields) == ("Other", {"stage": "live"})
