"""Every row succeeds, refuses what it says it refuses, and answers as its description says.

All of it is made from the rows, in both formats: a later row is tested by being there, and fails
here until ``cases.py`` says what it takes to succeed. Each call is undone before the next.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from django.db import IntegrityError, connection
from openapi_schema_validator import OAS31Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from portal.api.calls import Api, api_of, operator_api
from portal.api.cases import CASES, Case, Refusal, case_of, undone
from portal.api.owned import Owned, owning
from portal.people import Provider
from tollway.portal.api.openapi import document
from tollway.portal.api.operation import Operation
from tollway.portal.api.operations import OPERATIONS
from tollway.portal.api.params import Param
from tollway.portal.events.models import Event

pytestmark = pytest.mark.django_db

FORMATS = ["json", "xml"]
FORM, JSON = "application/x-www-form-urlencoded", "application/json"
UNKNOWN = {"key": "no-such-key"}  # by variable; any other is a number
WRONG = {
    "text": "a\0b", "integer": "many", "number": "many", "boolean": "perhaps", "list": [{}],
    "integers": ["many"], "objects": "none", "mapping": "none", "time": "yesterday",
}  # fmt: skip


class Stand:
    """Calls rows for one tenant, on the host that each belongs to."""

    def __init__(self, acme: Provider, form: str) -> None:
        self.own = Owned(acme)
        self.form = form
        self._apis = {False: api_of(acme), True: operator_api(acme)}

    def api(self, row: Operation, **token: Any) -> Api:
        """Return the caller, or another one by a token of its own."""
        known = self._apis[row.master]
        if not token:
            return known
        return (operator_api if row.master else api_of)(self.own.provider, **token)

    def call(self, row: Operation, body: Any = None, **ids: object) -> Any:
        return self.send(row, json.dumps(body or {}), JSON, **ids)

    def send(self, row: Operation, body: str, kind: str, **ids: object) -> Any:
        return self.ask(row, self.api(row), body, kind, **ids)

    def ask(self, row: Operation, api: Api, body: str = "", kind: str = JSON, **ids: object) -> Any:
        form = "json" if row.json_only else self.form
        url = f"{self.own.path(row, **ids)}.{form}?access_token={api.token}"
        return api.send(row.method, url, body, kind)

    def succeed(self, row: Operation) -> Any:
        case = case_of(row.title)
        case.before(self.own)
        return self.call(row, case.body(self.own), **case.ids(self.own))


@pytest.fixture(params=FORMATS)
def stand(request: pytest.FixtureRequest, acme: Provider) -> Stand:
    return Stand(acme, request.param)


def over_rows(stand: Stand, fault: Callable[[Operation], str]) -> None:
    """Ask ``fault`` about every row there is in the format; show all that it finds at once."""
    faults = []
    for row in OPERATIONS:
        if stand.form == "xml" and row.json_only:
            continue
        with undone():
            if found := fault(row):
                faults.append(f"{row.title}: {found}")
    assert not faults, "\n".join(faults)


def test_every_row_that_changes_something_has_a_case() -> None:
    rows = {row.title for row in OPERATIONS}
    wanted = {
        row.title
        for row in OPERATIONS
        if row.method != "GET" or any(param.required for param in row.params)
    }
    assert wanted - CASES.keys() == set(), "cases.py says nothing of these rows"
    assert CASES.keys() - rows == set(), "cases.py speaks of rows that are not there"


def test_every_row_succeeds(stand: Stand) -> None:
    def fault(row: Operation) -> str:
        answer = stand.succeed(row)
        if answer.status_code != row.status:
            return f"{answer.status_code} {answer.content[:300]!r}"
        if row.resource is None and not row.document:
            return "" if answer.content == b"" else f"a body: {answer.content[:100]!r}"
        if answer["Content-Type"] != f"application/{stand.form}; charset=utf-8":
            return str(answer["Content-Type"])
        return ""

    over_rows(stand, fault)


def test_answers_are_as_the_description_says(acme: Provider) -> None:
    stand, valid = Stand(acme, "json"), _validators()

    def fault(row: Operation) -> str:
        if row.resource is None:
            return ""
        answer = json.loads(stand.succeed(row).content)
        found = valid(row).iter_errors(answer)
        return "; ".join(f"{error.json_path}: {error.message}" for error in found)

    over_rows(stand, fault)


def test_xml_answers_have_the_root_of_their_resource(acme: Provider) -> None:
    stand = Stand(acme, "xml")

    def fault(row: Operation) -> str:
        shape = row.resource
        if shape is None:
            return ""
        root = ET.fromstring(stand.succeed(row).content)  # noqa: S314
        wanted = shape.xml_list_root if row.many else shape.xml_root
        return "" if root.tag == wanted else f"<{root.tag}>, not <{wanted}>"

    over_rows(stand, fault)


def test_an_entity_can_be_sent_back_whole_as_it_was_got(acme: Provider) -> None:
    """3scale's Python client does this on each update: ids, times and links are ignored."""
    stand = Stand(acme, "json")
    readers = {row.path: row for row in OPERATIONS if row.method == "GET" and not row.many}

    def fault(row: Operation) -> str:
        reader = readers.get(row.path)
        if row.method not in {"PUT", "PATCH"} or reader is None or row.resource is None:
            return ""
        got = _entity(row, stand.call(reader))
        answer = stand.call(row, got)
        if answer.status_code != row.status:
            return f"{answer.status_code} {answer.content!r}"
        again = _entity(row, answer)
        return ", ".join(f"{k}: {got[k]!r} -> {again.get(k)!r}" for k in got if got[k] != again[k])

    over_rows(stand, fault)


def _entity(row: Operation, answer: Any) -> dict[str, Any]:
    assert row.resource is not None
    told: dict[str, Any] = json.loads(answer.content)[row.resource.entity]
    return {k: v for k, v in told.items() if k not in {"updated_at", "lock_version"}}


def test_nobody_is_answered_without_a_credential_that_covers_the_row(stand: Stand) -> None:
    def fault(row: Operation) -> str:
        known = stand.api(row)
        if row.master:
            return refused_with(stand.ask(row, Api(known.host, "unknown")), 401, stand.form)
        weak = [Api(known.host, ""), Api(known.host, "unknown")]
        others = {"cms", "finance", "policy_registry", "stats"} - row.scopes
        weak.append(stand.api(row, name="scopes", scopes=sorted(others)))
        if row.method != "GET":
            weak.append(stand.api(row, name="ro", permission="ro", scopes=sorted(row.scopes)))
        answers = [refused_with(stand.ask(row, api), 403, stand.form) for api in weak]
        return "; ".join(filter(None, answers))

    over_rows(stand, fault)


def test_what_is_not_there_is_not_found(stand: Stand) -> None:
    def fault(row: Operation) -> str:
        body = case_of(row.title).body(stand.own)
        answers = [
            refused_with(
                stand.call(row, body, **{name: UNKNOWN.get(name, 10**17)}), 404, stand.form
            )
            for name in owning(row)
        ]
        return "; ".join(filter(None, answers))

    over_rows(stand, fault)


def test_a_body_that_cannot_be_read_is_malformed(stand: Stand) -> None:
    over_rows(stand, lambda row: refused_with(stand.send(row, '{"', JSON), 400, stand.form))


def test_a_request_that_is_too_large_is_refused(stand: Stand) -> None:
    over_rows(
        stand, lambda row: refused_with(stand.send(row, "a=1&" * 2000, FORM), 413, stand.form)
    )


def test_a_format_that_is_not_there_is_refused(stand: Stand) -> None:
    def fault(row: Operation) -> str:
        api = stand.api(row)
        url = f"{stand.own.path(row)}.csv?access_token={api.token}"
        if row.path.endswith("{key}"):
            return ""  # a key may end like this
        answer = api.send(row.method, url, "", JSON)
        return "" if answer.status_code == 406 else str(answer.status_code)

    over_rows(stand, fault)


def test_values_that_cannot_be_are_named(stand: Stand) -> None:
    def fault(row: Operation) -> str:
        case = case_of(row.title)
        case.before(stand.own)
        body, ids = case.body(stand.own), case.ids(stand.own)
        faults = []
        for param in row.params:
            answer = stand.call(row, {**body, param.name: WRONG[param.kind]}, **ids)
            faults.append(_names(answer, param, stand.form))
        return "; ".join(filter(None, faults))

    over_rows(stand, fault)


def test_what_is_required_is_asked_for(stand: Stand) -> None:
    def fault(row: Operation) -> str:
        case = case_of(row.title)
        case.before(stand.own)
        body, ids = case.body(stand.own), case.ids(stand.own)
        faults = []
        for param in row.params:
            if param.required:
                less = {name: body[name] for name in body if name != param.name}
                answer = stand.call(row, less, **ids)
                if param.name in row.insist:
                    wanted = f"Required parameter missing: {param.name}".encode()
                    faults.append("" if answer.content == wanted else repr(answer.content))
                else:
                    faults.append(_names(answer, param, stand.form))
        return "; ".join(filter(None, faults))

    over_rows(stand, fault)


def test_each_further_refusal_of_a_row_has_a_case_and_happens(stand: Stand) -> None:
    def fault(row: Operation) -> str:
        case = case_of(row.title)
        missing = set(row.errors) - case.refused.keys()
        faults = [f"no case for {status}" for status in sorted(missing)]
        for status, refusal in case.refused.items():
            with undone():
                faults.append(_refused(stand, row, case, refusal, status))
        return "; ".join(filter(None, faults))

    over_rows(stand, fault)


def _refused(stand: Stand, row: Operation, case: Case, refusal: Refusal, status: int) -> str:
    if status not in row.refusals:
        return f"{status} does not follow from the row, and its errors do not name it"
    refusal.before(stand.own)
    api, body = stand.api(row), dict(refusal.body(stand.own))
    if refusal.of_nobody:
        api = Api(api.host, "")
        body["provider_key"] = stand.own.provider.tenant.provider_key
    answer = stand.ask(row, api, json.dumps(body), JSON, **refusal.ids(stand.own))
    return refused_with(answer, status, stand.form)


class Collision:
    """The database's answer to whoever writes what somebody else has written at this moment."""

    def __init__(self) -> None:
        self.happened = False

    def __call__(
        self, execute: Callable[..., Any], sql: str, params: Any, many: Any, context: Any
    ) -> Any:
        if sql.startswith(("INSERT", "UPDATE", "DELETE")):
            self.happened = True
            raise IntegrityError("somebody else was first")
        return execute(sql, params, many, context)


def test_whoever_comes_second_is_told_of_the_conflict(stand: Stand) -> None:
    def fault(row: Operation) -> str:
        if 409 not in row.refusals:
            return ""
        case, collision = case_of(row.title), Collision()
        case.before(stand.own)
        body, ids = case.body(stand.own), case.ids(stand.own)
        events = Event.objects.count()
        with connection.execute_wrapper(collision):
            answer = stand.call(row, body, **ids)
        if not collision.happened:
            return "it writes nothing"
        if Event.objects.count() != events:
            return "an event, though nothing was changed"
        told = (answer.status_code, answer.content)
        return "" if told == (409, b"") else str(told)

    over_rows(stand, fault)


def refused_with(answer: Any, status: int, form: str) -> str:
    """Say what is wrong with a refusal: its status, or a shape that is not documented."""
    if answer.status_code != status:
        return f"{answer.status_code}, not {status}: {answer.content[:200]!r}"
    if answer["Content-Type"].startswith("text/plain"):
        return "" if status in {400, 401} else "plain text"
    if form == "json" and answer.content:
        return "" if json.loads(answer.content).keys() & {"status", "error", "errors"} else "shape"
    if not answer.content:
        return "" if status in {403, 404} else "no reason"
    return "" if ET.fromstring(answer.content).tag in {"error", "errors"} else "shape"  # noqa: S314


def _names(answer: Any, param: Param, form: str) -> str:
    """Say what is wrong with a 422 about one parameter, which must be all it is about."""
    if fault := refused_with(answer, 422, form):
        return f"{param.name}: {fault}"
    if form == "json":
        named = list(json.loads(answer.content)["errors"])
        return "" if named == [param.name] else f"{param.name}: {named}"
    count = len(ET.fromstring(answer.content))  # noqa: S314
    return "" if count == 1 else f"{param.name}: {answer.content!r}"


def _validators() -> Callable[[Operation], OAS31Validator]:
    described = DRAFT202012.create_resource(document(OPERATIONS))
    registry: Registry[Any] = Registry().with_resource("urn:described", described)

    def validator(row: Operation) -> OAS31Validator:
        steps = ("paths", row.path, row.method.lower(), "responses", str(row.status), "content")
        pointer = "/".join(part.replace("/", "~1") for part in (*steps, JSON, "schema"))
        return OAS31Validator({"$ref": f"urn:described#/{pointer}"}, registry=registry)

    return validator
