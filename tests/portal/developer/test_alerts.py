"""Alerts for developers: of their own applications, read, deleted, and brought back."""

from __future__ import annotations

from typing import Any

import pytest

from portal.developer.visiting import developer, text
from portal.people import BY, Provider
from tollway.portal.alerts.models import Alert
from tollway.portal.alerts.services import Reached, store
from tollway.portal.applications.models import Application
from tollway.portal.applications.services import sign_up
from tollway.portal.developer import alerts

pytestmark = pytest.mark.django_db
HERE = "/admin/alerts"


def alert(application: Application, level: int, audience: str = "buyer", window: int = 0) -> Alert:
    reached = Reached(1, "hour", window, level, "hits per hour", level, 100)
    store(application, reached, audience)
    return Alert.objects.get(application=application, level=level, audience=audience, window=window)


def mark(client: Any, **sent: Any) -> Any:
    return client.post(f"{HERE}/mark", sent)


def mark_all(client: Any, **sent: Any) -> Any:
    """Mark all that is listed, as its page sends it."""
    return mark(client, all="yes", newest=Alert.objects.latest("pk").pk, **sent)


def state(row: Alert) -> str:
    return Alert.objects.get(pk=row.pk).state


def test_alerts_are_listed_marked_deleted_and_undone(acme: Provider) -> None:
    near, over = alert(acme.application, 80), alert(acme.application, 100)
    client = developer(acme)
    page = text(client.get(HERE))
    assert "100 %" in page
    assert "80 of 100" in page
    mark(client, alert=near.pk, state="read")
    assert (state(near), state(over)) == ("read", "unread")
    mark_all(client, state="deleted")
    assert (state(near), state(over)) == ("deleted", "deleted")
    token = Alert.objects.get(pk=over.pk).marked
    assert "No alerts" in text(client.get(HERE))
    mark(client, token=token)
    assert (state(near), state(over)) == ("read", "unread")
    assert "No alerts match" in text(client.get(f"{HERE}?q=nothing"))
    mark(client, alert=over.pk, state="nonsense")
    assert state(over) == "unread"


def test_each_application_has_its_own_list(acme: Provider) -> None:
    second = acme.another_application(name="Second")
    first_alert, second_alert = alert(acme.application, 80), alert(second, 90)
    client = developer(acme)
    page = text(client.get(f"/admin/applications/{second.pk}/alerts"))
    assert "90 %" in page
    assert "80 %" not in page
    answer = mark_all(client, application=second.pk, state="read")
    assert answer["Location"] == f"/admin/applications/{second.pk}/alerts"
    assert (state(first_alert), state(second_alert)) == ("unread", "read")


def test_all_are_those_that_are_listed(acme: Provider) -> None:
    second = acme.another_application(name="Second")
    others, mine = alert(acme.application, 80), alert(second, 90)
    client = developer(acme)
    page = client.get(f"{HERE}?q=second")
    assert "Delete it" in text(page)
    assert 'name="q" value="second"' in page.content.decode()
    assert "Delete all 2" in text(client.get(HERE))
    mark_all(client, q="second", state="deleted")
    assert (state(others), state(mine)) == ("unread", "deleted")
    mark(client, all="yes", newest=0, state="deleted")
    assert state(others) == "unread"


def test_the_provider_s_alerts_and_strangers_are_neither_shown_nor_marked(
    acme: Provider, globex: Provider
) -> None:
    other = sign_up(acme.tenant, by=BY, org_name="Other", username="other", email="o@x.example")
    theirs = Provider(
        acme.tenant, acme.admin, acme.product, acme.backend, acme.plan, other.account, other.user,
        acme.application,
    ).another_application(name="Not mine")  # fmt: skip
    rows = [
        alert(acme.application, 150, audience="provider"), alert(theirs, 120),
        alert(globex.application, 300),
    ]  # fmt: skip
    client = developer(acme)
    page = text(client.get(HERE))
    assert "No alerts" in page
    for wanted in alerts.STATES:
        for row in rows:
            mark(client, alert=row.pk, state=wanted)
        mark_all(client, state=wanted)
        mark_all(client, application=theirs.pk, state=wanted)
    assert {state(row) for row in rows} == {"unread"}
