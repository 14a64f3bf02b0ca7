"""Which files pages load from npm's packages, and that they are made ready."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.test import override_settings

from tollway.portal.web import packages
from tollway.portal.web.packages import PACKAGES, MissingPackageError, icon, prepare, used_words

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("packages")
    prepare(target)
    return target


def test_every_package_is_pinned() -> None:
    pinned = json.loads((ROOT / "package.json").read_text())["dependencies"]
    assert all(re.fullmatch(r"[\d.]+", version) for version in pinned.values())
    for package in PACKAGES:
        assert any(package.folder.startswith(name) for name in pinned), package.name


def test_the_lock_names_no_registry() -> None:
    assert '"resolved"' not in (ROOT / "package-lock.json").read_text()


def test_files_refer_to_nothing_that_is_not_served(ready: Path) -> None:
    for file in [*ready.rglob("*.css"), *ready.rglob("*.js")]:
        text = file.read_text()
        assert "sourceMappingURL=" not in text
        for url in re.findall(r"url\(([^)]+)\)", text) if file.suffix == ".css" else ():
            assert url.strip("\"'").startswith("data:") or (file.parent / url).exists(), url


def test_what_templates_load_is_there(ready: Path) -> None:
    loaded = {
        path
        for file in packages.PORTAL.glob("*/templates/**/*.html")
        for path in re.findall(r"\{% static 'packages/([^']+)' %\}", file.read_text())
    }
    assert loaded
    assert not [path for path in loaded if not (ready / path).exists()]


def test_preparing_again_touches_nothing(ready: Path) -> None:
    before = {file: file.stat().st_mtime_ns for file in ready.rglob("*")}
    prepare(ready)
    assert {file: file.stat().st_mtime_ns for file in ready.rglob("*")} == before


def test_what_is_not_installed_is_said_with_what_to_do(tmp_path: Path) -> None:
    with override_settings(NODE_MODULES=tmp_path):
        with pytest.raises(MissingPackageError, match="npm ci"):
            prepare(tmp_path / "target")
        with pytest.raises(MissingPackageError, match="there is no icon"):
            icon("key")


def test_icons_are_the_inside_of_a_drawing() -> None:
    for name in ("key", "circle-check-filled"):
        drawing = icon(name)
        assert drawing.startswith("<path")
        assert "<svg" not in drawing
        assert "<!--" not in drawing


def test_every_icon_that_templates_name_exists() -> None:
    named = {
        name
        for file in packages.PORTAL.glob("*/templates/**/*.html")
        for name in re.findall(r"""\{% icon ["']([\w-]+)["']""", file.read_text())
    }
    assert named
    for name in named:
        assert icon(name)


def test_words_are_the_classes_of_our_pages_and_what_bootstraps_script_gives() -> None:
    words = used_words()
    assert {"tw-masthead", "btn-primary", "is-invalid", "badge--go", "modal-backdrop"} <= words
    assert "carousel" not in words


def test_inputs_are_all_that_decides_what_is_written() -> None:
    inputs = set(packages.inputs())
    assert settings.NODE_MODULES / "@tabler/core/dist/css/tabler.min.css" in inputs
    assert packages.PORTAL / "web/packages.py" in inputs
    assert packages.PORTAL / "web/templates/web/base.html" in inputs
