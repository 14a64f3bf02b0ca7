"""A new application for an account, made by the provider."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect

from tollway.portal.accounts import selectors as accounts
from tollway.portal.accounts.models import Account
from tollway.portal.applications.selectors import may_have_another
from tollway.portal.applications.services import create_application
from tollway.portal.console.applications.forms import NewApplicationForm
from tollway.portal.console.audience.navigation import audience_section
from tollway.portal.console.pages import actor_of
from tollway.portal.console.shell import show
from tollway.portal.console.sight import sight_of
from tollway.portal.plans import selectors as plans
from tollway.portal.web.once import once
from tollway.portal.web.site import site_of
from tollway.portal.web.toasts import tell

SECTION = audience_section("accounts")


@once
def new(request: HttpRequest, account_id: int) -> HttpResponse:
    sight = sight_of(request)
    account = accounts.accounts_of(site_of(request).tenant).filter(pk=account_id).first()
    if account is None:
        raise Http404
    offered = sight.within(plans.application_plans_of(sight.tenant), "product")
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
