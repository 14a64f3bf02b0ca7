"""From the words of a letter to its two forms. Only the layouts use these."""

from __future__ import annotations

import re

from django import template
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

_PARAGRAPH = '<p style="margin:0 0 16px">{}</p>'


def _paragraphs(words: str) -> list[str]:
    """Split at blank lines; within a paragraph, line ends are spaces."""
    return [text for each in re.split(r"\n\s*\n", words) if (text := " ".join(each.split()))]


@register.filter
def as_text(words: str) -> SafeString:
    """Return paragraphs as they stand in the plain text, which nothing escapes."""
    return mark_safe("\n\n".join(_paragraphs(words)))  # noqa: S308


@register.filter
def as_html(words: SafeString) -> SafeString:
    """Return paragraphs of words that a template has rendered, and so escaped, already."""
    return mark_safe("".join(map(_PARAGRAPH.format, _paragraphs(words))))  # noqa: S308
