"""What people may do: as fields of a form, and in words (feature map, US4 and US7)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms

from tollway.portal.accounts.models import TeamInvitation, User
from tollway.portal.catalog.selectors import products_of
from tollway.portal.tenants.models import Tenant
from tollway.portal.web.forms import PageForm

ALL, SOME = "all", "some"
_Section = User.Section
# What each permission opens; the word before the colon is what refused pages call it.
SECTIONS: Mapping[str, str] = {
    _Section.PARTNERS: "Partners: accounts, their users and applications",
    _Section.PLANS: "Plans: products, backends, plans and integration",
    _Section.MONITORING: "Monitoring: usage, alerts and integration errors",
    _Section.SETTINGS: "Settings: sign-up rules, fields, switches, domains and access",
    _Section.PORTAL: "Portal: the contents of the developer portal",
    _Section.FINANCE: "Finance: invoices and payments",
    _Section.POLICY_REGISTRY: "Policy registry: policies of the gateway",
}
ROLES = {
    User.Role.ADMIN: "Admin: everything, people and their rights included",
    User.Role.MEMBER: "Member: what is ticked below",
}


class RightsForm(PageForm):
    """Role, permissions and products. A member with no permission sees the dashboard only."""

    role = forms.ChoiceField(
        label="Role",
        choices=list(ROLES.items()),
        widget=forms.RadioSelect,
        initial=User.Role.MEMBER,
        error_messages={"required": "Choose a role."},
    )
    allowed_sections = forms.MultipleChoiceField(
        label="A member may see and change",
        required=False,
        choices=list(SECTIONS.items()),
        widget=forms.CheckboxSelectMultiple,
    )
    products = forms.ChoiceField(
        label="A member sees",
        choices=[(ALL, "All products, those to come too"), (SOME, "Only the products ticked here")],
        widget=forms.RadioSelect,
        initial=ALL,
        help_text="Holds for accounts and applications, usage, plans and policies alike.",
    )
    allowed_service_ids = forms.TypedMultipleChoiceField(
        label="Products",
        required=False,
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        help_text="With none ticked, no product.",
    )

    def __init__(self, tenant: Tenant, *args: Any, **options: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **options)
        rows = products_of(tenant).order_by("name", "id").values_list("pk", "name")
        self.fields["allowed_service_ids"].choices = list(rows)  # type: ignore[attr-defined]

    def rights(self) -> dict[str, Any]:
        """Return what was chosen as the services take it."""
        given = self.cleaned_data
        chosen = given["allowed_service_ids"] if given["products"] == SOME else None
        return {
            "role": given["role"],
            "allowed_sections": given["allowed_sections"],
            "allowed_service_ids": chosen,
        }


def rights_values(row: User | TeamInvitation) -> dict[str, Any]:
    """Return the rights of a row as the form has them."""
    allowed = row.allowed_service_ids
    return {
        "role": row.role,
        "allowed_sections": [name for name in SECTIONS if name in row.allowed_sections],
        "products": ALL if allowed is None else SOME,
        "allowed_service_ids": sorted(allowed or []),
    }


def in_words(row: User | TeamInvitation) -> str:
    """Say what somebody may: "Everything", "Plans, Partners for 2 products"."""
    if row.role == User.Role.ADMIN:
        return "Everything"
    names = [SECTIONS[name].partition(":")[0] for name in SECTIONS if name in row.allowed_sections]
    if not names:
        return "The dashboard only"
    allowed = row.allowed_service_ids
    if allowed is None:
        return ", ".join(names)
    count = len(allowed)
    kept = "no product" if not count else "1 product" if count == 1 else f"{count:,} products"
    return f"{', '.join(names)} for {kept}"
