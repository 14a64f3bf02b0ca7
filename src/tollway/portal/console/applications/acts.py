"""What is done to an application: its state, its credentials, where its calls may come from."""

from __future__ import annotations

from collections.abc import Callable

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from tollway.portal.applications.models import Application
from tollway.portal.applications.services import (
    MOVES,
    add_key,
    add_referrer_filter,
    change_state,
    delete_application,
    reject_application,
    update_application,
)
from tollway.portal.console.applications.finding import application_or_404, applications_for
from tollway.portal.console.applications.forms import KeyForm, ReferrerForm
from tollway.portal.console.applications.page import page
from tollway.portal.console.pages import actor_of
from tollway.portal.events.actors import Actor
from tollway.portal.web import keys
from tollway.portal.web.forms import PageForm, typed
from tollway.portal.web.keys import IN_FORCE, KEY_ADDED, Holder
from tollway.portal.web.once import once
from tollway.portal.web.toasts import tell

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
    except ValidationError as refusal:
        state = application.get_state_display().lower()
        why = f"{application.name} is {state} now."
        if "state" not in refusal.message_dict:
            why = f"{'. '.join(refusal.messages)}."
        tell(request, "Nothing was changed", why)
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
    return keys.replace_user_key(_holder(request, application_id))


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
    return keys.end_replaced_user_keys(_holder(request, application_id))


@once
@require_POST
def new_key(request: HttpRequest, application_id: int) -> HttpResponse:
    application, by = application_or_404(request, application_id), actor_of(request)
    form = KeyForm(request.POST)
    if form.is_valid():
        value = form.cleaned_data["value"]
        if form.attempt(lambda: add_key(application, by=by, value=value)):
            tell(request, KEY_ADDED, IN_FORCE)
            return _back(application)
    return _refused(request, application_id, form, "key_form", "new-key")


@once
@require_POST
def replace_key(request: HttpRequest, application_id: int, key_id: int) -> HttpResponse:
    return keys.replace_key(_holder(request, application_id), key_id)


@require_POST
def delete_key(request: HttpRequest, application_id: int, key_id: int) -> HttpResponse:
    return keys.delete_key(_holder(request, application_id), key_id)


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
    again = reverse("referrer-new", kwargs={"application_id": application_id})
    return keys.remove_referrer(_holder(request, application_id), referrer_id, again=again)


def _holder(request: HttpRequest, application_id: int) -> Holder:
    application = application_or_404(request, application_id)
    page = reverse("application", kwargs={"application_id": application.pk})
    return Holder(request, application, actor_of(request), page)


def _refused(
    request: HttpRequest, application_id: int, form: PageForm, name: str, opened: str
) -> HttpResponse:
    application = application_or_404(request, application_id)
    return page(request, application, {name: form, "opened": opened}, status=422)


def _back(application: Application) -> HttpResponse:
    return redirect("application", application_id=application.pk)
