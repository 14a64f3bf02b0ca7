from __future__ import annotations

from typing import Any

import pytest

from portal.analytics.streams import Listed
from portal.people import BY, Provider
from tollway.core import alerts
from tollway.core.periods import Period
from tollway.portal.analytics.models import StreamCursor
from tollway.portal.analytics.services import record
from tollway.portal.analytics.services.utilization import watched
from tollway.portal.catalog.services import create_metric, delete_backend_usage
from tollway.portal.events.models import Event
from tollway.portal.plans.services import create_limit
from tollway.store import Cell
from tollway.store.spending import PERIODS, UsageEvent

AT = 1_700_000_000  # a Tuesday, 22:13:20 UTC
HOUR, DAY = 3600, 86_400


@pytest.fixture
def limited(acme: Provider) -> Provider:
    """Acme's plan allows 100 hits a month and 10 a minute; its admins want to know."""
    create_limit(acme.plan, acme.hits, by=BY, period="month", value=100)
    create_limit(acme.plan, acme.hits, by=BY, period="minute", value=10)
    tick(acme, {"web_provider": [80, 100], "email_buyer": [50]})
    return acme


def tick(acme: Provider, levels: dict[str, list[int]]) -> None:
    acme.product.notification_settings = levels
    acme.product.save()


def see(acme: Provider, *, at: int = AT, **used: int) -> list[tuple[str, dict[str, Any]]]:
    """Record a call while the cells say that so much is used; return what is news of levels."""
    name, hits = acme.application.application_id, str(acme.hits.pk)
    StreamCursor.objects.update(positions={})  # each time another store, with this one call
    streams = Listed([UsageEvent(str(acme.product.pk), name, at, 0, [(hits, 1)])])
    streams.cells[name, hits] = Cell(tuple(used.get(period, 0) for period in PERIODS))
    before = set(Event.objects.values_list("pk", flat=True))
    record(streams, at=at)
    new = Event.objects.exclude(pk__in=before).filter(object_id=str(acme.application.pk))
    new = new.exclude(kind__startswith="application").order_by("pk")
    identity = {"product_id": acme.product.pk, "application_id": name}
    assert all(event.after.items() >= identity.items() for event in new)
    return [
        (event.kind, {k: v for k, v in event.after.items() if k not in identity}) for event in new
    ]


def levels(news: list[tuple[str, dict[str, Any]]]) -> list[tuple[str, int]]:
    """Return (period, level) of our own events, ("", level) of 3scale's."""
    return [(told.get("period", ""), told.get("level") or told["utilization"]) for _, told in news]


def test_an_alert_says_what_3scales_does_and_a_level_says_where(limited: Provider) -> None:
    alert, level = see(limited, month=81)
    assert alert == (
        "alert.raised",
        {"utilization": 80, "max_utilization": 0.81, "limit": "hits per month: 81/100"},
    )
    assert level == (
        "level.reached",
        {
            "metric_id": limited.hits.pk, "period": "month", "window": 1_698_796_800, "level": 80,
            "used": 81, "maximum": 100, "above": 0,
        },
    )  # fmt: skip


def test_a_level_is_news_once_in_its_window_and_again_when_it_rises(limited: Provider) -> None:
    assert levels(see(limited, month=50)) == [("", 50), ("month", 50)]
    assert see(limited, month=60) == []
    assert levels(see(limited, month=85)) == [("", 80), ("month", 80)]
    assert levels(see(limited, month=250)) == [("month", 100)]  # 200 is not ticked: 3scale's way
    assert see(limited, month=85) == []


def test_an_alert_may_be_raised_again_after_a_day(limited: Provider) -> None:
    assert levels(see(limited, month=80)) == [("", 80), ("month", 80)]
    assert see(limited, month=80, at=AT + DAY - 1) == []
    assert levels(see(limited, month=80, at=AT + DAY)) == [("", 80)]


def test_while_the_highest_level_is_fresh_no_other_alert_is_raised(limited: Provider) -> None:
    assert levels(see(limited, month=100)) == [("", 100), ("month", 100)]
    month_later = AT + 20 * DAY
    assert levels(see(limited, month=100, at=month_later)) == [("", 100), ("month", 100)]
    assert levels(see(limited, month=55, at=month_later + DAY - 1)) == []


def test_each_limit_has_levels_of_its_own(limited: Provider) -> None:
    news = levels(see(limited, minute=8, month=50))
    assert news == [("", 80), ("month", 50), ("minute", 80)]
    assert levels(see(limited, minute=10, month=50)) == [("", 100), ("minute", 100)]


def test_a_limit_per_minute_is_news_once_an_hour(limited: Provider) -> None:
    assert levels(see(limited, minute=8)) == [("", 80), ("minute", 80)]
    assert see(limited, minute=8, at=AT + 60) == []
    assert levels(see(limited, minute=8, at=AT + HOUR)) == [("minute", 80)]
    assert alerts.occasion(Period.MINUTE, AT) == AT // HOUR * HOUR


def test_where_nobody_wants_to_know_nothing_is_looked_at(limited: Provider) -> None:
    tick(limited, {"web_provider": []})
    limited.application.refresh_from_db()
    assert watched([limited.application]) == []
    assert see(limited, month=100) == []


def test_limits_that_say_nothing_of_use_are_not_watched(acme: Provider) -> None:
    tick(acme, {"web_buyer": [100]})
    of_backend = create_metric(acme.backend, by=BY, friendly_name="Bytes", unit="byte")
    create_limit(acme.plan, acme.hits, by=BY, period="day", value=0)
    create_limit(acme.plan, of_backend, by=BY, period="day", value=5)
    acme.application.refresh_from_db()
    (watch,) = watched([acme.application])
    assert [limit.metric for limit in watch.limits] == [str(of_backend.pk)]
    assert watch.question.metrics == [str(of_backend.pk)]
    delete_backend_usage(acme.product.backend_usages.get(), by=BY)
    assert watched([acme.application]) == []
