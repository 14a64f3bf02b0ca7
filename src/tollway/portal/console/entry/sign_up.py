"""Signing an organisation up, on the operator's host.

Whether one is free to is the operator's to say (`TOLLWAY_SIGN_UP`, and `signups_enabled` among the
settings of the operator's own tenant). Unless it is said, sign-up is open only where nobody but the
owner of the machine gets to it: an organisation has gateways that call what it names, takes a name
for good, and its sign-up sends mail to any address, so strangers are let in by decision only.
"""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_safe

from tollway.config import Settings
from tollway.portal.console import mailbox
from tollway.portal.console.entry import waiting
from tollway.portal.console.entry.sign_up_form import Addresses, SignUpForm, addresses_of
from tollway.portal.console.entry.visiting import show_entry
from tollway.portal.onboarding.services import SignedUp, sign_up_provider
from tollway.portal.plans.selectors import default_account_plan_of
from tollway.portal.tenants.models import Tenant
from tollway.portal.web import humans
from tollway.portal.web.entry import attempt, visitor
from tollway.portal.web.once import once
from tollway.portal.web.site import Side, site_of
from tollway.portal.web.throttle import SIGN_UP, Attempt


def is_open(operator: Tenant, given: Settings) -> bool:
    """Say whether visitors may make organisations. Takes the operator's own tenant."""
    said = given.sign_up or ("open" if mailbox.on_one_machine(given) else "closed")
    enabled = said == "open" and operator.settings.signups_enabled
    return enabled and default_account_plan_of(operator) is not None


@sensitive_post_parameters("password")
@once
def page(request: HttpRequest) -> HttpResponse:
    operator = _operator(request)
    if not is_open(operator, settings.TOLLWAY):
        return show_entry(request, "sign_up_closed", status=403)
    if request.method != "POST":
        return _form(request, SignUpForm(operator))
    return _take(request, operator, SignUpForm(operator, request.POST))


@require_safe
def check(request: HttpRequest) -> HttpResponse:
    """Say, while somebody types, what the addresses will be, or why they cannot be.

    Whether a name is taken is no secret: its host answers.
    """
    if not is_open(_operator(request), settings.TOLLWAY):
        raise Http404
    found = addresses_of(request.GET.get("org_name", ""), request.GET.get("subdomain", ""))
    return show_entry(request, "addresses", {"addresses": found})


def _operator(request: HttpRequest) -> Tenant:
    site = site_of(request)
    if site.side is not Side.MASTER:
        raise Http404
    return site.tenant


def _take(request: HttpRequest, operator: Tenant, form: SignUpForm) -> HttpResponse:
    """Make what a form says, or show it again with the reason."""
    trial = None
    if form.is_valid():
        refusal = humans.refusal(request)
        if not refusal:
            trial = attempt(request, SIGN_UP, form.cleaned_data["email"])
            refusal = trial.refusal
        if refusal:
            form.add_error(None, refusal)
    made = _sign_up(request, operator, form) if form.is_valid() else None
    if made is None:
        wait = trial if trial is not None and trial.refusal else None
        return _form(request, form, status=422, wait=wait)
    waiting.keep(request, made.admin)
    mailbox.remember(request, made.mail)
    return redirect("waiting")


def _sign_up(request: HttpRequest, operator: Tenant, form: SignUpForm) -> SignedUp | None:
    by, fields = visitor(request), form.given()
    return form.attempt(lambda: sign_up_provider(operator, settings.TOLLWAY, by=by, **fields))


def _form(
    request: HttpRequest, form: SignUpForm, *, status: int = 200, wait: Attempt | None = None
) -> HttpResponse:
    shown: Addresses = addresses_of(
        str(form["org_name"].value() or ""), str(form["subdomain"].value() or "")
    )
    context = {"form": form, "addresses": shown, "began": humans.began(request)}
    return show_entry(request, "sign_up", context, status=status, wait=wait)
