"""What is done to an application: its state, its credentials, where its calls may come from."""

from __future__ import annotations

from collections.abc import Callable

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from tollway.portal.applications import selectors
from tollway.portal.applications.models import Application, ApplicationKey
from tollway.portal.applications.services import (
    MOVES,
    add_key,
    add_referrer_filter,
    change_state,
    delete_application,
    regenerate_user_key,
    reject_application,
    remove_former_user_keys,
    remove_key,
    remove_referrer_filter,
    rotate_key,
    update_application,
)
from tollway.portal.console.applications.finding import application_or_404, applications_for
from tollway.portal.console.applications.forms import KeyForm, ReferrerForm
from tollway.portal.console.applications.page import page
from tollway.portal.console.pages import actor_of
from tollway.portal.events.actors import Actor
from tollway.portal.web.forms import PageForm, typed
from tollway.portal.web.once import once
from tollway.portal.web.overlaps import keep_until
from tollway.portal.web.toasts import tell

IN_FORCE = "In force within a second."
SAID = {
    "accept": ("is live", "Its calls pass within a second."),
    "suspend": ("is suspended", "Its calls are refused within a second."),
    "resume": ("is live again", "Its calls pass within a second."),
    "deprecate": ("is deprecated", "Its calls are refused within a second."),
}
BACK = {"suspend": "resume", "resume": "suspend"}


@require_POST
def move(request: HttpRequest, application_id: int, event: str) -> HttpResponse:
    if event not in MOVES:
        raise Http404
    application = application_or_404(request, application_id)
    try:
        change_state(application, event, by=actor_of(request))
    except ValidationError:
        state = application.get_state_display().lower()
        tell(request, "Nothing was changed", f"{application.name} is {state} now.")
        return _back(application)
    said, detail = SAID[event]
    undo = {}
    if event in BACK:
        undo = {"undo": request.path.replace(f"/{event}", f"/{BACK[event]}")}
    tell(request, f"{application.name} {said}", detail, **undo)
    return _back(application)


@require_POST
def reject(request: HttpRequest, application_id: int) -> HttpResponse:
    """Turn a pending application down: it goes, and its developer is told ``reason``."""
    application = application_or_404(request, application_id)
    reason = request.POST.get("reason", "").replace("\0", "").strip()[:2000]
    try:
        reject_application(application, by=actor_of(request), reason=reason)
    except ValidationError:
        tell(request, "Nothing was changed", f"{application.name} does not wait any more.")
        return _back(application)
    tell(request, f"{application.name} is rejected", "It is gone; its developer gets a mail.")
    return redirect("applications")


@require_POST
def delete(request: HttpRequest, application_id: int) -> HttpResponse:
    """Remove an application, if its name was typed."""
    application = applications_for(request).filter(pk=application_id).first()
    if application is None:  # gone already, as was wanted
        return redirect("applications")
    if not typed(request, application.name):
        refusal = f"Nothing was deleted: type {application.name} to confirm."
        return page(request, application, {"refusal": refusal}, status=422)
    delete_application(application, by=actor_of(request))
    tell(request, f"{application.name} is deleted", "Its keys are refused within a second.")
    return redirect("applications")


@once
@require_POST
def rotate_user_key(request: HttpRequest, application_id: int) -> HttpResponse:
    """Make a new user key; the old one goes on working for as long as was chosen."""
    application, by = application_or_404(request, application_id), actor_of(request)
    until = keep_until(request)
    return _told(
        request,
        application,
        lambda: regenerate_user_key(application, by=by, keep_until=until),
        "There is a new user key",
    )


@require_POST
def set_user_key(request: HttpRequest, application_id: int) -> HttpResponse:
    application, by = application_or_404(request, application_id), actor_of(request)
    form = KeyForm(request.POST)
    form.fields["value"].required = True
    if form.is_valid():
        value = form.cleaned_data["value"]
        done = form.attempt(lambda: _renamed(lambda: _set(application, value, by)))
        if done:
            tell(request, "The user key is changed", f"{IN_FORCE} The old one is refused.")
            return _back(application)
    return _refused(request, application_id, form, "key_form", "set-user-key")


def _set(application: Application, value: str, by: Actor) -> bool:
    update_application(application, by=by, user_key=value)
    return True


def _renamed(act: Callable[[], bool]) -> bool:
    """Call a service that names the key ``user_key``, which the form calls ``value``."""
    try:
        return act()
    except ValidationError as refusal:
        found = refusal.message_dict if hasattr(refusal, "error_dict") else {}
        if "user_key" not in found:
            raise
        raise ValidationError({"value": found["user_key"]}) from refusal


@require_POST
def end_former(request: HttpRequest, application_id: int) -> HttpResponse:
    application, by = application_or_404(request, application_id), actor_of(request)
    return _told(
        request,
        application,
        lambda: remove_former_user_keys(application, by=by),
        "Replaced user keys are refused",
    )


@once
@require_POST
def new_key(request: HttpRequest, application_id: int) -> HttpResponse:
    application, by = application_or_404(request, application_id), actor_of(request)
    form = KeyForm(request.POST)
    if form.is_valid():
        value = form.cleaned_data["value"]
        if form.attempt(lambda: add_key(application, by=by, value=value)):
            tell(request, "A key was added", IN_FORCE)
            return _back(application)
    return _refused(request, application_id, form, "key_form", "new-key")


@once
@require_POST
def replace_key(request: HttpRequest, application_id: int, key_id: int) -> HttpResponse:
    application, by = application_or_404(request, application_id), actor_of(request)
    key, until = _key(application, key_id), keep_until(request)
    return _told(
        request,
        application,
        lambda: rotate_key(key, by=by, keep_until=until),
        "There is a new key",
    )


@require_POST
def delete_key(request: HttpRequest, application_id: int, key_id: int) -> HttpResponse:
    application, by = application_or_404(request, application_id), actor_of(request)
    key = _key(application, key_id)
    return _told(request, application, lambda: remove_key(key, by=by), "The key is refused")


@require_POST
def add_referrer(request: HttpRequest, application_id: int) -> HttpResponse:
    application, by = application_or_404(request, application_id), actor_of(request)
    form = ReferrerForm(request.POST)
    if form.is_valid():
        value = form.cleaned_data["value"]
        if form.attempt(lambda: add_referrer_filter(application, by=by, value=value)):
            tell(request, f"Calls may come from {value}", IN_FORCE)
            return _back(application)
    return _refused(request, application_id, form, "referrer_form", "")


@require_POST
def remove_referrer(request: HttpRequest, application_id: int, referrer_id: int) -> HttpResponse:
    application, by = application_or_404(request, application_id), actor_of(request)
    filters = selectors.referrer_filters_of(application.tenant, application)
    row = filters.filter(pk=referrer_id).first()
    if row is None:
        return _back(application)
    return _told(
        request,
        application,
        lambda: remove_referrer_filter(row, by=by),
        f"Calls may not come from {row.value} any more",
    )


def _key(application: Application, pk: int) -> ApplicationKey:
    key = selectors.keys_of(application.tenant, application).filter(pk=pk).first()
    if key is None:
        raise Http404
    return key


def _refused(
    request: HttpRequest, application_id: int, form: PageForm, name: str, opened: str
) -> HttpResponse:
    application = application_or_404(request, application_id)
    return page(request, application, {name: form, "opened": opened}, status=422)


def _told(
    request: HttpRequest, application: Application, act: Callable[[], object], done: str
) -> HttpResponse:
    try:
        act()
    except ValidationError as refusal:
        tell(request, "Nothing was changed", f"{'. '.join(refusal.messages)}.")
    else:
        tell(request, done, IN_FORCE)
    return _back(application)


def _back(application: Application) -> HttpResponse:
    return redirect("application", application_id=application.pk)
