"""One endpoint per path: from a request to a call of an operation's ``run``, and back to bytes.

The order is that of the questions a stranger may not skip: is there such a route, in which format,
who asks, may they, is the request readable, and only then the object itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import (
    NON_FIELD_ERRORS,
    ObjectDoesNotExist,
    RequestDataTooBig,
    TooManyFieldsSent,
    ValidationError,
)
from django.db import IntegrityError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import conditional_page

from tollway.portal.api import answers, body, credentials, resource
from tollway.portal.api.answers import Format
from tollway.portal.api.operation import PER_PAGE_MAX, Call, Caller, Failure, Operation, Stuck
from tollway.portal.api.params import Malformed, integer, read
from tollway.portal.api.xml import Node
from tollway.portal.fields import NoRoomError
from tollway.portal.tenants.models import Tenant
from tollway.portal.web.site import Side, Site, site_of


class Endpoint:
    """Answers one path; ``operations`` by method."""

    csrf_exempt = True  # no cookie is ever read here: a credential comes with every call

    def __init__(self, operations: Mapping[str, Operation]) -> None:
        self.operations = operations

    def __call__(self, request: HttpRequest, suffix: str | None = None, **ids: str) -> HttpResponse:
        operation = self.operations.get("GET" if request.method == "HEAD" else str(request.method))
        if operation is None or not _belongs(operation, site_of(request)):
            return not_found(request, suffix)
        form = format_of(request, suffix, json_only=operation.json_only)
        if form is None:
            return answers.empty(406)
        if operation.method != "GET":
            return _answer(request, operation, form, ids)
        return _cached(request, operation, form, ids)


@csrf_exempt
def not_found(request: HttpRequest, suffix: str | None = None, **_ids: str) -> HttpResponse:
    """Answer a path that no operation has."""
    return answers.not_found(format_of(request, suffix, json_only=False) or Format.XML)


def _belongs(operation: Operation, site: Site) -> bool:
    """Say whether the operation is answered on this host. The operator is a tenant as well."""
    return site.side is Side.MASTER if operation.master else site.administers


def format_of(request: HttpRequest, suffix: str | None, *, json_only: bool) -> Format | None:
    """Choose the format: the suffix decides, else an Accept that names one, else XML."""
    if suffix:
        known = [Format.JSON] if json_only else list(Format)
        return next((form for form in known if suffix == f".{form}"), None)
    if json_only:
        return Format.JSON
    accepted = request.headers.get("Accept", "*/*")
    if "xml" in accepted or "*/*" in accepted or "application/*" in accepted:
        return Format.XML
    return Format.JSON if "json" in accepted else None


@cache_control(private=True, max_age=0, must_revalidate=True)
@conditional_page
def _cached(
    request: HttpRequest, operation: Operation, form: Format, ids: Mapping[str, str]
) -> HttpResponse:
    return _answer(request, operation, form, ids)


def _answer(
    request: HttpRequest, operation: Operation, form: Format, ids: Mapping[str, str]
) -> HttpResponse:
    try:
        fields = body.fields_of(request)
    except body.UnreadableBody as error:
        return answers.failed(str(error), 400, form)
    except (RequestDataTooBig, TooManyFieldsSent):
        return answers.failed("the request is too large", 413, form)
    site = site_of(request)
    caller = credentials.caller_of(
        site.tenant, fields, request.headers.get("Authorization", ""), site.request_id
    )
    if refusal := _refusal(site.tenant, caller, operation, form):
        return refusal
    assert caller is not None  # noqa: S101  (else it was refused)
    return _run(request, operation, form, Call(caller, ids, fields))


def _refusal(
    tenant: Tenant, caller: Caller | None, operation: Operation, form: Format
) -> HttpResponse | None:
    if tenant.is_closed:
        return answers.empty(403, form)
    if caller is None and operation.master:
        return answers.unauthorized()
    if caller is None or not caller.may(operation):
        return answers.denied(form)
    if not caller.token_covers(operation):
        return answers.failed(answers.NO_PERMISSION, 403, form)
    return None


def _run(request: HttpRequest, operation: Operation, form: Format, call: Call) -> HttpResponse:
    fields = body.unwrap(call.given, operation.wrapper)
    if missing := [name for name in operation.insist if fields.get(name) in (None, "")]:
        return answers.parameter_missing(missing[0])
    given, wrong = read(operation.params, fields)
    if wrong:
        return answers.invalid(wrong, 422, form)
    call = Call(call.caller, call.ids, given, fields, _base_url(request))
    result = _perform(operation, form, call)
    if isinstance(result, HttpResponse):
        return result
    if operation.many:
        return _write_list(request, operation, form, _page_of(operation, form, result, fields))
    return _write(request, operation, form, result)


def _perform(operation: Operation, form: Format, call: Call) -> Any:  # noqa: ANN401
    """Return what ``run`` returned, or the answer to give when it was refused."""
    try:
        result = operation.run(call)
    except (Http404, ObjectDoesNotExist):  # the second: somebody else removed it just now
        return answers.not_found(form)
    except ValidationError as error:
        forbidden = operation.method == "DELETE" or isinstance(error, NoRoomError)
        return answers.invalid(_errors(error), 403 if forbidden else 422, form)
    except IntegrityError:  # two callers wanted the same name at once; the database chose one
        return answers.empty(409, form)
    if isinstance(result, Failure):
        return answers.failed(result.message, result.status, form)
    return result


def _errors(error: ValidationError) -> answers.Errors:
    errors = error.message_dict if hasattr(error, "error_dict") else {"base": error.messages}
    return {("base" if name == NON_FIELD_ERRORS else name): errors[name] for name in errors}


def _write(request: HttpRequest, operation: Operation, form: Format, result: Any) -> HttpResponse:  # noqa: ANN401
    shape = operation.resource
    if operation.document:
        return answers.json(result, operation.status)
    if shape is None:
        return answers.empty(operation.status, form)
    if isinstance(result, Stuck):
        return _write_stuck(request, shape, form, result)
    base_url = _base_url(request)
    response = (
        answers.json(resource.json_of(shape, result, base_url), operation.status)
        if form is Format.JSON
        else answers.xml(resource.xml_of(shape, result), operation.status)
    )
    if operation.status == 201 and "self" in shape.links:
        response["Location"] = base_url + shape.links["self"](result)
    return response


def _write_stuck(
    request: HttpRequest, shape: resource.Resource, form: Format, stuck: Stuck
) -> HttpResponse:
    obj = stuck.obj
    error = f'cannot transition via "{stuck.event}"'
    told = {"from": obj.state, "event": stuck.event, "error": error}
    if form is Format.JSON:
        entity = resource.json_of(shape, obj, _base_url(request))[shape.entity]
        return answers.json({"error": {**told, "object": entity}}, 422)
    node = Node("error", {**told, "object": [resource.xml_of(shape, obj)]})
    return answers.xml(node, 422)


def _write_list(
    request: HttpRequest,
    operation: Operation,
    form: Format,
    listed: tuple[Any, resource.Page | None],
) -> HttpResponse:
    shape = operation.resource
    assert shape is not None  # noqa: S101  (a list is of something)
    objects, page = listed
    if form is Format.JSON:
        return answers.json(resource.json_list(shape, objects, _base_url(request), page))
    return answers.xml(resource.xml_list(shape, objects, page))


def _base_url(request: HttpRequest) -> str:
    return f"{request.scheme}://{request.get_host()}"


def _page_of(
    operation: Operation,
    form: Format,
    result: Any,  # noqa: ANN401  (a query, or a list that is complete)
    fields: Mapping[str, Any],
) -> tuple[Any, resource.Page | None]:
    """Cut the page that was asked for out of a query; what is beyond the end is empty."""
    if isinstance(result, QuerySet):
        shape = operation.resource
        assert shape is not None  # noqa: S101
        result = shape.load(result.order_by("pk"))
        result = shape.load_xml(result) if form is Format.XML else result
    if not operation.paginated:
        return result, None
    per_page = _within(fields.get("per_page"), PER_PAGE_MAX, otherwise=PER_PAGE_MAX)
    number = _within(fields.get("page"), 10**9, otherwise=1)
    page = resource.Page(number, per_page, result.count())
    start = (number - 1) * per_page
    return result[start : start + per_page], page


def _within(value: object, most: int, *, otherwise: int) -> int:
    """Read a count; whatever is out of range means the default, as 3scale has it."""
    try:
        count = integer("count").read(value)
    except Malformed:
        return otherwise
    return count if 1 <= count <= most else otherwise
