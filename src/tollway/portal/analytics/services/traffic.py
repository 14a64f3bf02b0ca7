"""The first traffic of an application, ever and on each day (UTC), and its last."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from tollway.portal.analytics.services.happenings import Happening
from tollway.portal.applications.models import Application
from tollway.portal.applications.services.log import identity

_NEVER = datetime.min.replace(tzinfo=UTC)
# The last call is known to this: an application that calls all the time costs one update in it.
LAST_WITHIN = timedelta(minutes=1)


def note_traffic(application: Application, times: Iterable[int]) -> Iterator[Happening]:
    """Write down when traffic came first and last, if at these times; yield what is news of it."""
    moments = sorted(datetime.fromtimestamp(at, UTC) for at in set(times))
    rows = Application.objects.filter(pk=application.pk)
    if application.first_traffic_at is None and rows.filter(first_traffic_at=None).update(
        first_traffic_at=moments[0]
    ):
        yield _happening(application, "first_traffic", moments[0])
    last = application.last_traffic_at
    if last is None or moments[-1] - last >= LAST_WITHIN:
        rows.exclude(last_traffic_at__gte=moments[-1]).update(last_traffic_at=moments[-1])
    known = application.first_daily_traffic_at or _NEVER
    for moment in moments:
        if moment.date() > known.date():
            known = moment
            if rows.exclude(first_daily_traffic_at__gte=_midnight(moment)).update(
                first_daily_traffic_at=moment
            ):
                yield _happening(application, "first_daily_traffic", moment)


def _happening(application: Application, what: str, moment: datetime) -> Happening:
    after = {**identity(application), f"{what}_at": moment.isoformat()}
    return Happening(application.tenant, f"application.{what}", application.pk, after)


def _midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)
