"""The forms of the rules: what each switch does is said beside it."""

from __future__ import annotations

from typing import Any

from django import forms

from tollway.portal.tenants.models import PlanChange
from tollway.portal.web.forms import PageForm

PLAN_CHANGES = [
    (PlanChange.REQUEST, "They ask for it, and you decide"),
    (PlanChange.DIRECT, "At once"),
    (PlanChange.CREDIT_CARD, "At once, with a credit card on file"),
    (PlanChange.REQUEST_CREDIT_CARD, "They ask for it, with a credit card on file"),
    (PlanChange.NONE, "Not at all"),
]


def switch(label: str, help_text: str = "") -> forms.BooleanField:
    return forms.BooleanField(label=label, help_text=help_text, required=False)


class SignUpForm(PageForm):
    """The tenant's usage rules. ``has_default``: whether there is a default account plan."""

    signups_enabled = switch(
        "Developers may sign up by themselves",
        "Off, the sign-up page of the developer portal is closed; you add accounts yourself.",
    )
    account_approval_required = switch(
        "New accounts wait for your approval",
        "Their developers cannot sign in before you have approved them. Written to the default"
        " account plan.",
    )
    useraccountarea_enabled = switch(
        "Developers see and change their own account",
        "Off, the developer portal has no pages about the account and its users.",
    )
    public_search = switch(
        "Visitors may search the developer portal",
        "Kept for the Account Management API: the portal has no search yet.",
    )
    account_plans_ui_visible = switch(
        "Use account plans", "Off, account plans are not shown, and all accounts use the default."
    )
    change_account_plan_permission = forms.ChoiceField(
        label="Developers change their account plan", choices=PLAN_CHANGES
    )
    service_plans_ui_visible = switch(
        "Use service plans",
        "Off, service plans are not shown, and subscriptions use the default plans.",
    )
    change_service_plan_permission = forms.ChoiceField(
        label="Developers change their service plan", choices=PLAN_CHANGES
    )

    def __init__(self, *args: Any, has_default: bool, **options: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **options)
        if not has_default:
            field = self.fields["account_approval_required"]
            field.disabled = True
            field.help_text = "There is no default account plan, which this is written to."


class RightsForm(PageForm):
    """What developers may do with the applications of one product."""

    buyers_manage_apps = switch("Create, change and delete applications")
    buyer_can_select_plan = switch("Choose the plan of a new application")
    buyer_plan_change_permission = forms.ChoiceField(
        label="Another plan for an application", choices=PLAN_CHANGES
    )
    buyers_manage_keys = switch("Add and delete application keys")
    custom_keys_enabled = switch("Choose the text of a new application key")
    buyer_key_regenerate_enabled = switch("Replace the API key of an application")
    mandatory_app_key = switch("Every application has an application key from its start")
    intentions_required = switch("An application must say what it is for")
    referrer_filters_required = switch(
        "Calls must come from an address that the application lists",
        "Looked at in the calls' referrer. Applications without a filter are refused.",
    )
