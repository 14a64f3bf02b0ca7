"""New applications: on which products and plans, when there is room, and with which terms."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from django.test import Client

from portal.developer.visiting import developer, text
from portal.people import BY, Provider
from tollway.portal.accounts.models import FieldsDefinition
from tollway.portal.accounts.services import update_settings
from tollway.portal.applications.models import Application
from tollway.portal.catalog.models import Product
from tollway.portal.developer import agreeing, editing, making
from tollway.portal.events.models import Event
from tollway.portal.plans.models import ServicePlan, ServiceSubscription
from tollway.portal.plans.services import (
    create_application_plan,
    set_default_plan,
    update_plan,
)
from tollway.portal.storefront.models import Acceptance, Terms
from tollway.portal.storefront.services import set_terms
from tollway.portal.web.throttle import MAKING

pytestmark = pytest.mark.django_db
NEW = "/admin/applications/new"


def opened(provider: Provider, **rights: Any) -> Client:
    """Return a developer's browser; the product has a default plan and these rights."""
    set_default_plan(provider.product, provider.plan, by=BY)
    Product.objects.filter(pk=provider.product.pk).update(**rights)
    return developer(provider)


def send(client: Client, provider: Provider, **fields: str) -> Any:
    return client.post(NEW, {"product": str(provider.product.pk), "name": "Second", **fields})


def made(provider: Provider) -> Application | None:
    return Application.objects.filter(account=provider.account, name="Second").first()


def test_a_developer_makes_an_application_on_the_default_plan(acme: Provider) -> None:
    client = opened(acme)
    assert f'href="{NEW}"' in client.get("/admin/applications").content.decode()
    assert "on the plan Basic" in text(client.get(NEW))
    answer = send(client, acme, description="For tests")
    application = made(acme)
    assert application is not None
    assert answer["Location"] == f"/admin/applications/{application.pk}"
    assert (application.plan, application.state) == (acme.plan, "live")
    page = text(client.get(answer["Location"]))
    assert "Second is there" in page
    assert "For tests" in page
    event = Event.objects.filter(kind="application.created").latest("id")
    assert event.actor_id == str(acme.developer.pk)


def test_the_plan_is_chosen_only_where_the_product_lets_one(acme: Provider) -> None:
    gold = create_application_plan(acme.product, by=BY, name="Gold", published=True)
    hidden = create_application_plan(acme.product, by=BY, name="Inner")
    client = opened(acme)
    assert "Gold" not in text(client.get(NEW))
    send(client, acme, plan=str(gold.pk))
    first = made(acme)
    assert first is not None
    assert first.plan == acme.plan, "a choice that is not offered is not heard"
    first.delete()
    Product.objects.filter(pk=acme.product.pk).update(buyer_can_select_plan=True)
    page = text(client.get(NEW))
    assert "Gold" in page
    assert "Inner" not in page
    refused = send(client, acme, plan=str(hidden.pk))
    assert refused.status_code == 422
    assert "This plan is not offered" in text(refused)
    assert f'<option value="{gold.pk}" selected' in (
        client.get(f"{NEW}?plan={gold.pk}").content.decode()
    )
    assert send(client, acme, plan=str(gold.pk)).status_code == 302
    second = made(acme)
    assert second is not None
    assert second.plan == gold


def test_an_application_that_needs_approval_says_so(acme: Provider) -> None:
    client = opened(acme)
    update_plan(acme.plan, by=BY, approval_required=True)
    page = text(client.get(send(client, acme)["Location"]))
    assert "It waits for approval" in page
    assert "This application waits for approval" in page
    assert "First call" not in page


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name": ""}, making.NAME_NEEDED),
        ({"name": "x" * 300}, "at most 255"),
        ({"description": ""}, making.DESCRIPTION_NEEDED),
        ({"fleet": ""}, "Fleet is needed here."),
        ({"size": "huge"}, "huge is not offered."),
    ],
)
def test_what_is_wrong_is_said_and_nothing_made(
    acme: Provider, fields: dict[str, str], said: str
) -> None:
    define(acme, "fleet", "Fleet", required=True)
    define(acme, "size", "Size", choices=["small", "large"])
    define(acme, "inner", "Inner", hidden=True)
    client = opened(acme, intentions_required=True)
    assert "Inner" not in text(client.get(NEW))
    right = {"description": "Buses", "fleet": "12", "size": "small"}
    answer = send(client, acme, **{**right, **fields})
    assert answer.status_code == 422
    assert said in text(answer)
    assert made(acme) is None
    assert send(client, acme, **right, inner="no").status_code == 302
    application = made(acme)
    assert application is not None
    assert application.extra_fields == {"fleet": "12", "size": "small"}
    assert "Fleet 12" in text(client.get(f"/admin/applications/{application.pk}"))


def define(provider: Provider, name: str, label: str, **flags: Any) -> None:
    FieldsDefinition.objects.create(
        tenant=provider.tenant, target="Cinstance", name=name, label=label, **flags
    )


def no_plan(acme: Provider) -> None:
    set_default_plan(acme.product, None, by=BY)


def one_only(acme: Provider) -> None:
    update_settings(acme.tenant, by=BY, multiple_applications=False)


def not_theirs(acme: Provider) -> None:
    Product.objects.update(buyers_manage_apps=False)


def suspended(acme: Provider) -> None:
    ServiceSubscription.objects.update(state="suspended")


def no_subscription(acme: Provider) -> None:
    ServiceSubscription.objects.all().delete()
    ServicePlan.objects.update(approval_required=True)


def hidden(acme: Provider) -> None:
    Product.objects.update(state="hidden")


@pytest.mark.parametrize(
    "closing", [no_plan, one_only, not_theirs, suspended, no_subscription, hidden]
)
def test_where_none_can_be_made_nothing_leads_there(acme: Provider, closing: Any) -> None:
    client = opened(acme)
    closing(acme)
    assert NEW not in client.get("/admin/applications").content.decode()
    assert client.get(NEW).status_code == 403
    assert send(client, acme).status_code == 403
    assert made(acme) is None


def test_of_several_apis_one_is_chosen_first(acme: Provider, globex: Provider) -> None:
    client = opened(acme)
    other = acme.another_product("Maps")
    plan = create_application_plan(other, by=BY, name="Maps plan", published=True)
    set_default_plan(other, plan, by=BY)
    page = text(client.get(NEW))
    assert "Which API is it for?" in page
    assert "Maps" in page
    assert "For Maps" in text(client.get(f"{NEW}?product={other.pk}"))
    assert client.get(f"{NEW}?product={globex.product.pk}").status_code == 404
    assert client.get(f"{NEW}?product=x").status_code == 404
    assert client.post(NEW, {"product": globex.product.pk, "name": "Second"}).status_code == 404
    assert "No APIs match" in text(client.get(f"{NEW}?q=nothing"))


def test_a_form_sent_twice_makes_one(acme: Provider) -> None:
    client = opened(acme)
    for _ in range(2):
        assert send(client, acme, once="n" * 32).status_code == 302
    assert Application.objects.filter(name="Second").count() == 1


def test_terms_are_shown_and_accepted_before_anything_is_made(acme: Provider) -> None:
    set_terms(acme.tenant, Terms.Kind.APPLICATION, "No robots <b>please</b>.", by=BY)
    set_terms(acme.tenant, Terms.Kind.SUBSCRIPTION, "Of the API.", by=BY)
    set_terms(acme.tenant, Terms.Kind.SIGN_UP, "Of sign-up.", by=BY)
    client = opened(acme)
    page = client.get(NEW)
    assert "No robots &lt;b&gt;please" in page.content.decode()
    assert "Of the API." not in text(page), "the account subscribes to it already"
    assert "Of sign-up." not in text(page)
    terms = Terms.objects.get(kind=Terms.Kind.APPLICATION)
    refused = send(client, acme)
    assert refused.status_code == 422
    assert agreeing.NEEDED in text(refused)
    set_terms(acme.tenant, Terms.Kind.APPLICATION, "No robots at all.", by=BY)
    assert send(client, acme, **{f"terms_{terms.pk}": "yes"}).status_code == 422, "an old version"
    newest = Terms.objects.filter(kind=Terms.Kind.APPLICATION).latest("id")
    assert send(client, acme, **{f"terms_{newest.pk}": "yes"}).status_code == 302
    accepted = Acceptance.objects.get()
    assert (accepted.terms, accepted.user) == (newest, acme.developer)
    ServiceSubscription.objects.all().delete()
    Application.objects.all().delete()
    assert "Of the API." in text(client.get(NEW))


def test_who_makes_one_after_the_other_has_to_wait(
    acme: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is told to the provider's admins, by mail."""
    monkeypatch.setattr(editing, "MAKING", msgspec.structs.replace(MAKING, per_name=2))
    client = opened(acme)
    for name in ("One", "Two"):
        assert send(client, acme, name=name).status_code == 302
    refused = send(client, acme)
    assert refused.status_code == 422
    assert "Too many tries. Wait 60 minutes" in text(refused)
    assert made(acme) is None
