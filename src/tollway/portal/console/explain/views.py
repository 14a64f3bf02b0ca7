"""The inspector of a product: a call tried here, a refusal by its id, and the latest refusals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods
from msgspec import Struct

from tollway.portal.applications import selectors as applications
from tollway.portal.applications.models import Application
from tollway.portal.catalog import selectors as catalog
from tollway.portal.catalog.models import Product
from tollway.portal.console import places
from tollway.portal.console.explain.calls import explain
from tollway.portal.console.explain.forms import OFFERED_MAX, CallForm, initial
from tollway.portal.console.explain.reasons import Reason, reason_of
from tollway.portal.console.pages import product_or_404
from tollway.portal.console.products.navigation import product_section
from tollway.portal.console.shell import show
from tollway.portal.console.sight import Sight, sight_of
from tollway.portal.standing import selectors
from tollway.store.notes import Refusal, RefusingLimit

ITEM = "product-explain"
DECISION_CHARACTERS_MAX = 64


class Refused(Struct, frozen=True):
    """A refusal as a page shows it. ``application``: who called, for who may know that."""

    refusal: Refusal
    reason: Reason
    application: Application | None = None

    @property
    def off(self) -> Sequence[RefusingLimit]:
        return [limit for limit in self.refusal.limits if limit.maximum == 0]

    @property
    def full(self) -> Sequence[RefusingLimit]:
        return [limit for limit in self.refusal.limits if limit.maximum > 0]

    @property
    def url(self) -> str:
        """Return the page of the application, where there is one."""
        return places.application(self.application.pk) if self.application else ""


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, product_id: int) -> HttpResponse:
    product = product_or_404(request, product_id)
    sight = sight_of(request)
    form = _form(request, sight, product)
    explanation = None
    if form.is_bound and form.is_valid():
        explanation = explain(product, form.asked())
    decision = request.GET.get("decision", "").strip()[:DECISION_CHARACTERS_MAX]
    latest = selectors.refusals_of(sight.tenant, product)
    found = selectors.refusal_by_id(sight.tenant, product, decision) if decision else None
    callers = _callers(sight, product, [*(latest or ()), *([found] if found else ())])
    context = {
        "product": product,
        "sight": sight,
        "form": form,
        "explanation": explanation,
        "decision": decision,
        "found": _refused(found, callers) if found else None,
        "latest": None if latest is None else [_refused(each, callers) for each in latest],
    }
    status = 422 if form.is_bound and not form.is_valid() else 200
    section = product_section(request, product, ITEM)
    return show(request, "console/explain/page.html", section, context, status=status)


def _form(request: HttpRequest, sight: Sight, product: Product) -> CallForm:
    offered: list[Application] = []
    if sight.audience:
        rows = applications.applications_of(sight.tenant).filter(product=product)
        offered = list(rows[:OFFERED_MAX])
    if request.method == "POST":
        return CallForm(product, offered, request.POST)
    path = catalog.proxy_of(sight.tenant, product).api_test_path
    return CallForm(product, offered, initial=initial(path))


def _callers(
    sight: Sight, product: Product, refusals: Sequence[Refusal]
) -> Mapping[str, Application]:
    """Return the applications that called, by the id that they call with; for who may see them."""
    ids = {each.application for each in refusals} - {""}
    if not ids or not sight.audience:
        return {}
    rows = applications.applications_of(sight.tenant).filter(product=product)
    return {row.application_id: row for row in rows.filter(application_id__in=ids)}


def _refused(refusal: Refusal, callers: Mapping[str, Application]) -> Refused:
    off = bool(refusal.limits) and any(limit.maximum == 0 for limit in refusal.limits)
    return Refused(refusal, reason_of(refusal.reason, off=off), callers.get(refusal.application))
