"""Addresses as they go into a header and an envelope: checked, in ASCII, on one line."""

from __future__ import annotations

from email.headerregistry import Address
from email.utils import parseaddr

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from tollway.portal.fields import INVALID, refuse


def checked(address: str) -> str:
    """Return an address that any server takes, its domain in ASCII. Raises ``ValidationError``.

    >>> checked("ann@bücher.example")
    'ann@xn--bcher-kva.example'
    """
    try:
        validate_email(address)
        local, _, domain = address.rpartition("@")
        ascii_only = f"{local}@{domain.encode('idna').decode()}"
        Address(addr_spec=ascii_only)
    except (ValidationError, UnicodeError, ValueError) as error:
        raise refuse("email", INVALID) from error
    return ascii_only


def parted(text: str) -> tuple[str, str]:
    """Return name and address of a setting like `Tollway <no-reply@example.com>`."""
    name, address = parseaddr(text)
    return name, address
