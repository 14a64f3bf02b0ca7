"""Which fields accounts, users and applications have, and what their values may be.

Some fields are columns: those in ``BUILT_IN``. A tenant uses what it has defined of them, and
invents others, whose values a row keeps in ``extra_fields``. Being hidden or read-only is about
developers; the tenant itself writes every field.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from msgspec import Struct

from tollway.portal.accounts.models import FieldsDefinition
from tollway.portal.fields import BLANK, INVALID
from tollway.portal.tenants.models import Tenant

Target = FieldsDefinition.Target
VALUE_LENGTH_MAX = 4096
NOT_INCLUDED = "is not included in the list"


class BuiltIn(Struct, frozen=True):
    """A field that is a column. ``mandatory`` ones are always there and always required.

    ``at_first``: defined for every new tenant.
    """

    name: str
    label: str
    at_first: bool = False
    mandatory: bool = False


BUILT_IN: Mapping[str, tuple[BuiltIn, ...]] = {
    Target.ACCOUNT: (
        BuiltIn("org_name", "Organization/Group Name", at_first=True, mandatory=True),
        BuiltIn("org_legaladdress", "Address"),
        BuiltIn("org_legaladdress_cont", "Address, continued"),
        BuiltIn("telephone_number", "Telephone Number"),
        BuiltIn("vat_code", "VAT Code"),
        BuiltIn("vat_rate", "VAT Rate"),
        BuiltIn("fiscal_code", "Fiscal Code"),
        BuiltIn("state_region", "State/Region"),
        BuiltIn("city", "City"),
        BuiltIn("country", "Country"),
        BuiltIn("zip", "ZIP"),
        BuiltIn("primary_business", "Primary Business"),
        BuiltIn("business_category", "Business Category"),
        BuiltIn("po_number", "PO Number"),
    ),
    Target.USER: (
        BuiltIn("username", "Username", at_first=True, mandatory=True),
        BuiltIn("email", "Email", at_first=True, mandatory=True),
        BuiltIn("first_name", "First name", at_first=True),
        BuiltIn("last_name", "Last name", at_first=True),
        BuiltIn("title", "Title"),
        BuiltIn("job_role", "Job role"),
    ),
    Target.APPLICATION: (
        BuiltIn("name", "Name", at_first=True, mandatory=True),
        BuiltIn("description", "Description", at_first=True),
        BuiltIn("redirect_url", "Redirect URL"),
    ),
}

# What an answer says of an entity anyway; a field of such a name would hide it.
RESERVED = frozenset({
    "accepted_at", "access_token", "account", "account_id", "account_plan_id", "admin_base_url",
    "admin_domain", "allowed_sections", "allowed_service_ids", "annotations", "application_id",
    "application_key", "application_plan_id", "base_url", "billing_address", "client_id",
    "client_secret", "created_at", "credit_card_expires_on", "credit_card_partial_number",
    "credit_card_stored", "deletion_date", "domain", "enabled", "extra_fields",
    "finance_support_email", "first_daily_traffic_at", "first_traffic_at", "from_email", "id",
    "keys", "links", "monthly_billing_enabled", "monthly_charging_enabled",
    "oidc_configuration", "page", "password", "per_page", "plan_id", "plan_name", "plans",
    "provider_key", "provider_verification_key", "referrer_filters", "role", "service_id",
    "service_name", "service_plan_id", "site_access_code", "state", "state_event",
    "support_email", "tenant_id", "updated_at", "user_account_id", "user_key", "users",
})  # fmt: skip


def built_in(target: str, name: str) -> BuiltIn | None:
    return next((field for field in BUILT_IN[target] if field.name == name), None)


def definitions_of(tenant: Tenant, target: str) -> list[FieldsDefinition]:
    """Return the fields of one target in their order. Prefetched ones cost no query."""
    rows = [row for row in tenant.fieldsdefinitions.all() if row.target == target]
    return sorted(rows, key=lambda row: (row.position, row.pk))


def extra_names(tenant: Tenant, target: str) -> list[str]:
    """Return the names of the fields that are the tenant's own invention."""
    rows = definitions_of(tenant, target)
    return [row.name for row in rows if built_in(target, row.name) is None]


def checked(
    tenant: Tenant, target: str, values: Mapping[str, Any], kept: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Hold ``values`` to the definitions; return them, ``extra_fields`` as the row will have them.

    ``kept`` is an existing row's ``extra_fields``: those that are not named stay. A new row (None)
    must have all that is required. Raises ``ValidationError`` by field.
    """
    check_built_in(tenant, target, values, new=kept is None)
    given = dict(values)
    extra = given.pop("extra_fields", None)
    if extra is None and kept is not None:
        return given
    return {**given, "extra_fields": check_extra_fields(tenant, target, extra or {}, kept)}


def check_extra_fields(
    tenant: Tenant,
    target: str,
    values: Mapping[str, Any],
    kept: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Return what a row's ``extra_fields`` are once ``values`` are set.

    ``target`` is "Account", "User" or "Cinstance". ``kept`` is what an existing row has; a new row
    (None) must have every field that is required. Blank values are dropped, and so are names that
    the tenant has not defined. Raises ``ValidationError`` by field.
    """
    errors: dict[str, list[str]] = {}
    after = dict(kept or {})
    for row in definitions_of(tenant, target):
        if built_in(target, row.name) or (row.name not in values and kept is not None):
            continue
        text, wrong = _read(row, values.get(row.name))
        if wrong:
            errors[row.name] = [wrong]
        elif text:
            after[row.name] = text
        else:
            after.pop(row.name, None)
    if errors:
        raise ValidationError(errors)
    return after


def check_built_in(
    tenant: Tenant, target: str, values: Mapping[str, Any], *, new: bool = False
) -> None:
    """Hold columns to their definitions: required, if ``new`` or given; one of the choices.

    Mandatory columns are held by the model itself. Raises ``ValidationError`` by field.
    """
    errors: dict[str, list[str]] = defaultdict(list)
    for row in definitions_of(tenant, target):
        field = built_in(target, row.name)
        if field is None or field.mandatory or not (new or row.name in values):
            continue
        _, wrong = _read(row, values.get(row.name))
        if wrong:
            errors[row.name].append(wrong)
    if errors:
        raise ValidationError(dict(errors))


def _read(row: FieldsDefinition, value: object) -> tuple[str, str]:
    """Return the value as text, and what is wrong with it."""
    if isinstance(value, bool):
        value = str(value).lower()
    text = "" if value is None else str(value)
    wrong = ""
    if isinstance(value, dict | list) or "\0" in text:
        wrong = INVALID
    elif not text.strip():
        wrong = BLANK if row.required else ""
    elif row.choices and text not in row.choices:
        wrong = NOT_INCLUDED
    elif len(text) > VALUE_LENGTH_MAX:
        wrong = f"is too long (maximum is {VALUE_LENGTH_MAX} characters)"
    return text, wrong


def shown_extra_fields(
    tenant: Tenant, target: str, extra_fields: Mapping[str, str]
) -> dict[str, str]:
    """Return the values whose fields are defined, in the fields' order."""
    names = extra_names(tenant, target)
    return {name: extra_fields[name] for name in names if name in extra_fields}
