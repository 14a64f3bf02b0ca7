"""Letters about subscriptions and account plans: to whom, and who has done what they tell of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from portal.accounts.links import written
from portal.people import BY, Provider
from tollway.portal.accounts.services import update_notifications, update_settings
from tollway.portal.applications import services as applications
from tollway.portal.events.actors import Actor
from tollway.portal.mail.models import Mail
from tollway.portal.notices import contracts, telling
from tollway.portal.notices.services import announce
from tollway.portal.plans import services as plans
from tollway.portal.plans.models import AccountPlan, ServicePlan, ServiceSubscription
from tollway.portal.plans.selectors import subscriptions_of

pytestmark = pytest.mark.django_db

DEVELOPER, ADMIN = "john@dev.example", "admin@acme.example"
SUBSCRIPTIONS = (
    "service_contract_created", "service_contract_cancellation", "service_contract_plan_changed",
)  # fmt: skip


def subscription(acme: Provider) -> ServiceSubscription:
    return subscriptions_of(acme.tenant, acme.account).get(product=acme.product)


def gold(acme: Provider) -> ServicePlan:
    return plans.create_service_plan(acme.product, by=BY, name="Gold", published=True)


def partner(acme: Provider) -> AccountPlan:
    return plans.create_account_plan(acme.tenant, by=BY, name="Partner", published=True)


def subscribe(acme: Provider, by: Actor, **terms: Any) -> ServiceSubscription:
    plan = acme.another_product("Maps").service_plans.get()
    plans.update_plan(plan, by=BY, **terms)
    return plans.subscribe(acme.account, plan, by=by)


def ask(acme: Provider, by: Actor) -> ServiceSubscription:
    return subscribe(acme, by, approval_required=True)


def move(acme: Provider, *events: str) -> None:
    for event in events:
        applications.change_subscription_state(subscription(acme), event, by=BY)


# What is done by whom -> the letters that it calls for: template, recipient, a part of the text.
Letter = tuple[str, str, str]
Act = Callable[[Provider, Actor], object]
WAITS = ("subscription_waiting", DEVELOPER, "is waiting for somebody at Acme")
CASES: list[tuple[str, Act, list[Letter], list[Letter]]] = [
    (
        "subscribe",
        subscribe,
        [("admin_subscription_created", ADMIN, "It is live.")],
        [
            ("admin_subscription_created", ADMIN, "It is live."),
            ("subscription_created", DEVELOPER, "has subscribed Developer to Maps"),
        ],
    ),
    (
        "ask for it",
        ask,
        [("admin_subscription_created", ADMIN, "waiting for your approval"), WAITS],
        [("admin_subscription_created", ADMIN, "waiting for your approval"), WAITS],
    ),
    (
        "change its plan",
        lambda p, by: plans.change_service_plan(subscription(p), gold(p), by=by),
        [
            ("admin_subscription_plan_changed", ADMIN, "to the plan Gold"),
            ("subscription_plan_changed", DEVELOPER, "another plan: Gold"),
        ],
        [("subscription_plan_changed", DEVELOPER, "another plan: Gold")],
    ),
    (
        "end it",
        lambda p, by: applications.unsubscribe(subscription(p), by=by),
        [("admin_subscription_ended", ADMIN, "is not subscribed to API any more")],
        [("subscription_ended", DEVELOPER, "has ended the subscription of Developer to API")],
    ),
    (
        "reject it",
        lambda p, by: applications.unsubscribe(ask(p, BY), by=by),
        [("admin_subscription_ended", ADMIN, "Maps")],
        [("subscription_rejected", DEVELOPER, "not to approve the subscription")],
    ),
    (
        "ask for another plan",
        lambda p, by: plans.request_service_plan(subscription(p), gold(p), by=by),
        [("admin_service_plan_requested", ADMIN, "from the plan Default to Gold")],
        [("admin_service_plan_requested", ADMIN, "from the plan Default to Gold")],
    ),
    (
        "ask for another account plan",
        lambda p, by: plans.request_account_plan(p.account, partner(p), by=by),
        [("admin_account_plan_requested", ADMIN, "from the plan Default to Partner")],
        [("admin_account_plan_requested", ADMIN, "from the plan Default to Partner")],
    ),
    (
        "change the account's plan",
        lambda p, by: plans.change_account_plan(p.account, partner(p), by=by),
        [("account_plan_changed", DEVELOPER, "another plan at Acme: Partner")],
        [("account_plan_changed", DEVELOPER, "another plan at Acme: Partner")],
    ),
    (
        "suspend it",
        lambda p, _: move(p, "suspend"),
        [("subscription_suspended", DEVELOPER, "no application of API can be made")],
        [("subscription_suspended", DEVELOPER, "no application of API can be made")],
    ),
]


@pytest.mark.parametrize("side", ["developer", "provider"])
@pytest.mark.parametrize(("what", "act", "theirs", "ours"), CASES, ids=[case[0] for case in CASES])
def test_a_change_is_told_to_whom_it_concerns(
    acme: Provider, what: str, act: Act, theirs: list[Letter], ours: list[Letter], side: str
) -> None:
    update_notifications(acme.admin, by=BY, **dict.fromkeys(SUBSCRIPTIONS, True))
    who = acme.developer if side == "developer" else acme.admin
    announce()
    act(acme, Actor("user", str(who.pk)))
    announce()
    mails = list(Mail.objects.order_by("pk"))
    letters = theirs if side == "developer" else ours
    assert [(mail.template, mail.recipient) for mail in mails] == [each[:2] for each in letters]
    for mail, (_, _, part) in zip(mails, letters, strict=True):
        assert part in written(mail), what


def test_approvals_and_resumptions_are_told_with_the_way_there(acme: Provider) -> None:
    waiting = subscribe(acme, BY, approval_required=True)
    announce()
    applications.change_subscription_state(waiting, "accept", by=BY)
    move(acme, "suspend", "resume")
    announce()
    mails = list(Mail.objects.order_by("pk"))
    assert [mail.template for mail in mails] == [
        "subscription_accepted", "subscription_suspended", "subscription_resumed",
    ]  # fmt: skip
    assert "acme.localhost:3000/admin\n" in written(mails[0])
    update_settings(acme.tenant, by=BY, service_plans_ui_visible=True)
    move(acme, "suspend", "resume")
    announce()
    page = f"acme.localhost:3000/admin/service_contracts/{subscription(acme).pk}"
    assert page in written(Mail.objects.latest("pk"))


def test_admins_who_may_not_see_the_product_or_did_not_ask_hear_nothing(acme: Provider) -> None:
    announce()
    subscribe(acme, Actor("user", str(acme.developer.pk)))
    announce()
    assert not Mail.objects.exists()
    assert telling.who_may_see(acme.product.pk, [acme.admin]) == [acme.admin]


def test_a_sign_up_whose_subscription_waits_says_so(acme: Provider) -> None:
    update_notifications(acme.admin, by=BY, account_created=True)
    plans.update_plan(acme.product.service_plans.get(), by=BY, approval_required=True)
    announce()
    made = applications.sign_up(
        acme.tenant, by=BY, org_name="Newco", username="eve", email="eve@new.example"
    )
    announce()
    (mail,) = Mail.objects.filter(template="admin_account_created")
    assert "Its subscriptions wait for your approval: API." in written(mail)
    assert contracts.waiting_of(made.account) == "API"
