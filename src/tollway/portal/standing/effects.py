"""What a limit that is not in force yet would refuse at once."""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence

from django.conf import settings
from msgspec import Struct

from tollway import clock
from tollway.core.periods import Period
from tollway.portal.applications.models import Application
from tollway.portal.catalog.models import Metric
from tollway.portal.plans.models import ApplicationPlan
from tollway.store import StoreUnavailableError
from tollway.store.usage import Question, Standing, UsageStreams

LOOKED_AT_MAX = 2_000
_PLACE = {period: place for place, period in enumerate(Period)}

_logger = logging.getLogger(__name__)


class Effect(Struct, frozen=True):
    """Of ``live`` applications on a plan, ``refused`` have used up a limit that is to be.

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

    Methods count into their metric: its counter has them in.
    """
    applications = Application.objects.filter(
        tenant=plan.tenant, plan=plan, state=Application.State.LIVE
    )
    live = applications.count()
    rows = applications.order_by("-id").values_list("application_id", flat=True)[:LOOKED_AT_MAX]
    questions = [Question(str(plan.product_id), each, [str(metric.pk)]) for each in rows]
    if not questions:
        return Effect(0, 0)
    answers = _ask(questions)
    if answers is None:
        return None
    place = _PLACE[Period(period)]
    return Effect(live, sum(answer[0].cell.used[place] >= value for answer in answers))


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
    answers = _ask([question])
    if answers is None:
        return None
    return {
        (metric, period.value): standing.cell.used[place]
        for metric, standing in zip(wanted, answers[0], strict=True)
        for period, place in _PLACE.items()
    }


def _ask(questions: Sequence[Question]) -> list[list[Standing]] | None:
    try:
        streams = UsageStreams.connect(settings.TOLLWAY.valkey_url)
        try:
            return streams.standing(questions, at=clock.now())
        finally:
            streams.close()
    except StoreUnavailableError as error:
        _logger.warning("the store does not say what is used: %s", error)
        return None
