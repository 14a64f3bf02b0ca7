"""The forms of an application."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet

from tollway.portal.accounts.fields_definitions import definitions_of
from tollway.portal.accounts.models import FieldsDefinition
from tollway.portal.applications.models import Application
from tollway.portal.console.naming import name_field
from tollway.portal.plans.models import ApplicationPlan
from tollway.portal.tenants.models import Tenant
from tollway.portal.web.forms import PageForm
from tollway.portal.web.people_fields import (
    defined_fields,
    label_as_defined,
    with_extra_fields,
)


class ApplicationForm(PageForm):
    """Name, description, and what the organisation has defined for its applications."""

    name = name_field("Name", "What its developer calls it.")
    description = forms.CharField(
        label="Description", required=False, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, tenant: Tenant, *args: Any, **options: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **options)
        definitions = definitions_of(tenant, FieldsDefinition.Target.APPLICATION)
        label_as_defined(self, definitions)
        self.defined = defined_fields(definitions, without=self.fields.keys())
        self.fields |= self.defined

    def given(self) -> dict[str, Any]:
        """Return the values as the services take them."""
        target = FieldsDefinition.Target.APPLICATION
        return with_extra_fields(target, self.cleaned_data, self.defined.keys())


class NewApplicationForm(ApplicationForm):
    plan = forms.ModelChoiceField(
        label="Plan",
        queryset=ApplicationPlan.objects.none(),
        empty_label=None,
        help_text="It says which product the application calls, and how much.",
        error_messages={
            "required": "Choose a plan.",
            "invalid_choice": "This plan is gone. Choose another.",
        },
    )

    field_order = ("name", "plan", "description")

    def __init__(
        self,
        tenant: Tenant,
        plans: QuerySet[ApplicationPlan],
        *args: Any,  # noqa: ANN401
        **options: Any,  # noqa: ANN401
    ) -> None:
        super().__init__(tenant, *args, **options)
        field = self.fields["plan"]
        field.queryset = plans  # type: ignore[attr-defined]
        field.label_from_instance = _plan_label  # type: ignore[attr-defined]


def _plan_label(plan: ApplicationPlan) -> str:
    return f"{plan.product.name}: {plan.terms.name}"


def values(application: Application) -> dict[str, Any]:
    """Return an application as the form's fields have it."""
    own = {"name": application.name, "description": application.description}
    return {**application.extra_fields, **own}


class ReferrerForm(PageForm):
    value = forms.CharField(
        label="Calls may come from",
        max_length=255,
        help_text="A host name or an address; * stands for any part: *.example.com.",
        error_messages={"required": "Enter a host name or an address."},
    )


class KeyForm(PageForm):
    """A key that the user has chosen; empty: one is made up."""

    value = forms.CharField(
        label="Key",
        required=False,
        max_length=256,
        help_text="Left empty, one is made up: 32 random characters.",
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "spellcheck": "false", "class": "mono"}
        ),
    )
