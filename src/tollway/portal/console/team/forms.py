"""The forms of the tenant's own people."""

from __future__ import annotations

from typing import Any

from tollway.portal.accounts.fields_definitions import Target, definitions_of
from tollway.portal.accounts.models import User
from tollway.portal.accounts.signup import password_length_min
from tollway.portal.console.team.rights import RightsForm, rights_values
from tollway.portal.tenants.models import Tenant
from tollway.portal.web.forms import PageForm
from tollway.portal.web.people_fields import (
    NewPasswordField,
    defined_fields,
    email_field,
    label_as_defined,
    username_field,
    with_extra_fields,
)


class UserForm(RightsForm):
    username = username_field("They sign in with it.")
    email = email_field("Their sign-in, and mail about it.")

    def __init__(self, tenant: Tenant, *args: Any, **options: Any) -> None:  # noqa: ANN401
        super().__init__(tenant, *args, **options)
        definitions = definitions_of(tenant, Target.USER)
        label_as_defined(self, definitions)
        self._defined = defined_fields(definitions, without={*self.fields, "password"})
        self.fields |= self._defined
        self.order_fields(["username", "email", *self._defined])
        self.fields["username"].help_text = "They sign in with it."

    def details(self) -> dict[str, Any]:
        """Return what is no right, as ``update_user`` takes it."""
        names = {"username", "email", *self._defined}
        own = {name: value for name, value in self.cleaned_data.items() if name in names}
        return with_extra_fields(Target.USER, own, self._defined)


def user_values(user: User) -> dict[str, Any]:
    """Return a user as the form's fields have it."""
    names = [row.name for row in definitions_of(user.tenant, Target.USER)]
    extra = user.extra_fields
    own = {name: extra[name] if name in extra else getattr(user, name, "") for name in names}
    return {**own, "username": user.username, "email": user.email, **rights_values(user)}


class InviteForm(RightsForm):
    email = email_field("Whoever has the link chooses a user name and a password.")

    field_order = ("email",)


class JoinForm(PageForm):
    """Somebody who was invited. What ``tenant`` requires of its users is asked for, too."""

    username = username_field()

    def __init__(self, tenant: Tenant, *args: Any, **options: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **options)
        rows = [row for row in definitions_of(tenant, Target.USER) if row.required]
        label_as_defined(self, rows)
        self._defined = defined_fields(rows, without={"username", "email", "password"})
        self.fields |= self._defined
        self.fields["password"] = NewPasswordField("Password", least=password_length_min(tenant))

    def given(self) -> dict[str, Any]:
        return with_extra_fields(Target.USER, self.cleaned_data, self._defined)
