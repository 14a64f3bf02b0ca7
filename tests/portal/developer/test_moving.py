"""Another plan for an application: as the product's rule allows, and never without being told."""

from __future__ import annotations

from typing import Any

import pytest

from portal.accounts.links import written
from portal.developer.visiting import developer, text
from portal.people import BY, Provider
from tollway.portal.applications.models import Application
from tollway.portal.applications.services import (
    change_plan,
    change_state,
    customize_plan,
    request_plan,
    wishes,
)
from tollway.portal.catalog.models import Product
from tollway.portal.developer import moving
from tollway.portal.mail.models import Mail
from tollway.portal.notices.services import announce
from tollway.portal.plans.models import ApplicationPlan
from tollway.portal.plans.services import (
    add_feature,
    create_application_plan,
    create_feature,
    create_limit,
)

pytestmark = pytest.mark.django_db


def path(provider: Provider) -> str:
    return f"/admin/applications/{provider.application.pk}/plan"


def gold(provider: Provider, **fields: Any) -> ApplicationPlan:
    fields = {"name": "Gold", "published": True, "cost_per_month": 20, **fields}
    return create_application_plan(provider.product, by=BY, **fields)


def rule(provider: Provider, permission: str) -> None:
    Product.objects.filter(pk=provider.product.pk).update(buyer_plan_change_permission=permission)


def plan_of(provider: Provider) -> ApplicationPlan:
    return Application.objects.get(pk=provider.application.pk).plan


def test_what_a_change_means_is_shown_and_then_it_is_done(acme: Provider) -> None:
    plan = gold(acme, setup_fee=5)
    create_limit(acme.plan, acme.hits, by=BY, period="hour", value=3)
    create_limit(plan, acme.hits, by=BY, period="hour", value=300)
    create_limit(plan, acme.hits, by=BY, period="day", value=0)
    add_feature(plan, create_feature(acme.product, by=BY, name="Phone"), by=BY)
    rule(acme, "direct")
    client = developer(acme)
    assert "Change to Gold" in text(client.get(path(acme)))
    page = text(client.get(path(acme), {"plan": plan.pk}))
    for said in (
        "A month Free EUR 20.00", "Setup fee, once EUR 0.00 EUR 5.00", "Hits per hour 3 300",
        "Hits per day Unlimited Not included Refused at once", "Phone No Yes",
    ):  # fmt: skip
        assert said in page, said
    assert plan_of(acme) == acme.plan, "looking changes nothing"
    answer = client.post(path(acme), {"plan": plan.pk})
    assert answer["Location"] == f"/admin/applications/{acme.application.pk}"
    assert plan_of(acme) == plan
    assert "App is on Gold" in text(client.get(answer["Location"]))


@pytest.mark.parametrize("permission", ["request", "request_credit_card"])
def test_a_request_is_written_to_the_provider_once_and_changes_nothing(
    acme: Provider, permission: str
) -> None:
    announce()
    plan = gold(acme)
    rule(acme, permission)
    client = developer(acme)
    assert "Ask for Gold?" in text(client.get(path(acme), {"plan": plan.pk}))
    client.post(path(acme), {"plan": plan.pk})
    assert plan_of(acme) == acme.plan
    page = text(client.get(f"/admin/applications/{acme.application.pk}"))
    assert "You asked for the plan Gold" in page
    client.post(path(acme), {"plan": plan.pk})
    assert "already" in text(client.get(path(acme)))
    announce()
    (mail,) = Mail.objects.filter(template="admin_plan_requested")
    letter = written(mail)
    assert mail.recipient == "admin@acme.example"
    assert "Developer asks to move the application App for API from the plan Basic to Gold" in (
        letter
    )
    assert f"/p/admin/applications/{acme.application.pk}/plan?plan={plan.pk}" in letter
    change_plan(acme.application, plan, by=BY)
    assert wishes.wish_for_plan(acme.application) is None
    assert "You asked for" not in text(client.get(f"/admin/applications/{acme.application.pk}"))


@pytest.mark.parametrize(
    ("permission", "said"), [("credit_card", "takes none yet"), ("none", "changes plans itself")]
)
def test_what_is_not_allowed_is_said_and_cannot_be_done(
    acme: Provider, permission: str, said: str
) -> None:
    plan = gold(acme)
    rule(acme, permission)
    client = developer(acme)
    page = client.get(path(acme))
    assert said in text(page)
    assert f"plan={plan.pk}" not in page.content.decode()
    confirm = client.get(path(acme), {"plan": plan.pk})
    assert '<button class="btn btn-primary" type="submit">' not in confirm.content.decode()
    assert client.post(path(acme), {"plan": plan.pk}).status_code == 404
    assert plan_of(acme) == acme.plan
    assert not wishes.wish_for_plan(acme.application)


def test_only_published_plans_of_the_product_can_be_had(acme: Provider, globex: Provider) -> None:
    rule(acme, "direct")
    other = create_application_plan(
        acme.another_product("Maps"), by=BY, name="Maps", published=True
    )
    client = developer(acme)
    wrong = (gold(acme, name="Inner", published=False).pk, other.pk, globex.plan.pk)
    for plan in (*wrong, "x", ""):
        assert client.get(path(acme), {"plan": plan}).status_code == 404, plan
        assert client.post(path(acme), {"plan": plan}).status_code == 404, plan
    assert client.post(path(globex), {"plan": globex.plan.pk}).status_code == 404
    assert plan_of(acme) == acme.plan


def test_a_suspended_application_keeps_its_plan(acme: Provider) -> None:
    plan = gold(acme)
    rule(acme, "direct")
    client = developer(acme)
    change_state(acme.application, "suspend", by=BY)
    assert client.post(path(acme), {"plan": plan.pk}).status_code == 404
    assert plan_of(acme) == acme.plan
    assert moving.may_move(Application.objects.get(pk=acme.application.pk)) == ""


def test_that_a_plan_of_its_own_goes_is_said(acme: Provider) -> None:
    plan = gold(acme)
    rule(acme, "direct")
    customize_plan(acme.application, by=BY)
    client = developer(acme)
    assert "Basic (custom)" in text(client.get("/admin/applications"))
    assert "is dropped by it" in text(client.get(path(acme), {"plan": plan.pk}))


def test_a_wish_for_another_plan_is_no_repetition(acme: Provider) -> None:
    first, second = gold(acme), gold(acme, name="Silver")
    assert request_plan(acme.application, first, by=BY)
    assert request_plan(acme.application, second, by=BY)
    wish = wishes.wish_for_plan(acme.application)
    assert wish is not None
    assert wish.after["plan"] == "Silver"
