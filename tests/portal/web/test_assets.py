"""Static files are collected once, under names that change with their content."""

from __future__ import annotations

import gzip
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.conf import settings
from django.test import override_settings

from tollway.portal.web import packages
from tollway.portal.web.assets import STAMP, collect

STATIC = Path(__file__).parents[3] / "src/tollway/portal/web/static/tollway"
HASHED = {
    "staticfiles": {"BACKEND": "tollway.portal.web.compression.Storage"},
}


@pytest.fixture
def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder whose files are collected, as `more/…`, into `static`, with our own and one package.

    (Compressing them all takes a second and a half; portals that browsers are shown do so.)
    """
    monkeypatch.setattr(packages, "PACKAGES", packages.PACKAGES[:1])
    folder = tmp_path / "sources"
    folder.mkdir()
    with override_settings(
        STATIC_ROOT=tmp_path / "data" / "static",
        STORAGES=HASHED,
        PACKAGES_DIR=tmp_path / "packages",
        STATICFILES_DIRS=[("packages", tmp_path / "packages"), ("more", folder)],
    ):
        yield folder


def found(pattern: str) -> list[Path]:
    return sorted(Path(settings.STATIC_ROOT).rglob(pattern))


def test_files_are_hashed_and_compressed_whoever_comes_first(sources: Path) -> None:
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: collect(), range(2)))
    (style,) = found("tollway.*.css")
    assert style.name != "tollway.css"
    assert 'url("road.svg")' not in style.read_text()
    assert found("tollway.*.css.gz")
    assert found("tollway.*.css.br")
    assert not found("tollway.css*")


def test_collecting_again_touches_nothing(sources: Path) -> None:
    collect()
    before = {file: file.stat().st_mtime_ns for file in found("*")}
    collect()
    assert {file: file.stat().st_mtime_ns for file in found("*")} == before


def test_they_are_collected_again_once_they_have_changed(sources: Path) -> None:
    for count, text in enumerate(("one", "two", "two", "six"), 1):
        file = sources / "a.js"
        file.write_text(text)
        os.utime(file, (0, 0))  # as in an image that is built alike each time
        collect()
        assert text in {copy.read_text() for copy in found("a.*.js")}, count
    assert len(found("a.*.js")) == 3


def test_what_was_deleted_is_collected_again(sources: Path) -> None:
    collect()
    (Path(settings.STATIC_ROOT) / STAMP).unlink()
    (style,) = found("tollway.*.css")
    style.unlink()
    collect()
    assert style.exists()


SIZES = [("tollway.css", 16_000), ("tollway.js", 5_000), ("charts.js", 3_000), ("road.svg", 2_000)]


@pytest.mark.parametrize(("name", "most"), SIZES)
def test_our_own_files_are_small(name: str, most: int) -> None:
    assert len(gzip.compress((STATIC / name).read_bytes())) < most
