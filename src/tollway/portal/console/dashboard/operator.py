"""The operator's dashboard: the organisations of the installation, and how each one does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.expressions import Expression
from django.db.models.functions import Lower
from django.http import HttpRequest, HttpResponse
from msgspec import Struct

from tollway import clock
from tollway.core.series import QUARTER_S, quarter_of
from tollway.portal.accounts.models import Account
from tollway.portal.analytics import selectors as analytics
from tollway.portal.analytics.models import UsageRow
from tollway.portal.catalog.models import HITS, Metric
from tollway.portal.console.dashboard.traffic import DAY_S
from tollway.portal.console.shell import Section, show
from tollway.portal.console.sight import Sight, sight_of
from tollway.portal.tenants import selectors as tenants
from tollway.portal.tenants.hosts import admin_host
from tollway.portal.tenants.models import Tenant
from tollway.portal.web.listing import listed

SORTS: Mapping[str, str | Expression] = {
    "name": Lower("org_name"),
    "state": "state",
    "created": "created_at",
}
_LEVELS = {
    Tenant.State.APPROVED: "go",
    Tenant.State.CREATED: "wait",
    Tenant.State.PENDING: "wait",
    Tenant.State.REJECTED: "stop",
    Tenant.State.SUSPENDED: "stop",
    Tenant.State.SCHEDULED_FOR_DELETION: "stop",
}


class Row(Struct, frozen=True):
    tenant: Tenant
    level: str
    portal: str  # the address of its admin portal
    calls: int  # of the last 24 hours
    accounts: int


def organisations(sight: Sight) -> QuerySet[Tenant]:
    """Return the installation's organisations, for who is let into the operator's accounts."""
    found = tenants.providers_of(sight.tenant)
    return found if sight.audience else found.none()


def index(request: HttpRequest) -> HttpResponse:
    sight = sight_of(request)
    found = organisations(sight)
    listing = listed(request, found, sorts=SORTS, default="name", search=_search)
    context = {
        "listing": listing,
        "rows": _rows(request, list(listing.page.object_list)),
        "organisations": found.count(),
        "permitted": sight.audience,
    }
    return show(request, "console/operator.html", Section("dashboard"), context)


def _search(found: QuerySet[Tenant], text: str) -> QuerySet[Tenant]:
    return found.filter(Q(org_name__icontains=text) | Q(subdomain__icontains=text))


def _rows(request: HttpRequest, page: Sequence[Tenant]) -> list[Row]:
    """Return a row for each tenant of the page: two queries, however many they are."""
    shown = [tenant.pk for tenant in page]
    counted = Account.objects.filter(tenant__in=shown).order_by().values_list("tenant")
    accounts = dict(counted.annotate(count=Count("pk")))
    calls = _calls(shown)
    return [
        Row(
            tenant,
            _LEVELS[Tenant.State(tenant.state)],
            portal_of(request, tenant),
            calls.get(tenant.pk, 0),
            accounts.get(tenant.pk, 0),
        )
        for tenant in page
    ]


def _calls(shown: Sequence[int]) -> dict[int, int]:
    until = quarter_of(clock.now()) + QUARTER_S
    hits = Metric.objects.filter(tenant__in=shown, product__isnull=False, system_name=HITS)
    made = UsageRow.objects.filter(tenant__in=shown, metric_id__in=hits.values("pk"))
    made = analytics.between(made, since=until - DAY_S, until=until)
    return dict(made.order_by().values_list("tenant").annotate(total=Sum("value")))


def portal_of(request: HttpRequest, tenant: Tenant) -> str:
    """Return the address of a tenant's admin portal, by the way this request came."""
    _, colon, port = request.get_host().partition(":")
    return f"{request.scheme}://{admin_host(tenant)}{colon}{port}/"
