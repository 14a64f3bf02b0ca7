"""Defining the fields of accounts, users and applications."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from tollway.portal.accounts.fields_definitions import (
    BUILT_IN,
    RESERVED,
    built_in,
    definitions_of,
)
from tollway.portal.accounts.models import FieldsDefinition
from tollway.portal.events import services as events
from tollway.portal.events.actors import Actor
from tollway.portal.fields import BASE, as_json, fill, lock, refuse
from tollway.portal.tenants.models import Tenant

_FIELDS = ("label", "required", "hidden", "read_only", "choices")


def make_first_definitions(tenant: Tenant) -> None:
    """Define what every new tenant has."""
    FieldsDefinition.objects.bulk_create(
        FieldsDefinition(
            tenant=tenant,
            target=target,
            name=field.name,
            label=field.label,
            required=field.mandatory,
            position=position,
        )
        for target, fields in BUILT_IN.items()
        for position, field in enumerate([f for f in fields if f.at_first], start=1)
    )


@transaction.atomic
def create_fields_definition(
    tenant: Tenant,
    *,
    by: Actor,
    **fields: Any,  # noqa: ANN401
) -> FieldsDefinition:
    """Define a field, the last of its target.

    ``fields``: target ("Account", "User" or "Cinstance"), name, label, and optionally required,
    hidden, read_only, choices (a list of texts). Required excludes hidden and read_only.
    """
    lock(tenant)
    row = FieldsDefinition(tenant=tenant)
    fill(row, fields, ("target", "name", *_FIELDS))
    _check(row)
    others = definitions_of(tenant, row.target)
    row.position = max((each.position for each in others), default=0) + 1
    row.save()
    after = as_json(_values(row), ("target", "name", *_FIELDS))
    events.append(tenant, "fields_definition.created", row.pk, by=by, after=after)
    return row


@transaction.atomic
def update_fields_definition(row: FieldsDefinition, *, by: Actor, **changes: Any) -> None:  # noqa: ANN401
    """Change label, required, hidden, read_only, choices, position (from 1), or the target.

    Its name is fixed. Only a field of the tenant's own invention can move to another target, where
    it becomes the last; values that rows of the old one have are kept, but shown no more.
    """
    tenant = row.tenant
    lock(tenant)
    lock(row)
    before, source = _values(row), row.target
    position = changes.pop("position", None)
    fill(row, changes, ("target", *_FIELDS))
    _check(row)
    if row.target != source:
        if built_in(source, row.name):
            raise refuse("target", "cannot be changed for a built-in field")
        position = None
    row.save()
    _put_in_order(row, position, moved=row.target != source)
    row.refresh_from_db()
    after = _values(row)
    changed = [name for name in after if after[name] != before[name]]
    if changed:
        kind = "fields_definition.updated"
        told = {"before": as_json(before, changed), "after": as_json(after, changed)}
        events.append(tenant, kind, row.pk, by=by, **told)


def _put_in_order(row: FieldsDefinition, position: int | None, *, moved: bool) -> None:
    """Put the row where it is wanted among its target's fields, and number all from 1 on."""
    rows = definitions_of(row.tenant, row.target)
    others = [each for each in rows if each.pk != row.pk]
    place = len(others) if moved else row.position - 1
    if position is not None:
        place = max(position, 1) - 1
    others.insert(place, row)
    for number, each in enumerate(others, start=1):
        FieldsDefinition.objects.filter(pk=each.pk).update(position=number)


@transaction.atomic
def delete_fields_definition(row: FieldsDefinition, *, by: Actor) -> None:
    """Remove a field that is not mandatory. Values that rows have are kept, but shown no more."""
    lock(row)
    field = built_in(row.target, row.name)
    if field is not None and field.mandatory:
        raise refuse(BASE, "A required built-in field cannot be deleted")
    tenant, pk, before = row.tenant, row.pk, {"target": row.target, "name": row.name}
    row.delete()
    events.append(tenant, "fields_definition.deleted", pk, by=by, before=before)


def _check(row: FieldsDefinition) -> None:
    if row.name in RESERVED:
        raise refuse("name", "is reserved")
    for flag in ("hidden", "read_only"):
        if row.required and getattr(row, flag):
            raise refuse(flag, "is not possible for a required field")
    field = built_in(row.target, row.name)
    if field is not None and field.mandatory and not row.required:
        raise refuse("required", "cannot be changed for this field")


def _values(row: FieldsDefinition) -> dict[str, Any]:
    return {name: getattr(row, name) for name in ("target", "name", "position", *_FIELDS)}
