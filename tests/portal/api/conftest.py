"""Fixtures of the API's tests."""

from __future__ import annotations

import pytest

from portal.api.calls import Api, api_of
from portal.people import Provider


@pytest.fixture
def api(acme: Provider) -> Api:
    """Acme's admin, with a token that may do everything."""
    return api_of(acme)
