"""Another plan for the account: for its admins, as `change_account_plan_permission` allows."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

from tollway.portal.accounts.models import Account
from tollway.portal.developer import contracts
from tollway.portal.developer.account import for_admins, in_account_area
from tollway.portal.developer.changing import AT_ONCE, MAY, Holder
from tollway.portal.developer.contracts import Contract
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
    published, by = account_plans_of(tenant).filter(state=Plan.State.PUBLISHED), actor_of(request)
    choice = Contract(
        plan=contract.plan,
        plans=published.order_by("position", "id"),
        asked=_asked_for(account),
        change=lambda plan: change_account_plan(account, plan, by=by),
        ask=lambda plan: request_account_plan(account, plan, by=by),
    )
    return contracts.move(request, _holder(account, contract), choice)


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
