"""Sign-up rules of a tenant and usage rules of a product: saved, refused, and two editors."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from portal.console.visiting import admin, member, seen, text, toasts
from portal.people import BY, Provider
from tollway.portal.accounts.models import User
from tollway.portal.accounts.services import update_settings
from tollway.portal.applications.services import update_product
from tollway.portal.console.rules import routes, sign_up
from tollway.portal.console.rules.forms import SignUpForm
from tollway.portal.console.rules.product import CHANNELS
from tollway.portal.plans.models import AccountPlan
from tollway.portal.plans.selectors import default_account_plan_of
from tollway.portal.plans.services.approval import APPROVAL
from tollway.portal.tenants.models import TenantSettings

pytestmark = pytest.mark.django_db

PATH = "/site/usage_rules/edit"
RULES = {
    "signups_enabled": "on",
    "change_account_plan_permission": "direct",
    "change_service_plan_permission": "none",
}
RIGHTS = {
    "part": "rights", "buyer_plan_change_permission": "direct", "buyers_manage_apps": "on",
}  # fmt: skip


@pytest.fixture
def client(acme: Provider) -> Client:
    return admin(acme)


def settings_of(acme: Provider) -> TenantSettings:
    return TenantSettings.objects.get(tenant=acme.tenant)


def rules_of(acme: Provider) -> str:
    return f"/apiconfig/services/{acme.product.pk}/usage_rules"


def send(client: Client, path: str, given: dict[str, Any]) -> Any:
    return client.post(path, {"seen": seen(client.get(path)), **given})


def test_sign_up_rules_are_saved_and_approval_is_the_default_plans(
    acme: Provider, client: Client
) -> None:
    assert "Developers may sign up by themselves" in text(client.get(PATH))
    assert send(client, PATH, {**RULES, APPROVAL: "on"}).status_code == 302
    saved = settings_of(acme)
    assert (saved.signups_enabled, saved.multiple_applications) == (True, True)
    assert saved.change_account_plan_permission == "direct"
    plan = default_account_plan_of(acme.tenant)
    assert plan is not None
    assert plan.approval_required
    assert "The sign-up rules are saved" in toasts(client)
    send(client, PATH, {})
    assert settings_of(acme).signups_enabled  # nothing of a bad answer is saved
    send(client, PATH, {**RULES, "signups_enabled": ""})
    assert not settings_of(acme).signups_enabled


def test_without_a_default_plan_approval_cannot_be_asked_for(
    acme: Provider, client: Client
) -> None:
    AccountPlan.objects.filter(tenant=acme.tenant).update(is_default=False)
    assert default_account_plan_of(acme.tenant) is None
    assert "There is no default account plan" in text(client.get(PATH))
    assert send(client, PATH, {**RULES, APPROVAL: "on"}).status_code == 302
    assert SignUpForm(has_default=False).fields[APPROVAL].disabled


def test_a_wrong_rule_is_said_at_the_field(acme: Provider, client: Client) -> None:
    wrong = {**RULES, "change_account_plan_permission": "never", "public_search": "on"}
    answer = send(client, PATH, wrong)
    assert (answer.status_code, "Select a valid choice" in text(answer)) == (422, True)
    assert not settings_of(acme).public_search


def test_the_rules_stand_at_3scales_addresses() -> None:
    assert PATH in {f"/{route.pattern}" for route in routes.routes}
    assert set(sign_up._COLUMNS) | {APPROVAL} == set(SignUpForm.base_fields)


def test_two_editors_of_the_sign_up_rules_see_each_other(acme: Provider, client: Client) -> None:
    before = seen(client.get(PATH))
    update_settings(acme.tenant, by=BY, public_search=True)
    clash = client.post(PATH, {**RULES, "seen": before})
    assert (clash.status_code, "saved this" in text(clash)) == (409, True)
    assert settings_of(acme).public_search
    assert client.post(PATH, {**RULES, "seen": seen(clash)}).status_code == 302
    assert not settings_of(acme).public_search


def test_levels_are_ticked_by_channel(acme: Provider, client: Client) -> None:
    ticked = {"part": "alerts", "web_provider": ["80", "100"], "email_buyer": ["100"]}
    assert send(client, rules_of(acme), ticked).status_code == 302
    acme.product.refresh_from_db()
    assert acme.product.notification_settings == {
        "web_provider": [80, 100], "email_provider": [], "web_buyer": [], "email_buyer": [100],
    }  # fmt: skip
    assert set(CHANNELS) == set(acme.product.notification_settings)
    assert client.get(rules_of(acme)).content.decode().count(" checked") >= 3
    wrong = send(client, rules_of(acme), {"part": "alerts", "web_provider": ["81"]})
    assert (wrong.status_code, "Tick levels of the table only." in text(wrong)) == (422, True)
    acme.product.refresh_from_db()
    assert acme.product.notification_settings["web_provider"] == [80, 100]


def test_rights_are_saved_and_a_wrong_one_is_said(acme: Provider, client: Client) -> None:
    assert send(client, rules_of(acme), RIGHTS).status_code == 302
    acme.product.refresh_from_db()
    assert acme.product.buyer_plan_change_permission == "direct"
    assert not acme.product.buyers_manage_keys
    wrong = {**RIGHTS, "buyer_plan_change_permission": "never"}
    assert send(client, rules_of(acme), wrong).status_code == 422
    assert send(client, rules_of(acme), {"part": "other"}).status_code == 200


def test_two_editors_of_a_products_rules_see_each_other(acme: Provider, client: Client) -> None:
    before = seen(client.get(rules_of(acme)))
    update_product(acme.product, by=BY, buyers_manage_keys=False)
    mine = {**RIGHTS, "seen": before}
    clash = client.post(rules_of(acme), mine)
    assert clash.status_code == 409
    assert client.post(rules_of(acme), {**mine, "seen": seen(clash)}).status_code == 302


def test_rules_are_for_those_with_the_permission(acme: Provider, globex: Provider) -> None:
    assert member(acme, User.Section.PLANS).get(PATH).status_code == 403
    assert admin(globex).get(rules_of(acme)).status_code == 404
    lowly = member(acme, User.Section.PLANS, products=[], name="lowly")
    assert lowly.get(rules_of(acme)).status_code == 404
