"""The stylesheet keeps its promises: contrast in both themes, and no class that means nothing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings

from tollway.portal.web import packages

PORTAL = Path(__file__).parents[3] / "src/tollway/portal"
STYLE = "".join(
    (PORTAL / path).read_text()
    for path in ("web/static/tollway/tollway.css", "developer/static/developer/developer.css")
)
TEMPLATES = sorted(
    path for path in PORTAL.rglob("templates/**/*.html") if "mail" not in path.parts
)  # a letter has its styles within
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_TOKEN = re.compile(r"--tw-([\w-]+):\s*(?:light-dark\((#\w+),\s*(#\w+)\)|(#\w+));")
_CLASS = re.compile(r"\.(-?[A-Za-z_][\w-]*)")
_ATTRIBUTE = re.compile(r"""\bclass="((?:[^"{]|\{%.*?%\}|\{\{.*?\}\})*)\"""")

Colour = tuple[float, float, float]


def tokens(side: int) -> dict[str, Colour]:
    """Return every colour token of one theme, 0 light and 1 dark."""
    return {
        name: colour((light, dark)[side] or both)
        for name, light, dark, both in _TOKEN.findall(STYLE)
    }


def colour(text: str) -> Colour:
    red, green, blue = (int(text[n : n + 2], 16) / 255 for n in (1, 3, 5))
    return red, green, blue


def luminance(colour: Colour) -> float:
    """As WCAG 2.2 defines it."""
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Colour, other: Colour) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


GROUNDS = ["bg", "surface", "sunken", "raised"]
TEXT, LARGE = 4.5, 3.0
PAIRS = [
    *((ink, ground, TEXT) for ink in ("ink", "ink-2", "ink-3") for ground in GROUNDS),
    *((ink, "hover", TEXT) for ink in ("ink", "ink-2")),
    *(("primary-ink", ground, TEXT) for ground in [*GROUNDS, "primary-soft"]),
    ("on-primary", "primary", TEXT),
    ("on-primary", "primary-hover", TEXT),
    ("on-stop", "stop", TEXT),
    *((f"{state}-ink", f"{state}-soft", TEXT) for state in ("wait", "go", "stop", "quiet")),
    *(("ink-2", f"{state}-soft", TEXT) for state in ("wait", "go", "stop", "primary")),
    *((f"{state}-ink", "surface", TEXT) for state in ("go", "stop", "wait")),
    *((f"code-{ink}", "code-bg", TEXT) for ink in ("ink", "dim", "key", "str")),
    *(("line-input", ground, LARGE) for ground in ("surface", "bg", "raised")),
    *(("focus", ground, LARGE) for ground in GROUNDS),
    *((f"c{n}", "surface", LARGE) for n in range(1, 7)),
    *((state, "surface", LARGE) for state in ("go", "stop", "wait", "primary")),
]


@pytest.mark.parametrize("side", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("ink", "ground", "least"), PAIRS)
def test_what_is_written_can_be_read(ink: str, ground: str, least: float, side: int) -> None:
    of = tokens(side)
    assert contrast(of[ink], of[ground]) >= least


def test_contrast_is_computed_as_wcag_does() -> None:
    assert contrast(colour("#000000"), colour("#ffffff")) == pytest.approx(21)
    assert contrast(colour("#767676"), colour("#ffffff")) == pytest.approx(4.54, abs=0.01)


def test_pages_use_tokens_and_no_colour_of_their_own() -> None:
    """But for the sign-in's picture, and shadows and edges, which are black and white in part."""
    rules = _COMMENT.sub("", STYLE.partition("/* 2 Base")[2])
    literal = re.findall(r"#[0-9a-fA-F]{3,8}\b", rules)
    assert literal == ["#0b5663"]


def classes_of(css: str) -> set[str]:
    selectors = re.sub(r"\{[^{}]*\}|url\([^)]*\)", "{}", _COMMENT.sub("", css))
    return set(_CLASS.findall(selectors))


def test_every_class_of_a_template_means_something() -> None:
    tabler = (settings.NODE_MODULES / "@tabler/core/dist/css/tabler.min.css").read_text()
    known = classes_of(STYLE) | classes_of(tabler) | {"htmx-indicator"}
    unknown = {
        f"{path.relative_to(PORTAL)}: {name}"
        for path in TEMPLATES
        for value in _ATTRIBUTE.findall(path.read_text())
        for name in re.sub(r"\{%.*?%\}", " ", re.sub(r"\{\{.*?\}\}", "{}", value)).split()
        if "{}" not in name and name not in known  # what is put together is seen in the browser
    }
    assert not unknown


def test_no_class_of_the_stylesheet_is_used_by_nobody() -> None:
    unused = classes_of(STYLE) - packages.used_words() - {"htmx-request"}  # it is htmx's own
    assert not unused
