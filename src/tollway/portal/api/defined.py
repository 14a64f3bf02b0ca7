"""Fields of accounts, users and applications whose names are a tenant's own, in requests.

They come as `extra_fields[name]`, or flat beside the fields that rows declare.
"""

from __future__ import annotations

from typing import Any

from tollway.portal.accounts.fields_definitions import BUILT_IN, extra_names
from tollway.portal.api.operation import Call
from tollway.portal.api.params import Param, mapping, number, text

_NUMBERS = {"vat_rate"}


def columns(target: str, *, without: tuple[str, ...] = ()) -> tuple[Param, ...]:
    """Declare every field of ``target`` that is a column, and `extra_fields`."""
    names = [field.name for field in BUILT_IN[target] if field.name not in without]
    declared = [number(n, nullable=True) if n in _NUMBERS else text(n) for n in names]
    return (*declared, mapping("extra_fields"))


def given_fields(call: Call, *targets: str) -> dict[str, Any]:
    """Return what was given, with ``extra_fields`` holding all that ``targets`` define."""
    names = {name for target in targets for name in extra_names(call.tenant, target)}
    sent = {**call.sent, **call.given.get("extra_fields", {})}
    extra = {name: value for name, value in sent.items() if name in names}
    given = {name: value for name, value in call.given.items() if name != "extra_fields"}
    return {**given, "extra_fields": extra} if extra else given
