"""The lists of alerts: from a level that is reached to the list and the mail; marks and undo."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from portal.analytics.streams import Listed
from portal.console.visiting import admin, member, text, toasts
from portal.people import BY, Provider
from tollway.portal.accounts.models import User
from tollway.portal.alerts.models import Alert
from tollway.portal.alerts.selectors import unread_of
from tollway.portal.alerts.services import Reached, mark, store, unmark
from tollway.portal.analytics.models import StreamCursor
from tollway.portal.analytics.services import record
from tollway.portal.catalog.models import Product
from tollway.portal.console.alerts.filters import AlertFilter
from tollway.portal.console.alerts.views import STATES
from tollway.portal.mail.models import Mail
from tollway.portal.notices.services import announce
from tollway.portal.plans.services import create_limit
from tollway.store import Cell
from tollway.store.spending import PERIODS, UsageEvent

pytestmark = pytest.mark.django_db

ALL = "/apiconfig/alerts"
AT = 1_700_000_000


def raised(acme: Provider, window: int = 0, level: int = 80) -> Alert:
    hits = acme.hits.pk
    reached = Reached(hits, "hour", window, level, "hits per hour", level, 100)
    store(acme.application, reached)
    return Alert.objects.get(window=window, level=level, application=acme.application)


def use(acme: Provider, month: int) -> None:
    """Record a call while the cells say that so much of the month is used."""
    name, hits = acme.application.application_id, str(acme.hits.pk)
    StreamCursor.objects.update(positions={})
    streams = Listed([UsageEvent(str(acme.product.pk), name, AT, 0, [(hits, 1)])])
    streams.cells[name, hits] = Cell(tuple(month if period == "month" else 0 for period in PERIODS))
    record(streams, at=AT)


def test_a_level_becomes_one_alert_and_mail_to_both_sides(acme: Provider) -> None:
    create_limit(acme.plan, acme.hits, by=BY, period="month", value=100)
    acme.product.notification_settings = {
        "web_provider": [80], "email_provider": [80, 100], "email_buyer": [100],
    }  # fmt: skip
    acme.product.save()
    announce()
    use(acme, 85)
    announce()
    [alert] = unread_of(acme.tenant)
    assert (alert.level, alert.used, alert.maximum, alert.limit) == (
        80, 85, 100, "hits per month",
    )  # fmt: skip
    assert not alert.is_violation
    assert list(Mail.objects.values_list("template", flat=True)) == ["admin_level_reached"]
    use(acme, 86)
    use(acme, 130)
    announce()
    assert Alert.objects.count() == 1  # 100 is not ticked for the list
    templates = sorted(Mail.objects.values_list("template", flat=True))
    assert templates == ["admin_level_reached", "admin_level_reached", "level_reached"]
    page = text(admin(acme).get(ALL))
    assert "hits per month 85 of 100 80 %" in page


def test_nothing_ticked_stores_nothing(acme: Provider) -> None:
    create_limit(acme.plan, acme.hits, by=BY, period="month", value=100)
    use(acme, 130)
    assert not Alert.objects.exists()


def test_an_alert_is_read_deleted_and_brought_back(acme: Provider) -> None:
    alert, client = raised(acme), admin(acme)
    path = f"/apiconfig/services/{acme.product.pk}/alerts"
    assert client.post(f"{path}/mark", {"alert": alert.pk, "state": "read"})["Location"] == path
    assert not unread_of(acme.tenant, acme.product).exists()
    client.post(f"{path}/mark", {"alert": alert.pk, "state": "deleted"})
    alert.refresh_from_db()
    assert "1 alert deleted" in toasts(client)
    assert "No alerts" in text(client.get(path))
    client.post(f"{path}/mark", {"token": alert.marked})
    alert.refresh_from_db()
    assert alert.state == "read"


def all_of(state: str) -> dict[str, str]:
    """Return what the buttons for all that is listed send."""
    last = Alert.objects.order_by("pk").values_list("pk", flat=True).last()
    return {"all": "1", "state": state, "last": str(last)}


def test_all_are_marked_at_once_and_twice_does_nothing_more(acme: Provider) -> None:
    for window in range(3):
        raised(acme, window)
    client = admin(acme)
    for state in STATES:
        for _ in range(2):
            assert client.post(f"{ALL}/mark", all_of(state)).status_code == 302
        assert set(Alert.objects.values_list("state", flat=True)) == {state}
    done = mark(acme.tenant, Alert.objects.all(), "read", by=BY)
    assert (done.count, unmark(acme.tenant, Alert.objects.all(), "", by=BY)) == (0, 0)


NARROWED = {
    "kind=violations": (2, "deleted"), "q=second": (1, "deleted"),
    "kind=unread&q=SECOND": (1, "read"), "": (4, "read"),
    f"product={10**17}": (0, "deleted"), "kind=nonsense": (0, "deleted"),
}  # fmt: skip


@pytest.mark.parametrize(("asked", "done"), NARROWED.items(), ids=repr)
def test_all_are_those_that_are_listed(acme: Provider, asked: str, done: tuple[int, str]) -> None:
    count, state = done
    acme.another_product("Other")  # so that there is a choice of products
    for window, level in enumerate((80, 100, 150)):
        raised(acme, window, level)
    store(
        acme.another_application(name="Second"),
        Reached(acme.hits.pk, "hour", 9, 90, "hits per hour", 90, 100),
    )
    client = admin(acme)
    sent = client.post(f"{ALL}/mark?{asked}", all_of(state))
    assert sent["Location"] == f"{ALL}?{asked}".removesuffix("?")
    assert Alert.objects.filter(state=state).count() == count


def test_the_buttons_for_all_say_how_many_and_spare_what_comes_meanwhile(acme: Provider) -> None:
    for window, level in enumerate((80, 100, 150)):
        raised(acme, window, level)
    client = admin(acme)
    page = client.get(f"{ALL}?kind=violations&sort=level")
    assert "Mark all 2 new ones as read" in text(page)
    assert "Delete 2 alerts? Only those that are listed now" in text(page)
    assert f'action="{ALL}/mark?kind=violations&amp;sort=level"' in page.content.decode()
    sent = all_of("deleted")
    late = raised(acme, 7, 200)
    client.post(f"{ALL}/mark?kind=violations", sent)
    assert "2 alerts deleted" in toasts(client)
    assert late in unread_of(acme.tenant)
    client.post(f"{ALL}/mark?kind=violations", sent)
    assert "No alert was changed" in toasts(client)
    every = text(client.get(f"{ALL}?kind=nonsense"))
    assert "Delete 2 alerts? All that are listed" in every


@pytest.mark.parametrize(
    "given", [{}, {"alert": "x", "state": "read"}, {"alert": "9" * 40, "state": "read"},
              {"all": "1", "state": "burnt"}, {"token": "0"}]
)  # fmt: skip
def test_what_makes_no_sense_changes_nothing(acme: Provider, given: dict[str, str]) -> None:
    raised(acme)
    assert admin(acme).post(f"{ALL}/mark", given).status_code == 302
    assert unread_of(acme.tenant).count() == 1


def test_strangers_and_members_kept_to_products_see_and_change_nothing(
    acme: Provider, globex: Provider
) -> None:
    raised(acme)
    narrow = member(acme, User.Section.MONITORING, products=[])
    for client in (admin(globex), narrow):
        assert "hits per hour" not in text(client.get(ALL))
        client.post(f"{ALL}/mark", all_of("deleted"))
    assert narrow.get(f"/apiconfig/services/{acme.product.pk}/alerts").status_code == 404
    assert member(acme, name="lowly").get(ALL).status_code == 403
    assert unread_of(acme.tenant).count() == 1


def queries(client: Client) -> int:
    with CaptureQueriesContext(
        connection,
    ) as found:
        assert client.get(f"{ALL}?q=hits&sort=level").status_code == 200
    return len(found)


def test_a_long_list_costs_no_more_queries(acme: Provider) -> None:
    raised(acme, level=120)
    client = admin(acme)
    client.get(ALL)
    few = queries(client)
    for window in range(1, 60):
        raised(acme, window)
    assert queries(client) == few
    assert "Violation, 120 %" in text(client.get(f"{ALL}?sort=-level"))


def test_the_list_is_narrowed_to_a_product_to_new_ones_and_to_violations(acme: Provider) -> None:
    client, other = admin(acme), acme.another_product("Other")
    raised(acme, level=80)
    mark(acme.tenant, Alert.objects.filter(tenant=acme.tenant), "read", by=BY)
    raised(acme, window=1, level=120)
    both = text(client.get(ALL))
    assert ("80 of 100" in both, "120 of 100" in both) == (True, True)
    for asked, seen in {
        f"product={acme.product.pk}": (True, True), f"product={other.pk}": (False, False),
        "kind=unread": (False, True), "kind=violations": (False, True),
        "kind=nonsense&product=x": (True, True),
    }.items():  # fmt: skip
        page = text(client.get(f"{ALL}?{asked}"))
        assert (asked, "80 of 100" in page, "120 of 100" in page) == (asked, *seen)


def test_only_products_that_a_member_may_see_are_offered(acme: Provider) -> None:
    raised(acme)
    for name in ("Second", "Third"):
        acme.another_product(name)
    mine = [acme.product.pk, *Product.objects.filter(name="Third").values_list("pk", flat=True)]
    client = member(acme, User.Section.MONITORING, products=mine)
    page = client.get(ALL).content.decode()
    assert (">Third</option>" in page, ">Second</option>" in page) == (True, False)
    assert set(AlertFilter(products=Product.objects.none()).fields) == {"kind"}
