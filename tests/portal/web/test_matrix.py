"""A cell says what its reader saw, so that nobody's change is passed over."""

from __future__ import annotations

import pytest

from portal.people import Provider
from portal.web.requests import get, post, rendered
from tollway.portal.web.matrix import Cell, Change, Clash, Row, Switch, changed, is_on, was_on

pytestmark = pytest.mark.django_db

CELL = Cell("hits-hour", "/cell", "Hits per hour", "2000", "2,000", "hour")
ROW = Row("hits", "Hits", "Metric", (CELL,))


def html(acme: Provider, row: Row) -> str:
    return rendered("{% include 'web/partials/matrix_row.html' %}", get(acme), row=row)


TYPED = [("3", "3"), (" 2,000 ", "2000"), ("2 000", "2000"), ("", ""), ("x" * 99, "x" * 64)]


@pytest.mark.parametrize(("text", "value"), TYPED)
def test_separators_do_not_count(acme: Provider, text: str, value: str) -> None:
    change = changed(post(acme, {"value": text, "was": "5"}))
    assert change == Change(value, "5", anyway=False)


def test_a_change_clashes_with_what_was_neither_seen_nor_wanted() -> None:
    change = Change("3", "5", anyway=False)
    clashes = {value: change.clashes_with(value) for value in ("5", "7", "", "3")}
    assert clashes == {"5": False, "7": True, "": True, "3": False}
    assert not Change("3", "5", anyway=True).clashes_with("7")


def test_asking_anyway_is_sent_along(acme: Provider) -> None:
    assert changed(post(acme, {"value": "3", "was": "7", "anyway": "1"})).anyway


def test_a_switch_is_on_if_it_was_sent(acme: Provider) -> None:
    assert is_on(post(acme, {"value": "on"}))
    assert not is_on(post(acme, {}))
    assert not is_on(post(acme, {"value": ""}))


def test_a_switch_says_what_was_seen(acme: Provider) -> None:
    seen = [was_on(post(acme, {"was": sent})) for sent in ("on", "off", "")]
    assert seen == [True, False, None]


def test_a_cell_shows_its_value_and_holds_what_was_seen(acme: Provider) -> None:
    page = html(acme, ROW)
    assert 'aria-label="Hits per hour: 2,000. Change"' in page
    assert '<input type="hidden" name="was" value="2000">' in page
    assert "tw-cell--set" in page
    assert 'hx-target="#row-hits"' in page


def test_a_refused_value_stays_with_the_reason(acme: Provider) -> None:
    wrong = Cell(
        "hits-hour", "/cell", "Hits per hour", "5", "5", "hour", error="Not that", typed="<lots>"
    )
    page = html(acme, Row("hits", "Hits", "Metric", (wrong,)))
    assert 'value="5"' in page
    assert 'data-refused="&lt;lots&gt;"' in page
    assert 'aria-describedby="cell-hits-hour-error"' in page
    assert "Not that" in page


def test_a_clash_offers_both_values(acme: Provider) -> None:
    page = html(acme, Row("hits", "Hits", "Metric", (CELL,), clash=Clash(CELL, "Ana", "")))
    assert "Ana set Hits per hour to 2,000 meanwhile" in page
    assert 'value="2000" data-focus>Leave 2,000<' in page
    assert "Set it to no limit" in page
    assert 'colspan="2"' in page


def test_what_is_off_says_so_instead_of_its_cells(acme: Provider) -> None:
    switch = Switch("hits-on", "/switch", "Hits enabled", is_on=False, column="Enabled")
    page = html(acme, Row("hits", "Hits", "Metric", (CELL,), switches=(switch,), off="Off: 403"))
    assert "Off: 403" in page
    assert "data-cell-form" not in page
    assert 'aria-label="Hits enabled"' in page
    assert " checked" not in page
