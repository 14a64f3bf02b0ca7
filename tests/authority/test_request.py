from __future__ import annotations

import pytest

from tollway.authority import params, request
from tollway.authority.answers import Rejected
from tollway.authority.params import Params
from tollway.authority.request import (
    Authorize,
    Options,
    ProviderKey,
    Redirect,
    Report,
    ServiceToken,
    Transaction,
)

NO_OPTIONS = Options()
LOGIN = "provider_key=p&"


def read(query: str) -> Params:
    parsed = params.parse(query)
    assert isinstance(parsed, Params)
    return parsed


def authorize(query: str, *, oauth: bool = False) -> Authorize:
    ask = request.authorize(read(query), NO_OPTIONS, counts=True, oauth=oauth)
    assert isinstance(ask, Authorize)
    return ask


def report(query: str) -> Report:
    ask = request.report(read(query), NO_OPTIONS, None)
    assert isinstance(ask, Report)
    return ask


def test_everything_that_authrep_takes() -> None:
    ask = authorize(
        "service_token=t&service_id=2&app_id=a&app_key=+k+&user_key=u&referrer=r&redirect_uri=x"
        "&usage[hits]=1&usage[+b+]=%232&usage[c]&log[code]=404&log[request]=GET&unknown=1",
        oauth=True,
    )
    assert ask == Authorize(
        ServiceToken("t", "2"),
        NO_OPTIONS,
        counts=True,
        oauth=True,
        service_id="2",
        app_id="a",
        app_key="k",
        user_key="u",
        referrer="r",
        redirect=Redirect("redirect_uri", "x"),
        usage=(("hits", "1"), (" b ", "#2"), ("c", None)),
        code=404,
    )


@pytest.mark.parametrize("value", ["=", "=+", "[]=x", "[a]=x", ""])
@pytest.mark.parametrize("name", ["service_id", "app_id", "user_key"])
def test_blank_and_odd_parameters_are_absent(name: str, value: str) -> None:
    assert authorize(f"{LOGIN}{name}{value}") == authorize(LOGIN)


@pytest.mark.parametrize(
    ("value", "key"), [("=", ""), ("=+", ""), ("=+k%0A", "k"), ("[]=x", None), ("", None)]
)
def test_an_empty_application_key_is_still_a_key(value: str, key: str | None) -> None:
    assert authorize(f"{LOGIN}app_key{value}").app_key == key


@pytest.mark.parametrize(
    ("log", "code"),
    [
        ("log[code]=200", 200),
        ("[log][code]=503", 503),
        ("log[code]=20", 0),
        ("log[code]=2000", 0),
        ("log[code]=2xx", 0),
        ("log[code]=%D9%A1%D9%A1%D9%A1", 0),
        ("log[code][]=200", 0),
        ("log=200", 0),
        ("log[]=200", 0),
    ],
)
def test_a_status_code_has_three_digits(log: str, code: int) -> None:
    assert authorize(f"{LOGIN}{log}").code == code


def test_the_redirect_belongs_to_the_oauth_end_points() -> None:
    assert authorize(f"{LOGIN}redirect_url=x").redirect is None
    both = f"{LOGIN}redirect_uri=x&redirect_url"
    assert authorize(both, oauth=True).redirect == Redirect("redirect_url", "")


@pytest.mark.parametrize(
    ("header", "query", "options"),
    [
        ("", "", Options()),
        ("no_body=1&limit_headers=1", "", Options(no_body=True, limit_headers=True)),
        ("hierarchy=1&flat_usage=1", "", Options(hierarchy=True, flat_usage=True)),
        ("list_app_keys=1&x=1", "", Options(list_app_keys=True)),
        ("rejection_reason_header=true", "", Options()),
        ("no_body=", "", Options(no_body=True)),
        ("no_body=yes", "", Options(no_body=True)),
        ("no_body=false", "", Options()),
        ("no_body", "no_body=1", Options(no_body=True)),
        ("no_body=0", "no_body=1", Options()),
        ("limit_headers=1", "no_body=1", Options(no_body=True, limit_headers=True)),
        ("", "no_body=0", Options()),
        ("", "limit_headers=1", Options()),
        ("%zz=1&limit_headers=1", "", Options()),
    ],
)
def test_extensions(header: str, query: str, options: Options) -> None:
    assert request.options(header, read(query)) == options


def test_a_report_keeps_the_order_of_its_lines() -> None:
    ask = report(
        f"{LOGIN}service_id=1&transactions[b][app_id]=1&transactions[a][user_key]=u"
        "&transactions[b][usage][hits]=1&transactions[a][timestamp]=x&transactions[a][log][code]=200"
    )
    assert ask == Report(
        ProviderKey("p"),
        "1",
        (
            Transaction("1", None, (("hits", "1"),), "", 0),
            Transaction(None, "u", None, "x", 200),
        ),
    )


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("service_id[]=1&transactions[0][app_id]=1", "bad_request"),
        ("transactions[0][app_id][]=1", "bad_request"),
        ("transactions[0][timestamp][x]=1", "bad_request"),
        ("transactions[0][usage][]=1", "bad_request"),
        ("transactions[0][]=1", "transactions_format_invalid"),
    ],
)
def test_odd_shapes_in_a_report_are_faults_of_the_request(query: str, code: str) -> None:
    flaw = report(LOGIN + query).flaw
    assert isinstance(flaw, Rejected)
    assert (flaw.status, flaw.code) == (400, code)


@pytest.mark.parametrize(
    ("content_type", "values"),
    [
        ("", {"a": "1"}),
        ("application/x-www-form-urlencoded", {"a": "1"}),
        ("Application/X-WWW-Form-UrlEncoded ; charset=x", {"a": "1"}),
    ],
)
def test_media_types(content_type: str, values: dict[str, str]) -> None:
    assert request.form(content_type, b"a=1") == Params(values)


@pytest.mark.parametrize("boundary", ["x", '"x"', "x; charset=utf-8"])
def test_multipart_needs_a_boundary(boundary: str) -> None:
    body = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--x--'
    assert request.form(f"multipart/form-data; boundary={boundary}", body) == Params({"a": "1"})
    assert isinstance(request.form("multipart/form-data", body), Rejected)


@pytest.mark.parametrize(
    "query", ["a" * request.KEPT_CHARS_MAX + "b", "&a" * request.KEPT_PARTS_MAX]
)
def test_a_query_that_would_take_much_memory_is_read_and_not_kept(query: str) -> None:
    request._kept.cache_clear()
    read = [request.asked(query, "", counts=True, oauth=False) for _ in "12"]
    assert read[0] == read[1]
    assert request._kept.cache_info().currsize == 0
    request.asked(query[: request.KEPT_PARTS_MAX], "", counts=True, oauth=False)
    assert request._kept.cache_info().currsize == 1
