"""What a bulk run has to be told beside which rows it is about."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import QueryDict

from tollway.portal.bulk.kinds import Kind, Needs, Parameters
from tollway.portal.bulk.services import BODY_LENGTH_MAX
from tollway.portal.mail.letters import SUBJECT_LENGTH_MAX
from tollway.portal.web.forms import PageForm, chosen_id

PLANS_MAX = 200


class BulkForm(PageForm):
    """Asks for nothing but to go ahead."""

    def parameters(self) -> Parameters:
        return Parameters()


class PlanForm(BulkForm):
    """``to_plan``, as ``plan`` is what the list was narrowed down to."""

    to_plan = forms.ChoiceField(
        label="New plan",
        error_messages={
            "required": "Choose a plan.",
            "invalid_choice": "This plan is gone. Choose another.",
        },
    )

    def __init__(self, given: QueryDict | None, plans: QuerySet[Any, Any]) -> None:
        super().__init__(given)
        rows = [(str(plan.pk), plan.name) for plan in plans[:PLANS_MAX]]
        self.fields["to_plan"].choices = rows  # type: ignore[attr-defined]

    def parameters(self) -> Parameters:
        return Parameters(plan_id=chosen_id(self.cleaned_data["to_plan"]))


class LetterForm(BulkForm):
    subject = forms.CharField(
        label="Subject",
        max_length=SUBJECT_LENGTH_MAX,
        error_messages={"required": "Enter what it is about."},
    )
    body = forms.CharField(
        label="Message",
        max_length=BODY_LENGTH_MAX,
        help_text="Plain text. Your organisation's name stands above it; answers go to your"
        " support address.",
        error_messages={"required": "Enter a message."},
        widget=forms.Textarea(attrs={"rows": 10}),
    )

    def parameters(self) -> Parameters:
        said = self.cleaned_data
        return Parameters(subject=said["subject"], body=said["body"])


def form_of(kind: Kind, given: QueryDict | None, plans: QuerySet[Any, Any]) -> BulkForm:
    """Return the form of a kind; ``plans``: those that the rows can be put on."""
    match kind.needs:
        case Needs.NOTHING:
            return BulkForm(given)
        case Needs.PLAN:
            return PlanForm(given, plans)
        case Needs.LETTER:
            return LetterForm(given)
