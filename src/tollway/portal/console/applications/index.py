"""The lists of applications: all, of one product, of one account."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.db.models.expressions import Expression
from django.db.models.functions import Lower
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from tollway.portal.accounts import selectors as accounts
from tollway.portal.applications.models import Application
from tollway.portal.applications.selectors import Filter, matching_applications
from tollway.portal.console.audience.navigation import audience_section
from tollway.portal.console.pages import product_or_404
from tollway.portal.console.products.navigation import product_section
from tollway.portal.console.shell import Section, show
from tollway.portal.console.sight import Sight, sight_of
from tollway.portal.plans import selectors as plans
from tollway.portal.web.forms import PageForm
from tollway.portal.web.listing import listed
from tollway.portal.web.site import site_of

ANY = ""
CHOICES_MAX = 200  # longer lists of products and plans are reached from the product
_SORTS: Mapping[str, str | Expression] = {
    "name": Lower("name"),
    "account": Lower("account__org_name"),
    "created": "created_at",
    "traffic": "first_daily_traffic_at",
}


class FilterForm(PageForm):
    """What the list is narrowed down to; what is not a choice is as if it were not there."""

    state = forms.ChoiceField(
        required=False, choices=[(ANY, "Any state"), *Application.State.choices]
    )
    product = forms.ChoiceField(required=False)
    plan = forms.ChoiceField(required=False)
    type = forms.ChoiceField(
        required=False, choices=[(ANY, "Free or paid"), ("free", "Free"), ("paid", "Paid")]
    )

    def __init__(self, request: HttpRequest, sight: Sight, product_id: int | None) -> None:
        super().__init__(request.GET)
        if product_id is None:
            del self.fields["plan"]
            rows = sight.products().order_by("name").values_list("pk", "name")[:CHOICES_MAX]
            self._choose_from("product", "Any product", rows)
        else:
            del self.fields["product"]
            found = plans.application_plans_of(sight.tenant).filter(product=product_id)
            named = found.order_by("name").values_list("pk", "name")[:CHOICES_MAX]
            self._choose_from("plan", "Any plan", named)
        for field in self.fields.values():
            field.widget.attrs["aria-label"] = field.choices[0][1]  # type: ignore[attr-defined]

    def _choose_from(self, name: str, anything: str, rows: Any) -> None:  # noqa: ANN401
        field = self.fields[name]
        field.choices = [(ANY, anything), *((str(pk), text) for pk, text in rows)]  # type: ignore[attr-defined]

    def chosen(self, name: str) -> str:
        self.is_valid()
        return str(self.cleaned_data.get(name, ANY))

    def wanted(self, product_id: int | None) -> Filter:
        product, plan = self.chosen("product"), self.chosen("plan")
        return Filter(
            state=self.chosen("state") or None,
            product_id=product_id if product_id is not None else int(product) if product else None,
            plan_id=int(plan) if plan else None,
            plan_type=self.chosen("type") or None,
        )


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    section = audience_section("applications")
    return _list(request, section, {})


@require_safe
def of_product(request: HttpRequest, product_id: int) -> HttpResponse:
    product = product_or_404(request, product_id)
    section = product_section(request, product, "product-applications")
    return _list(request, section, {"product": product}, product_id=product.pk)


@require_safe
def of_account(request: HttpRequest, account_id: int) -> HttpResponse:
    account = accounts.accounts_of(site_of(request).tenant).filter(pk=account_id).first()
    if account is None:
        raise Http404
    section = audience_section("accounts")
    return _list(request, section, {"account": account}, account_id=account.pk)


def _list(
    request: HttpRequest,
    section: Section,
    context: dict[str, Any],
    *,
    product_id: int | None = None,
    account_id: int | None = None,
) -> HttpResponse:
    sight = sight_of(request)
    form = FilterForm(request, sight, product_id)
    wanted = form.wanted(product_id)

    def narrowed(text: str | None) -> QuerySet[Application]:
        asked = Filter(wanted.state, wanted.product_id, wanted.plan_id, wanted.plan_type, text=text)
        rows = sight.within(matching_applications(sight.tenant, asked), "product")
        return rows if account_id is None else rows.filter(account=account_id)

    listing = listed(
        request,
        narrowed(None),
        sorts=_SORTS,
        default="-created",
        search=lambda _, text: narrowed(text),
    )
    return show(
        request,
        "console/applications/index.html",
        section,
        {"listing": listing, "filters": form, **context},
    )
