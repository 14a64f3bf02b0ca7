"""Backends' paths, as the column takes them."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from tollway.portal.catalog.models.backends import BackendUsage


@pytest.mark.parametrize(
    ("path", "fits"),
    [
        ("/", True), ("/a", True), ("/a/b.c/%20", True), ("/a;b=c", True),
        ("a", False), ("/a/", False), ("//", False), ("/a b", False), ("/a?b", False),
        ("/%2", False), ("/ä", False),
    ],
)  # fmt: skip
def test_a_path_is_slashes_with_segments_between(path: str, fits: bool) -> None:  # noqa: FBT001
    field = BackendUsage._meta.get_field("path")
    if fits:
        field.run_validators(path)
    else:
        with pytest.raises(ValidationError):
            field.run_validators(path)
