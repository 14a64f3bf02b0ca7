"""Signing in and out, and what stands at the root of a host for admins."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from tollway.portal.accounts import selectors
from tollway.portal.accounts.models import User
from tollway.portal.console.entry import sign_up, waiting
from tollway.portal.console.entry.visiting import show_entry
from tollway.portal.web import throttle
from tollway.portal.web.entry import attempt, matches, safe_path
from tollway.portal.web.sessions import sign_in, sign_out, signed_in
from tollway.portal.web.site import Side, site_of
from tollway.portal.web.throttle import SIGN_IN, Attempt

WRONG = "User name and password do not match. Check both; the password is case-sensitive."
SUSPENDED = "This organisation is suspended. Its operator can say why, and lift it."


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Lead admins to their portal."""
    return redirect("dashboard" if signed_in(request) else "sign-in")


@sensitive_post_parameters("password")
def page(request: HttpRequest) -> HttpResponse:
    """Show the form, or take it: 302 to where the visitor wanted to go, else the form again."""
    target = _safe_next(request)
    if signed_in(request):
        return HttpResponseRedirect(target)
    if request.method != "POST":
        return _form(request, target)
    username = request.POST.get("username", "").strip()[:255]
    password = request.POST.get("password", "")[:1024]
    missing = {
        name: f"Enter your {label}."
        for name, label, value in (
            ("username", "user name or e-mail", username),
            ("password", "password", password),
        )
        if not value
    }
    if missing:
        return _form(request, target, {"username": username, "errors": missing}, status=422)
    return _try(request, target, username, password)


@require_POST
def sign_out_page(request: HttpRequest) -> HttpResponse:
    sign_out(request)
    return redirect("sign-in")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001
    return render(request, "web/refused.html", status=403)


def _try(request: HttpRequest, target: str, username: str, password: str) -> HttpResponse:
    tenant = site_of(request).tenant
    trial = attempt(request, SIGN_IN, username)
    said = {"username": username, "error": trial.refusal}
    if trial.refusal:
        return _form(request, target, said, wait=trial)
    user = selectors.admin_by_login(tenant, username)
    right = matches(user, password)
    if not right or user is None or user.state == User.State.SUSPENDED:
        return _form(request, target, {**said, "error": WRONG}, status=422)
    if tenant.is_closed:
        return _form(request, target, {**said, "error": SUSPENDED}, status=403)
    throttle.succeed(trial)
    if user.state == User.State.PENDING:
        waiting.keep(request, user)
        return redirect("waiting")
    sign_in(request, user)
    return HttpResponseRedirect(target)


def _form(
    request: HttpRequest,
    target: str,
    said: Mapping[str, Any] | None = None,
    *,
    status: int = 200,
    wait: Attempt | None = None,
) -> HttpResponse:
    """Show the form; ``said`` is username, error, and errors by field."""
    site = site_of(request)
    signs_up = site.side is Side.MASTER and sign_up.is_open(site.tenant, settings.TOLLWAY)
    context = {"next": target, "signs_up": signs_up, **(said or {})}
    return show_entry(request, "sign_in", context, status=status, wait=wait)


def _safe_next(request: HttpRequest) -> str:
    """Return where to go after signing in: a path of this very host, else the dashboard."""
    target = request.POST.get("next") or request.GET.get("next") or ""
    return safe_path(request, target, otherwise=reverse("dashboard"))
