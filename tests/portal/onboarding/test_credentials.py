"""The file that a newcomer's credentials are kept in."""

from __future__ import annotations

from pathlib import Path

from tollway.portal.onboarding.credentials import generate, load, save


def test_what_is_saved_is_loaded_and_private(tmp_path: Path) -> None:
    assert load(tmp_path) is None
    made = generate()
    save(tmp_path / "new", made)
    assert load(tmp_path / "new") == made
    assert (tmp_path / "new" / "credentials.json").stat().st_mode & 0o777 == 0o600
    assert [p.name for p in (tmp_path / "new").iterdir()] == ["credentials.json"]


def test_no_two_installations_share_a_secret() -> None:
    first, second = generate(), generate()
    assert first.admin.password != second.admin.password
    assert first.access_token not in {second.access_token, first.master_token}
