"""An application's page: its state, plan, limits, usage and history."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from portal.console.visiting import admin, member, seen, text, toasts
from portal.developer.test_usage import call
from portal.people import BY, Provider
from tollway.portal.accounts.models import User
from tollway.portal.applications.models import Application
from tollway.portal.applications.services import update_application
from tollway.portal.console.applications import moving, page, usage
from tollway.portal.plans.services import (
    add_feature,
    create_application_plan,
    create_feature,
    create_limit,
    update_plan,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(acme: Provider) -> Client:
    return admin(acme)


def place(provider: Provider, rest: str = "") -> str:
    return f"/p/admin/applications/{provider.application.pk}{rest}"


def fresh(provider: Provider) -> Application:
    return Application.objects.get(pk=provider.application.pk)


def test_the_page_says_who_calls_what_with_which_key(acme: Provider, client: Client) -> None:
    create_limit(acme.plan, by=BY, metric=acme.hits, period="hour", value=3)
    add_feature(acme.plan, create_feature(acme.product, by=BY, name="Night service"), by=BY)
    response = client.get(place(acme))
    shown = text(response)
    for words in (
        "App",
        "Live",
        "Developer",
        "john",
        "API",
        "Basic",
        "3 Hits per hour",
        "Night service",
    ):
        assert words in shown
    assert acme.application.user_key in response.content.decode()
    assert acme.application.user_key not in shown


def test_the_page_costs_the_same_however_much_there_is(
    acme: Provider, client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number, period in enumerate(("minute", "hour", "day", "week", "month")):
        create_limit(acme.plan, by=BY, metric=acme.hits, period=period, value=number)
    for number in range(12):
        update_application(acme.application, by=BY, name=f"App {number}")
    with django_assert_max_num_queries(45):
        client.get(place(acme))


def test_limits_that_are_not_known_are_said_to_be_so(acme: Provider, client: Client) -> None:
    create_limit(acme.plan, by=BY, metric=acme.hits, period="hour", value=3)
    response = client.get(place(acme, "/limits"))
    assert response.status_code == 200
    assert "limits-now" in response.content.decode()


@pytest.mark.parametrize("asked", [{}, {"range": "day"}, {"range": "x", "metric": "y"}])
def test_usage_falls_back_to_hits_of_a_month(
    acme: Provider, client: Client, asked: dict[str, str]
) -> None:
    response = client.get(place(acme), asked)
    assert response.status_code == 200
    assert "0 Hits" in text(response)
    assert set(usage.RANGES) == {"day", "week", "month"}


def test_usage_is_a_file_with_a_column_for_each_metric(
    acme: Provider, globex: Provider, client: Client
) -> None:
    call(acme.application, acme.hits, 5)
    assert place(acme, "/usage.csv?range=month") in client.get(place(acme)).content.decode()
    for asked, rows in (("day", {24, 25}), ("week", {7, 8}), ("x", {30, 31})):
        body = b"".join(client.get(place(acme, f"/usage.csv?range={asked}"))).decode()
        head, *lines = body.splitlines()
        assert head.startswith("Time (UTC),Hits,")
        assert len(lines) in rows
        assert sum(int(line.split(",")[1]) for line in lines) == 5
    assert client.get(place(globex, "/usage.csv")).status_code == 404
    assert member(acme, "partners").get(place(acme, "/usage.csv")).status_code == 403


def test_an_application_is_suspended_and_resumed(acme: Provider, client: Client) -> None:
    client.post(place(acme, "/state/suspend"))
    assert fresh(acme).state == "suspended"
    said = toasts(client)
    assert ("App is suspended" in said, "/state/resume" in said) == (True, True)
    assert "Its calls are refused while it is suspended" in text(client.get(place(acme)))
    client.post(place(acme, "/state/resume"))
    assert fresh(acme).state == "live"


def test_a_move_that_does_not_fit_the_state_changes_nothing(acme: Provider, client: Client) -> None:
    client.post(place(acme, "/state/accept"))
    assert fresh(acme).state == "live"
    assert "Nothing was changed" in toasts(client)
    assert client.post(place(acme, "/state/explode")).status_code == 404


def test_a_pending_application_is_accepted_or_rejected(acme: Provider, client: Client) -> None:
    update_plan(acme.plan, by=BY, approval_required=True)
    waiting, other = (acme.another_application(name=name) for name in ("One", "Two"))
    assert "refused until you accept it" in text(client.get(f"/p/admin/applications/{waiting.pk}"))
    client.post(f"/p/admin/applications/{waiting.pk}/state/accept")
    waiting.refresh_from_db()
    assert waiting.state == "live"
    client.post(f"/p/admin/applications/{other.pk}/reject", {"reason": "Not this way"})
    assert not Application.objects.filter(pk=other.pk).exists()
    client.post(place(acme, "/reject"))
    assert fresh(acme).state == "live"


def test_an_application_is_deleted_when_its_name_was_typed(acme: Provider, client: Client) -> None:
    for text_typed in ("", "Ap", "app"):
        response = client.post(place(acme, "/delete"), {"typed": text_typed})
        assert response.status_code == 422
        assert "type App to confirm" in text(response)
    for _ in range(2):
        assert client.post(place(acme, "/delete"), {"typed": "App"}).status_code == 302
    assert not Application.objects.filter(pk=acme.application.pk).exists()


def test_another_plan_is_told_about_before_and_can_be_undone(
    acme: Provider, client: Client
) -> None:
    create_limit(acme.plan, by=BY, metric=acme.hits, period="hour", value=3)
    plan = create_application_plan(acme.product, by=BY, name="Gold", cost_per_month=49)
    asked = text(client.get(place(acme, "/plan"), {"plan": plan.pk}))
    for words in ("Move to Gold?", "Hits per hour 3 no limit", "Cost per month EUR 0.00 EUR 49.00"):
        assert words in asked
    assert fresh(acme).plan == acme.plan
    client.post(place(acme, "/plan"), {"plan": plan.pk})
    assert fresh(acme).plan == plan
    assert f'value="{acme.plan.pk}"' in toasts(client)


def test_a_limit_that_would_refuse_at_once_is_marked(acme: Provider) -> None:
    plan = create_application_plan(acme.product, by=BY, name="Tight")
    create_limit(plan, by=BY, metric=acme.hits, period="day", value=0)
    [found] = moving.differences(acme.application, plan)
    assert (found.name, found.now, found.then, found.refuses) == (
        "Hits per day", "no limit", "off", True,
    )  # fmt: skip


@pytest.mark.parametrize("sent", ["", "x", "0", "9" * 30, "¹"])
def test_a_plan_that_is_none_of_the_products_is_not_there(
    acme: Provider, client: Client, sent: str
) -> None:
    assert client.get(place(acme, "/plan"), {"plan": sent}).status_code == 404
    assert client.post(place(acme, "/plan"), {"plan": sent}).status_code == 404


def test_a_plan_of_another_product_is_not_there(acme: Provider, client: Client) -> None:
    theirs = create_application_plan(acme.another_product(), by=BY, name="Theirs")
    assert client.post(place(acme, "/plan"), {"plan": theirs.pk}).status_code == 404


def test_a_plan_of_its_own_is_made_and_given_up(acme: Provider, client: Client) -> None:
    response = client.post(place(acme, "/customize"))
    own = fresh(acme).plan
    assert own.is_custom
    assert response["Location"] == f"/apiconfig/application_plans/{own.pk}/edit"
    assert "Back to Basic" in text(client.get(place(acme)))
    client.post(place(acme, "/decustomize"))
    assert fresh(acme).plan == acme.plan


def test_a_member_without_the_right_to_plans_comes_back_to_the_page(acme: Provider) -> None:
    client = member(acme, User.Section.PARTNERS)
    assert client.post(place(acme, "/customize"))["Location"] == place(acme)


def test_an_edit_is_saved_or_refused_at_the_field(acme: Provider, client: Client) -> None:
    assert client.post(place(acme, "/edit"), {"name": "Night bus"}).status_code == 302
    assert fresh(acme).name == "Night bus"
    response = client.post(place(acme, "/edit"), {"name": "", "description": "Kept"})
    assert response.status_code == 422
    assert ("Enter a name." in text(response), "Kept" in text(response)) == (True, True)


def test_two_editors_do_not_overwrite_each_other(acme: Provider, client: Client) -> None:
    opened = client.get(place(acme, "/edit"))
    sent = {"name": "Mine", "seen": seen(opened), "was": seen(opened, "was")}
    update_application(acme.application, by=BY, name="Theirs")
    response = client.post(place(acme, "/edit"), sent)
    assert response.status_code == 409
    assert ("Theirs" in text(response), fresh(acme).name) == (True, "Theirs")
    again = {**sent, "seen": seen(response), "was": seen(response, "was")}
    assert client.post(place(acme, "/edit"), again).status_code == 302
    assert fresh(acme).name == "Mine"


def test_the_history_tells_what_happened(acme: Provider, client: Client) -> None:
    client.post(place(acme, "/state/suspend"))
    shown = text(client.get(place(acme)))
    assert "suspended" in shown.partition("History")[2]


def test_a_plan_of_many_features_is_cut_short(acme: Provider, client: Client) -> None:
    for number in range(page.LIMITS_IN_WORDS + 1):
        feature = create_feature(acme.product, by=BY, name=f"Feature {number}")
        add_feature(acme.plan, feature, by=BY)
    shown = re.findall(r"Feature \d+", text(client.get(place(acme))))
    assert len(shown) == page.LIMITS_IN_WORDS
