"""What a row says is enforced for it: whose host, which members, what may go wrong in its run."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import IntegrityError

from portal.api.calls import Api, api_of, operator_api, token_of
from portal.people import BY, Provider
from tollway.portal.accounts.models import User
from tollway.portal.api.operation import (
    Call,
    Operation,
    by_path,
    deleting,
    in_section,
    moving,
    showing,
)
from tollway.portal.api.params import integers, texts
from tollway.portal.api.resources.catalog import SERVICE
from tollway.portal.api.routes import patterns
from tollway.portal.api.runs import remove
from tollway.portal.applications.models import Application
from tollway.portal.applications.services import delete_application
from tollway.portal.catalog.models import Product

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]

JSON, FORM = "application/json", "application/x-www-form-urlencoded"
PART = '--b\r\nContent-Disposition: form-data; name="{}"\r\n\r\n{}\r\n'


def told(call: Call) -> dict[str, Any]:
    return dict(call.given)


def taken(_call: Call) -> None:
    raise IntegrityError


def removed_meanwhile(call: Call) -> Application:
    """Find the application for one caller, and let another one remove it."""
    found = Application.objects.get(pk=call.id())
    delete_application(Application.objects.get(pk=call.id()), by=BY)
    return found


def _row(method: str, path: str, **fields: Any) -> Operation:
    return Operation(method, f"/admin/api/{path}", "A row", told, document=True, **fields)


ROWS = (
    _row("GET", "of_admins"),
    _row("GET", "of_everybody", section=""),
    *in_section("plans", (_row("GET", "of_plans"), _row("PUT", "of_plans"))),
    _row("GET", "of_the_operator", master=True),
    _row("POST", "lists", params=(integers("ids", nullable=True), texts("words"))),
    _row("GET", "lists", params=(integers("ids"),)),
    _row("DELETE", "lists", params=(integers("ids"),)),
    Operation("POST", "/admin/api/taken", "A name that is taken", taken),
    deleting(
        "/admin/api/applications/{id}", "Remove", remove(removed_meanwhile, delete_application)
    ),
)
urlpatterns = list(patterns(ROWS))


@pytest.fixture
def member(acme: Provider) -> User:
    return User.objects.create(
        tenant=acme.tenant, username="member", state=User.State.ACTIVE, role=User.Role.MEMBER
    )


def statuses(api: Api) -> dict[str, int]:
    return {
        row.title.removeprefix("GET /admin/api/"): api.call(row.method, row.path[10:]).status_code
        for row in ROWS
        if row.path.partition("of_")[1]
    }


def test_an_admin_may_everything_but_what_is_the_operators(acme: Provider) -> None:
    assert statuses(api_of(acme)) == {
        "of_admins": 200, "of_everybody": 200, "of_plans": 200, "PUT /admin/api/of_plans": 200,
        "of_the_operator": 404,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("sections", "allowed"), [([], 403), (["partners"], 403), (["plans", "partners"], 200)]
)
def test_a_member_may_what_the_section_says(
    acme: Provider, member: User, sections: list[str], allowed: int
) -> None:
    host, token = api_of(acme).host, token_of(member_admin(member))
    User.objects.filter(pk=member.pk).update(role="member", allowed_sections=sections)
    assert statuses(Api(host, token)) == {
        "of_admins": 403, "of_everybody": 200, "of_plans": allowed,
        "PUT /admin/api/of_plans": allowed, "of_the_operator": 404,
    }  # fmt: skip


def member_admin(member: User) -> User:
    """Make a token while the user still may everything: it must not outlive the permission."""
    member.role = User.Role.ADMIN
    member.save(update_fields=["role"])
    return member


def test_a_provider_key_is_nobodys_and_may_everything(acme: Provider) -> None:
    url = f"/admin/api/of_admins?provider_key={acme.tenant.provider_key}"
    assert Api(api_of(acme).host, "").send("GET", url, "", JSON).status_code == 200


def test_the_operators_rows_are_on_the_operators_host_only(acme: Provider) -> None:
    operator = operator_api(acme)
    assert operator.call("GET", "/of_the_operator").status_code == 200
    assert operator.call("GET", "/of_admins").status_code == 200  # the operator is a tenant, too
    for token in ("", api_of(acme).token):
        refused = Api(operator.host, token).call("GET", "/of_the_operator.json")
        assert (refused.status_code, refused.content) == (401, b"unauthorized")
        assert refused["Content-Type"] == "text/plain; charset=utf-8"


def test_what_is_removed_twice_at_once_is_gone_for_the_second(acme: Provider, api: Api) -> None:
    path = f"/applications/{acme.application.pk}"
    answer = api.call("DELETE", f"{path}.json")
    assert (answer.status_code, answer.content) == (404, b'{"status":"Not found"}')


def test_a_name_that_somebody_else_took_at_this_moment_is_a_conflict(api: Api) -> None:
    for suffix in (".json", ".xml"):
        answer = api.call("POST", f"/taken{suffix}")
        assert (answer.status_code, answer.content) == (409, b"")


LISTS: list[tuple[str, str, dict[str, Any]]] = [
    (FORM, "ids[]=1&ids[]=2&words[]=a", {"ids": [1, 2], "words": ["a"]}),
    (FORM, "ids%5B%5D=1", {"ids": [1]}),
    (FORM, "ids=7", {"ids": [7]}),
    (FORM, "ids[]=[]&words[]=[]", {"ids": [], "words": []}),  # 3scale's client says "none" so
    (FORM, "ids=[]", {"ids": []}),
    (FORM, "ids=", {"ids": None}),
    (JSON, '{"ids": [1, "2"], "words": []}', {"ids": [1, 2], "words": []}),
    (JSON, '{"ids": "[]"}', {"ids": []}),
    (JSON, '{"ids": null}', {"ids": None}),
    ("multipart/form-data; boundary=b", PART.format("ids[]", 1) + PART.format("ids[]", 2) + "--b--",
     {"ids": [1, 2]}),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "body", "read"), LISTS)
def test_a_list_is_read_however_it_is_written(
    api: Api, kind: str, body: str, read: dict[str, Any]
) -> None:
    answer = api.send("POST", f"/admin/api/lists?access_token={api.token}", body, kind)
    assert (answer.status_code, json.loads(answer.content)) == (200, read)


@pytest.mark.parametrize("method", ["GET", "DELETE"])
@pytest.mark.parametrize(("kind", "body"), [(JSON, '{"ids": [3]}'), (FORM, "ids[]=3")])
def test_a_body_counts_whatever_the_verb(api: Api, method: str, kind: str, body: str) -> None:
    answer = api.send(method, f"/admin/api/lists?access_token={api.token}", body, kind)
    assert json.loads(answer.content) == {"ids": [3]}


def test_refusals_follow_from_the_row() -> None:
    def of(row: Operation) -> list[int]:
        return row.refusals

    show = showing("/admin/api/services/{id}", "One", SERVICE, lambda _: Product())
    assert of(show) == [400, 403, 404, 406, 413]
    assert of(show.refusing(422)) == [400, 403, 404, 406, 413, 422]
    move = moving("/admin/api/services/{id}/hide", "Hide", SERVICE, lambda _: Product())
    assert of(move) == [400, 403, 404, 406, 409, 413, 422]
    assert of(_row("POST", "x", params=(texts("words"),), master=True)) == [
        400, 401, 403, 406, 409, 413, 422,
    ]  # fmt: skip


def test_put_and_patch_are_one_verb_unless_rows_differ() -> None:
    put, patch = _row("PUT", "x"), _row("PATCH", "x")
    assert by_path([put])["/admin/api/x"] == {"PUT": put, "PATCH": put}
    assert by_path([put, patch])["/admin/api/x"] == {"PUT": put, "PATCH": patch}
