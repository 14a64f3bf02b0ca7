"""Who made a change."""

from __future__ import annotations

from msgspec import Struct


class Actor(Struct, frozen=True):
    """``kind`` says what ``id`` names: "user", "provider_key", "system"; "visitor" has no id.

    ``on_behalf_of`` is the user whom an operator impersonates, ``request_id`` the HTTP request.
    """

    kind: str
    id: str = ""
    on_behalf_of: str = ""
    request_id: str = ""


SYSTEM = Actor("system")
