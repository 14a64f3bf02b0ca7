"""Template tags and filters: numbers, times, dialogs, and what stands on most pages."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from portal.people import Provider
from portal.web.requests import get, post, rendered
from tollway import clock
from tollway.portal.web.forms import typed
from tollway.portal.web.templatetags.tollway import Tab, ago, ago_in_words, as_datetime, number

NUMBERS = [(None, ""), (0, "0"), (999, "999"), (19497, "19,497"), (-1234, "-1,234")]


@pytest.mark.parametrize(("value", "text"), NUMBERS)
def test_numbers_have_their_thousands_apart(value: int | None, text: str) -> None:
    assert number(value) == text


def test_seconds_are_read_as_utc() -> None:
    assert as_datetime(0) == datetime(1970, 1, 1, tzinfo=UTC)


PASSED_S = [
    (0, "now", "just now"),
    (59, "now", "just now"),
    (90, "1 min", "1 minute ago"),
    (3599, "59 min", "59 minutes ago"),
    (3700, "1 h", "1 hour ago"),
    (86000, "23 h", "23 hours ago"),
]


@pytest.mark.parametrize(("passed_s", "short", "words"), PASSED_S)
def test_times_are_relative_within_a_day(
    monkeypatch: pytest.MonkeyPatch, passed_s: int, short: str, words: str
) -> None:
    now = int(datetime(2026, 3, 4, 12, tzinfo=UTC).timestamp())
    monkeypatch.setattr(clock, "now", lambda: now)
    at = as_datetime(now - passed_s)
    for text, found in ((short, ago(at)), (words, ago_in_words(at))):
        assert f">{text}</time>" in found
        assert f'title="{at:%Y-%m-%d %H:%M:%S} UTC"' in found


def test_times_are_dates_after_a_day() -> None:
    at = datetime(2025, 3, 4, 5, 6, 7, tzinfo=UTC)
    assert ">4 Mar 2025</time>" in ago(at)
    assert ">on 4 Mar 2025</time>" in ago_in_words(at)
    assert ago(None) == ""


DIALOG = (
    "{% confirm 'delete-7' title='Delete Night Bus?' text='Its keys stop at once.' action='/d/7'"
    " button='Delete product' keep='Keep it' %}"
)


@pytest.mark.django_db
def test_a_dialog_asks_and_posts(acme: Provider) -> None:
    request = get(acme)
    html = rendered(DIALOG, request)
    assert '<form class="modal-content" method="post" action="/d/7">' in html
    assert "csrfmiddlewaretoken" in rendered("{% csrf_token %}" + DIALOG, request)
    assert 'aria-labelledby="delete-7-title"' in html
    assert "btn-danger" in html
    assert "<input" not in re.sub(r"<input[^>]*csrf[^>]*>", "", html)
    assert html.index("Keep it") < html.index("Delete product")


@pytest.mark.django_db
def test_what_cannot_be_undone_wants_its_name_typed(acme: Provider) -> None:
    text = (
        "{% confirm 'd' title='T' text='' action='/' button='B' typed=name tone='primary' id=7 %}"
    )
    html = rendered(text, get(acme), name="a-b (c|d) /2")
    pattern = re.search(r'pattern="([^"]*)"', html)
    assert pattern
    assert pattern[1] == r"a-b \(c\|d\) \/2"
    assert "required" in html
    assert 'name="id" value="7"' in html
    assert "btn-danger" not in html
    assert typed(post(acme, {"typed": " a-b (c|d) /2 "}), "a-b (c|d) /2")
    assert not typed(post(acme, {"typed": "a-b"}), "a-b (c|d) /2")
    assert not typed(post(acme, {}), "api")


@pytest.mark.django_db
def test_an_empty_list_says_what_to_do(acme: Provider) -> None:
    text = "{% include 'web/partials/empty.html' with title='No rules' url='/new' action='Add' %}"
    html = rendered(text, get(acme))
    assert '<h2 class="h3">No rules</h2>' in html
    assert '<a class="btn btn-primary" href="/new">Add</a>' in html


def shown(template: str, acme: Provider, **context: object) -> str:
    return rendered(template, get(acme), **context)


@pytest.mark.django_db
def test_icons_are_for_the_eye_only(acme: Provider) -> None:
    outline = shown("{% icon 'key' 'icon-sm' %}", acme)
    assert 'class="icon icon-sm"' in outline
    assert 'fill="none" stroke="currentColor"' in outline
    assert 'aria-hidden="true"' in outline
    assert 'fill="currentColor" stroke="none"' in shown("{% icon 'circle-filled' %}", acme)


@pytest.mark.django_db
def test_tabs_mark_the_current_one_and_what_waits(acme: Provider) -> None:
    items = [
        Tab("All", "?", is_current=True, count=1234),
        Tab("Pending", "?s=p", count=6, waits=True),
    ]
    html = shown("{% tabs 'Accounts by state' items %}", acme, items=items)
    assert '<nav class="tw-tabs " aria-label="Accounts by state">' in html
    assert '<a href="?" aria-current="page">All<span class="tw-count">1,234</span></a>' in html
    assert '<span class="tw-count tw-count--wait">6</span>' in html
    segments = shown("{% segments 'Range' items %}", acme, items=items)
    assert '<a href="?" aria-current="true">All</a>' in segments


@pytest.mark.django_db
def test_a_tip_describes_its_mark(acme: Provider) -> None:
    html = shown("{% tip 'tip-1' 'eternity' 'Never set back.' %}", acme)
    assert 'aria-label="About eternity" aria-describedby="tip-1"' in html
    assert 'role="tooltip" id="tip-1">Never set back.<' in html


@pytest.mark.django_db
def test_what_is_pasted_is_escaped_and_has_a_button_that_copies_it(acme: Provider) -> None:
    html = shown("{% code_block 'curl' 'Shell' text wrap=True %}", acme, text='curl "<x>" & y')
    assert "curl &quot;&lt;x&gt;&quot; &amp; y</pre>" in html
    assert 'data-copy="#curl"' in html


@pytest.mark.django_db
def test_a_key_shows_no_more_than_its_beginning(acme: Provider) -> None:
    html = shown("{% secret 'k' 'abcdefgh' 'key of App' %}", acme)
    assert ">abcd••••••••••••</code>" in html
    assert 'aria-label="Show key of App"' in html


@pytest.mark.django_db
def test_a_chart_carries_its_data_beside_it(acme: Provider) -> None:
    data = {"kind": "line", "x": ["</script>"], "series": []}
    html = shown("{% chart 'c' data 'Calls' live='/live' %}", acme, data=data)
    assert '<script id="c" type="application/json">' in html
    assert "</script>" not in html.partition('application/json">')[2].partition("</script>")[0]
    assert 'role="img" aria-label="Calls" data-live="/live"' in html


USES = [(0, 3, 0, ""), (2, 3, 66, ""), (4, 5, 80, "near"), (3, 3, 100, "full"), (0, 0, 100, "full"),
        (9999, 1, 999, "full")]  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize(("used", "limit", "percent", "level"), USES)
def test_use_of_a_limit_is_rounded_down_and_coloured_from_four_fifths(
    acme: Provider, used: int, limit: int, percent: int, level: str
) -> None:
    html = shown("{% usage 'Hits' 'hour' used limit %}", acme, used=used, limit=limit)
    assert f"{percent} %" in html
    assert ("tw-meter--near" in html, "tw-meter--full" in html) == (
        level == "near",
        level == "full",
    )
    assert f'aria-valuenow="{used}" aria-valuemin="0" aria-valuemax="{limit}"' in html
    assert f'width="{min(percent, 100)}"' in html


@pytest.mark.django_db
def test_use_of_a_limit_says_whose_it_is_and_of_what(acme: Provider) -> None:
    use = "{% usage 'Phone' period 1 3 of='Hits' %}"
    assert 'aria-label="Phone: Hits per hour"' in shown(use, acme, period="hour")
    assert 'aria-label="Phone: Hits in all"' in shown(use, acme, period="eternity")


@pytest.mark.django_db
def test_a_spark_draws_any_series(acme: Provider) -> None:
    for values in ([], [0], [1, 2, 3], [0, 0]):
        html = shown("{% spark values 'Calls' %}", acme, values=values)
        assert 'role="img" aria-label="Calls"' in html
        assert "nan" not in html
