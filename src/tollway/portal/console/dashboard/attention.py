"""What needs somebody: versions to promote, accounts and applications that wait, limits used up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from django.db.models import Count, Min, Model, QuerySet
from msgspec import Struct

from tollway.portal.accounts import selectors as accounts
from tollway.portal.accounts.models import Account
from tollway.portal.analytics import selectors as analytics
from tollway.portal.analytics.models import ReachedLevel
from tollway.portal.applications.models import Application
from tollway.portal.catalog import selectors as catalog
from tollway.portal.catalog.models import Metric, ProxyConfig
from tollway.portal.console import places
from tollway.portal.console.dashboard.numbers import counted
from tollway.portal.console.sight import Sight

SHOWN = 3  # of products, and of applications; the rest is one line
FULL = 100  # percent


class Need(Struct, frozen=True):
    """``level``: "wait" or "stop". Without ``url``, where to act has no page yet."""

    level: str
    subject: str
    text: str
    verb: str = ""
    url: str = ""
    since: datetime | None = None


class Versions(Struct, frozen=True):
    """What gateways serve; None where there is nothing."""

    staging: int | None = None
    production: int | None = None

    @property
    def waits(self) -> bool:
        return self.staging is not None and self.staging != self.production


def versions_of(sight: Sight) -> Mapping[int, Versions]:
    """Return the versions in force, by product."""
    found: dict[int, Versions] = {}
    staging, production = (
        dict(sight.within(catalog.configs_in_force(sight.tenant, each), "product").values_list(
            "product_id", "version"
        ))
        for each in (ProxyConfig.Environment.SANDBOX, ProxyConfig.Environment.PRODUCTION)
    )  # fmt: skip
    for product in staging.keys() | production.keys():
        found[product] = Versions(staging.get(product), production.get(product))
    return found


def needs(
    sight: Sight, names: Mapping[int, str], versions: Mapping[int, Versions], *, at: int
) -> list[Need]:
    """Return what needs this user; ``names`` are those of the products that are shown to them."""
    found: list[Need] = []
    if sight.setup:
        found += _promotions(names, versions)
    if sight.audience:
        found += _waiting_accounts(sight)
        found += _waiting_applications(sight)
    if sight.usage:
        found += _full_limits(sight, at)
    return found


def _promotions(names: Mapping[int, str], versions: Mapping[int, Versions]) -> Iterator[Need]:
    waiting = [(pk, each) for pk, each in versions.items() if each.waits and pk in names]
    waiting.sort(key=lambda item: names[item[0]].lower())
    for pk, each in waiting[:SHOWN]:
        runs = "nothing" if each.production is None else f"v{each.production}"
        text = f"has v{each.staging} on staging, production runs {runs}"
        yield Need("wait", names[pk], text, "Review", places.integration(pk))
    more = max(len(waiting) - SHOWN, 0)
    if more:
        text = "with versions that wait on staging"
        yield Need("wait", f"{counted(more, 'product')} more", text, "Look", places.products())


def _waiting_accounts(sight: Sight) -> Iterator[Need]:
    waiting = accounts.accounts_of(sight.tenant).filter(state=Account.State.PENDING)
    yield from _waiting(waiting, "account", places.accounts())


def _waiting_applications(sight: Sight) -> Iterator[Need]:
    waiting = Application.objects.filter(tenant=sight.tenant, state=Application.State.PENDING)
    yield from _waiting(sight.within(waiting, "product"), "application", places.applications())


def _waiting(rows: QuerySet[Model], noun: str, url: str) -> Iterator[Need]:
    found = rows.aggregate(count=Count("pk"), oldest=Min("created_at"))
    count = found["count"]
    if count:
        text = f"{'waits' if count == 1 else 'wait'} for approval"
        yield Need("wait", counted(count, noun), text, "Approve", url, found["oldest"])


def _full_limits(sight: Sight, at: int) -> Iterator[Need]:
    """Tell of applications that have used a limit up in a window that still runs."""
    levels = analytics.still_running(analytics.levels_of(sight.tenant), at=at)
    levels = sight.within(levels.filter(level__gte=FULL), "application__product")
    worst = list(levels.select_related("application").order_by("-level", "id")[: SHOWN * 2])
    metrics = Metric.objects.in_bulk({each.metric_id for each in worst})
    told: dict[int, Need] = {}
    for each in worst:
        if each.application_id not in told and len(told) < SHOWN:
            told[each.application_id] = _full_limit(each, metrics.get(each.metric_id))
    yield from told.values()
    more = levels.values("application").distinct().count() - len(told) if told else 0
    if more > 0:
        subject = f"{counted(more, 'application')} more"
        yield Need("stop", subject, "at a limit", "Look", places.alerts())


def _full_limit(reached: ReachedLevel, metric: Metric | None) -> Need:
    of = f"{metric.system_name} " if metric else ""
    text = f"has used {reached.level} % of its {of}per {reached.period}"
    application = reached.application
    return Need("stop", application.name, text, "Look", places.application(application.pk))
