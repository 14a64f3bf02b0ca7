"""What a limit that is not in force yet would refuse at once."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from django.db.models import Exists, OuterRef, Q, QuerySet
from msgspec import Struct

from tollway import clock
from tollway.core.periods import Period
from tollway.portal.applications.models import Application
from tollway.portal.catalog.models import Metric
from tollway.portal.plans.models import ApplicationPlan, UsageLimit
from tollway.portal.standing.asking import asked
from tollway.store.usage import Question, Standing, UsageStreams

LOOKED_AT_MAX = 2_000
_PLACE = {period: place for place, period in enumerate(Period)}


class Effect(Struct, frozen=True):
    """Of ``live`` applications that a limit is to hold for, ``refused`` have used it up.

    At most ``LOOKED_AT_MAX`` are looked at: then there are ``more``, of which nothing is known.
    """

    live: int
    refused: int

    @property
    def more(self) -> bool:
        return self.live > LOOKED_AT_MAX


def effect_of_limit(
    plan: ApplicationPlan, metric: Metric, period: str, value: int
) -> Effect | None:
    """Say what a limit of ``value`` per ``period`` would do now. None: the store does not answer.

    Methods count into their metric: its counter has them in. A limit of 0 refuses whoever calls:
    those are counted who did so this month.
    """
    applications = _held(plan, metric, period)
    live = applications.count()
    rows = applications.order_by("-id").values_list("application_id", flat=True)[:LOOKED_AT_MAX]
    questions = [Question(str(plan.product_id), each, [str(metric.pk)]) for each in rows]
    if not questions:
        return Effect(0, 0)
    answers = _used(questions)
    if answers is None:
        return None
    place = _PLACE[Period(period) if value else Period.MONTH]
    return Effect(live, sum(answer[0].cell.used[place] >= max(value, 1) for answer in answers))


def _held(plan: ApplicationPlan, metric: Metric, period: str) -> QuerySet[Application]:
    """Return whom such a limit of a plan holds for.

    Also those with a plan made of it, unless that says something else of the metric and period.
    """
    own = UsageLimit.objects.filter(plan=OuterRef("plan"), metric=metric, period=period)
    made_of_it = Q(plan__parent=plan) & ~Exists(own)
    return Application.objects.filter(
        Q(plan=plan) | made_of_it, tenant=plan.tenant, state=Application.State.LIVE
    )


def used_now(
    application: Application, metrics: Collection[int]
) -> dict[tuple[int, str], int] | None:
    """Return what is used by (metric id, period), in the current windows. None: not known now."""
    if not metrics:
        return {}
    wanted = sorted(metrics)
    question = Question(
        str(application.product_id), application.application_id, [str(each) for each in wanted]
    )
    answers = _used([question])
    if answers is None:
        return None
    return {
        (metric, period.value): standing.cell.used[place]
        for metric, standing in zip(wanted, answers[0], strict=True)
        for period, place in _PLACE.items()
    }


def _used(questions: Sequence[Question]) -> list[list[Standing]] | None:
    at = clock.now()
    return asked(UsageStreams.connect, lambda streams: streams.standing(questions, at=at))
