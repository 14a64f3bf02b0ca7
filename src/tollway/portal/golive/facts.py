"""How each milestone is told from what is there now.

Most are questions whether there is such a row. Every dashboard asks those that are still open, so
they are put to the database together, as one statement. The others are looked at in turn.

S3 of the seed's checklist asks what a test with the Echo API is worth. Here it counts: the quick
start's API is the Echo API, and the call takes the same way. That the API is the tenant's own is a
milestone by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from django.db.models import Count, Exists, F, Q, QuerySet, Sum
from msgspec import Struct

from tollway.core.periods import Period, window
from tollway.core.series import QUARTER_S
from tollway.portal.accounts import selectors as accounts
from tollway.portal.analytics import selectors as analytics
from tollway.portal.analytics.models import Meter
from tollway.portal.catalog import selectors as catalog
from tollway.portal.catalog.models import (
    HITS,
    BackendUsage,
    MappingRule,
    Metric,
    Product,
    Proxy,
    ProxyConfig,
)
from tollway.portal.events import selectors as events
from tollway.portal.golive.models import Milestone
from tollway.portal.plans.models import ApplicationPlan, PricingRule, UsageLimit
from tollway.portal.tenants.models import Tenant

HOUR_S = 3600
EVENTS_LOOKED_AT = 1000  # of the log's newest
LIMITS_LOOKED_AT = 5  # the newest of a tenant
CALLERS_LOOKED_AT = 20
_PASSED = "passed"
_ECHO, _ECHO_OF_THE_SEED = "echo.", "echo-api.3scale.net"


class Way(Struct, frozen=True):
    """A tenant, at a moment, that has reached some milestones already."""

    tenant: Tenant
    at: int
    reached: frozenset[Milestone]


Rows = Callable[[Tenant], Exists | Q]
Look = Callable[[Way], bool]


def _api_tested(tenant: Tenant) -> Q:
    """Ask whether a test call has passed: the last one of a product, or one not long ago."""
    passed = Proxy.objects.filter(tenant=tenant, api_test_success=True)
    return Exists(passed) | _newest_events(tenant, "tryout.ended", after__outcome=_PASSED)


def _test_recorded(tenant: Tenant) -> Exists:
    """Ask whether calls of a product that was tested are in the books."""
    tested = Proxy.objects.filter(tenant=tenant, api_test_success__isnull=False)
    called = Meter.objects.filter(tenant=tenant, product_id__in=tested.values("product"))
    return Exists(called)


def _deployed(tenant: Tenant) -> Exists:
    """Ask whether somebody has promoted: the sample data's own version has no author."""
    production = ProxyConfig.Environment.PRODUCTION
    configs = catalog.all_proxy_configs_of(tenant, production)
    return Exists(configs.filter(author__isnull=False))


def _limits(tenant: Tenant) -> QuerySet[UsageLimit]:
    return UsageLimit.objects.filter(tenant=tenant, removed=False, value__gt=0)


def _limit_set(tenant: Tenant) -> Exists:
    return Exists(_limits(tenant))


def _level_reached(tenant: Tenant) -> Exists:
    return Exists(analytics.levels_of(tenant).filter(level__gte=100))


def _limit_used_up(way: Way) -> bool:
    """Say whether an application's calls come up to a limit, for which it needs no level."""
    if Milestone.LIMIT_SET not in way.reached:
        return False
    newest = _limits(way.tenant).select_related("tenant", "plan__product", "metric")
    return any(_used_up(each, way.at) for each in newest.order_by("-id")[:LIMITS_LOOKED_AT])


def _used_up(limit: UsageLimit, at: int) -> bool:
    """Look at the running window, and at the hour before this one. Minutes are not recorded."""
    period = Period(limit.period)
    if period is Period.MINUTE:
        return False
    hourly = period is Period.HOUR
    used = analytics.between(
        analytics.usage_of(limit.tenant, product=limit.plan.product, metric=limit.metric),
        since=window(period, at).start - (HOUR_S if hourly else 0),
        until=at + QUARTER_S,
    )
    grid = HOUR_S if hourly else at + QUARTER_S  # what is left of the others is one window
    summed = (
        used.annotate(cell=F("quarter") / grid)
        .order_by()
        .values_list("application_id", "cell")
        .annotate(total=Sum("value"))
        .filter(total__gte=limit.value)
    )
    ids = [application for application, *_ in summed[:CALLERS_LOOKED_AT]]
    return bool(ids) and limit.plan.applications.filter(pk__in=ids).exists()


def _developer_joined(tenant: Tenant) -> Exists:
    """Ask whether there is an account beside the sample's."""
    return Exists(accounts.accounts_of(tenant).order_by("pk")[1:2])


def _account_approved(tenant: Tenant) -> Exists:
    return _newest_events(tenant, "account.approved")


def _newest_events(tenant: Tenant, kind: str, **told: str) -> Exists:
    """Look for an event among the newest: the log has no index of kinds."""
    newest = events.events_of(tenant).order_by("-id").values("pk")[:EVENTS_LOOKED_AT]
    return Exists(events.events_of(tenant).filter(pk__in=newest, kind=kind, **told))


def _portal_opened(way: Way) -> bool:
    return not way.tenant.site_access_code


def is_echo(endpoint: str) -> bool:
    """Say whether an address is the Echo API's, ours or the seed's.

    >>> is_echo("http://echo.localhost:3002"), is_echo("https://api.acme.example")
    (True, False)
    """
    host = urlsplit(endpoint).hostname or ""
    return host.startswith(_ECHO) or host == _ECHO_OF_THE_SEED


def _own_api(way: Way) -> bool:
    used = catalog.backends_of(way.tenant).filter(usages__isnull=False)
    return any(not is_echo(address) for address in used.values_list("private_endpoint", flat=True))


def _parts(tenant: Tenant) -> QuerySet[Metric]:
    """Return methods and metrics beside the `hits` that is always there."""
    return Metric.objects.filter(tenant=tenant).exclude(parent=None, system_name=HITS)


def _metric_added(tenant: Tenant) -> Exists:
    return Exists(_parts(tenant))


def _rule_added(tenant: Tenant) -> Exists:
    parts = _parts(tenant).values("pk")
    return Exists(MappingRule.objects.filter(tenant=tenant, metric__in=parts))


def _limits_of_parts(tenant: Tenant) -> QuerySet[UsageLimit]:
    parts = _parts(tenant).values("pk")
    return UsageLimit.objects.filter(tenant=tenant, removed=False, metric__in=parts)


def _part_limited(tenant: Tenant) -> Exists:
    return Exists(_limits_of_parts(tenant).filter(value__gt=0))


def _part_switched_off(tenant: Tenant) -> Exists:
    return Exists(_limits_of_parts(tenant).filter(value=0))


def _alerts_chosen(way: Way) -> bool:
    chosen = catalog.products_of(way.tenant).values_list("notification_settings", flat=True)
    return any(any(levels.values()) for levels in chosen)


def _self_managed(tenant: Tenant) -> Exists:
    own = Product.DeploymentOption.SELF_MANAGED
    return Exists(catalog.products_of(tenant).filter(deployment_option=own))


def _openid_connect(tenant: Tenant) -> Exists:
    oidc = Product.BackendVersion.OIDC
    return Exists(catalog.products_of(tenant).filter(backend_version=oidc))


def _several_backends(tenant: Tenant) -> Exists:
    usages = BackendUsage.objects.filter(tenant=tenant).order_by().values("product")
    return Exists(usages.annotate(count=Count("id")).filter(count__gt=1))


def _priced(tenant: Tenant) -> Q:
    costs = ApplicationPlan.objects.filter(tenant=tenant).filter(
        Q(setup_fee__gt=0) | Q(cost_per_month__gt=0)
    )
    return Exists(PricingRule.objects.filter(tenant=tenant)) | Exists(costs)


ROWS: Mapping[Milestone, Rows] = {
    Milestone.API_TESTED: _api_tested,
    Milestone.TEST_RECORDED: _test_recorded,
    Milestone.DEPLOYED: _deployed,
    Milestone.LIMIT_SET: _limit_set,
    Milestone.LIMIT_SEEN: _level_reached,
    Milestone.DEVELOPER_JOINED: _developer_joined,
    Milestone.ACCOUNT_APPROVED: _account_approved,
    Milestone.METRIC_ADDED: _metric_added,
    Milestone.RULE_ADDED: _rule_added,
    Milestone.PART_LIMITED: _part_limited,
    Milestone.PART_SWITCHED_OFF: _part_switched_off,
    Milestone.SELF_MANAGED: _self_managed,
    Milestone.OPENID_CONNECT: _openid_connect,
    Milestone.SEVERAL_BACKENDS: _several_backends,
    Milestone.PRICED: _priced,
}
LOOKS: Mapping[Milestone, Look] = {
    Milestone.LIMIT_SEEN: _limit_used_up,
    Milestone.PORTAL_OPENED: _portal_opened,
    Milestone.OWN_API: _own_api,
    Milestone.ALERTS_CHOSEN: _alerts_chosen,
}


def news(way: Way) -> frozenset[Milestone]:
    """Return the milestones that have been reached and are not in ``way.reached``."""
    found = _asked(way)
    if Milestone.API_TESTED not in way.reached | found:
        found -= {Milestone.TEST_RECORDED}  # what is in the books then, is not the test
    so_far = Way(way.tenant, way.at, way.reached | found)
    open_ones = LOOKS.keys() - so_far.reached
    return found | {each for each in open_ones if LOOKS[each](so_far)}


def _asked(way: Way) -> frozenset[Milestone]:
    """Ask for the rows of all that are open, in one statement."""
    asked = {each.value: rows(way.tenant) for each, rows in ROWS.items() if each not in way.reached}
    if not asked:
        return frozenset()
    answers = Tenant.objects.filter(pk=way.tenant.pk).values(**asked).get()
    return frozenset(Milestone(name) for name, answer in answers.items() if answer)
