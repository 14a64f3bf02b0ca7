"""Mapping rules: their table in the order in which they are tried, and what changes it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_POST
from msgspec import Struct

from tollway.portal.catalog import selectors, services
from tollway.portal.catalog.models import Backend, MappingRule, Product
from tollway.portal.console.counting import trying
from tollway.portal.console.counting.owners import Owner
from tollway.portal.console.counting.rule_forms import MetricFilter, RuleForm, values
from tollway.portal.console.pages import actor_of
from tollway.portal.console.saving import save
from tollway.portal.console.shell import show
from tollway.portal.fields import lock
from tollway.portal.web.listing import listed
from tollway.portal.web.once import once
from tollway.portal.web.toasts import tell

PER_PAGE = 100
SHOWN_OF_A_BACKEND = 50
LATER = "Gateways follow with the next deploy to staging."


class FromBackend(Struct, frozen=True):
    """The rules that a backend brings, below the path under which the product uses it."""

    backend: Backend
    path: str
    rules: Sequence[MappingRule]
    more: int

    @property
    def prefix(self) -> str:
        return self.path.rstrip("/")


def index(request: HttpRequest, owner: Owner) -> HttpResponse:
    rules = selectors.mapping_rules_of(owner.tenant, owner.row)
    filters = MetricFilter(request.GET, owner=owner)
    listing = listed(
        request,
        filters.narrow(rules).select_related("metric__parent", "metric__backend"),
        sorts={"position": "position"},
        default="position",
        search=_search,
        per_page=PER_PAGE,
    )
    context = {
        "owner": owner,
        "listing": listing,
        "filters": filters,
        "seen": _order(owner),
        "total": rules.count(),
        "unmapped": _unmapped(owner),
        "from_backends": list(_from_backends(owner.product)) if owner.product else [],
        "urls": _urls(owner),
        **trying.context(request, owner),
    }
    return show(request, "console/counting/rules.html", owner.section(request, "rules"), context)


def _urls(owner: Owner) -> dict[str, str]:
    names = ("rules", "rule-new", "rules-move", "metrics")
    return {name.replace("-", "_"): owner.url(name) for name in names}


def _search(rules: QuerySet[MappingRule], text: str) -> QuerySet[MappingRule]:
    named = Q(metric__system_name__icontains=text) | Q(metric__friendly_name__icontains=text)
    return rules.filter(Q(pattern__icontains=text) | Q(http_method__iexact=text) | named)


def _unmapped(owner: Owner) -> list[str]:
    """Name the first metrics that no rule counts; hits also counts through its methods."""
    found = selectors.metrics_of(owner.tenant, owner.row).filter(mapping_rules=None)
    return [metric.system_name for metric in found[:7] if not metric.is_hits]


def _from_backends(product: Product) -> Iterator[FromBackend]:
    usages = selectors.backend_usages_of(product.tenant, product)
    rules: dict[int, list[MappingRule]] = {}
    for rule in selectors.mapping_rules_of_backends(product.tenant, product):
        rules.setdefault(rule.backend_id or 0, []).append(rule)
    for usage in usages:
        own = rules.get(usage.backend_id, [])
        shown = own[:SHOWN_OF_A_BACKEND]
        yield FromBackend(usage.backend, usage.path, shown, len(own) - len(shown))


def rule_or_404(owner: Owner, rule_id: int) -> MappingRule:
    rule = selectors.mapping_rules_of(owner.tenant, owner.row).filter(pk=rule_id).first()
    if rule is None:
        raise Http404
    return rule


@once
def new(request: HttpRequest, owner: Owner) -> HttpResponse:
    """Show the form, filled in by ``?metric=``, ``?method=`` and ``?pattern=``, or take it."""
    if request.method != "POST":
        asked = {"metric": "metric", "method": "http_method", "pattern": "pattern"}
        given = {field: request.GET[name] for name, field in asked.items() if name in request.GET}
        return _form(request, owner, RuleForm(initial={**given, "delta": 1}, owner=owner))
    form = RuleForm(request.POST, owner=owner)
    rule = _created(request, owner, form)
    if rule is None:
        return _form(request, owner, form, status=422)
    tell(request, f"{rule} counts {rule.metric.system_name}", LATER)
    return HttpResponseRedirect(owner.url("rules"))


def _created(request: HttpRequest, owner: Owner, form: RuleForm) -> MappingRule | None:
    if not form.is_valid():
        return None
    return form.attempt(
        lambda: services.create_mapping_rule(owner.row, by=actor_of(request), **form.fields_given())
    )


def edit(request: HttpRequest, owner: Owner, rule_id: int) -> HttpResponse:
    rule = rule_or_404(owner, rule_id)
    if request.method != "POST":
        return _form(request, owner, RuleForm(initial=values(rule), owner=owner), rule=rule)
    form = RuleForm(request.POST, owner=owner)
    outcome = save(
        request,
        form,
        rule,
        lambda: services.update_mapping_rule(rule, by=actor_of(request), **form.fields_given()),
        values=values,
        kind="mapping_rule",
    )
    if not outcome.saved:
        more = {"rule": rule_or_404(owner, rule_id), "clash": outcome.clash}
        return _form(request, owner, form, status=outcome.status, **more)
    tell(request, f"{rule} counts {rule.metric.system_name}", LATER)
    return HttpResponseRedirect(owner.url("rules"))


@require_POST
def delete(request: HttpRequest, owner: Owner, rule_id: int) -> HttpResponse:
    """Remove a rule. The toast holds all of it, so that Undo can bring it back."""
    rule = selectors.mapping_rules_of(owner.tenant, owner.row).filter(pk=rule_id).first()
    if rule is not None:  # else it is gone already, as was wanted
        was = {name: str(value) for name, value in values(rule).items()}
        services.delete_mapping_rule(rule, by=actor_of(request))
        tell(request, f"{rule} is deleted", LATER, undo=owner.url("rule-restore"), **was)
    return HttpResponseRedirect(owner.url("rules"))


@once
@require_POST
def restore(request: HttpRequest, owner: Owner) -> HttpResponse:
    """Make a rule again that was deleted just now, where it was."""
    form = RuleForm(request.POST, owner=owner)
    rule = _created(request, owner, form)
    if rule is None:
        return _form(request, owner, form, status=422)
    tell(request, f"{rule} is back")
    return HttpResponseRedirect(owner.url("rules"))


@require_POST
def move(request: HttpRequest, owner: Owner) -> HttpResponse:
    """Put ``rule`` at ``position``, or ``by`` so many on, if the order is as was ``seen``."""
    rule = rule_or_404(owner, _number(request, "rule"))
    with transaction.atomic():
        lock(owner.row)
        rule.refresh_from_db()
        before = rule.position
        if request.POST.get("seen", "") not in {"", _order(owner)}:
            tell(request, "Nothing was moved", "Somebody changed the rules meanwhile: look again.")
        else:
            position = _number(request, "position") or before + _number(request, "by")
            services.update_mapping_rule(rule, by=actor_of(request), position=max(position, 1))
            rule.refresh_from_db()
            if rule.position != before:
                undo = {"rule": str(rule.pk), "position": str(before)}
                place = f"{rule} is rule {rule.position} now"
                tell(request, place, LATER, undo=owner.url("rules-move"), **undo)
    page = (rule.position - 1) // PER_PAGE + 1
    return HttpResponseRedirect(f"{owner.url('rules')}{f'?page={page}' if page > 1 else ''}")


def _number(request: HttpRequest, name: str) -> int:
    text = request.POST.get(name, "")
    return int(text) if text.removeprefix("-").isdecimal() and len(text) < 10 else 0


def _order(owner: Owner) -> str:
    """Return a text that changes when rules come, go or change places."""
    ids = selectors.mapping_rules_of(owner.tenant, owner.row).values_list("pk", flat=True)
    return hashlib.blake2b(",".join(map(str, ids)).encode(), digest_size=8).hexdigest()


def _form(
    request: HttpRequest,
    owner: Owner,
    form: RuleForm,
    *,
    status: int = 200,
    **more: Any,  # noqa: ANN401
) -> HttpResponse:
    context = {"owner": owner, "form": form, "urls": _urls(owner), **more}
    section = owner.section(request, "rules")
    return show(request, "console/counting/rule_form.html", section, context, status=status)
