"""Schemathesis asks each row what its description allows, and what it does not.

Nothing may be a fault of ours (5xx), and no answer may be one that the description does not have: a
status, a content type, a header, a shape. The portal's WSGI application answers, for a tenant
that has one of everything; each call is undone. The examples are the same on each run.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from portal.api.calls import Api, api_of, operator_api
from portal.api.owned import Owned
from portal.people import Provider
from tollway.portal.api.openapi import document
from tollway.portal.api.operation import Operation
from tollway.portal.api.operations import OPERATIONS
from tollway.portal.wsgi import application

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(300)]

EXAMPLES = int(os.environ.get("TOLLWAY_CONTRACT_EXAMPLES", "2"))  # per row, format and mode
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
BOUNDED = settings(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(autouse=True)
def one_connection() -> Iterator[None]:
    """Let a request not close the connection that the test's transaction is on."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


class Stand:
    def __init__(self, acme: Provider) -> None:
        self.own = Owned(acme)
        self._apis = {False: api_of(acme), True: operator_api(acme)}
        self._schema = schemathesis.openapi.from_dict(document(OPERATIONS))
        self._schema.app = application

    def faults(
        self, row: Operation, form: str, mode: GenerationMode, *, owned: bool = True
    ) -> Iterator[str]:
        """Yield what is wrong with answers of the row, about what is ``owned`` or about any id."""
        api = self._apis[row.master]
        operation = self._schema[row.path][row.method]
        ids = {name: self.own.id(row.path, name) for name in row.variables if owned}
        found: list[str] = []

        @BOUNDED
        @given(operation.as_strategy(generation_mode=mode, path_parameters=ids or None))
        def ask(case: Case[Any]) -> None:
            self._ask(case, api, form)

        try:
            ask()
        except BaseExceptionGroup as group:
            found += [str(error) for error in group.exceptions]
        except AssertionError as error:
            found.append(str(error) or repr(error))
        yield from found

    def _ask(self, case: Case[Any], api: Api, form: str) -> None:
        case.query = {**(case.query or {}), "access_token": api.token}
        with transaction.atomic():
            answer = case.call(
                base_url=f"http://{api.host}", headers={"Accept": f"application/{form}"}
            )
            transaction.set_rollback(True)
        case.validate_response(answer, checks=CHECKS)


@pytest.mark.parametrize(
    ("form", "mode"),
    [
        ("json", GenerationMode.POSITIVE),
        ("json", GenerationMode.NEGATIVE),
        ("xml", GenerationMode.POSITIVE),
    ],
)
def test_every_answer_is_one_that_is_described(
    acme: Provider, form: str, mode: GenerationMode
) -> None:
    stand = Stand(acme)
    faults = [f"{row.title}: {f}" for row in OPERATIONS for f in stand.faults(row, form, mode)]
    assert not faults, "\n".join(faults)


def test_every_answer_about_any_id_is_described(acme: Provider) -> None:
    stand = Stand(acme)
    faults = [
        f"{row.title}: {fault}"
        for row in OPERATIONS
        if row.variables
        for fault in stand.faults(row, "json", GenerationMode.POSITIVE, owned=False)
    ]
    assert not faults, "\n".join(faults)
