"""Which mails an admin gets."""

from __future__ import annotations

from tollway.portal.accounts.notifications import DEFAULTS, switches


def test_every_switch_is_told_as_it_stands() -> None:
    told = switches({"daily_report": True, "message_received": False, "gone": True})
    assert told == {**DEFAULTS, "daily_report": True, "message_received": False}
