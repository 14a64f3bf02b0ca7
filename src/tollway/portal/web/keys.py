"""What is done to an application's credentials, the same in both portals.

Who may do it is the portal's own business: it makes a `Holder` of an application that its visitor
may change.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from msgspec import Struct

from tollway.portal.applications import selectors, services
from tollway.portal.applications.models import Application, ApplicationKey
from tollway.portal.events.actors import Actor
from tollway.portal.web.overlaps import OVERLAPS, keep_until
from tollway.portal.web.toasts import tell

IN_FORCE = "In force within a second."
KEY_ADDED = "A key was added"


class Holder(Struct, frozen=True):
    """An application whose credentials ``by`` changes; its ``page`` says what came of it.

    ``overlaps``: how long a replaced key may go on working, as keys of ``OVERLAPS``.
    """

    request: HttpRequest
    application: Application
    by: Actor
    page: str
    overlaps: Collection[str] = tuple(OVERLAPS)


def replace_user_key(holder: Holder) -> HttpResponse:
    until = keep_until(holder.request, holder.overlaps)
    return _told(
        holder,
        lambda: services.regenerate_user_key(holder.application, by=holder.by, keep_until=until),
        "There is a new user key",
        _of_the_old(until),
    )


def end_replaced_user_keys(holder: Holder) -> HttpResponse:
    return _told(
        holder,
        lambda: services.remove_former_user_keys(holder.application, by=holder.by),
        "Replaced user keys are refused",
    )


def add_key(holder: Holder, value: str) -> HttpResponse:
    """Add a key, made up if ``value`` is ""."""
    return _told(
        holder,
        lambda: services.add_key(holder.application, by=holder.by, value=value),
        KEY_ADDED,
    )


def replace_key(holder: Holder, key_id: int) -> HttpResponse:
    key, until = _key_or_404(holder, key_id), keep_until(holder.request, holder.overlaps)
    return _told(
        holder,
        lambda: services.rotate_key(key, by=holder.by, keep_until=until),
        "There is a new key",
        _of_the_old(until),
    )


def delete_key(holder: Holder, key_id: int) -> HttpResponse:
    key = _key_or_404(holder, key_id)
    return _told(holder, lambda: services.remove_key(key, by=holder.by), "The key is deleted")


def add_referrer(holder: Holder, value: str) -> HttpResponse:
    return _told(
        holder,
        lambda: services.add_referrer_filter(holder.application, by=holder.by, value=value),
        f"Calls may come from {value}",
    )


def remove_referrer(holder: Holder, filter_id: int, *, again: str) -> HttpResponse:
    """Remove a filter; ``again`` is the address that adds one, for Undo."""
    application = holder.application
    filters = selectors.referrer_filters_of(application.tenant, application)
    row = filters.filter(pk=filter_id).first()
    if row is not None:  # else it is gone already, as was wanted
        services.remove_referrer_filter(row, by=holder.by)
        back = {"undo": again, "value": row.value}
        text, detail = f"Calls from {row.value} are refused", "Unless another line lets them in."
        tell(holder.request, text, detail, **back)
    return HttpResponseRedirect(holder.page)


def _key_or_404(holder: Holder, pk: int) -> ApplicationKey:
    application = holder.application
    key = selectors.keys_of(application.tenant, application).filter(pk=pk).first()
    if key is None:
        raise Http404
    return key


def _of_the_old(until: datetime | None) -> str:
    if until is None:
        return "The old one is refused within a second."
    return f"The old one goes on working until {until:%-d %b, %H:%M} UTC."


def _told(
    holder: Holder, act: Callable[[], object], done: str, detail: str = IN_FORCE
) -> HttpResponse:
    try:
        act()
    except ValidationError as refusal:
        tell(holder.request, "Nothing was changed", f"{'. '.join(refusal.messages)}.")
    else:
        tell(holder.request, done, detail)
    return HttpResponseRedirect(holder.page)
