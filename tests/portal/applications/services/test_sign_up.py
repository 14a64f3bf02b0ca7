"""Sign-up, which makes an account with its first applications; and the account's end."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from portal.people import BY, PASSWORD, Provider
from tollway.portal.accounts.models import Account
from tollway.portal.accounts.services import update_settings
from tollway.portal.applications.models import Application
from tollway.portal.applications.services.applications import change_state
from tollway.portal.applications.services.sign_up import (
    ChosenPlans,
    delete_account,
    sign_up,
    unsubscribe,
)
from tollway.portal.applications.services.subscriptions import change_subscription_state
from tollway.portal.events.selectors import events_of
from tollway.portal.plans.models import AccountPlan, ServicePlan
from tollway.portal.plans.selectors import default_account_plan_of, subscriptions_of
from tollway.portal.plans.services import (
    create_account_plan,
    create_application_plan,
    create_service_plan,
    set_default_plan,
    update_plan,
)


def test_a_sign_up_makes_account_user_and_an_application_per_default_plan(acme: Provider) -> None:
    plain = sign_up(acme.tenant, by=BY, org_name="Plain", username="plain")
    assert plain.applications == ()
    set_default_plan(acme.product, acme.plan, by=BY)
    before = events_of(acme.tenant).count()
    made = sign_up(
        acme.tenant, by=BY, org_name="New", username="newcomer", email="new@dev.example",
        password=PASSWORD,
    )  # fmt: skip
    assert (made.account.state, made.user.state, made.user.role) == ("approved", "active", "admin")
    assert made.user.check_password(PASSWORD)
    [application] = made.applications
    assert (application.name, application.plan, application.state) == (
        "API signup", acme.plan, "live",
    )  # fmt: skip
    assert events_of(acme.tenant).count() == before + 1
    other = create_application_plan(acme.product, by=BY, name="Other")
    chosen = sign_up(
        acme.tenant, by=BY, chosen=ChosenPlans(application=other), org_name="X", username="chooser"
    )
    assert [a.plan for a in chosen.applications] == [other]


def test_where_the_tenant_allows_one_application_a_sign_up_makes_one(acme: Provider) -> None:
    other = create_application_plan(acme.another_product(), by=BY, name="Other")
    for plan in (acme.plan, other):
        set_default_plan(plan.product, plan, by=BY)
    assert len(sign_up(acme.tenant, by=BY, org_name="A", username="several").applications) == 2
    update_settings(acme.tenant, by=BY, multiple_applications=False)
    assert len(sign_up(acme.tenant, by=BY, org_name="B", username="one").applications) == 1


@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        ({"org_name": ""}, {"org_name": ["can't be blank"]}),
        ({"username": ""}, {"username": ["can't be blank"]}),
        ({"username": "ab"}, {"username": ["is too short (minimum is 3 characters)"]}),
        ({"username": "a b c"}, {"username": ["is invalid"]}),
        ({"username": "u" * 41}, {"username": ["is too long (maximum is 40 characters)"]}),
        ({"username": "john"}, {"username": ["has already been taken"]}),
        ({"email": "JOHN@dev.example"}, {"email": ["has already been taken"]}),
        ({"email": "nobody"}, {"email": ["is invalid"]}),
        ({"password": "short"}, {"password": ["is too short (minimum is 6 characters)"]}),
    ],
)
def test_a_sign_up_is_refused_whole(
    acme: Provider, fields: dict[str, Any], errors: dict[str, list[str]]
) -> None:
    given = {"org_name": "New", "username": "newcomer", **fields}
    with pytest.raises(ValidationError) as failed:
        sign_up(acme.tenant, by=BY, **given)
    assert failed.value.message_dict == errors
    assert Account.objects.filter(tenant=acme.tenant).count() == 1


def test_the_same_developer_may_sign_up_at_two_providers(acme: Provider, globex: Provider) -> None:
    assert acme.developer.username == globex.developer.username
    assert acme.developer.email == globex.developer.email


def test_a_deleted_account_takes_all_along(acme: Provider) -> None:
    told = {
        "product_id": acme.product.pk,
        "application_id": acme.application.application_id,
        "plan_id": acme.plan.pk,
    }
    delete_account(acme.account, by=BY)
    assert not Application.objects.filter(tenant=acme.tenant).exists()
    event = events_of(acme.tenant).last()
    assert event
    assert event.before["applications"] == [told]


def test_a_sign_up_puts_the_account_on_the_default_plans(acme: Provider) -> None:
    another = acme.another_product()
    made = sign_up(acme.tenant, by=BY, org_name="New", username="newcomer")
    assert made.account.contract.plan == default_account_plan_of(acme.tenant)
    subscriptions = subscriptions_of(acme.tenant, made.account)
    assert [each.product for each in subscriptions] == [acme.product, another]
    assert {each.state for each in subscriptions} == {"live"}


def test_whoever_signs_up_may_choose_all_three_plans(acme: Provider) -> None:
    chosen = ChosenPlans(
        account=create_account_plan(acme.tenant, by=BY, name="Gold"),
        service=create_service_plan(acme.product, by=BY, name="Gold"),
        application=acme.plan,
    )
    acme.another_product()
    made = sign_up(acme.tenant, by=BY, chosen=chosen, org_name="New", username="newcomer")
    assert made.account.contract.plan == chosen.account
    [subscription] = subscriptions_of(acme.tenant, made.account)
    assert subscription.plan == chosen.service
    assert [each.plan for each in made.applications] == [acme.plan]


def test_where_the_account_plan_asks_for_approval_the_account_waits(acme: Provider) -> None:
    plan = default_account_plan_of(acme.tenant)
    assert plan
    update_plan(plan, by=BY, approval_required=True)
    made = sign_up(acme.tenant, by=BY, org_name="New", username="newcomer")
    assert (made.account.state, made.user.state) == ("pending", "active")


def test_without_a_default_account_plan_nobody_signs_up(acme: Provider) -> None:
    set_default_plan(acme.tenant, None, by=BY, kind=AccountPlan)
    with pytest.raises(ValidationError) as failed:
        sign_up(acme.tenant, by=BY, org_name="New", username="newcomer")
    assert failed.value.message_dict == {"account_plan_id": ["can't be blank"]}
    assert Account.objects.filter(tenant=acme.tenant).count() == 1


def test_an_application_needs_a_live_subscription_which_is_made_if_it_can_be(
    acme: Provider,
) -> None:
    product = acme.another_product()
    plan = create_application_plan(product, by=BY, name="Free")
    acme.another_application(plan=plan)
    subscription = subscriptions_of(acme.tenant, acme.account).get(product=product)
    assert subscription.plan == product.service_plans.get()
    change_subscription_state(subscription, "suspend", by=BY)
    with pytest.raises(ValidationError, match="The subscription to that service is suspended"):
        acme.another_application(plan=plan)
    unsubscribe(subscription, by=BY)
    set_default_plan(product, None, by=BY, kind=ServicePlan)
    with pytest.raises(ValidationError) as failed:
        acme.another_application(plan=plan)
    assert failed.value.message_dict == {"base": ["You cannot subscribe to that service."]}


def test_where_a_subscription_waits_for_approval_no_application_is_made_yet(
    acme: Provider,
) -> None:
    set_default_plan(acme.product, acme.plan, by=BY)
    update_plan(acme.product.service_plans.get(), by=BY, approval_required=True)
    made = sign_up(acme.tenant, by=BY, org_name="New", username="newcomer")
    assert subscriptions_of(acme.tenant, made.account).get().state == "pending"
    assert made.applications == ()
    plain = sign_up(acme.tenant, by=BY, with_applications=False, org_name="Plain", username="plain")
    assert plain.applications == ()


def test_a_chosen_application_waits_with_the_subscription_that_it_needs(acme: Provider) -> None:
    asking = create_service_plan(acme.product, by=BY, name="Gold", approval_required=True)
    chosen = ChosenPlans(service=asking, application=acme.plan)
    made = sign_up(acme.tenant, by=BY, chosen=chosen, org_name="New", username="newcomer")
    subscription = subscriptions_of(acme.tenant, made.account).get()
    [application] = made.applications
    assert (subscription.plan, subscription.state) == (asking, "pending")
    assert (application.plan, application.state) == (acme.plan, "pending")
    with pytest.raises(ValidationError, match="The subscription to that service is pending"):
        change_state(application, "accept", by=BY)
    change_subscription_state(subscription, "accept", by=BY)
    application.refresh_from_db()
    assert application.state == "live"


def test_the_default_service_plan_lets_a_chosen_application_wait_too(acme: Provider) -> None:
    update_plan(acme.product.service_plans.get(), by=BY, approval_required=True)
    chosen = ChosenPlans(application=acme.plan)
    made = sign_up(acme.tenant, by=BY, chosen=chosen, org_name="New", username="newcomer")
    assert [each.state for each in made.applications] == ["pending"]


def test_an_ended_subscription_takes_the_products_applications_along(acme: Provider) -> None:
    elsewhere = create_application_plan(acme.another_product(), by=BY, name="Free")
    kept = acme.another_application(plan=elsewhere)
    unsubscribe(subscriptions_of(acme.tenant, acme.account).get(product=acme.product), by=BY)
    assert list(Application.objects.filter(tenant=acme.tenant)) == [kept]
    event = events_of(acme.tenant).last()
    assert event
    assert event.kind == "service_subscription.deleted"
    [told] = event.before["applications"]
    assert told["application_id"] == acme.application.application_id
