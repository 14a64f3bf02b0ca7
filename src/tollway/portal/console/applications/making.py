"""A new application, made by the provider: whose it is is searched for, then the form is filled in.

An organisation may have a hundred thousand accounts, so they are a list with a search, not a field.
"""

from __future__ import annotations

from django.db.models.functions import Lower
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from tollway.portal.accounts import selectors as accounts
from tollway.portal.accounts.models import Account
from tollway.portal.applications.selectors import (
    AccountFilter,
    matching_accounts,
    may_have_another,
)
from tollway.portal.applications.services import create_application
from tollway.portal.catalog.models import Product
from tollway.portal.console.applications.forms import NewApplicationForm
from tollway.portal.console.audience.navigation import audience_section
from tollway.portal.console.pages import actor_of, product_or_404
from tollway.portal.console.products.navigation import product_section
from tollway.portal.console.shell import Section, show
from tollway.portal.console.sight import sight_of
from tollway.portal.plans import selectors as plans
from tollway.portal.web.forms import chosen_id
from tollway.portal.web.listing import listed
from tollway.portal.web.once import once
from tollway.portal.web.site import site_of
from tollway.portal.web.toasts import tell

SECTION = audience_section("accounts")
FOUND_MAX = 20
PRODUCT = "product"


@require_safe
def choose(request: HttpRequest) -> HttpResponse:
    """Ask whose application it is to be."""
    return _choose(request, audience_section("applications"), None)


@require_safe
def choose_for_product(request: HttpRequest, product_id: int) -> HttpResponse:
    product = product_or_404(request, product_id)
    return _choose(request, product_section(request, product, "product-applications"), product)


def _choose(request: HttpRequest, section: Section, product: Product | None) -> HttpResponse:
    sight = sight_of(request)
    listing = listed(
        request,
        accounts.accounts_of(sight.tenant),
        sorts={"name": Lower("org_name")},
        default="name",
        search=lambda _, text: matching_accounts(
            sight.tenant, AccountFilter(text=text), sight.allowed
        ),
        per_page=FOUND_MAX,
    )
    context = {"listing": listing, "product": product}
    return show(request, "console/applications/choose.html", section, context)


@once
def new(request: HttpRequest, account_id: int) -> HttpResponse:
    """Make an application of an account; ``?product=`` narrows the plans down to one product's."""
    sight = sight_of(request)
    account = accounts.accounts_of(site_of(request).tenant).filter(pk=account_id).first()
    if account is None:
        raise Http404
    offered = sight.within(plans.application_plans_of(sight.tenant), "product")
    if of_product := chosen_id(request.GET.get(PRODUCT, "")):
        offered = offered.filter(product=of_product)
    offered = offered.order_by("product__name", "position", "id")
    sent = request.POST if request.method == "POST" else None
    form = NewApplicationForm(sight.tenant, offered, sent)
    if request.method != "POST":
        return _page(request, account, form)
    application = None
    if form.is_valid():
        application = form.attempt(
            lambda: create_application(account, by=actor_of(request), **form.given())
        )
    if application is None:
        return _page(request, account, form, status=422)
    tell(request, f"{application.name} is there", f"It is {application.get_state_display()}.")
    return redirect("application", application_id=application.pk)


def _page(
    request: HttpRequest, account: Account, form: NewApplicationForm, *, status: int = 200
) -> HttpResponse:
    context = {
        "account": account,
        "form": form,
        "full": not may_have_another(account.tenant, account),
    }
    return show(request, "console/applications/new.html", SECTION, context, status=status)
