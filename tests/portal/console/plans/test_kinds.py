"""Plans of accounts and of products: the same pages as plans of applications, without limits."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from msgspec import Struct

from portal.console.visiting import NONCE, admin, member, seen, text, toasts
from portal.people import BY, Provider
from tollway.portal.accounts.services import update_settings
from tollway.portal.catalog.models import Product
from tollway.portal.console.plans import page
from tollway.portal.console.plans.kinds import ACCOUNT, SERVICE, Kind, owner_of
from tollway.portal.plans.models import Feature
from tollway.portal.plans.services import create_feature
from tollway.portal.plans.services.log import AnyPlan
from tollway.portal.tenants.models import Tenant

pytestmark = pytest.mark.django_db

TERMS = {
    "trial_period_days": "14",
    "setup_fee": "5",
    "cost_per_month": "49.5",
    "cancellation_period": "30",
}


class Case(Struct, frozen=True):
    kind: Kind
    owner: Callable[[Provider], Tenant | Product]
    every: str
    one: str

    def list_of(self, provider: Provider) -> str:
        return self.every.format(provider.product.pk)

    def default(self, provider: Provider) -> AnyPlan:
        """Return the plan that is there from the start, on which the developer is."""
        plan: AnyPlan = self.kind.offered_by(self.owner(provider)).get()
        return plan

    def at(self, plan: AnyPlan) -> str:
        return f"{self.one}/{plan.pk}"


CASES = [
    Case(ACCOUNT, lambda p: p.tenant, "/buyers/account_plans", "/buyers/account_plans"),
    Case(
        SERVICE,
        lambda p: p.product,
        "/apiconfig/services/{}/service_plans",
        "/apiconfig/service_plans",
    ),
]
every_kind = pytest.mark.parametrize("case", CASES, ids=lambda case: case.kind.name)


@pytest.fixture
def client(acme: Provider) -> Client:
    switch_on(acme)
    return admin(acme)


def switch_on(provider: Provider) -> None:
    switches = {"account_plans_ui_visible": True, "service_plans_ui_visible": True}
    update_settings(provider.tenant, by=BY, **switches)


@every_kind
def test_the_list_says_who_is_on_a_plan_and_what_it_costs(
    acme: Provider, client: Client, case: Case
) -> None:
    case.kind.create(case.owner(acme), by=BY, name="Gold", cost_per_month=49)
    shown = text(client.get(case.list_of(acme)))
    assert case.kind.words.title in shown
    assert "Default Default plan default 1 free Published Hide" in shown
    assert "Gold gold 0 EUR 49.00 Hidden Publish" in shown


@every_kind
def test_a_list_of_many_plans_takes_as_many_questions_as_one(
    acme: Provider, client: Client, case: Case
) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(case.list_of(acme)).status_code == 200
        return len(queries)

    asked()
    few = asked()
    for number in range(20):
        case.kind.create(case.owner(acme), by=BY, name=f"Plan {number}")
    assert asked() == few


@every_kind
def test_a_plan_is_made_once_published_copied_and_deleted(
    acme: Provider, client: Client, case: Case
) -> None:
    form = {"name": "Gold", "approval_required": "on", "once": NONCE, **TERMS}
    made = [client.post(f"{case.list_of(acme)}/new", form) for _ in range(2)]
    plan = case.kind.offered_by(case.owner(acme)).get(name="Gold")
    assert {response["Location"] for response in made} == {f"{case.at(plan)}/edit"}
    assert (plan.state, plan.approval_required, plan.cost_per_month) == ("hidden", True, 49.5)
    client.post(f"{case.at(plan)}/publish", {"published": "1", "from": "list"})
    client.post(f"{case.at(plan)}/copy", {"once": NONCE[1:]})
    plans = case.kind.offered_by(case.owner(acme))
    assert set(plans.values_list("name", "state")) == {
        ("Default", "published"),
        ("Gold", "published"),
        ("Gold (copy)", "hidden"),
    }
    for name in ("Gold", "Gold (copy)"):
        client.post(f"{case.at(plans.get(name=name))}/delete")
    assert plans.get().name == "Default"


@every_kind
@pytest.mark.parametrize("wrong", [{"name": ""}, {"name": "Default"}, {"setup_fee": "-1"}])
def test_a_plan_that_cannot_be_is_refused_at_the_field(
    acme: Provider, client: Client, case: Case, wrong: dict[str, str]
) -> None:
    response = client.post(f"{case.list_of(acme)}/new", {"name": "New", **TERMS, **wrong})
    assert response.status_code == 422
    assert 'value="49.5"' in response.content.decode()
    assert case.kind.words.approval in text(response)
    assert case.kind.offered_by(case.owner(acme)).count() == 1


@every_kind
def test_a_plan_that_somebody_is_on_stays(acme: Provider, client: Client, case: Case) -> None:
    plan = case.default(acme)
    client.post(f"{case.at(plan)}/delete")
    assert "Move them to another plan first." in toasts(client)
    assert case.default(acme) == plan


@every_kind
def test_the_default_plan_is_chosen_and_taken_back(
    acme: Provider, client: Client, case: Case
) -> None:
    plan, url = case.default(acme), f"{case.list_of(acme)}/default"
    client.post(url, {"plan": ""})
    assert case.kind.words.no_default in toasts(client)
    assert not case.default(acme).is_default
    client.post(url, {"plan": str(plan.pk)})
    assert case.default(acme).is_default


@every_kind
def test_terms_are_saved_unless_somebody_was_faster(
    acme: Provider, client: Client, case: Case
) -> None:
    plan = case.default(acme)
    url = f"{case.at(plan)}/edit"
    shown = client.get(url, {"tab": page.DETAILS})
    form = {"name": "Bronze", **TERMS, "seen": seen(shown), "was": seen(shown, "was")}
    assert client.post(url, form).status_code == 302
    assert client.post(url, {**form, "name": "Silver"}).status_code == 409
    plan.refresh_from_db()
    assert (plan.name, plan.trial_period_days) == ("Bronze", 14)


@every_kind
def test_a_plan_has_no_limits_and_shows_who_is_on_it(
    acme: Provider, client: Client, case: Case
) -> None:
    url = f"{case.at(case.default(acme))}/edit"
    shown = text(client.get(url))
    assert "Limits and prices" not in shown
    assert "No features yet" in shown
    users = case.kind.words.users
    assert "Developer" in text(client.get(f"{url}?tab={users}"))
    plans_only = member(acme, "plans", name="plans")
    assert "Not for you to see" in text(plans_only.get(f"{url}?tab={users}"))


@every_kind
def test_features_are_of_the_kind_and_put_in_and_deleted(
    acme: Provider, client: Client, case: Case
) -> None:
    create_feature(acme.product, by=BY, name="Of applications")
    plan = case.default(acme)
    one = f"{case.at(plan)}/features"
    client.post(f"{one}/new", {"name": "Phone support", "visible": "on", "once": NONCE})
    feature = Feature.objects.get(name="Phone support")
    assert feature.scope == plan.kind
    shown = text(client.get(f"{case.at(plan)}/edit?tab=features"))
    assert "Phone support Yes In Take out" in shown
    assert "Of applications" not in shown
    client.post(f"{one}/{feature.pk}/turn", {"on": ""})
    assert not plan.featurings.exists()
    client.post(f"{one}/{feature.pk}", {"name": "By phone", "seen": ""})
    client.post(f"{one}/{feature.pk}/delete")
    assert not Feature.objects.filter(pk=feature.pk).exists()


@every_kind
def test_a_name_suggests_a_system_name(acme: Provider, client: Client, case: Case) -> None:
    answer = client.get(f"{case.list_of(acme)}/suggest", {"name": "Default"})
    assert "default_2" in text(answer)


@every_kind
def test_strangers_and_members_without_the_right_see_nothing(
    acme: Provider, globex: Provider, client: Client, case: Case
) -> None:
    switch_on(globex)
    theirs = case.default(globex)
    assert owner_of(theirs) == case.owner(globex)
    assert client.get(f"{case.at(theirs)}/edit").status_code == 404
    for act in ("copy", "delete", "publish"):
        assert client.post(f"{case.at(theirs)}/{act}").status_code == 404
    other = member(acme, "partners", name="other")
    assert other.get(case.list_of(acme)).status_code == 403


def test_service_plans_of_a_product_that_is_kept_from_a_member_are_not_there(
    acme: Provider, client: Client
) -> None:
    hidden = member(acme, "plans", products=[], name="blind")
    plan = CASES[1].default(acme)
    assert client.get(f"/apiconfig/service_plans/{plan.pk}/edit").status_code == 200
    assert hidden.get(f"/apiconfig/service_plans/{plan.pk}/edit").status_code == 404
