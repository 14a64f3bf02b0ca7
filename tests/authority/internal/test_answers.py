"""What is told in a word beside a status, and what is read of a call."""

from __future__ import annotations

import pytest

from tollway.authority.internal import answers, fields
from tollway.authority.internal.paths import handler_of


@pytest.mark.parametrize(
    ("answer", "status", "word"),
    [
        (answers.found(), 200, "found"),
        (answers.created(), 201, "created"),
        (answers.saved(new=True), 201, "created"),
        (answers.saved(new=False), 200, "modified"),
        (answers.deleted(count=2), 200, "deleted"),
        (answers.missing("plan").answer, 404, "not_found"),
        (answers.RefusedError(422, "x").answer, 422, "invalid"),
    ],
)
def test_an_answer_says_its_status_in_a_word(
    answer: answers.Answer, status: int, word: str
) -> None:
    assert answer.body is not None
    assert (answer.status, answer.body["status"]) == (status, word)


@pytest.mark.parametrize("value", ["x" * 256, 1.5, True, [], {}])
def test_a_text_is_short(value: object) -> None:
    with pytest.raises(answers.RefusedError, match="name: must be a text"):
        fields.text({"name": value}, "name")


@pytest.mark.parametrize(
    ("method", "path", "names"),
    [
        ("GET", "/services/1", ("1",)),
        ("GET", "/services/1/", ("1",)),
        ("PUT", "/services/change_provider_key/a/b", ("a/b",)),
        ("PUT", "/services/1/applications/batch", ("1",)),
        ("GET", "/services/1/applications/key/a/b", ("1", "a/b")),
        ("PUT", "/services/1/applications/key/key/a", ("1", "key", "a")),
        ("DELETE", "/services/1/applications/a/keys/b/", ("1", "a", "b/")),
        ("HEAD", "/service_tokens/a/b/1/", ("a/b", "1")),
        ("HEAD", "/services/1", ("1",)),
        ("DELETE", "/events/7", ("7",)),
    ],
)
def test_a_path_names_what_it_is_about(method: str, path: str, names: tuple[str, ...]) -> None:
    found = handler_of(method, path)
    assert found is not None
    assert found[1] == names
