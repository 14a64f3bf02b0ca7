from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from authority.published import well_formed
from tollway.authority import answers, wire
from tollway.authority.answers import AppKeys, OAuthApplication, Rejected, Status
from tollway.authority.request import Options
from tollway.authority.texts import PlanText, escaped, limit_text
from tollway.core.limits import Limit, Report
from tollway.core.periods import Period, window

ALL = Options(hierarchy=True, list_app_keys=True, limit_headers=True)
anything = st.text()


@given(anything, anything, anything)
def test_whatever_people_name_things_the_document_is_xml(plan: str, metric: str, key: str) -> None:
    text = PlanText([limit_text(metric, "day", 1, [metric, "child"])])
    report = Report(Limit("1", Period.DAY, 1), window(Period.DAY, 0), 0, 0)
    status = Status(
        plan,
        answers.app_key_invalid(key),
        text,
        [report],
        None,
        OAuthApplication(key, key, key, "redirect_url"),
        AppKeys(key, "1", [key]),
    )
    root = well_formed(wire.status(status, ALL).body)
    assert [child.tag for child in root] == [
        *("authorized", "reason", "application", "plan", "usage_reports", "app_keys", "hierarchy")
    ]
    assert root.findtext("usage_reports/usage_report/max_value") == "1"


@given(anything)
def test_a_message_arrives_as_it_was_meant(name: str) -> None:
    """But for what XML cannot hold, and for line ends, which its readers normalise."""
    root = well_formed(wire.rejected(answers.metric_invalid(name)).body)
    shown = escaped(name) if not name.isprintable() else name
    if name.isprintable():
        assert root.text == f'metric "{shown}" is invalid'
    assert root.get("code") == "metric_invalid"


def test_at_most_256_application_keys_are_listed() -> None:
    keys = AppKeys("a", "1", [str(n) for n in range(300)])
    root = well_formed(wire.status(Status("p", app_keys=keys), ALL).body)
    assert len(root.findall("app_keys/key")) == 256


def test_eternity_has_no_period() -> None:
    report = Report(Limit("1", Period.ETERNITY, 5), window(Period.ETERNITY, 0), 7, 7)
    text = PlanText([limit_text("hits", "eternity", 5, [])])
    assert wire.status(Status("p", None, text, [report]), Options()).body == (
        b'<?xml version="1.0" encoding="UTF-8"?><status><authorized>true</authorized><plan>p</plan>'
        b'<usage_reports><usage_report metric="hits" period="eternity" exceeded="true">'
        b"<max_value>5</max_value><current_value>7</current_value></usage_report></usage_reports>"
        b"</status>"
    )


def test_only_faults_that_precede_the_options_keep_their_document() -> None:
    quiet = Options(no_body=True)
    fixed = [value for value in vars(answers).values() if isinstance(value, Rejected)]
    kept = {r.code for r in [*fixed, answers.malformed("x")] if wire.rejected(r, quiet).body}
    assert kept == {"bad_request", "not_valid_data"}
