"""A developer's account: its fields as the organisation has defined them, shown and changed."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe
from msgspec import Struct

from tollway.portal.accounts.fields_definitions import Target, definitions_of
from tollway.portal.accounts.models import Account, FieldsDefinition, User
from tollway.portal.accounts.selectors import users_of
from tollway.portal.accounts.services import update_account
from tollway.portal.developer.changing import MAY
from tollway.portal.developer.editing import save, version
from tollway.portal.developer.fields import shown
from tollway.portal.developer.frame import show
from tollway.portal.developer.pages import actor_of, developer_of
from tollway.portal.developer.showing import Value
from tollway.portal.fields import NAME_LENGTH_MAX
from tollway.portal.plans.selectors import contract_of
from tollway.portal.tenants.models import Tenant
from tollway.portal.web.forms import PageForm
from tollway.portal.web.people_fields import (
    defined_fields,
    for_developers,
    label_as_defined,
    with_extra_fields,
)
from tollway.portal.web.site import site_of
from tollway.portal.web.toasts import tell

View = Callable[..., HttpResponse]
_NAMED = 5


class AccountForm(PageForm):
    """The organisation's name, and what is defined for accounts and left to developers."""

    org_name = forms.CharField(
        label="Organisation or group",
        max_length=NAME_LENGTH_MAX,
        error_messages={"required": "Enter the name of your organisation."},
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )

    def __init__(self, tenant: Tenant, *args: Any, **options: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **options)
        definitions = for_developers(tenant, Target.ACCOUNT)
        label_as_defined(self, definitions)
        self._defined = defined_fields(definitions, without=self.fields.keys())
        self.fields |= self._defined

    def given(self) -> dict[str, Any]:
        """Return the values as ``update_account`` takes them."""
        return with_extra_fields(Target.ACCOUNT, self.cleaned_data, self._defined)


class Overview(Struct, frozen=True):
    """``plan``: the account's, "" where organisations have but one for all.

    ``may_move``: whether another one can be had, or asked for, here.
    """

    name: str
    plan: str
    values: tuple[Value, ...]
    may_edit: bool
    may_move: bool


def in_account_area(view: View) -> View:
    """Answer as if it were not there where the organisation has switched these pages off."""

    @wraps(view)
    def guard(request: HttpRequest, **parts: Any) -> HttpResponse:  # noqa: ANN401  (of the route)
        if not site_of(request).tenant.settings.useraccountarea_enabled:
            raise Http404
        return view(request, **parts)

    return guard


def for_admins(view: View) -> View:
    """Tell a member of the account who may do it."""

    @wraps(view)
    def guard(request: HttpRequest, **parts: Any) -> HttpResponse:  # noqa: ANN401  (of the route)
        developer = developer_of(request)
        if developer.user.is_admin:
            return view(request, **parts)
        admins = users_of(developer.user.tenant, developer.account).filter(
            role=User.Role.ADMIN, state=User.State.ACTIVE
        )
        names = tuple(admins.values_list("username", flat=True)[:_NAMED])
        return show(request, "only_admins", {"admins": names}, status=403)

    return guard


@require_safe
@in_account_area
def overview(request: HttpRequest) -> HttpResponse:
    tenant, developer = site_of(request).tenant, developer_of(request)
    contract = contract_of(tenant, developer.account)
    visible = tenant.settings.account_plans_ui_visible and contract is not None
    found = Overview(
        name=developer.account.org_name,
        plan=contract.plan.name if visible and contract else "",
        values=_values(tenant, developer.account),
        may_edit=developer.user.is_admin,
        may_move=visible and tenant.settings.change_account_plan_permission in MAY,
    )
    return show(request, "account", {"account": found}, item="developer-account")


@in_account_area
@for_admins
def edit(request: HttpRequest) -> HttpResponse:
    tenant, account = site_of(request).tenant, developer_of(request).account
    outcome = None
    if request.method == "POST":
        form, by = AccountForm(tenant, request.POST), actor_of(request)
        outcome = save(
            request,
            form,
            account,
            lambda: update_account(account, by=by, **form.given()),
            values=_saved,
        )
        if outcome.saved:
            tell(request, "Your account is saved")
            return redirect("developer-account")
    else:
        form = AccountForm(tenant, initial=_saved(account))
    context = {
        "fields": shown(form),
        "errors": tuple(str(error) for error in form.non_field_errors()),
        "seen": version(request, account, outcome),
        "clash": outcome.clash if outcome else None,
    }
    status = outcome.status if outcome else 200
    return show(request, "edit_account", context, item="developer-account", status=status)


def _saved(account: Account) -> dict[str, Any]:
    rows = [row.name for row in for_developers(account.tenant, Target.ACCOUNT)]
    return {name: value_of(account, name) for name in ("org_name", *rows)}


def value_of(row: Account | User, name: str) -> Any:  # noqa: ANN401  (whatever a field holds)
    """Return a field of an account or a user, which is a column or the organisation's own."""
    own = row.extra_fields
    return own[name] if name in own else getattr(row, name, "")


def _values(tenant: Tenant, account: Account) -> tuple[Value, ...]:
    """Return all that is not hidden, read-only fields too; what is empty is left out."""
    rows: list[FieldsDefinition] = definitions_of(tenant, Target.ACCOUNT)
    shown_rows = [row for row in rows if not row.hidden and row.name != "org_name"]
    texts = [(row.label, value_of(account, row.name)) for row in shown_rows]
    return tuple(Value(label, str(text)) for label, text in texts if text not in {"", None})
