from __future__ import annotations

from tollway.authority.texts import PlanText, attribute, escaped, limit_text
from tollway.core.limits import Limit, Report
from tollway.core.periods import Period, windows

DAY_S = 86_400


def test_values_are_escaped_in_texts_and_in_attributes() -> None:
    assert escaped('<a & "b">\x00\ufffe') == '&lt;a &amp; "b"&gt;\ufffd\ufffd'
    assert attribute('a"b') == "a&quot;b"


def test_reports_move_on_with_the_window_and_say_what_is_exceeded() -> None:
    text = PlanText([limit_text("100%d", "day", 5, []), limit_text("b", "eternity", 6, [])])
    for at in (0, 60, DAY_S, 0):
        day = f"1970-01-0{1 + at // DAY_S} 00:00:00 +0000</period_start>"
        shown = [
            Report(Limit("1", Period.DAY, 5), windows(at)[Period.DAY.place], at, at),
            Report(Limit("2", Period.ETERNITY, 6), windows(at)[Period.ETERNITY.place], 6, 7),
        ]
        exceeded = ' exceeded="true"' if at > 5 else ""
        first, second, rest = text.reports(shown).decode().split("</usage_report>")
        assert first.startswith(f'<usage_report metric="100%d" period="day"{exceeded}><period_')
        assert day in first
        assert first.endswith(f"<max_value>5</max_value><current_value>{at}</current_value>")
        assert second == (
            '<usage_report metric="b" period="eternity"><max_value>6</max_value>'
            "<current_value>7</current_value>"
        )
        assert not rest
