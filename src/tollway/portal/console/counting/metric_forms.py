"""The forms of methods and metrics."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import QueryDict

from tollway.portal.catalog.models import Metric
from tollway.portal.console.naming import Naming, name_field, suggesting, system_name_field
from tollway.portal.fields import NAME_LENGTH_MAX, Pattern
from tollway.portal.web.forms import PageForm

NAMING = Naming(
    Pattern(r"[A-Za-z0-9_\-./]+"), "Letters, digits, hyphens, dots, slashes and _ .", "metric"
)


class MetricForm(PageForm):
    friendly_name = name_field("Name", "What plans, invoices and developers see.")
    unit = forms.CharField(
        label="Unit",
        max_length=NAME_LENGTH_MAX,
        help_text="One of what is counted: request, page, megabyte.",
        error_messages={"required": "Enter a unit."},
    )
    description = forms.CharField(
        label="Description", required=False, widget=forms.Textarea(attrs={"rows": 3})
    )


class NewMetricForm(MetricForm):
    system_name = system_name_field(NAMING.words)

    field_order = ("friendly_name", "system_name", "unit", "description")


def new_form(is_method: bool, url: str, sent: QueryDict | None) -> NewMetricForm:  # noqa: FBT001
    """Return the form for something new; a method has no unit: it is a kind of hit.

    ``url`` suggests system names.
    """
    form = NewMetricForm(sent)
    if is_method:
        del form.fields["unit"]
    for name in ("friendly_name", "system_name"):
        form.fields[name].widget.attrs |= suggesting(url, "friendly_name")
    return form


def values(metric: Metric) -> dict[str, Any]:
    """Return a metric as the form's fields have it."""
    shown = {"friendly_name": metric.friendly_name, "description": metric.description}
    return shown if metric.parent_id is not None else {**shown, "unit": metric.unit}
