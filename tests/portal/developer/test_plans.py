"""Plans and pricing: what is offered, to whom, and where its buttons lead."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from portal.developer.test_sign_up import activate, send
from portal.developer.visiting import developer, text, visitor
from portal.people import BY, Provider
from portal.web.requests import get
from tollway.portal.accounts.models import Account
from tollway.portal.accounts.services import update_settings, update_tenant
from tollway.portal.applications.models import Application
from tollway.portal.applications.services import ChosenPlans
from tollway.portal.catalog.models import Product
from tollway.portal.catalog.services import create_method
from tollway.portal.developer import choice, offers, plans
from tollway.portal.plans.models import AccountPlan, ApplicationPlan
from tollway.portal.plans.selectors import default_account_plan_of
from tollway.portal.plans.services import (
    add_feature,
    create_account_plan,
    create_application_plan,
    create_feature,
    create_limit,
    create_pricing_rule,
    create_service_plan,
    set_default_plan,
    update_plan,
    update_plan_metric,
)

pytestmark = pytest.mark.django_db


def pro(provider: Provider, **fields: Any) -> ApplicationPlan:
    fields = {"name": "Pro", "published": True, "cost_per_month": 49, **fields}
    return create_application_plan(provider.product, by=BY, **fields)


def columns(client: Client) -> str:
    return text(client.get("/plans"))


def test_published_plans_stand_side_by_side_and_hidden_ones_nowhere(acme: Provider) -> None:
    dear = pro(acme, setup_fee="9.50", trial_period_days=14, approval_required=True)
    create_application_plan(acme.product, by=BY, name="Inner")
    method = create_method(acme.product, by=BY, friendly_name="Search")
    hidden = create_method(acme.product, by=BY, friendly_name="Secret")
    create_limit(acme.plan, acme.hits, by=BY, period="hour", value=3)
    create_limit(acme.plan, acme.hits, by=BY, period="day", value=50)
    create_limit(acme.plan, method, by=BY, period="eternity", value=0)
    create_limit(acme.plan, hidden, by=BY, period="day", value=1)
    update_plan_metric(acme.plan, hidden, by=BY, visible=False)
    create_pricing_rule(dear, acme.hits, by=BY, min=1, max=1000, cost_per_unit="0")
    create_pricing_rule(dear, acme.hits, by=BY, min=1001, cost_per_unit="0.0005")
    feature = create_feature(acme.product, by=BY, name="Phone support")
    create_feature(acme.product, by=BY, name="Planned", visible=False)
    add_feature(dear, feature, by=BY)
    page = columns(visitor(acme))
    for said in (
        "Basic Free", "Pro EUR 49.00 a month", "Hits 3 per hour, 50 per day Unlimited",
        "Search Not included Unlimited",
        "Price of Hits Included 1 to 1,000: EUR 0.00 each; from 1,001: EUR 0.0005 each",
        "Phone support No Yes", "Setup fee, once None EUR 9.50", "Free trial None 14 days",
        "Approval needed No Yes", "Sign up for Pro",
    ):  # fmt: skip
        assert said in page, said
    assert "Inner" not in page
    assert "Secret" not in page
    assert "Planned" not in page


@pytest.mark.parametrize("state", ["hidden", "offline", "deleted"])
def test_products_that_are_not_offered_have_no_plans_here(acme: Provider, state: str) -> None:
    Product.objects.filter(pk=acme.product.pk).update(state=state)
    client = visitor(acme)
    assert "No plan can be chosen" in columns(client)
    assert 'href="/plans"' not in client.get("/").content.decode()


def test_many_plans_and_products_cost_no_more_queries(
    acme: Provider, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client = visitor(acme)
    client.get("/plans")
    for number in range(plans.PRODUCTS_PER_PAGE + 2):
        product = acme.another_product(f"Product {number}")
        for name in ("One", "Two", "Three"):
            plan = create_application_plan(product, by=BY, name=name, published=True)
            create_limit(plan, product.metrics.get(), by=BY, period="day", value=number + 1)
    with django_assert_max_num_queries(20):
        page = client.get("/plans")
    assert "Page 1 of 2" in text(page)
    assert "Product 11" in text(client.get("/plans?q=product 11"))
    assert "No APIs match" in text(client.get("/plans?q=nothing"))


def test_strangers_plans_are_not_shown(acme: Provider, globex: Provider) -> None:
    create_application_plan(globex.product, by=BY, name="Globex plan", published=True)
    assert "Globex plan" not in columns(visitor(acme))
    assert offers.offers_of(acme.tenant, [globex.product])[0].columns == ()


def test_a_developer_sees_the_own_plan_and_the_way_to_another(acme: Provider) -> None:
    dear = pro(acme)
    client = developer(acme)
    page = client.get("/plans").content.decode()
    assert "Your plan" in page
    assert f"/admin/applications/{acme.application.pk}/plan?plan={dear.pk}" in page
    Product.objects.filter(pk=acme.product.pk).update(
        buyer_plan_change_permission="none", buyer_can_select_plan=True
    )
    assert f"/admin/applications/new?plan={dear.pk}" in client.get("/plans").content.decode()
    Product.objects.filter(pk=acme.product.pk).update(buyers_manage_apps=False)
    page = client.get("/plans").content.decode()
    assert "plan?plan" not in page
    assert "new?plan" not in page


def test_without_sign_up_nothing_leads_to_it(acme: Provider) -> None:
    assert f"/signup?plan_ids[]={acme.plan.pk}" in visitor(acme).get("/plans").content.decode()
    update_settings(acme.tenant, by=BY, signups_enabled=False)
    assert "/signup" not in visitor(acme).get("/plans").content.decode()


def test_a_link_s_plans_are_those_of_the_account_and_its_first_application(
    acme: Provider,
) -> None:
    set_default_plan(acme.product, acme.plan, by=BY)
    dear = pro(acme)
    account_plan = create_account_plan(acme.tenant, by=BY, name="Partner", published=True)
    service_plan = create_service_plan(acme.product, by=BY, name="Gold", published=True)
    client = visitor(acme)
    ids = f"plan_ids[]={dear.pk}"
    page = client.get(f"/signup?{ids}")
    assert "Pro" in text(page)
    assert f'name="application_plan_id" value="{dear.pk}"' in page.content.decode()
    chosen = {
        "application_plan_id": str(dear.pk), "account_plan_id": str(account_plan.pk),
        "service_plan_id": str(service_plan.pk),
    }  # fmt: skip
    assert send(client, **chosen).status_code == 302
    said = text(client.get("/signup", chosen))
    for each in ("Partner Free Your account", "Gold Free Subscription to API", "Pro"):
        assert each in said, each
    account = Account.objects.get(org_name="Night Bus")
    assert account.contract.plan == account_plan
    assert account.service_subscriptions.get().plan == service_plan
    assert Application.objects.get(account=account).plan == dear
    assert activate(client)["Location"] == "/admin"


@pytest.mark.parametrize(
    ("link", "chosen"),
    [
        ("plan_ids[]=900", {"application": "900"}),
        ("plan_ids[]=900&plan_ids[]=901", {"application": "900"}),
        ("plan_ids[]=901", {}),
        ("plan_ids[]=902&plan_ids[]=903", {"service": "902", "account": "903"}),
        ("plan_ids[]=904", {}),
        ("plan_ids[]=900&service_plan_id=900", {"application": "900", "service": "900"}),
        ("plan_ids[]=900&account_plan_id=900", {"application": "900", "account": "900"}),
    ],
)
def test_a_plain_id_is_one_plan_s_whatever_else_is_published_or_asked_for(
    acme: Provider, link: str, chosen: dict[str, str]
) -> None:
    """Of kinds that count alike, it is the application plan's: hidden, it is nobody's."""
    app, service = acme.plan, acme.product.service_plans.get()
    account = default_account_plan_of(acme.tenant)
    for pk, state in ((900, "published"), (901, "hidden")):
        again(app, pk, f"App{pk}", state)
    for pk, state in ((900, "published"), (901, "published"), (902, "published"), (904, "hidden")):
        again(service, pk, f"Service{pk}", state)
    for pk in (900, 901, 903, 904):
        again(account, pk, f"Account{pk}")
    page = visitor(acme).get(f"/signup?{link}")
    assert dict(page.context["wish"]) == {f"{kind}_plan_id": pk for kind, pk in chosen.items()}
    assert page.context["unknown"] is (not chosen or "901" in link)


def again(plan: Any, pk: int, name: str, state: str = "published") -> None:
    """Save a plan once more, by another id."""
    plan.pk, plan.name, plan.system_name, plan.state, plan.is_default = pk, name, name, state, False
    plan.save(force_insert=True)


def test_plans_that_are_not_published_cannot_be_had(acme: Provider, globex: Provider) -> None:
    set_default_plan(acme.product, acme.plan, by=BY)
    inner = create_application_plan(acme.product, by=BY, name="Inner")
    theirs = create_application_plan(globex.product, by=BY, name="Theirs", published=True)
    custom = ApplicationPlan.objects.create(
        tenant=acme.tenant, product=acme.product, parent=acme.plan, system_name="c",
        approval_required=None, setup_fee=None, cost_per_month=None, trial_period_days=None,
        cancellation_period=None,
    )  # fmt: skip
    client = visitor(acme)
    for wrong in (str(inner.pk), str(theirs.pk), str(custom.pk), "x", "9" * 40, "-1", "0"):
        page = client.get("/signup", {"application_plan_id": wrong})
        assert page.status_code == 200
        assert "is not offered" in text(page), wrong
        assert "Inner" not in text(page)
    assert send(client, application_plan_id=str(inner.pk)).status_code == 302
    assert Application.objects.get(account__org_name="Night Bus").plan == acme.plan


def test_a_wish_holds_what_is_offered_and_says_when_something_is_not(
    acme: Provider, globex: Provider
) -> None:
    mine, theirs = acme.plan.pk, globex.plan.pk
    wish = choice.wish_of(get(acme, f"/signup?application_plan_id={mine}"))
    assert wish.chosen.application == acme.plan
    assert (wish.fields, wish.unknown) == ((("application_plan_id", str(mine)),), False)
    wish = choice.wish_of(get(acme, f"/signup?application_plan_id={theirs}"))
    assert (wish.chosen, wish.fields, wish.unknown) == (ChosenPlans(), (), True)


def test_a_published_account_plan_opens_the_sign_up_where_there_is_no_default(
    acme: Provider,
) -> None:
    AccountPlan.objects.filter(tenant=acme.tenant).update(is_default=False)
    partner = create_account_plan(acme.tenant, by=BY, name="Partner", published=True)
    client = visitor(acme)
    assert client.get("/signup").status_code == 403
    assert send(client).status_code == 403
    assert client.get(f"/signup?account_plan_id={partner.pk}").status_code == 200
    assert send(client, account_plan_id=str(partner.pk)).status_code == 302
    update_settings(acme.tenant, by=BY, signups_enabled=False)
    assert client.get(f"/signup?account_plan_id={partner.pk}").status_code == 403


def test_what_a_sign_up_waits_for_is_said_before_and_after(acme: Provider) -> None:
    set_default_plan(acme.product, acme.plan, by=BY)
    client = visitor(acme)
    assert "approves" not in text(client.get("/signup"))
    update_plan(acme.plan, by=BY, approval_required=True)
    account_plan = default_account_plan_of(acme.tenant)
    assert account_plan is not None
    update_plan(account_plan, by=BY, approval_required=True)
    page = text(client.get("/signup"))
    assert "Acme looks at your account and approves it" in page
    assert "Acme approves your application" in page
    assert "approves your subscription" not in page
    update_plan(acme.product.service_plans.get(), by=BY, approval_required=True)
    page = text(client.get(f"/signup?plan_ids[]={acme.plan.pk}"))
    assert "Acme approves your subscription" in page
    assert "looks at new accounts before anybody signs in" in text(client.get("/signup/success"))


def test_prices_are_in_the_organisation_s_currency(acme: Provider) -> None:
    update_plan(acme.plan, by=BY, cost_per_month="500", setup_fee="0.5")
    for currency, month, once in (("USD", "USD 500.00", "USD 0.50"), ("JPY", "JPY 500", "JPY 0.5")):
        update_tenant(acme.tenant, by=BY, currency=currency)
        for path in ("/plans", f"/signup?plan_ids[]={acme.plan.pk}"):
            page = text(visitor(acme).get(path))
            assert (month in page, once in page) == (True, True), path
    for unknown in ("", "eur", "EURO", "XXX", "X\0X", "€"):
        with pytest.raises(ValidationError) as refused:
            update_tenant(acme.tenant, by=BY, currency=unknown)
        assert list(refused.value.message_dict) == ["currency"]
