from __future__ import annotations

from tollway.core.openid import TokenFault
from tollway.portal.console.explain.reasons import OTHER, reason_of


def test_a_limit_of_nothing_is_told_as_off_and_an_unknown_code_as_what_it_is_answered_with() -> (
    None
):
    assert reason_of("limits_exceeded").kind == "limits_exceeded"
    assert reason_of("limits_exceeded", off=True).title == "Off in this plan"
    assert reason_of("something_new") is OTHER


def test_every_fault_of_a_token_has_words_of_its_own() -> None:
    words = {reason_of(fault).title for fault in TokenFault}
    assert len(words) == len(TokenFault)
    assert OTHER.title not in words
