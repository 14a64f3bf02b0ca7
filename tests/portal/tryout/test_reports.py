"""What is kept of an answer, and what is not."""

from __future__ import annotations

import pytest

from tollway.net import Answer
from tollway.portal.tryout import reports
from tollway.portal.tryout.judging import Outcome
from tollway.portal.tryout.reports import HIDDEN, Report, report_of


def answer(body: bytes, *, more: bool = False, **headers: str) -> Answer:
    named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Answer(200, "OK", named, body, more=more, took_ms=7)


def test_secrets_are_unreadable_in_body_and_headers() -> None:
    told = report_of(
        answer(b'{"token": "s3cret"}', content_type="application/json", location="/?k=s3cret"),
        Outcome.PASSED,
        ["s3cret", ""],
    )
    assert "s3cret" not in reports.encode(told)
    assert HIDDEN in told.body


def test_secrets_are_unreadable_however_an_api_writes_them() -> None:
    told = report_of(
        answer(
            b'{"a": "s\\"1 &", "b": "s%221%20%26", "c": "s%221+%26"}', content_type="text/plain"
        ),
        Outcome.PASSED,
        ['s"1 &'],
    )
    assert told.body == f'{{"a": "{HIDDEN}", "b": "{HIDDEN}", "c": "{HIDDEN}"}}'


def test_debug_headers_tell_rules_and_usage_and_no_credentials() -> None:
    told = report_of(
        answer(
            b"", x_3scale_matched_rules="/v1, /",
            x_3scale_usage="usage%5Bhits%5D=2&usage%5Bv1%5D=1",
            x_3scale_credentials="user_key=abc", set_cookie="session=abc",
        ),
        Outcome.PASSED, [],
    )  # fmt: skip
    assert told.rules == ("/v1", "/")
    assert told.usage == {"hits": 2, "v1": 1}
    assert "abc" not in reports.encode(told)


@pytest.mark.parametrize(
    ("body", "more", "headers", "shown"),
    [
        (b'{"a":1}', False, {"content_type": "application/json"}, '{\n  "a": 1\n}'),
        (b'{"a":1', True, {"content_type": "application/json"}, '{"a":1'),
        (b'{"a":', False, {"content_type": "application/json"}, '{"a":'),
        (b"\xff\x00x", False, {"content_type": "text/plain"}, "\ufffdx"),
        (b"plain", False, {}, "plain"),
        (b"\x89PNG", False, {"content_type": "image/png"}, "(4 bytes of image/png, not shown)"),
        (b"\x1f\x8b", False, {"content_encoding": "gzip"}, "(compressed with gzip, not shown)"),
    ],
)
def test_a_body_is_shown_as_far_as_it_can_be_read(
    body: bytes, *, more: bool, headers: dict[str, str], shown: str
) -> None:
    assert report_of(answer(body, more=more, **headers), Outcome.PASSED, []).body == shown


def test_a_report_is_kept_as_it_was() -> None:
    told = report_of(answer(b"x", content_type="text/plain"), Outcome.ANSWERED, [])
    assert reports.decode(reports.encode(told)) == told
    assert reports.decode(reports.encode(Report(Outcome.NO_PATH))).passed is False
