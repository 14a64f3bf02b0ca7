"""The home page, the access code, and signing in and out on the developers' side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from tollway.portal.accounts import selectors
from tollway.portal.accounts.services import end_visit
from tollway.portal.catalog.models import Product
from tollway.portal.catalog.selectors import proxy_of
from tollway.portal.developer import gate
from tollway.portal.developer.frame import show
from tollway.portal.developer.offers import products_offered_by
from tollway.portal.developer.pages import VISITORS, guarded, present
from tollway.portal.tenants.models import Tenant
from tollway.portal.web import passes, throttle
from tollway.portal.web.calls import curl, placeholders, public_endpoint
from tollway.portal.web.entry import attempt, matches, safe_path
from tollway.portal.web.sessions import may_sign_in, sign_in, sign_out
from tollway.portal.web.site import site_of
from tollway.portal.web.throttle import ACCESS_CODE, SIGN_IN, Attempt

WRONG = "User name and password do not match. Check both; the password is case-sensitive."
NOT_ACTIVE = "Your account isn't active or hasn't been approved yet."  # 3scale's (S103)
WRONG_CODE = "That is not the access code. Ask who sent you here for it."
_CODE_MAX, _NAME_MAX, _PASSWORD_MAX, _PASS_MAX = 255, 255, 1024, 500


@require_safe
def _home(request: HttpRequest) -> HttpResponse:
    tenant = site_of(request).tenant
    product = products_offered_by(tenant).order_by("id").first()
    sample = _sample_call(tenant, product) if product else ""
    return show(request, "home", {"has_plans": product is not None, "sample": sample})


def _sample_call(tenant: Tenant, product: Product) -> str:
    """Return a line for a terminal, without credentials; "" while the product is not served."""
    proxy = proxy_of(tenant, product)
    endpoint = public_endpoint(tenant, product, proxy)
    if not endpoint:
        return ""
    return curl(endpoint, proxy.api_test_path, proxy, placeholders(product, proxy))


home = guarded(_home, VISITORS)  # its route is shared with the admins' hosts


@sensitive_post_parameters("access_code")
def access_code(request: HttpRequest) -> HttpResponse:
    """Ask for the code, and lead back to the page that was asked for."""
    tenant = site_of(request).tenant
    asked = request.POST.get("return_to") or request.GET.get("return_to") or "/"
    target = safe_path(request, asked, otherwise="/")
    if gate.is_open(request):
        return HttpResponseRedirect(target)
    context = {"return_to": target, "error": ""}
    if request.method != "POST":
        return show(request, "access_code", context)
    trial = attempt(request, ACCESS_CODE, "")
    if trial.refusal:
        return show(request, "access_code", {**context, "error": trial.refusal}, wait=trial)
    if not gate.is_code(tenant, request.POST.get("access_code", "").strip()[:_CODE_MAX]):
        return show(request, "access_code", {**context, "error": WRONG_CODE}, status=422)
    throttle.succeed(trial)
    response = HttpResponseRedirect(target)
    gate.remember(response, tenant)
    return response


@csrf_exempt
@require_POST
@sensitive_post_parameters("pass")
def visit(request: HttpRequest) -> HttpResponse:
    """Let in who comes from the admin portal: with a pass instead of the access code.

    The pass comes by a form of another host, so without this host's token against forgery. Whoever
    was sent here with one sees what the code shows, and nothing else.
    """
    tenant = site_of(request).tenant
    response = HttpResponseRedirect("/")
    if not gate.is_open(request) and passes.take(tenant, request.POST.get("pass", "")[:_PASS_MAX]):
        gate.remember(response, tenant)
    return response


@sensitive_post_parameters("password")
def sign_in_page(request: HttpRequest) -> HttpResponse:
    """Show the form, or take it: 302 to where the visitor wanted to go, else the form again."""
    asked = request.POST.get("next") or request.GET.get("next") or ""
    target = safe_path(request, asked, otherwise=reverse("developer-dashboard"))
    if present(request):
        return HttpResponseRedirect(target)
    if request.method != "POST":
        return _form(request, target)
    username = request.POST.get("username", "").strip()[:_NAME_MAX]
    password = request.POST.get("password", "")[:_PASSWORD_MAX]
    if not username or not password:
        missing = {
            "username_error": "" if username else "Enter your user name or e-mail.",
            "password_error": "" if password else "Enter your password.",
        }
        return _form(request, target, {"username": username, **missing}, status=422)
    return _try(request, target, username, password)


@require_POST
def sign_out_page(request: HttpRequest) -> HttpResponse:
    """End the session, and a visit of support's with it."""
    developer = present(request)
    if developer is not None and developer.visit is not None:
        end_visit(developer.visit, request_id=site_of(request).request_id)
    sign_out(request)
    return redirect("home")


def _try(request: HttpRequest, target: str, username: str, password: str) -> HttpResponse:
    trial = attempt(request, SIGN_IN, username)
    said = {"username": username, "error": trial.refusal}
    if trial.refusal:
        return _form(request, target, said, wait=trial)
    user = selectors.developer_by_login(site_of(request).tenant, username)
    right = matches(user, password)
    if user is None or not right:
        return _form(request, target, {**said, "error": WRONG}, status=422)
    if not may_sign_in(user):  # said to nobody but who knows the password
        return _form(request, target, {**said, "error": NOT_ACTIVE}, status=403)
    throttle.succeed(trial)
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
    """Show the form; ``said`` is username, error, username_error, password_error."""
    nothing = {"username": "", "error": "", "username_error": "", "password_error": ""}
    context = {**nothing, "next": target, **(said or {})}
    return show(request, "sign_in", context, status=status, wait=wait)
