"""One's own details, and a new password. What opens the account takes the present password."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.hashers import check_password
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.debug import sensitive_post_parameters

from tollway.portal.accounts.fields_definitions import Target
from tollway.portal.accounts.models import User
from tollway.portal.accounts.services import update_user
from tollway.portal.accounts.signup import password_length_min
from tollway.portal.developer.account import value_of
from tollway.portal.developer.editing import save, version
from tollway.portal.developer.fields import shown
from tollway.portal.developer.frame import show
from tollway.portal.developer.pages import actor_of, developer_of
from tollway.portal.web import throttle
from tollway.portal.web.entry import attempt
from tollway.portal.web.forms import PageForm
from tollway.portal.web.people_fields import (
    NewPasswordField,
    current_password_field,
    defined_fields,
    email_field,
    for_developers,
    label_as_defined,
    username_field,
    with_extra_fields,
)
from tollway.portal.web.sessions import sign_in
from tollway.portal.web.throttle import PASSWORD
from tollway.portal.web.toasts import tell

WRONG = "This is not your present password."
MISSING = "Enter your present password: user name or e-mail change."
NEEDED = "Enter your present password."
_GUARDED = ("username", "email")
_PRESENT = "current_password"


class DetailsForm(PageForm):
    """User name, e-mail, and what is defined for users and left to them."""

    username = username_field()
    email = email_field("Mail about your account and its sign-in goes there.")

    def __init__(self, user: User, *args: Any, **options: Any) -> None:  # noqa: ANN401
        super().__init__(*args, initial=details_of(user), **options)
        definitions = for_developers(user.tenant, Target.USER)
        label_as_defined(self, definitions)
        own = {*self.fields, "password", _PRESENT}
        self._defined = defined_fields(definitions, without=own)
        self.fields |= self._defined
        self.fields[_PRESENT] = current_password_field("Only for a new user name or e-mail.")

    @property
    def is_guarded(self) -> bool:
        """Whether something is changed that takes the present password."""
        return any(name in self.changed_data for name in _GUARDED)

    def given(self) -> dict[str, Any]:
        """Return the values as ``update_user`` takes them."""
        values = {name: value for name, value in self.cleaned_data.items() if name != _PRESENT}
        return with_extra_fields(Target.USER, values, self._defined)


class PasswordForm(PageForm):
    def __init__(self, user: User, *args: Any, **options: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **options)
        present = self.fields[_PRESENT] = current_password_field("")
        present.required = True
        present.error_messages["required"] = NEEDED
        least = password_length_min(user.tenant)
        self.fields["password"] = NewPasswordField("New password", least=least)


def details_of(user: User) -> dict[str, Any]:
    """Return a user as the form's fields have it."""
    rows = [row.name for row in for_developers(user.tenant, Target.USER)]
    return {name: value_of(user, name) for name in ("username", "email", *rows)}


@sensitive_post_parameters(_PRESENT)
def details(request: HttpRequest) -> HttpResponse:
    user = developer_of(request).user
    form = DetailsForm(user, *_sent(request))
    outcome = None
    if form.is_bound:
        if form.is_valid() and form.is_guarded:
            _check(request, form, user)
        by = actor_of(request)
        outcome = save(
            request, form, user, lambda: update_user(user, by=by, **form.given()), values=details_of
        )
        if outcome.saved:
            tell(request, "Your details are saved")
            return redirect("developer-details")
    context = {
        "fields": shown(form),
        "errors": tuple(str(error) for error in form.non_field_errors()),
        "seen": version(request, user, outcome),
        "clash": outcome.clash if outcome else None,
    }
    status = outcome.status if outcome else 200
    return show(request, "details", context, item="developer-details", status=status)


@sensitive_post_parameters(_PRESENT, "password")
def password(request: HttpRequest) -> HttpResponse:
    """Set a new password: this session goes on under a new key, all others end."""
    user = developer_of(request).user
    form = PasswordForm(user, *_sent(request))
    if form.is_bound and form.is_valid():
        _check(request, form, user)
        if form.is_valid() and _renew(request, form, user):
            sign_in(request, user)
            tell(request, "You have a new password", "Every other session has ended.")
            return redirect("developer-details")
    context = {
        "fields": shown(form),
        "errors": tuple(str(error) for error in form.non_field_errors()),
    }
    status = 422 if form.is_bound else 200
    return show(request, "password", context, item="developer-details", status=status)


def _renew(request: HttpRequest, form: PasswordForm, user: User) -> bool:
    try:
        update_user(user, by=actor_of(request), password=form.cleaned_data["password"])
    except ValidationError as refusal:
        form.refuse(refusal)
        return False
    return True


def _check(request: HttpRequest, form: forms.Form, user: User) -> None:
    given = form.cleaned_data[_PRESENT]
    if not given:
        form.add_error(_PRESENT, MISSING)
        return
    trial = attempt(request, PASSWORD, f"user {user.pk}")
    if trial.refusal:
        form.add_error(_PRESENT, trial.refusal)
    elif not check_password(given, user.password):
        form.add_error(_PRESENT, WRONG)
    else:
        throttle.succeed(trial)


def _sent(request: HttpRequest) -> tuple[Any, ...]:
    return (request.POST,) if request.method == "POST" else ()
