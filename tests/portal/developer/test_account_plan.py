"""Another plan for the account: for its admins, where there are several, as the rule allows."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from portal.developer.visiting import developer, text
from portal.people import BY, Provider
from tollway.portal.accounts.models import User
from tollway.portal.accounts.services import update_settings
from tollway.portal.developer import account_plan
from tollway.portal.plans.models import AccountPlan, Feature
from tollway.portal.plans.selectors import contract_of
from tollway.portal.plans.services import (
    add_feature,
    create_account_plan,
    create_feature,
    wish_for,
)

pytestmark = pytest.mark.django_db
PATH = "/admin/account/account_plans"


def opened(provider: Provider, rule: str, **switches: bool) -> Client:
    switches = {"account_plans_ui_visible": True, **switches}
    update_settings(provider.tenant, by=BY, change_account_plan_permission=rule, **switches)
    return developer(provider)


def gold(provider: Provider, **fields: Any) -> AccountPlan:
    fields = {"name": "Gold", "published": True, "cost_per_month": 20, **fields}
    return create_account_plan(provider.tenant, by=BY, **fields)


def plan_of(provider: Provider) -> AccountPlan:
    contract = contract_of(provider.tenant, provider.account)
    assert contract
    return contract.plan


def test_it_is_changed_where_the_rule_says_so(acme: Provider) -> None:
    plan = gold(acme)
    feature = create_feature(acme.tenant, by=BY, name="Phone", scope=Feature.Scope.ACCOUNT_PLAN)
    add_feature(plan, feature, by=BY)
    client = opened(acme, "direct")
    assert f'href="{PATH}"' in client.get("/admin/account").content.decode()
    page = text(client.get(PATH))
    for said in ("Plans for Developer", "Your plan", "Change to Gold", "Phone No Yes"):
        assert said in page, said
    assert "A month Free EUR 20.00" in text(client.get(PATH, {"plan": plan.pk}))
    answer = client.post(PATH, {"plan": plan.pk})
    assert answer["Location"] == "/admin/account"
    assert plan_of(acme) == plan
    assert "Developer is on Gold" in text(client.get("/admin/account"))
    assert client.post(PATH, {"plan": plan.pk})["Location"] == "/admin/account", "sent twice"


def test_it_is_asked_for_where_the_rule_says_so(acme: Provider) -> None:
    plan = gold(acme)
    client = opened(acme, "request")
    client.post(PATH, {"plan": plan.pk})
    assert plan_of(acme) != plan
    assert "You asked for Gold" in text(client.get(PATH))
    assert wish_for("account", acme.account) is not None


@pytest.mark.parametrize("rule", ["none", "credit_card"])
def test_what_the_rule_does_not_allow_cannot_be_done(acme: Provider, rule: str) -> None:
    plan = gold(acme)
    client = opened(acme, rule)
    assert client.post(PATH, {"plan": plan.pk}).status_code == 404
    assert plan_of(acme) != plan


def test_only_published_plans_of_the_tenant_can_be_had(acme: Provider, globex: Provider) -> None:
    client = opened(acme, "direct")
    own, inner = plan_of(acme), gold(acme, name="Inner", published=False)
    for wrong in (inner.pk, gold(globex).pk, "x", ""):
        assert client.post(PATH, {"plan": wrong}).status_code == 404, wrong
    assert plan_of(acme) == own


@pytest.mark.parametrize(
    "off", [{"account_plans_ui_visible": False}, {"useraccountarea_enabled": False}]
)
def test_it_is_not_there_while_it_is_switched_off(acme: Provider, off: dict[str, bool]) -> None:
    plan = gold(acme)
    client = opened(acme, "direct", **off)
    assert client.get(PATH).status_code == 404
    assert client.post(PATH, {"plan": plan.pk}).status_code == 404
    assert account_plan.move.__name__ == "move"


def test_members_of_the_account_do_not_decide_it(acme: Provider) -> None:
    plan = gold(acme)
    client = opened(acme, "direct")
    User.objects.filter(pk=acme.developer.pk).update(role="member")
    assert client.post(PATH, {"plan": plan.pk}).status_code == 403
    assert plan_of(acme) != plan
