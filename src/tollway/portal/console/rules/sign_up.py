"""Sign-up rules of a tenant: 3scale's usage rules (feature map, SE1 and SE2)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from msgspec import Struct

from tollway.portal.accounts.services import update_settings
from tollway.portal.console.audience.navigation import audience_section
from tollway.portal.console.pages import actor_of
from tollway.portal.console.rules.forms import SignUpForm
from tollway.portal.console.shell import show
from tollway.portal.events.actors import Actor
from tollway.portal.fields import lock
from tollway.portal.plans.models import AccountPlan
from tollway.portal.plans.selectors import default_account_plan_of
from tollway.portal.plans.services.approval import APPROVAL, require_approval
from tollway.portal.tenants.models import Tenant, TenantSettings
from tollway.portal.web.editing import Clash, clash_of
from tollway.portal.web.site import site_of
from tollway.portal.web.toasts import tell

_COLUMNS = tuple(name for name in SignUpForm.base_fields if name != APPROVAL)


class Version(Struct):
    """What the form edits, as one row: the settings with the default plan, as of the later."""

    pk: int
    updated_at: datetime
    kind: str  # whose change it was, as the event log calls it


def edit(request: HttpRequest) -> HttpResponse:
    tenant = site_of(request).tenant
    settings = TenantSettings.objects.get(tenant=tenant)
    plan = default_account_plan_of(tenant)
    has_default = plan is not None
    if request.method != "POST":
        form = SignUpForm(initial=_saved(settings, plan), has_default=has_default)
        return _page(request, form, _version(settings, plan))
    form = SignUpForm(request.POST, initial=_saved(settings, plan), has_default=has_default)
    clash = _save(request, tenant, form)
    if clash is None and not form.errors:
        tell(request, "The sign-up rules are saved", "In force at once.")
        return redirect("usage-rules")
    return _page(request, form, _version(settings, plan), clash)


def _save(request: HttpRequest, tenant: Tenant, form: SignUpForm) -> Clash | None:
    """Save a valid form, unless somebody was faster."""
    if not form.is_valid():
        return None
    by, given = actor_of(request), {**form.cleaned_data}
    with transaction.atomic():
        settings, plan = tenant.settings, default_account_plan_of(tenant)
        lock(settings)
        if plan is not None:
            lock(plan)
        version = _version(settings, plan)
        clash = clash_of(request, version, form, saved=_saved(settings, plan), kind=version.kind)
        if clash is None:
            form.attempt(lambda: _write(tenant, by, given))
    return clash


@transaction.atomic
def _write(tenant: Tenant, by: Actor, given: dict[str, Any]) -> None:
    require_approval(tenant, by=by, required=given.pop(APPROVAL))
    update_settings(tenant, by=by, **given)


def _saved(settings: TenantSettings, plan: AccountPlan | None) -> dict[str, Any]:
    saved = {name: getattr(settings, name) for name in _COLUMNS}
    return {**saved, APPROVAL: plan is not None and plan.approval_required}


def _version(settings: TenantSettings, plan: AccountPlan | None) -> Version:
    if plan is not None and plan.updated_at > settings.updated_at:
        return Version(plan.pk, plan.updated_at, "account_plan")
    return Version(settings.pk, settings.updated_at, "settings")


def _page(
    request: HttpRequest, form: SignUpForm, version: Version, clash: Clash | None = None
) -> HttpResponse:
    status = 409 if clash else 422 if form.is_bound else 200
    context = {"form": form, "version": version, "clash": clash}
    section = audience_section("usage-rules")
    return show(request, "console/rules/sign_up.html", section, context, status=status)
