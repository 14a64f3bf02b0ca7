"""Legal terms within forms: each in force is shown with a box to tick, and noted when ticked."""

from __future__ import annotations

from collections.abc import Sequence

from django import forms

from tollway.portal.accounts.models import User
from tollway.portal.events.actors import Actor
from tollway.portal.storefront.models import Terms
from tollway.portal.storefront.selectors import terms_in_force
from tollway.portal.storefront.services import accept_terms
from tollway.portal.tenants.models import Tenant
from tollway.portal.web.forms import PageForm

_NAMES = {
    Terms.Kind.SIGN_UP: ("Terms of this portal", "I accept the terms of this portal"),
    Terms.Kind.SUBSCRIPTION: ("Terms of the API", "I accept the terms of the API"),
    Terms.Kind.APPLICATION: (
        "Terms of new applications",
        "I accept the terms of new applications",
    ),
}
NEEDED = "Read and accept these terms to go on."


class Agreement:
    """The terms of some kinds that are in force, as the last fields of a form."""

    def __init__(self, tenant: Tenant, kinds: Sequence[str]) -> None:
        self.terms = terms_in_force(tenant, kinds)

    def join(self, form: PageForm) -> None:
        """Add a box for each of the terms. Its name holds the version that its reader has seen."""
        for terms in self.terms:
            title, said = _NAMES[Terms.Kind(terms.kind)]
            form.fields[f"terms_{terms.pk}"] = forms.BooleanField(
                label=title,
                help_text=said,
                error_messages={"required": NEEDED},
                widget=forms.CheckboxInput(attrs={"data-text": terms.text}),
            )

    def settle(self, user: User, *, by: Actor) -> None:
        """Note that the user has accepted: call it in the transaction of what they agreed to."""
        accept_terms(user, self.terms, by=by)


def without_terms(values: dict[str, object]) -> dict[str, object]:
    """Return a form's values without its boxes."""
    return {name: value for name, value in values.items() if not name.startswith("terms_")}
