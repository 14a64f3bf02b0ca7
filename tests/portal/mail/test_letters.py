"""Each letter says the same in both its forms, and nothing that a name smuggles in."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tollway.portal import mail
from tollway.portal.mail.letters import SUBJECT_LENGTH_MAX, Value, one_line, write

FOLDER = Path(mail.__file__).parent / "templates" / "mail"
TEMPLATES = sorted({p.stem for p in FOLDER.glob("*.txt")} - {"layout", "subject", "footer"})
VALUES: dict[str, Value] = {
    "reminder": False,
    "brand": "Acme & Söhne",
    "organisation": "Acme & Söhne",
    "username": "ann",
    "days": 7,
    "hours": 24,
    "inviter": "Bob",
    "group": "Builders",
    "account": "Ann's <Shop>",
    "application": "App & Co",
    "product": "The API",
    "plan": "Basic",
    "wish": "Gold",
    "reason": "No\n\nreason",
    "waits": True,
    "pending": "The API",
    "level": 80,
    "limit": "Hits per hour",
    "used": 8,
    "maximum": 10,
    "violation": True,
    "title": "Away on <Monday>",
    "body": "At noon & for an hour.\n\nBob",
}
URL = "https://acme.example/activate/x?a=1&b=2"


class Words(HTMLParser):
    """What a reader of the HTML sees, without the title of the window."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.links: list[str] = []
        self._in_title = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._in_title = tag == "title"
        self.links += [value or "" for name, value in attrs if (tag, name) == ("a", "href")]

    def handle_endtag(self, tag: str) -> None:
        self._in_title = False

    def handle_data(self, data: str) -> None:
        if not self._in_title:
            self.words += data.split()


def seen(html: str) -> Words:
    words = Words()
    words.feed(html)
    return words


@pytest.mark.parametrize("url", ["", URL])
@pytest.mark.parametrize("side", ["admins", "developers"])
@pytest.mark.parametrize("name", TEMPLATES)
def test_both_forms_say_the_same(name: str, side: str, url: str) -> None:
    letter = write(name, {**VALUES, "for_admins": side == "admins", "url": url})
    assert letter.subject
    assert "{" not in letter.text
    in_html = " ".join(seen(letter.html).words)
    text, _, footer = letter.text.partition("\n-- \n")
    for paragraph in text.strip().removesuffix(f":\n{url}").split("\n\n"):
        assert " ".join(paragraph.split()) in in_html
    assert " ".join(footer.split()) in in_html
    assert letter.subject in in_html
    assert set(seen(letter.html).links) == ({url} if url else set())
    assert letter.text.count(url) == 1 if url else "http" not in letter.text


@pytest.mark.parametrize("name", TEMPLATES)
def test_no_letter_shows_a_blank(name: str) -> None:
    """Every value that a template uses is one of those that callers know."""
    used = set(re.findall(r"{{ ?(\w+)", (FOLDER / f"{name}.txt").read_text()))
    used |= set(re.findall(r"{% if (\w+)", (FOLDER / f"{name}.txt").read_text()))
    assert used <= {*VALUES, "for_admins"}


def test_names_are_words_and_never_markup() -> None:
    evil = '<a href="https://evil.example">click</a><script>'
    letter = write("account_approved", {**VALUES, "account": evil, "url": URL})
    assert evil in letter.text
    assert "<script" not in letter.html
    assert "evil.example" not in "".join(seen(letter.html).links)


def test_a_subject_is_one_short_line() -> None:
    values = {**VALUES, "application": "A\r\nBcc: x@y.example\u2028" + "B" * 300}
    subject = write("key_created", values).subject
    assert subject.startswith("A Bcc: x@y.example BBB")
    assert len(subject) == SUBJECT_LENGTH_MAX


def test_control_characters_become_spaces() -> None:
    assert one_line(" a\r\n\tb\x00\x1b[31mc\u2029d ") == "a b [31mc d"


def test_every_form_has_its_layout() -> None:
    for layout in ("layout.txt", "layout.html", "subject.txt"):
        assert (FOLDER / layout).exists()
