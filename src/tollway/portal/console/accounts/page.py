"""An account's page: the organisation, its plan, users and applications, and what happened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe
from msgspec import Struct

from tollway.portal.accounts import selectors as accounts
from tollway.portal.accounts.fields_definitions import definitions_of
from tollway.portal.accounts.models import Account, FieldsDefinition
from tollway.portal.accounts.services import ACCOUNT_MOVES, change_account_state, update_account
from tollway.portal.applications.services import delete_account, sign_up
from tollway.portal.console.accounts.finding import account_or_404
from tollway.portal.console.accounts.forms import AccountForm, NewAccountForm, account_values
from tollway.portal.console.accounts.index import SECTION
from tollway.portal.console.accounts.notes import NoteForm
from tollway.portal.console.applications.finding import applications_for
from tollway.portal.console.dashboard.recent import items_about
from tollway.portal.console.pages import actor_of
from tollway.portal.console.saving import Edit, edited
from tollway.portal.console.shell import show
from tollway.portal.console.sight import sight_of
from tollway.portal.console.switches import ACCOUNT_PLANS, SERVICE_PLANS, is_on
from tollway.portal.events.actors import Actor
from tollway.portal.plans import selectors as plans
from tollway.portal.plans.models import ServiceSubscription
from tollway.portal.plans.services import change_account_plan, wish_for
from tollway.portal.tenants.models import Tenant
from tollway.portal.web.forms import chosen_id, typed
from tollway.portal.web.once import once
from tollway.portal.web.site import site_of
from tollway.portal.web.toasts import tell

SHOWN_MAX = 10  # applications and users; the rest has pages of its own


class Field(Struct, frozen=True):
    label: str
    value: str


@require_safe
def index(request: HttpRequest, account_id: int) -> HttpResponse:
    return _page(request, account_or_404(request, account_id), {})


def _page(
    request: HttpRequest, account: Account, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    tenant = account.tenant
    contract = plans.contract_of(tenant, account)
    applications = _first(applications_for(request).filter(account=account).order_by("-id"))
    offered = plans.account_plans_of(tenant)
    shown = {
        "account": account,
        "moves": [name for name, move in ACCOUNT_MOVES.items() if account.state in move.sources],
        "fields": _fields(account),
        "contract": contract,
        "other_plans": list(offered.exclude(pk=contract.plan_id) if contract else offered),
        "applications": applications,
        "users": _first(accounts.users_of(tenant, account)),
        "is_approved": account.state == Account.State.APPROVED,
        "notes": _first(accounts.notes_of(tenant, account)),
        "note_form": NoteForm(),
        "history": items_about(sight_of(request), "account", account.pk),
        "wish": wish_for("account", account),
        "uses_account_plans": is_on(site_of(request).tenant, ACCOUNT_PLANS),
        "subscriptions": _subscriptions(request, account),
    }
    template = "console/accounts/account.html"
    return show(request, template, SECTION, {**shown, **context}, status=status)


class First(Struct, frozen=True):
    """The first of many rows, and how many there are."""

    rows: Sequence[Any]
    count: int


def _first(rows: QuerySet[Any, Any]) -> First:
    """Read the first rows; count them only where there are more."""
    found = list(rows[: SHOWN_MAX + 1])
    count = rows.count() if len(found) > SHOWN_MAX else len(found)
    return First(found[:SHOWN_MAX], count)


def _fields(account: Account) -> list[Field]:
    """Return what is known of the organisation, as it is defined, without what is empty."""
    labels = {
        row.name: row.label
        for row in definitions_of(account.tenant, FieldsDefinition.Target.ACCOUNT)
        if row.name != "org_name"
    }
    labels = {**labels, "vat_code": "VAT code", "vat_rate": "VAT rate, in percent"}
    found = account_values(account)
    return [Field(label, _text(found[name])) for name, label in labels.items() if found.get(name)]


def _text(value: object) -> str:
    return f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)


def _subscriptions(request: HttpRequest, account: Account) -> list[ServiceSubscription] | None:
    """Return the newest to products that the user may see; None where nobody uses them."""
    sight = sight_of(request)
    if not is_on(sight.tenant, SERVICE_PLANS):
        return None
    seen = sight.within(plans.subscriptions_of(sight.tenant, account), "product")
    return list(seen.order_by("-id")[:SHOWN_MAX])


@once
def new(request: HttpRequest) -> HttpResponse:
    """Make an account with its first user, approved and active."""
    tenant = site_of(request).tenant
    form = NewAccountForm(tenant, request.POST if request.method == "POST" else None)
    if request.method != "POST":
        return show(request, "console/accounts/new.html", SECTION, {"form": form})
    made = None
    if form.is_valid():
        by = actor_of(request)
        made = form.attempt(lambda: _made(tenant, by, form.given()))
    if made is None:
        return show(request, "console/accounts/new.html", SECTION, {"form": form}, status=422)
    next_step = "Its user chooses a password by “Forgotten password” in your developer portal."
    tell(request, f"{made.org_name} is there", next_step)
    return redirect("account", account_id=made.pk)


def _made(tenant: Tenant, by: Actor, given: dict[str, Any]) -> Account:
    """Sign somebody up, approved whatever the account plan says of those who do it themselves."""
    account = sign_up(tenant, by=by, **given).account
    if account.state != Account.State.APPROVED:
        change_account_state(account, "approve", by=by)
    return account


def edit(request: HttpRequest, account_id: int) -> HttpResponse:
    account = account_or_404(request, account_id)
    tenant, by = account.tenant, actor_of(request)

    def page(account: Account, context: Mapping[str, Any], status: int) -> HttpResponse:
        context = {"account": account, **context}
        return show(request, "console/accounts/edit.html", SECTION, context, status=status)

    def done(account: Account) -> HttpResponse:
        tell(request, f"{account.org_name} is saved")
        return redirect("account", account_id=account.pk)

    editing = Edit(
        form=partial(AccountForm, tenant),
        values=account_values,
        act=lambda account, form: update_account(account, by=by, **form.given()),
        page=page,
        done=done,
    )
    return edited(request, account, editing)


@require_POST
def change_plan(request: HttpRequest, account_id: int) -> HttpResponse:
    account = account_or_404(request, account_id)
    chosen = chosen_id(request.POST.get("plan", ""))
    plan = plans.account_plans_of(account.tenant).filter(pk=chosen).first()
    if plan is None:
        tell(request, "Nothing was changed", "This plan is gone.")
        return redirect("account", account_id=account.pk)
    contract = plans.contract_of(account.tenant, account)
    change_account_plan(account, plan, by=actor_of(request))
    undo = {"undo": request.path, "plan": str(contract.plan_id)} if contract else {}
    tell(request, f"{account.org_name} is on {plan.name}", **undo)
    return redirect("account", account_id=account.pk)


@require_POST
def delete(request: HttpRequest, account_id: int) -> HttpResponse:
    """Remove an account with all that is its own, if its name was typed."""
    account = accounts.accounts_of(site_of(request).tenant).filter(pk=account_id).first()
    if account is None:  # gone already, as was wanted
        return redirect("accounts")
    refusal = f"Nothing was deleted: type {account.org_name} to confirm."
    if account.provider_id is not None:
        refusal = "Nothing was deleted: it stands for an organisation, which is closed first."
    elif typed(request, account.org_name):
        hidden = _hidden_applications(request, account)
        if not hidden:
            return _deleted(request, account)
        refusal = "Nothing was deleted: it has applications of products that you may not see."
    return _page(request, account, {"refusal": refusal}, status=422)


def _hidden_applications(request: HttpRequest, account: Account) -> bool:
    """Say whether it has applications of products that are kept from this user."""
    allowed = sight_of(request).allowed
    return allowed is not None and account.applications.exclude(product__in=allowed).exists()


def _deleted(request: HttpRequest, account: Account) -> HttpResponse:
    name = account.org_name
    try:
        with transaction.atomic():
            delete_account(account, by=actor_of(request))
    except ValidationError as refused:
        tell(request, f"{name} was not deleted", ". ".join(refused.messages))
    else:
        tell(request, f"{name} is deleted", "Its applications' keys are refused within a second.")
    return redirect("accounts")
