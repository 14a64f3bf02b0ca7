"""Every error of the API in both formats, as the documentation's table has them."""

from __future__ import annotations

import pytest
from django.http import HttpResponse

from tollway.portal.api import answers
from tollway.portal.api.answers import Format

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
WRONG = {"system_name": ["has already been taken"], "metric_id": ["x", "y"], "base": ["No."]}

TABLE = [
    (answers.denied(Format.JSON), 403, '{"status":"Forbidden"}'),
    (answers.denied(Format.XML), 403, ""),
    (answers.not_found(Format.JSON), 404, '{"status":"Not found"}'),
    (answers.not_found(Format.XML), 404, ""),
    (answers.failed("No", 422, Format.JSON), 422, '{"error":"No"}'),
    (answers.failed("<No>", 400, Format.XML), 400, f"{HEAD}<error>&lt;No&gt;</error>"),
    (answers.parameter_missing("to"), 400, "Required parameter missing: to"),
    (
        answers.invalid(WRONG, 422, Format.JSON),
        422,
        '{"errors":{"system_name":["has already been taken"],'
        '"metric_id":["x","y"],"base":["No."]}}',
    ),
    (
        answers.invalid(WRONG, 403, Format.XML),
        403,
        f"{HEAD}<errors><error>System name has already been taken</error><error>Metric x</error>"
        "<error>Metric y</error><error>No.</error></errors>",
    ),
    (answers.empty(406), 406, ""),
]


@pytest.mark.parametrize(("response", "status", "body"), TABLE)
def test_an_error_looks_as_documented(response: HttpResponse, status: int, body: str) -> None:
    assert (response.status_code, response.content.decode()) == (status, body)


def test_answers_say_their_type() -> None:
    assert answers.json({})["Content-Type"] == "application/json; charset=utf-8"
    assert answers.denied(Format.XML)["Content-Type"] == "application/xml; charset=utf-8"
