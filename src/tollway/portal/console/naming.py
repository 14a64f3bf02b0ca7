"""Names and system names in forms: what a system name will be is shown while the name is typed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from msgspec import Struct

from tollway.portal.fields import NAME_LENGTH_MAX, Pattern, system_name

NAME_MISSING = {"required": "Enter a name."}


class Naming(Struct, frozen=True):
    """How rows of a kind are named: which characters, in words too, and what else there is."""

    rule: Pattern
    words: str
    fallback: str

    def accepts(self, text: str) -> bool:
        try:
            self.rule(text)
        except ValidationError:
            return False
        return True


def name_field(label: str, help_text: str = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=NAME_LENGTH_MAX,
        help_text=help_text,
        error_messages=NAME_MISSING,
        widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "off"}),
    )


def system_name_field(words: str) -> forms.CharField:
    return forms.CharField(
        label="System name",
        max_length=NAME_LENGTH_MAX,
        required=False,
        help_text=f"{words} It cannot be changed later. Left empty, it is made of the name.",
        widget=forms.TextInput(
            attrs={"class": "mono", "autocomplete": "off", "spellcheck": "false"}
        ),
    )


def suggesting(url: object, name: str) -> Mapping[str, object]:
    """Return attributes for both fields: what is typed is answered below the system name.

    ``name`` is the field that the system name is made of; ``url`` may be a lazy text.
    """
    return {
        "hx-get": url,
        "hx-trigger": "input delay:200ms",
        "hx-include": f"#id_{name},#id_system_name",
        "hx-target": "#id_system_name_helptext",
        "hx-sync": "closest form:replace",
    }


def suggest(request: HttpRequest, naming: Naming, others: QuerySet[Any], name: str) -> HttpResponse:
    """Say what the system name will be, or what is wrong with the one that was typed."""
    chosen = request.GET.get("system_name", "").strip()
    text = request.GET.get(name, "").strip().replace("\0", "")
    context = {
        "words": naming.words,
        "chosen": chosen,
        "is_valid": len(chosen) <= NAME_LENGTH_MAX and naming.accepts(chosen),
        "is_taken": bool(chosen) and others.filter(system_name=chosen.replace("\0", "")).exists(),
        "made": system_name(text, others, naming.fallback) if text and not chosen else "",
    }
    return render(request, "console/suggestion.html", context)
