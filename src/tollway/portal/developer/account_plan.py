"""Another plan for the account: for its admins, as `change_account_plan_permission` allows."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from tollway.portal.accounts.models import Account
from tollway.portal.developer import changing
from tollway.portal.developer.account import for_admins, in_account_area
from tollway.portal.developer.changing import AT_ONCE, MAY, Holder, Move, asked_plan
from tollway.portal.developer.contracts import differences, offer_of_terms
from tollway.portal.developer.pages import actor_of, developer_of
from tollway.portal.plans.models import AccountContract, Plan
from tollway.portal.plans.selectors import account_plans_of, contract_of
from tollway.portal.plans.services import change_account_plan, request_account_plan, wish_for
from tollway.portal.web.site import site_of


@in_account_area
@for_admins
def move(request: HttpRequest) -> HttpResponse:
    """Show the plans, or what one of them (`plan`) would mean; a POST changes or asks."""
    tenant, account = site_of(request).tenant, developer_of(request).account
    contract = contract_of(tenant, account)
    if contract is None or not tenant.settings.account_plans_ui_visible:
        raise Http404
    holder, chosen = _holder(account, contract), asked_plan(request)
    published = account_plans_of(tenant).filter(state=Plan.State.PUBLISHED)
    plans = published.order_by("position", "id")
    if chosen is None:
        offer = offer_of_terms(tenant, list(plans))
        return changing.choose(request, holder, offer, asked=_asked_for(account))
    plan = plans.filter(pk=chosen).first()
    if plan is None:
        raise Http404
    if plan.pk == contract.plan_id:  # the form was sent twice
        return redirect(holder.home)
    if request.method != "POST":
        changed = differences(contract.plan, plan)
        found = Move(plan.pk, plan.name, changed, counts=False, drops_own=False)
        return changing.confirm(request, holder, found)
    by = actor_of(request)
    return changing.settle(
        request,
        holder,
        plan.name,
        change=lambda: change_account_plan(account, plan, by=by),
        ask=lambda: request_account_plan(account, plan, by=by),
    )


def _asked_for(account: Account) -> str:
    wish = wish_for("account", account)
    return str(wish.after.get("plan", "")) if wish is not None else ""


def _holder(account: Account, contract: AccountContract) -> Holder:
    return Holder(
        name=account.org_name,
        plan=contract.plan.name,
        plan_id=contract.plan_id,
        home=reverse("developer-account"),
        item="developer-account",
        may=MAY.get(account.tenant.settings.change_account_plan_permission, ""),
        holds=AT_ONCE,
        contact="",
    )
