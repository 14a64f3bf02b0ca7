"""The documentation lists what there is: its table is made of the rows."""

from __future__ import annotations

import os
import re
from pathlib import Path

from tollway.portal.api.operation import Operation
from tollway.portal.api.operations import OPERATIONS
from tollway.portal.api.params import Param

DOCUMENT = Path(__file__).parents[3] / "docs/account-management-api.md"
TABLE = re.compile(r"(<!-- operations:.*?-->\n)(.*?)(<!-- end of operations -->)", re.DOTALL)
HEAD = "| method and path | what it does | parameters | answer |\n|---|---|---|---|\n"


def parameter(param: Param) -> str:
    kind = "" if param.kind == "text" else f" ({param.kind})"
    return f"`{param.name}`{'*' if param.required else ''}{kind}"


def answer(operation: Operation) -> str:
    if operation.document:
        return f"{operation.status} JSON"
    if operation.resource is None:
        return str(operation.status)
    name = operation.resource.collection if operation.many else operation.resource.entity
    notes = ", pages" * operation.paginated + ", JSON only" * operation.json_only
    return f"{operation.status} {name or 'bare list'}{notes}"


def line(operation: Operation) -> str:
    told = ", ".join(parameter(param) for param in operation.params) or "-"
    method = "PUT, PATCH" if operation.method == "PUT" else operation.method
    return f"| {method} `{operation.path}` | {operation.summary} | {told} | {answer(operation)} |\n"


def test_the_table_of_operations_is_that_of_the_rows() -> None:
    """With TOLLWAY_WRITE_DOCS=1 in the environment, write the table instead."""
    table = HEAD + "".join(line(operation) for operation in OPERATIONS)
    text = DOCUMENT.read_text()
    if os.environ.get("TOLLWAY_WRITE_DOCS"):
        DOCUMENT.write_text(TABLE.sub(lambda m: m[1] + table + m[3], text))
        return
    found = TABLE.search(text)
    assert found is not None
    assert found[2] == table


def test_summaries_are_sentences_without_a_full_stop() -> None:
    for operation in OPERATIONS:
        assert operation.summary[0].isupper(), operation.path
        assert not operation.summary.endswith("."), operation.path
