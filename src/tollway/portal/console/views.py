"""The pages there are: sign-in and sign-out, who is signed in, and a home for developers."""

from __future__ import annotations

from django.contrib.auth.hashers import check_password, make_password
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from tollway import clock
from tollway.portal.accounts import selectors
from tollway.portal.accounts.models import User
from tollway.portal.web import throttle
from tollway.portal.web.sessions import sign_in, sign_out, signed_in
from tollway.portal.web.site import Side, developer_host, site_of

WRONG = "User name and password do not match. Check both; the password is case-sensitive."
SUSPENDED = "This organisation is suspended. Its operator can say why, and lift it."


@never_cache
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Lead admins to their portal and tell developers whose portal this is."""
    site = site_of(request)
    if site.side is Side.DEVELOPER:
        return render(request, "console/developer_home.html", {"site": site})
    return redirect("dashboard" if signed_in(request) else "sign-in")


@never_cache
@require_safe
def dashboard(request: HttpRequest) -> HttpResponse:
    site, user = site_of(request), signed_in(request)
    if user is None:
        return HttpResponseRedirect(f"{reverse('sign-in')}?next={request.path}")
    scheme_and_host = f"{request.scheme}://{request.get_host()}"
    context = {
        "site": site,
        "user": user,
        "developer_portal": _developer_portal(request),
        "api": f"{scheme_and_host}/admin/api",
    }
    return render(request, "console/dashboard.html", context)


@never_cache
@sensitive_post_parameters("password")
def sign_in_page(request: HttpRequest) -> HttpResponse:
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
        return _form(request, target, username=username, errors=missing, status=422)
    return _try(request, target, username, password)


@require_POST
def sign_out_page(request: HttpRequest) -> HttpResponse:
    sign_out(request)
    return redirect("sign-in")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001
    return render(request, "web/refused.html", status=403)


def _try(request: HttpRequest, target: str, username: str, password: str) -> HttpResponse:
    site = site_of(request)
    address = request.META.get("REMOTE_ADDR", "")
    attempt = throttle.begin(site.tenant, username, address, at=clock.now())
    if attempt.wait_s:
        minutes = -(-attempt.wait_s // 60)
        error = f"Too many tries. Wait {minutes} minute{'s' * (minutes > 1)}, then try again."
        response = _form(request, target, username=username, error=error, status=429)
        response["Retry-After"] = str(attempt.wait_s)
        return response
    user = selectors.admin_by_login(site.tenant, username)
    if not _matches(user, password) or user is None or user.state != User.State.ACTIVE:
        return _form(request, target, username=username, error=WRONG, status=422)
    if site.tenant.is_closed:
        return _form(request, target, username=username, error=SUSPENDED, status=403)
    throttle.succeed(attempt)
    sign_in(request, user)
    return HttpResponseRedirect(target)


def _matches(user: User | None, password: str) -> bool:
    """Take as long for a name that nobody has as for a wrong password."""
    if user is None:
        make_password(password)
        return False
    return check_password(password, user.password)


def _form(
    request: HttpRequest,
    target: str,
    *,
    username: str = "",
    error: str = "",
    errors: dict[str, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "site": site_of(request),
        "next": target,
        "username": username,
        "error": error,
        "errors": errors or {},
        "developer_portal": _developer_portal(request),
    }
    return render(request, "console/sign_in.html", context, status=status)


def _safe_next(request: HttpRequest) -> str:
    """Return where to go after signing in: a path of this very host, else the dashboard."""
    target = request.POST.get("next") or request.GET.get("next") or ""
    safe = url_has_allowed_host_and_scheme(target, {request.get_host()}, request.is_secure())
    return target if safe and target.startswith("/") else reverse("dashboard")


def _developer_portal(request: HttpRequest) -> str:
    """Return the address of the tenant's other side; the operator's side has none."""
    site = site_of(request)
    if site.side is not Side.ADMIN:
        return ""
    _, colon, port = request.get_host().partition(":")
    return f"{request.scheme}://{developer_host(site.tenant)}{colon}{port}/"
