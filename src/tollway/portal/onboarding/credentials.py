"""What a newcomer needs to sign in and to make the first call, kept in `data-dir/credentials.json`.

The file is written *before* the rows that its secrets open: a process that dies in between leaves
a file to go on with, never an installation that nobody can enter.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import msgspec
from msgspec import Struct

FILE = "credentials.json"
_PASSWORD_BYTES = 15
_TOKEN_BYTES = 32


class SignIn(Struct, frozen=True):
    """``password`` is "" once it has been changed."""

    username: str
    password: str


class Credentials(Struct, frozen=True):
    """``admin`` and ``access_token`` are the sample tenant's, ``master_…`` the operator's.

    Tokens are "" once they have been deleted. ``staging`` and ``production`` are the URLs at which
    gateways serve the sample product, ``user_key`` opens it.
    """

    admin: SignIn = SignIn("admin", "")
    master_admin: SignIn = SignIn("master", "")
    access_token: str = ""
    master_token: str = ""
    tenant_id: int = 0
    master_id: int = 0
    service_id: int = 0
    service_token: str = ""
    user_key: str = ""
    staging: str = ""
    production: str = ""


def generate() -> Credentials:
    return Credentials(
        admin=SignIn("admin", secrets.token_urlsafe(_PASSWORD_BYTES)),
        master_admin=SignIn("master", secrets.token_urlsafe(_PASSWORD_BYTES)),
        access_token=secrets.token_hex(_TOKEN_BYTES),
        master_token=secrets.token_hex(_TOKEN_BYTES),
    )


def load(directory: Path) -> Credentials | None:
    """Return what was saved in ``directory``, or None. A damaged file: ``msgspec.MsgspecError``."""
    file = directory / FILE
    return msgspec.json.decode(file.read_bytes(), type=Credentials) if file.exists() else None


def save(directory: Path, credentials: Credentials) -> None:
    """Write the file, for its owner's eyes only: whole or not at all."""
    directory.mkdir(parents=True, exist_ok=True)
    draft = directory / f".{FILE}.{os.getpid()}"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(credentials), indent=2) + b"\n")
    draft.rename(directory / FILE)
