"""The table of a plan: limits, prices and switches, changed one by one, on a real Valkey."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from portal.console.counting.test_effects import use
from portal.console.visiting import NONCE, admin, seen, text, toasts
from portal.people import BY, Provider
from tollway.portal.applications.services import customize_plan
from tollway.portal.catalog.selectors import hits_of
from tollway.portal.catalog.services import create_metric
from tollway.portal.console.plans import cells, table
from tollway.portal.events.models import Event
from tollway.portal.plans.models import PlanMetric, PricingRule, UsageLimit
from tollway.portal.plans.services import (
    create_limit,
    create_pricing_rule,
    disable_metric,
    update_limit,
    update_pricing_rule,
)
from tollway.portal.standing.effects import effect_of_limit

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _counters(settings: Settings, valkey_url: str) -> None:
    settings.TOLLWAY = msgspec.structs.replace(settings.TOLLWAY, valkey_url=valkey_url)


@pytest.fixture
def client(acme: Provider) -> Client:
    return admin(acme)


def of_hits(provider: Provider, what: str) -> str:
    return f"/apiconfig/application_plans/{provider.plan.pk}/metrics/{provider.hits.pk}/{what}"


def limits(provider: Provider) -> dict[str, int]:
    found = UsageLimit.objects.filter(plan=provider.plan, metric=provider.hits)
    return dict(found.values_list("period", "value"))


def undo(client: Client, response: Any) -> Any:
    """Do what the toast beside an answer offers."""
    page = response.content.decode()
    assert "Undo" in page
    toast = page[page.index("data-toast") :]
    url = toast.split('hx-post="')[1].split('"')[0]
    fields = {
        part.split('"')[0]: part.split('value="')[1].split('"')[0]
        for part in toast.split('name="')[1:]
    }
    return client.post(url, fields)


def test_a_limit_is_typed_changed_emptied_and_brought_back(acme: Provider, client: Client) -> None:
    url = of_hits(acme, "limits/hour")
    set_to_3 = client.post(url, {"value": "3", "was": ""})
    assert (set_to_3.status_code, limits(acme)) == (200, {"hour": 3})
    assert "Hits per hour is now 3" in text(set_to_3)
    assert "It was unlimited." in text(set_to_3)
    client.post(url, {"value": "1,000", "was": "3"})
    assert limits(acme) == {"hour": 1000}
    emptied = client.post(url, {"value": "", "was": "1000"})
    assert limits(acme) == {}
    undo(client, emptied)
    assert limits(acme) == {"hour": 1000}


def test_a_backends_metric_is_told_from_the_products_of_the_same_name(
    acme: Provider, client: Client
) -> None:
    page = client.get(f"/apiconfig/application_plans/{acme.plan.pk}/edit")
    labels = re.findall(r'aria-label="([^"]*Hits[^"]*)"', page.content.decode())
    assert len(labels) == len(set(labels)), "no two cells or switches are called alike"
    assert f"Hits ({acme.backend.name}) per hour: ∞. Change" in labels

    hits = hits_of(acme.tenant, acme.backend)
    address = f"/apiconfig/application_plans/{acme.plan.pk}/metrics/{hits.pk}"
    told = client.post(f"{address}/limits/hour", {"value": "3", "was": ""})
    assert f"Hits ({acme.backend.name}) per hour is now 3" in text(told)
    off = client.post(f"{address}/enabled", {"was": "on", "anyway": "1"})
    assert f"Hits ({acme.backend.name}) enabled is off" in text(off)


def test_an_undo_does_not_pass_over_what_somebody_else_set(acme: Provider, client: Client) -> None:
    mine = client.post(of_hits(acme, "limits/hour"), {"value": "3", "was": ""})
    limit = UsageLimit.objects.get(plan=acme.plan)
    update_limit(acme.plan, limit, by=BY, value=50)
    assert undo(client, mine).status_code == 409
    assert limits(acme) == {"hour": 50}


BAD = [
    ("limits/hour", "three", cells.NO_LIMIT),
    ("limits/hour", "-1", cells.NO_LIMIT),
    ("limits/hour", "1.5", cells.NO_LIMIT),
    ("limits/hour", "9999999999999999", cells.TOO_MUCH),
    ("price", "cheap", cells.NO_PRICE),
    ("price", "-1", cells.NO_PRICE),
    ("price", "0.00001", cells.NO_PRICE),
]


@pytest.mark.parametrize(("what", "typed", "message"), BAD)
def test_what_is_no_limit_and_no_price_stays_in_the_open_cell(
    acme: Provider, client: Client, what: str, typed: str, message: str
) -> None:
    response = client.post(of_hits(acme, what), {"value": typed, "was": ""})
    assert response.status_code == 422
    assert message in text(response)
    assert f'data-refused="{typed}"' in response.content.decode()
    assert (limits(acme), PricingRule.objects.count()) == ({}, 0)


def test_somebody_elses_limit_is_not_overwritten_unseen(acme: Provider, client: Client) -> None:
    limit = create_limit(acme.plan, acme.hits, by=BY, period="hour", value=5)
    update_limit(acme.plan, limit, by=BY, value=7)
    url = of_hits(acme, "limits/hour")
    response = client.post(url, {"value": "9", "was": "5"})
    assert (response.status_code, limits(acme)) == (409, {"hour": 7})
    assert "set Hits per hour to 7 meanwhile" in text(response)
    client.post(url, {"value": "9", "was": "7", "anyway": "1"})
    assert limits(acme) == {"hour": 9}


def test_a_limit_that_would_refuse_calls_at_once_is_asked_about(
    acme: Provider, client: Client, valkey_url: str
) -> None:
    acme.another_application()
    use(valkey_url, acme, 4)
    found = effect_of_limit(acme.plan, acme.hits, "hour", 3)
    assert found is not None
    assert (found.live, found.refused, found.more) == (2, 1, False)
    url = of_hits(acme, "limits/hour")
    asked = client.post(url, {"value": "3", "was": ""})
    assert (asked.status_code, limits(acme)) == (409, {})
    assert "1 of 2 applications would be refused at once" in text(asked)
    client.post(url, {"value": "3", "was": "", "anyway": "1"})
    assert limits(acme) == {"hour": 3}
    shown = text(client.get(f"/apiconfig/application_plans/{acme.plan.pk}/edit"))
    assert "Close to a limit now" in shown


def test_plans_made_of_a_plan_are_asked_about_too(
    acme: Provider, client: Client, valkey_url: str
) -> None:
    custom = customize_plan(acme.application, by=BY)
    use(valkey_url, acme, 4)
    url = of_hits(acme, "limits/hour")
    asked = client.post(url, {"value": "3", "was": ""})
    assert (asked.status_code, limits(acme)) == (409, {})
    assert "1 of 1 applications would be refused at once" in text(asked)
    create_limit(custom, acme.hits, by=BY, period="hour", value=100)
    assert client.post(url, {"value": "3", "was": ""}).status_code == 200
    assert limits(acme) == {"hour": 3}


def test_without_counters_a_limit_is_set_all_the_same(
    acme: Provider, client: Client, settings: Settings
) -> None:
    nowhere = msgspec.structs.replace(settings.TOLLWAY, valkey_url="redis://127.0.0.1:1/0")
    settings.TOLLWAY = nowhere
    client.post(of_hits(acme, "limits/day"), {"value": "3", "was": ""})
    assert limits(acme) == {"day": 3}


def test_a_metric_is_switched_off_by_a_limit_of_zero_and_on_again(
    acme: Provider, client: Client
) -> None:
    url = of_hits(acme, "enabled")
    off = client.post(url, {})
    assert list(limits(acme).values()) == [0]
    assert table.OFF in text(off)
    undo(client, off)
    assert limits(acme) == {}
    client.post(of_hits(acme, "limits/hour"), {"value": "0", "was": ""})
    page = text(client.get(f"/apiconfig/application_plans/{acme.plan.pk}/edit"))
    assert table.OFF in page


@pytest.mark.parametrize(
    ("what", "sent"), [("limits/day", {"value": "0", "was": ""}), ("enabled", {"was": "on"})]
)
def test_a_metric_in_use_is_not_switched_off_unasked(
    acme: Provider, client: Client, valkey_url: str, what: str, sent: dict[str, str]
) -> None:
    use(valkey_url, acme, 1)
    url = of_hits(acme, what)
    asked = client.post(url, sent)
    assert (asked.status_code, limits(acme)) == (409, {})
    assert "1 of 1 applications used it this month" in text(asked)
    assert f'hx-post="{url}"' in asked.content.decode()
    client.post(url, {**sent, "anyway": "1"})
    assert list(limits(acme).values()) == [0]


def test_who_turns_a_switch_that_was_turned_meanwhile_is_told_who_did(
    acme: Provider, client: Client
) -> None:
    disable_metric(acme.plan, acme.hits, by=BY)
    answer = client.post(of_hits(acme, "enabled"), {"was": "on"})
    assert "Hits enabled is off already" in text(answer)
    assert "did that before you." in text(answer)
    quiet = client.post(of_hits(acme, "enabled"), {"was": "off"})
    assert "data-toast" not in quiet.content.decode()


def test_a_metric_is_hidden_from_developers(acme: Provider, client: Client) -> None:
    client.post(of_hits(acme, "visible"), {})
    assert PlanMetric.objects.get(metric=acme.hits).visible is False
    client.post(of_hits(acme, "visible"), {"value": "on"})
    assert PlanMetric.objects.get(metric=acme.hits).visible is True


def test_a_price_is_typed_and_steps_take_their_own_page(acme: Provider, client: Client) -> None:
    url = of_hits(acme, "price")
    client.post(url, {"value": "0.02", "was": ""})
    rule = PricingRule.objects.get(metric=acme.hits)
    assert (rule.min, rule.max, rule.cost_per_unit) == (1, None, Decimal("0.02"))
    client.post(url, {"value": "", "was": "0.0200"})
    assert not PricingRule.objects.exists()
    create_pricing_rule(acme.plan, acme.hits, by=BY, min=1, max=100, cost_per_unit=0)
    refused = client.post(url, {"value": "1", "was": ""})
    assert (refused.status_code, cells.HAS_STEPS in text(refused)) == (422, True)
    assert PricingRule.objects.get().max == 100


@pytest.mark.parametrize("typed", ["10", "100", "1200", "10.0", "0.5", "0"])
def test_a_price_is_saved_as_it_was_typed(acme: Provider, client: Client, typed: str) -> None:
    response = client.post(of_hits(acme, "price"), {"value": typed, "was": ""})
    assert response.status_code == 200
    assert PricingRule.objects.get(metric=acme.hits).cost_per_unit == Decimal(typed)


def test_price_steps_do_not_overlap(acme: Provider, client: Client) -> None:
    url = of_hits(acme, "")[:-1]
    first = {"min": "1", "max": "1000", "cost_per_unit": "0"}
    client.post(url, {**first, "once": NONCE})
    client.post(url, {**first, "once": NONCE})
    assert 'value="1001"' in client.get(url).content.decode()
    wrong = client.post(url, {"min": "500", "max": "", "cost_per_unit": "0.001"})
    assert (wrong.status_code, "overlaps the one from 1 to 1000" in text(wrong)) == (422, True)
    ends_early = client.post(url, {"min": "2000", "max": "1999", "cost_per_unit": "1"})
    assert ends_early.status_code == 422
    client.post(url, {"min": "1001", "max": "", "cost_per_unit": "0.001"})
    rule = PricingRule.objects.get(min=1001)
    client.post(f"{url}/steps/{rule.pk}", {"min": "1001", "max": "", "cost_per_unit": "0.002"})
    rule.refresh_from_db()
    assert rule.cost_per_unit == Decimal("0.002")
    client.post(f"{url}/steps/{rule.pk}/delete")
    assert PricingRule.objects.count() == 1
    assert f'action="{url}"' in toasts(client)
    client.post(url, {"min": "1001", "max": "", "cost_per_unit": "0.0020"})
    assert PricingRule.objects.count() == 2
    client.post(f"{url}/text", {"on": ""})
    assert PlanMetric.objects.get(metric=acme.hits).limits_only_text is False
    assert "shown as icons" in text(client.get(url))


def test_a_step_that_somebody_else_changed_is_not_overwritten_unseen(
    acme: Provider, client: Client
) -> None:
    rule = create_pricing_rule(acme.plan, acme.hits, by=BY, min=1, max=100, cost_per_unit=1)
    url = of_hits(acme, f"steps/{rule.pk}")
    form = {"min": "1", "max": "200", "cost_per_unit": "1", "seen": seen(client.get(url))}
    update_pricing_rule(acme.plan, rule, by=BY, cost_per_unit=2)
    clash = client.post(url, form)
    assert (clash.status_code, "saved this" in text(clash)) == (409, True)
    assert PricingRule.objects.get().cost_per_unit == 2
    client.post(url, {**form, "seen": seen(clash)})
    assert PricingRule.objects.get().max == 200


def test_a_cell_of_a_metric_or_period_that_is_not_there(
    acme: Provider, globex: Provider, client: Client
) -> None:
    assert client.post(of_hits(acme, "limits/decade"), {"value": "1"}).status_code == 404
    theirs = f"/apiconfig/application_plans/{acme.plan.pk}/metrics/{globex.hits.pk}/limits/hour"
    assert client.post(theirs, {"value": "1"}).status_code == 404


def test_two_hundred_metrics_take_as_many_questions_as_two(acme: Provider, client: Client) -> None:
    url = f"/apiconfig/application_plans/{acme.plan.pk}/edit"

    def asked() -> int:
        client.get(url)
        with CaptureQueriesContext(connection) as queries:
            response = client.get(url, headers={"accept-encoding": "gzip"})
        assert len(response.content) < 100_000
        return len(queries)

    few = asked()
    for number in range(199):
        metric = create_metric(acme.product, by=BY, friendly_name=f"M{number}", unit="call")
        create_limit(acme.plan, metric, by=BY, period="hour", value=number)
    assert asked() == few


def test_each_change_is_one_event(acme: Provider, client: Client) -> None:
    before = Event.objects.count()
    client.post(of_hits(acme, "limits/hour"), {"value": "3", "was": ""})
    client.post(of_hits(acme, "limits/hour"), {"value": "3", "was": "3"})
    kinds = [event.object_kind for event in Event.objects.order_by("id")[before:]]
    assert kinds == ["limit"]
