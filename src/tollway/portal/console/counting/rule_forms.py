"""The forms of mapping rules."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet

from tollway.core.rules import PATTERN_CHARACTERS_MAX
from tollway.portal.catalog import selectors
from tollway.portal.catalog.models import Backend, MappingRule, Metric
from tollway.portal.console.counting.owners import Owner
from tollway.portal.web.forms import PageForm

Choices = list[tuple[str, list[tuple[str, str]]]]


def countable(owner: Owner) -> list[Metric]:
    """Return what the owner's rules may count: a product's, its backends' too."""
    if isinstance(owner.row, Backend):
        return list(selectors.metrics_of(owner.tenant, owner.row).select_related("backend"))
    return list(selectors.usable_metrics_of(owner.tenant, owner.row))


def labels(owner: Owner, metrics: list[Metric]) -> Choices:
    """Group metrics for a choice: methods, metrics, and those of each backend."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for metric in metrics:
        group = "Methods of hits" if metric.parent_id else "Metrics"
        if metric.backend is not None and owner.product is not None:
            group = f"Backend {metric.backend.name}"
        label = f"{metric.friendly_name} ({metric.system_name})"
        groups.setdefault(group, []).append((str(metric.pk), label))
    return list(groups.items())


class MetricFilter(forms.Form):
    """Narrows the table down to the rules of one metric."""

    metric = forms.ChoiceField(
        label="Metric", required=False, widget=forms.Select(attrs={"class": "form-select"})
    )

    def __init__(self, *args: Any, owner: Owner) -> None:  # noqa: ANN401  (as Django's)
        super().__init__(*args)
        self.fields["metric"].choices = [  # type: ignore[attr-defined]
            ("", "All metrics"),
            *labels(owner, countable(owner)),
        ]

    def narrow(self, rules: QuerySet[MappingRule]) -> QuerySet[MappingRule]:
        metric: str = self.cleaned_data.get("metric", "") if self.is_valid() else ""
        return rules.filter(metric=int(metric)) if metric else rules


class RuleForm(PageForm):
    http_method = forms.ChoiceField(
        label="Method", choices=[(method, method) for method in MappingRule.HttpMethod.values]
    )
    pattern = forms.CharField(
        label="Pattern",
        max_length=PATTERN_CHARACTERS_MAX,
        help_text="The beginning of a path: /v1 is also /v1/orders. A $ at the end asks for the"
        " whole path, {name} is any one part of it, and ?page={page} asks for a parameter.",
        widget=forms.TextInput(attrs={"class": "mono", "spellcheck": "false", "autofocus": True}),
        error_messages={"required": "Enter a pattern. / is every path."},
    )
    metric = forms.ChoiceField(label="Metric or method to count")
    delta = forms.IntegerField(
        label="Count each call as",
        min_value=1,
        max_value=2**31 - 1,
        error_messages={"min_value": "Must be greater than 0"},
    )
    last = forms.BooleanField(
        label="Stop here: rules below this one are not tried for such a call", required=False
    )
    position = forms.IntegerField(
        label="Place in the order",
        min_value=1,
        max_value=10**6,
        required=False,
        help_text="Left empty, it is tried last.",
    )

    def __init__(self, *args: Any, owner: Owner, **options: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **options)
        self.metrics = {str(metric.pk): metric for metric in countable(owner)}
        choices = labels(owner, list(self.metrics.values()))
        self.fields["metric"].choices = choices  # type: ignore[attr-defined]

    def fields_given(self) -> dict[str, Any]:
        """Return the service's arguments."""
        given = {**self.cleaned_data, "metric": self.metrics[self.cleaned_data["metric"]]}
        if given["position"] is None:
            del given["position"]
        return given


def values(rule: MappingRule) -> dict[str, Any]:
    """Return a rule as the form's fields have it."""
    return {
        "http_method": rule.http_method,
        "pattern": rule.pattern,
        "metric": str(rule.metric_id),
        "delta": rule.delta,
        "last": "on" if rule.last else "",
        "position": rule.position,
    }
