"""Methods and metrics: their list, and making, changing and deleting one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_POST, require_safe
from msgspec import Struct

from tollway.portal.catalog import selectors, services
from tollway.portal.catalog.models import Metric
from tollway.portal.console import naming
from tollway.portal.console.counting.metric_forms import NAMING, MetricForm, new_form, values
from tollway.portal.console.counting.owners import Owner
from tollway.portal.console.pages import actor_of
from tollway.portal.console.saving import save
from tollway.portal.console.shell import show
from tollway.portal.console.sight import Sight, sight_of
from tollway.portal.plans.models import PricingRule, UsageLimit
from tollway.portal.web.forms import typed
from tollway.portal.web.listing import listed
from tollway.portal.web.once import once
from tollway.portal.web.toasts import tell

METHODS, METRICS = "methods", "metrics"


class Tab(Struct, frozen=True):
    title: str
    url: str
    count: int
    current: bool


class TakenAlong(Struct, frozen=True):
    """What goes when a metric goes. ``plans`` limit or price it, and the user may see them."""

    rules: int
    limits: int
    prices: int
    plans: Sequence[str]

    @property
    def matters(self) -> bool:
        """Whether a plan changes by it."""
        return bool(self.limits or self.prices)


def index(request: HttpRequest, owner: Owner) -> HttpResponse:
    metrics = selectors.metrics_with_mapping_of(owner.tenant, owner.row)
    kind = request.GET.get("kind", "")
    shown = {METHODS: metrics.filter(parent__isnull=False), METRICS: metrics.filter(parent=None)}
    listing = listed(
        request,
        shown.get(kind, metrics),
        sorts={"created": "pk", "name": "friendly_name", "system_name": "system_name"},
        default="created",
        search=_search,
    )
    context = {
        "owner": owner,
        "listing": listing,
        "tabs": _tabs(owner, kind),
        "of_backends": _of_backends(owner),
        "urls": _urls(owner),
    }
    section = owner.section(request, "metrics")
    return show(request, "console/counting/metrics.html", section, context)


def _search(metrics: QuerySet[Any], text: str) -> QuerySet[Any]:
    return metrics.filter(
        Q(system_name__icontains=text)
        | Q(friendly_name__icontains=text)
        | Q(description__icontains=text)
    )


def _tabs(owner: Owner, kind: str) -> list[Tab]:
    found = selectors.metrics_of(owner.tenant, owner.row).order_by()
    counts = found.aggregate(all=Count("pk"), methods=Count("pk", filter=Q(parent__isnull=False)))
    metrics = counts["all"] - counts["methods"]
    url = owner.url("metrics")
    return [
        Tab("All", url, counts["all"], kind not in {METHODS, METRICS}),
        Tab("Methods", f"{url}?kind={METHODS}", counts["methods"], kind == METHODS),
        Tab("Metrics", f"{url}?kind={METRICS}", metrics, kind == METRICS),
    ]


def _of_backends(owner: Owner) -> list[Any]:
    """Return a product's uses of backends, each with ``metrics``: how many it brings."""
    if owner.product is None:
        return []
    usages = selectors.backend_usages_of(owner.tenant, owner.product)
    return list(usages.annotate(metrics=Count("backend__metrics")))


def _urls(owner: Owner) -> dict[str, str]:
    names = ("metrics", "metric-new", "method-new", "rule-new", "rules")
    return {name.replace("-", "_"): owner.url(name) for name in names}


@once
def new_metric(request: HttpRequest, owner: Owner) -> HttpResponse:
    return _new(request, owner, METRICS)


@once
def new_method(request: HttpRequest, owner: Owner) -> HttpResponse:
    return _new(request, owner, METHODS)


def _new(request: HttpRequest, owner: Owner, kind: str) -> HttpResponse:
    url = owner.url("metric-suggest")
    form = new_form(kind == METHODS, url, request.POST if request.method == "POST" else None)
    context = {"form": form, "is_method": kind == METHODS}
    if request.method != "POST":
        return _form(request, owner, context)
    create = services.create_method if kind == METHODS else services.create_metric
    metric = None
    if form.is_valid():
        metric = form.attempt(lambda: create(owner.row, by=actor_of(request), **form.cleaned_data))
    if metric is None:
        return _form(request, owner, context, status=422)
    detail = "Plans can limit it now. No mapping rule counts it yet."
    tell(request, f"{metric.system_name} is a {'method' if metric.parent_id else 'metric'}", detail)
    return HttpResponseRedirect(owner.url("metrics"))


@require_safe
def suggest(request: HttpRequest, owner: Owner) -> HttpResponse:
    others = selectors.metrics_of(owner.tenant, owner.row)
    return naming.suggest(request, NAMING, others, "friendly_name")


def metric_or_404(owner: Owner, metric_id: int) -> Metric:
    metric = selectors.metrics_of(owner.tenant, owner.row).filter(pk=metric_id).first()
    if metric is None:
        raise Http404
    return metric


def edit(request: HttpRequest, owner: Owner, metric_id: int) -> HttpResponse:
    metric = metric_or_404(owner, metric_id)
    if request.method != "POST":
        shown = MetricForm(initial=values(metric))
        return _form(request, owner, _context(sight_of(request), metric, shown))
    form = MetricForm(request.POST)
    if metric.parent_id is not None:
        del form.fields["unit"]
    outcome = save(
        request,
        form,
        metric,
        lambda: services.update_metric(metric, by=actor_of(request), **form.cleaned_data),
        values=values,
    )
    if not outcome.saved:
        context = _context(sight_of(request), metric_or_404(owner, metric_id), form)
        return _form(request, owner, {**context, "clash": outcome.clash}, status=outcome.status)
    tell(request, f"{metric.friendly_name} is saved")
    return HttpResponseRedirect(owner.url("metrics"))


def _context(sight: Sight, metric: Metric, form: MetricForm) -> dict[str, Any]:
    if metric.parent_id is not None:
        form.fields.pop("unit", None)
    return {
        "form": form,
        "metric": metric,
        "is_method": metric.parent_id is not None,
        "along": taken_along(sight, metric),
    }


@require_POST
def delete(request: HttpRequest, owner: Owner, metric_id: int) -> HttpResponse:
    """Remove a metric; with what plans say of it only if its name was typed."""
    metric = selectors.metrics_of(owner.tenant, owner.row).filter(pk=metric_id).first()
    if metric is None:  # gone already, as was wanted
        return HttpResponseRedirect(owner.url("metrics"))
    if taken_along(sight_of(request), metric).matters and not typed(request, metric.system_name):
        refusal = f"Nothing was deleted: type {metric.system_name} to confirm."
    else:
        refusal = _refused(request, metric)
    if refusal:
        context = _context(sight_of(request), metric, MetricForm(initial=values(metric)))
        return _form(request, owner, {**context, "refusal": refusal}, status=422)
    tell(request, f"{metric.system_name} is deleted")
    return HttpResponseRedirect(owner.url("metrics"))


def taken_along(sight: Sight, metric: Metric) -> TakenAlong:
    limits = UsageLimit.objects.filter(tenant=metric.tenant, metric=metric)
    prices = PricingRule.objects.filter(tenant=metric.tenant, metric=metric)
    seen: list[UsageLimit | PricingRule] = [
        *sight.within(limits, "plan__product").select_related("plan__parent").order_by("id")[:20],
        *sight.within(prices, "plan__product").select_related("plan__parent").order_by("id")[:20],
    ]
    plans = {row.plan.terms.name for row in seen}
    return TakenAlong(metric.mapping_rules.count(), limits.count(), prices.count(), sorted(plans))


def _refused(request: HttpRequest, metric: Metric) -> str:
    """Delete a metric; return why that was not possible, or ""."""
    try:
        services.delete_metric(metric, by=actor_of(request))
    except ValidationError as refusal:
        advice = "Delete its mapping rules, deploy and promote; then it can go."
        return f"{'. '.join(refusal.messages)}. {'' if metric.is_hits else advice}".strip()
    return ""


def _form(
    request: HttpRequest, owner: Owner, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    section = owner.section(request, "metrics")
    shown = {"owner": owner, "urls": _urls(owner), **context}
    if metric := context.get("metric"):
        shown["delete_url"] = owner.url("metric-delete", metric_id=metric.pk)
    return show(request, "console/counting/metric_form.html", section, shown, status=status)
