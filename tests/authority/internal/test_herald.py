"""What is told of traffic and levels: each once, whoever tells it and however often it is read."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

import servers
from authority.internal.provisioning import Api
from tollway.authority.internal.herald import DAY_S, Told, news
from tollway.core.limits import Limit, Report
from tollway.core.periods import Period, window
from tollway.store import keys

AT = 1_763_942_400
DAY = AT // DAY_S
ALL = (50, 80, 90, 100, 120)


def report(used: int, maximum: int, metric: str = "hits") -> Report:
    limit = Limit(metric, Period.DAY, maximum)
    return Report(limit, window(Period.DAY, AT), used, used)


def kinds(
    told: Told | None, *reports: Report, latest: int = AT, levels: Sequence[int] = ALL
) -> list[object]:
    """Return what is told, of alerts the level."""
    _, events = news(told, latest, reports, levels, at=AT)
    return [event.object.get("utilization", event.type) for event in events]


@pytest.mark.parametrize(
    ("told", "latest", "expected"),
    [
        (None, AT, ["first_traffic", "first_daily_traffic"]),
        (Told(DAY), AT, []),
        (Told(DAY - 1), AT, ["first_daily_traffic"]),
        (Told(DAY + 1), AT, []),
        (Told(DAY), AT - DAY_S, []),
    ],
)
def test_first_traffic_is_told_once_and_once_a_day(
    told: Told | None, latest: int, expected: list[str]
) -> None:
    assert kinds(told, latest=latest) == expected
    after, _ = news(told, latest, [], (), at=AT)
    assert news(after, latest, [], (), at=AT) == (after, [])


@pytest.mark.parametrize(
    ("reports", "levels", "raised", "expected"),
    [
        ([report(49, 100)], ALL, {}, []),
        ([report(50, 100)], ALL, {}, [50]),
        ([report(95, 100)], ALL, {}, [90]),
        ([report(95, 100)], (50, 80), {}, []),  # only the level reached is looked at
        ([report(79, 100), report(81, 100)], ALL, {}, [80]),  # the tightest limit decides
        ([report(5, 0), report(50, 100)], ALL, {}, [50]),
        ([report(5, 0)], ALL, {}, []),
        ([report(80, 100)], ALL, {80: AT - DAY_S + 1}, []),
        ([report(80, 100)], ALL, {80: AT - DAY_S}, [80]),
        ([report(80, 100)], ALL, {120: AT - 1}, []),  # while the highest is fresh, nothing is
        ([report(80, 100)], (), {}, []),
        ([report(500, 100)], (300,), {}, [300]),
    ],
)
def test_a_level_is_raised_as_3scale_raises_it(
    reports: list[Report], levels: Sequence[int], raised: dict[int, int], expected: list[int]
) -> None:
    assert kinds(Told(DAY, raised), *reports, levels=levels) == expected


def test_an_alert_says_where_the_limit_stood() -> None:
    _, (event,) = news(Told(DAY), AT, [report(81, 100, "foos")], ALL, at=AT)
    assert event.object == {
        "utilization": 80,
        "max_utilization": 0.81,
        "timestamp": "2025-11-24 00:00:00 UTC",
        "limit": "foos per day: 81/100",
    }


def test_nothing_waits_in_the_streams_and_nothing_is_told_twice(api: Api) -> None:
    service = api.service(backend_version="2")
    for n in range(10):
        api.application(service, f"app{n}")
    for n in range(200):
        api.authrep(service, app_id=f"app{n % 10}", usage_hits="1")
    client = servers.client_of(api.url)
    servers.wait_until(
        lambda: sum(client.xlen(keys.heard(n)) for n in range(keys.SHARDS)) == 0, "all was read"
    )
    told = [(e["type"], e["object"]["application_id"]) for e in api.events(service)]
    assert len(told) == len(set(told)) == 20


def test_its_usage_is_not_in_the_portals_streams(api: Api) -> None:
    service = api.service(backend_version="2")
    api.application(service)
    api.authrep(service, app_id="app", usage_hits="1")
    client = servers.client_of(api.url)
    assert sum(client.xlen(keys.stream(n)) for n in range(keys.SHARDS)) == 0
