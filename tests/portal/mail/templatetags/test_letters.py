"""The words of a letter in its two forms."""

from __future__ import annotations

from django.utils.safestring import SafeString

from tollway.portal.mail.templatetags.letters import as_html, as_text


def test_paragraphs_are_told_apart_by_blank_lines() -> None:
    assert as_text(" a\n b\n \n\nc ") == "a b\n\nc"
    html = as_html(SafeString("a\n b\n\n\n{c} "))
    assert [part.partition(">")[2] for part in html.split("</p>")[:-1]] == ["a b", "{c}"]
