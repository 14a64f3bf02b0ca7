"""One's own details: names, address, password."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.hashers import check_password
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.debug import sensitive_post_parameters

from tollway.portal.accounts.fields_definitions import Target, definitions_of
from tollway.portal.accounts.models import User
from tollway.portal.accounts.services import update_user
from tollway.portal.accounts.signup import USER_FIELDS, password_length_min
from tollway.portal.console.pages import actor_of, user_of
from tollway.portal.console.saving import save
from tollway.portal.console.shell import Section, show
from tollway.portal.web import throttle
from tollway.portal.web.entry import attempt
from tollway.portal.web.forms import PageForm
from tollway.portal.web.people_fields import (
    NewPasswordField,
    current_password_field,
    defined_fields,
    email_field,
    username_field,
    with_extra_fields,
)
from tollway.portal.web.sessions import sign_in
from tollway.portal.web.throttle import PASSWORD
from tollway.portal.web.toasts import tell

HERE = Section("")
WRONG = "This is not your present password."
MISSING = "Enter your present password: user name, e-mail or password change."
GUARDED = ("username", "email", "password")  # what opens the account


class PersonalForm(PageForm):
    """A user's own fields; those that the organisation has defined among them."""

    username = username_field()
    email = email_field("Mail about your account and its sign-in goes there.")

    def __init__(self, user: User, *args: Any, **options: Any) -> None:  # noqa: ANN401
        super().__init__(*args, initial=values(user), **options)
        definitions = definitions_of(user.tenant, Target.USER)
        own = {"username", "email", "password", "current_password"}
        self._defined = defined_fields(definitions, without=own)
        self.fields.update(self._defined)
        least = password_length_min(user.tenant)
        self.fields["password"] = NewPasswordField("New password", least=least, required=False)
        if user.has_usable_password():
            self.fields["current_password"] = current_password_field(
                "Only for a new user name, e-mail or password."
            )

    @property
    def details(self) -> list[Any]:
        return [self[name] for name in ("username", "email", *self._defined)]

    @property
    def is_guarded(self) -> bool:
        """Whether something is changed that takes the present password."""
        return "current_password" in self.fields and any(
            name in self.changed_data for name in GUARDED
        )

    def given(self) -> dict[str, Any]:
        """Return the values as ``accounts.services.update_user`` takes them."""
        sent = {
            name: value
            for name, value in self.cleaned_data.items()
            if name != "current_password" and (name != "password" or value)
        }
        return with_extra_fields(Target.USER, sent, self._defined)


def values(user: User) -> dict[str, Any]:
    """Return a user as the form's fields have it."""
    return {**user.extra_fields, **{name: getattr(user, name) for name in USER_FIELDS}}


@sensitive_post_parameters("password", "current_password")
def edit(request: HttpRequest) -> HttpResponse:
    user = user_of(request)
    if request.method != "POST":
        return _page(request, {"form": PersonalForm(user)})
    form = PersonalForm(user, request.POST)
    if form.is_valid() and form.is_guarded:
        _check_password(request, form, user)
    outcome = save(
        request,
        form,
        user,
        lambda: update_user(user, by=actor_of(request), **form.given()),
        values=values,
    )
    if not outcome.saved:
        return _page(request, {"form": form, "clash": outcome.clash}, status=outcome.status)
    renewed = bool(form.cleaned_data["password"])
    if renewed:
        sign_in(request, user)  # this session goes on, all others end
    tell(request, "Your details are saved", "Every other session has ended." if renewed else "")
    return redirect("personal")


def _check_password(request: HttpRequest, form: PersonalForm, user: User) -> None:
    password = form.cleaned_data["current_password"]
    if not password:
        form.add_error("current_password", MISSING)
        return
    trial = attempt(request, PASSWORD, f"user {user.pk}")
    if trial.refusal:
        form.add_error("current_password", trial.refusal)
    elif not check_password(password, user.password):
        form.add_error("current_password", WRONG)
    else:
        throttle.succeed(trial)


def _page(request: HttpRequest, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    return show(request, "console/entry/personal.html", HERE, context, status=status)
