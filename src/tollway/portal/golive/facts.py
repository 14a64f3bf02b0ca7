"""How each milestone is told from what is there now.

S3 of the seed's checklist asks what a test with the Echo API is worth. Here it counts: the quick
start's API is the Echo API, and the call takes the same way. That the API is the tenant's own is a
milestone by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

import msgspec
from django.db.models import Count, F, Q, QuerySet, Sum
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


Fact = Callable[[Way], bool]


def _api_tested(way: Way) -> bool:
    """Say whether a test call has passed: the last one of a product, or one not long ago."""
    passed = Proxy.objects.filter(tenant=way.tenant, api_test_success=True)
    return passed.exists() or _newest_events(way, "tryout.ended", after__outcome=_PASSED)


def _test_recorded(way: Way) -> bool:
    """Say whether calls of a product that was tested are in the books."""
    tested = Proxy.objects.filter(tenant=way.tenant, api_test_success__isnull=False)
    called = Meter.objects.filter(tenant=way.tenant, product_id__in=tested.values("product"))
    return Milestone.API_TESTED in way.reached and called.exists()


def _deployed(way: Way) -> bool:
    """Say whether somebody has promoted: the sample data's own version has no author."""
    production = ProxyConfig.Environment.PRODUCTION
    configs = catalog.all_proxy_configs_of(way.tenant, production)
    return configs.filter(author__isnull=False).exists()


def _limits(way: Way) -> list[UsageLimit]:
    found = UsageLimit.objects.filter(tenant=way.tenant, removed=False, value__gt=0)
    return list(
        found.select_related("tenant", "plan__product", "metric").order_by("-id")[:LIMITS_LOOKED_AT]
    )


def _limit_set(way: Way) -> bool:
    return bool(_limits(way))


def _limit_seen(way: Way) -> bool:
    """Say whether an application has come up to a limit, by levels reached or by what was used."""
    if analytics.levels_of(way.tenant).filter(level__gte=100).exists():
        return True
    return any(_used_up(limit, way.at) for limit in _limits(way))


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


def _developer_joined(way: Way) -> bool:
    """Say whether there is an account beside the sample's."""
    return len(accounts.accounts_of(way.tenant).values("pk")[:2]) > 1


def _account_approved(way: Way) -> bool:
    return _newest_events(way, "account.approved")


def _newest_events(way: Way, kind: str, **told: str) -> bool:
    """Look for an event among the newest: the log has no index of kinds."""
    newest = events.events_of(way.tenant).order_by("-id").values("pk")[:EVENTS_LOOKED_AT]
    found = events.events_of(way.tenant).filter(pk__in=newest, kind=kind, **told)
    return found.exists()


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


def _parts(way: Way) -> QuerySet[Metric]:
    """Return methods and metrics beside the `hits` that is always there."""
    return Metric.objects.filter(tenant=way.tenant).exclude(parent=None, system_name=HITS)


def _metric_added(way: Way) -> bool:
    return _parts(way).exists()


def _rule_added(way: Way) -> bool:
    rules = MappingRule.objects.filter(tenant=way.tenant, metric__in=_parts(way).values("pk"))
    return rules.exists()


def _limits_of_parts(way: Way) -> QuerySet[UsageLimit]:
    parts = _parts(way).values("pk")
    return UsageLimit.objects.filter(tenant=way.tenant, removed=False, metric__in=parts)


def _part_limited(way: Way) -> bool:
    return _limits_of_parts(way).filter(value__gt=0).exists()


def _part_switched_off(way: Way) -> bool:
    return _limits_of_parts(way).filter(value=0).exists()


def _alerts_chosen(way: Way) -> bool:
    chosen = catalog.products_of(way.tenant).values_list("notification_settings", flat=True)
    return any(any(levels.values()) for levels in chosen)


def _self_managed(way: Way) -> bool:
    own = Product.DeploymentOption.SELF_MANAGED
    return catalog.products_of(way.tenant).filter(deployment_option=own).exists()


def _openid_connect(way: Way) -> bool:
    oidc = Product.BackendVersion.OIDC
    return catalog.products_of(way.tenant).filter(backend_version=oidc).exists()


def _several_backends(way: Way) -> bool:
    usages = BackendUsage.objects.filter(tenant=way.tenant).order_by().values("product")
    return usages.annotate(count=Count("id")).filter(count__gt=1).exists()


def _priced(way: Way) -> bool:
    costs = ApplicationPlan.objects.filter(tenant=way.tenant).filter(
        Q(setup_fee__gt=0) | Q(cost_per_month__gt=0)
    )
    return PricingRule.objects.filter(tenant=way.tenant).exists() or costs.exists()


FACTS: Mapping[Milestone, Fact] = {
    Milestone.API_TESTED: _api_tested,
    Milestone.TEST_RECORDED: _test_recorded,
    Milestone.DEPLOYED: _deployed,
    Milestone.LIMIT_SET: _limit_set,
    Milestone.LIMIT_SEEN: _limit_seen,
    Milestone.DEVELOPER_JOINED: _developer_joined,
    Milestone.ACCOUNT_APPROVED: _account_approved,
    Milestone.PORTAL_OPENED: _portal_opened,
    Milestone.OWN_API: _own_api,
    Milestone.METRIC_ADDED: _metric_added,
    Milestone.RULE_ADDED: _rule_added,
    Milestone.PART_LIMITED: _part_limited,
    Milestone.PART_SWITCHED_OFF: _part_switched_off,
    Milestone.ALERTS_CHOSEN: _alerts_chosen,
    Milestone.SELF_MANAGED: _self_managed,
    Milestone.OPENID_CONNECT: _openid_connect,
    Milestone.SEVERAL_BACKENDS: _several_backends,
    Milestone.PRICED: _priced,
}


def news(way: Way) -> frozenset[Milestone]:
    """Return the milestones that have been reached and are not in ``way.reached``.

    In the order of ``FACTS``, as some ask for others.
    """
    found: frozenset[Milestone] = frozenset()
    for milestone, fact in FACTS.items():
        so_far = msgspec.structs.replace(way, reached=way.reached | found)
        if milestone not in way.reached and fact(so_far):
            found |= {milestone}
    return found
