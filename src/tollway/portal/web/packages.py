"""Front-end packages from npm: which of their files the pages load, made ready to be collected.

`package.json` pins them, `./tollway` installs them into `node_modules`. Nothing is bundled. What is
done to a file: references go to what we do not serve, its source map and fonts in a format of the
past; and of Tabler's stylesheet those rules go that no page can use (`stylesheets.trim`): four
fifths of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from django.conf import settings
from msgspec import Struct

from tollway.portal.web import stylesheets

PORTAL = Path(__file__).parents[1]
_SOURCE_MAP = re.compile(r"^\s*(/\*#|//#) sourceMappingURL=.*$", re.MULTILINE)
_OLD_FONT = re.compile(r",\s*url\([^)]*\.woff\) format\('woff'\)")
_WORD = re.compile(r"[A-Za-z][\w-]*")
_HYPHENATED = re.compile(r"[A-Za-z]\w*-[\w-]+")
# `css` is what tags and included templates call the class that they are given.
_CLASSES = re.compile(r"""\b(?:class|css)="((?:[^"{]|\{%.*?%\}|\{\{.*?\}\}|\{\w*\})*)\"""")
# What Bootstrap's script gives to menus, dialogs and drawers.
_GIVEN_BY_BOOTSTRAP = frozenset(
    {
        "show", "showing", "hiding", "fade", "active", "disabled", "dropup", "collapse",
        "collapsing", "modal-open", "modal-backdrop", "modal-static", "offcanvas-backdrop",
    }
)  # fmt: skip


class Package(Struct, frozen=True):
    """``files`` are patterns below ``folder`` of ``node_modules``, served as `packages/NAME/…`."""

    name: str
    folder: str
    files: tuple[str, ...]


PACKAGES = (
    Package("inter", "@fontsource-variable/inter", ("wght.css", "files/*-wght-normal.woff2")),
    # One weight has half the size of the file with all of them.
    Package(
        "jetbrains-mono", "@fontsource/jetbrains-mono", ("400.css", "files/*-400-normal.woff2")
    ),
    Package("tabler", "@tabler/core/dist/css", ("tabler.min.css",)),
    Package("bootstrap", "bootstrap/dist/js", ("bootstrap.bundle.min.js",)),
    Package("htmx", "htmx.org/dist", ("htmx.min.js",)),
    # `common` holds lines, bars and areas with all that belongs to them, at two thirds of the size.
    Package("echarts", "echarts/dist", ("echarts.common.min.js",)),
    # Its page only: a megabyte and a half, most of it parsers.
    Package("swagger-ui", "swagger-ui-dist", ("swagger-ui.css", "swagger-ui-bundle.js")),
)


class MissingPackageError(RuntimeError):
    """`npm ci` has not been run in the checkout, or not since `package.json` was changed."""


def prepare(target: Path) -> None:
    """Write the files that pages load into ``target``, as `NAME/…`; those of before are replaced.

    A file whose content stays is not touched.
    """
    for package in PACKAGES:
        folder = settings.NODE_MODULES / package.folder
        for source in _sources(folder, package):
            content = source.read_bytes()
            if source.suffix in {".css", ".js"}:
                content = _ready(source, content.decode()).encode()
            file = target / package.name / source.relative_to(folder)
            if not file.exists() or file.read_bytes() != content:
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(content)


def inputs() -> Iterator[Path]:
    """Yield every file that decides what `prepare` writes."""
    for package in PACKAGES:
        yield from _sources(settings.NODE_MODULES / package.folder, package)
    yield from _worded()


def icon(name: str) -> str:
    """Return what is inside of one of Tabler's outline icons, or a filled one (`NAME-filled`)."""
    return _icon(settings.NODE_MODULES, name)


@cache
def _icon(node_modules: Path, name: str) -> str:
    style = "filled" if name.endswith("-filled") else "outline"
    file = node_modules / f"@tabler/icons/icons/{style}/{name.removesuffix('-filled')}.svg"
    try:
        drawing = file.read_text()
    except FileNotFoundError as error:
        raise MissingPackageError(f"there is no icon {file}") from error
    return drawing[drawing.index(">", drawing.index("<svg")) + 1 : drawing.rindex("</svg>")].strip()


def _sources(folder: Path, package: Package) -> Iterator[Path]:
    for pattern in package.files:
        found = sorted(folder.glob(pattern))
        if not found:
            raise MissingPackageError(f"there is no {folder / pattern}: run `npm ci`")
        yield from found


def _ready(source: Path, text: str) -> str:
    text = _OLD_FONT.sub("", _SOURCE_MAP.sub("", text))
    return stylesheets.trim(text, used_words()) if source.name == "tabler.min.css" else text


def used_words() -> frozenset[str]:
    """Return every word that can be a class of a page, wherever it is put together from such words.

    They are looked for in templates, scripts and page code: whatever stands in a `class` or `css`
    attribute, and elsewhere what has a hyphen. Else "table" would be one because a text says it.
    """
    found = (
        [*_HYPHENATED.findall(text), *_WORD.findall(" ".join(_CLASSES.findall(text)))]
        for text in (file.read_text() for file in _worded())
    )
    return _GIVEN_BY_BOOTSTRAP.union(*found)


def _worded() -> list[Path]:
    """List the files of ours that can name a class."""
    patterns = (
        "*/templates/**/*.html",
        "*/static/**/*.js",
        "web/**/*.py",
        "console/**/*.py",
        "developer/**/*.py",
    )
    return sorted(file for pattern in patterns for file in PORTAL.glob(pattern))
