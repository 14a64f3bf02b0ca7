"""No credential reaches a log."""

from __future__ import annotations

import logging

import pytest
from django.test import Client, RequestFactory

from tollway.portal.web.logs import NoSecrets, redacted

TEXTS = [
    ("Not Found: /admin/api/a/1/keys/s3cret.json", "Not Found: /admin/api/a/1/keys/[hidden]"),
    ("GET /x?access_token=s3cret&page=2", "GET /x?access_token=[hidden]&page=2"),
    ("GET /x?page=2&provider_key=s3cret HTTP/1.1", "GET /x?page=2&provider_key=[hidden] HTTP/1.1"),
    ("user_key=s3cret app_key=s3cret", "user_key=[hidden] app_key=[hidden]"),
    (f"Not Found: /p/activate/{'aB_-' * 10}xyz", "Not Found: /p/activate/[hidden]"),
    (f"POST /password/{'x' * 43}?a=b", "POST /password/[hidden]?a=b"),
    ("Not Found: /signup/success", "Not Found: /signup/success"),
    ("the monkey=banana stays", "the monkey=banana stays"),
]


@pytest.mark.parametrize(("text", "expected"), TEXTS)
def test_credentials_are_taken_out(text: str, expected: str) -> None:
    assert redacted(text) == expected


def test_a_record_is_rewritten_not_dropped() -> None:
    record = logging.LogRecord("x", logging.ERROR, "f", 1, "%s: %s", ("Oops", "/keys/s3cret"), None)
    record.request = RequestFactory().get("/")
    assert NoSecrets().filter(record)
    assert record.getMessage() == "Oops: /keys/[hidden]"


def test_what_a_client_did_wrong_is_told_to_the_client_and_not_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    for host in ("two@hosts", "acme-admin.localhost:3000:1"):
        assert Client(headers={"host": host}).get("/p/login").status_code == 400
    assert not caplog.records
