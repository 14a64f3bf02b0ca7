"""A portal's document becomes what NGINX's workers hold, or an error that names the field."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tollway.core.configurations import fingerprint
from tollway.gateway.compile import compile_service, encode
from tollway.gateway.document import CompileError


def document(proxy: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    """Return a SERVICE with a host per environment, one rule and an upstream."""
    return {
        "id": 42,
        "name": "API",
        "system_name": "api",
        "backend_version": "1",
        "backend_authentication_type": "service_token",
        "backend_authentication_value": "to/ken",
        "proxy": {
            "endpoint": "https://API-2.gateway.example:443",
            "sandbox_endpoint": "http://api-2.staging.example:8080",
            "hosts": ["api-2.gateway.example", "api-2.staging.example"],
            "api_backend": "https://internal.example.com:443",
            "secret_token": "shared",
            "proxy_rules": [{"http_method": "GET", "pattern": "/", "metric_system_name": "hits"}],
            "policy_chain": [{"name": "apicast", "version": "builtin", "configuration": {}}],
            **(proxy or {}),
        },
        **fields,
    }


def test_what_a_product_becomes() -> None:
    compiled = compile_service(document(), "staging")
    compiled.pop("digest")
    assert compiled.pop("configuration") == fingerprint(document())
    plain = "text/plain; charset=utf-8"
    assert compiled == {
        "schema": 1,
        "id": "42",
        "name": "api",
        "environment": "staging",
        "hosts": ("api-2.staging.example",),
        "credentials": {
            "location": "query",
            "parts": ({"part": "user_key", "name": "user_key"},),
        },
        "notes": (),
        "rules": {
            "schema": 1,
            "rules": ({"pattern": "/", "metric": "hits"},),
            "nodes": ({"next": {"/": 1}}, {"run": "/", "prefix": (0,)}),
            "methods": {"GET": 0},
        },
        "errors": {
            "auth_missing": {
                "status": 401,
                "type": plain,
                "body": "Authentication parameters missing",
            },
            "auth_failed": {"status": 403, "type": plain, "body": "Authentication failed"},
            "no_match": {"status": 404, "type": plain, "body": "No Mapping Rule matched"},
            "limits_exceeded": {"status": 429, "type": plain, "body": "Limits exceeded"},
        },
        "secret_token": "shared",
        "authority": {
            "path": "/transactions/authrep.xml",
            "query": "service_token=to%2Fken&service_id=42",
            "debug": "to/ken",
        },
        "upstream": {
            "scheme": "https",
            "host": "internal.example.com",
            "port": 443,
            "host_header": "internal.example.com",
            "path": "",
            "query": "",
        },
        "routes": (),
    }


def test_equal_documents_give_equal_bytes_and_others_another_digest() -> None:
    def compiled(document: dict[str, Any]) -> dict[str, Any]:
        return compile_service(document, "staging")

    backwards = dict(reversed(document().items()))
    backwards["proxy"] = dict(reversed(backwards["proxy"].items()))
    assert encode(compiled(document())) == encode(compiled(backwards))
    assert compiled(document())["digest"] == compiled(backwards)["digest"]
    assert compiled(document())["digest"] != compiled(document(id=43))["digest"]


def test_nothing_is_null_because_lua_takes_null_for_true() -> None:
    empty = document({"api_backend": None, "secret_token": None}, backend_version="oauth")
    assert b"null" not in encode(compile_service(empty, "production"))
    assert "upstream" not in compile_service(empty, "production")


@pytest.mark.parametrize(
    ("proxy", "staging", "production"),
    [
        ({}, ["api-2.staging.example"], ["api-2.gateway.example"]),
        ({"hosts": None}, ["api-2.staging.example"], ["api-2.gateway.example"]),
        (
            {"hosts": ["api-2.gateway.example", "api-2.staging.example", "Extra:80"]},
            ["api-2.staging.example", "extra"],
            ["api-2.gateway.example", "extra"],
        ),
        (
            {"endpoint": "http://same:1", "sandbox_endpoint": "http://same:2", "hosts": ["same"]},
            ["same"],
            ["same"],
        ),
        (
            {"endpoint": None, "sandbox_endpoint": "", "hosts": ["a.example"]},
            ["a.example"],
            ["a.example"],
        ),
        (
            {"endpoint": None, "sandbox_endpoint": None, "hosts": None},
            ["localhost"],
            ["localhost"],
        ),
    ],
)
def test_hosts_are_those_of_the_environment(
    proxy: dict[str, Any], staging: list[str], production: list[str]
) -> None:
    assert compile_service(document(proxy), "staging")["hosts"] == tuple(staging)
    assert compile_service(document(proxy), "production")["hosts"] == tuple(production)


@pytest.mark.parametrize(
    ("mode", "proxy", "location", "parts"),
    [
        ("1", {"auth_user_key": "API-Key"}, "query", [("user_key", "api-key")]),
        (1, {"credentials_location": "headers"}, "headers", [("user_key", "user_key")]),
        (
            "2",
            {"credentials_location": "authorization", "auth_app_id": "client"},
            "authorization",
            [("app_id", "client"), ("app_key", "app_key")],
        ),
        (None, {"authentication_method": "1"}, "query", [("user_key", "user_key")]),
    ],
)
def test_credentials(
    mode: object, proxy: dict[str, Any], location: str, parts: list[tuple[str, str]]
) -> None:
    compiled = compile_service(document(proxy, backend_version=mode), "staging")
    assert compiled["credentials"] == {
        "location": location,
        "parts": tuple({"part": part, "name": name} for part, name in parts),
    }


ISSUER = "https://idp.example/realms/api"


@pytest.mark.parametrize("mode", ["oauth", "oidc"])
@pytest.mark.parametrize(
    ("proxy", "claim"),
    [
        ({}, ("azp",)),
        ({"jwt_claim_with_client_id": "client_id"}, ("client_id",)),
        (
            {
                "jwt_claim_with_client_id": "{{ resource.client }}",
                "jwt_claim_with_client_id_type": "liquid",
            },
            ("resource", "client"),
        ),
    ],
)
def test_openid_connect(mode: str, proxy: dict[str, Any], claim: tuple[str, ...]) -> None:
    issuer = "https://client:secret@idp.example/realms/api/"
    settings = {"oidc_issuer_endpoint": issuer, "credentials_location": "headers", **proxy}
    compiled = compile_service(document(settings, backend_version=mode), "staging")
    assert compiled["openid"] == {"issuer": ISSUER, "claim": claim}
    assert compiled["credentials"] == {
        "location": "headers",
        "parts": ({"part": "access_token", "name": "access_token"},),
    }
    assert compiled["authority"]["path"] == "/transactions/oauth_authrep.xml"
    assert "secret@" not in str(compiled)


@pytest.mark.parametrize(
    "proxy",
    [
        {},
        {"oidc_issuer_endpoint": ""},
        {"oidc_issuer_endpoint": "ftp://idp.example"},
        {"oidc_issuer_endpoint": "https://me:se/cret@idp.example"},
        {"oidc_issuer_endpoint": "https://idp.example/?realm=x"},
        {"oidc_issuer_endpoint": "https://idp.example:99999/"},
        {
            "oidc_issuer_endpoint": ISSUER,
            "jwt_claim_with_client_id": "{{ azp | upcase }}",
            "jwt_claim_with_client_id_type": "liquid",
        },
    ],
)
def test_openid_connect_that_cannot_be_checked_lets_nobody_in(proxy: dict[str, Any]) -> None:
    compiled = compile_service(document(proxy, backend_version="oauth"), "staging")
    assert not {"credentials", "openid"} & set(compiled)
    [note] = compiled["notes"]
    assert note.startswith("every call is answered as failed authentication: ")
    assert "cret" not in note


def test_answers_are_the_products_own() -> None:
    proxy = {
        "error_status_auth_missing": 403,
        "error_headers_auth_missing": "application/json",
        "error_auth_missing": '{"error":"who?"}',
        "error_no_match": "",
    }
    errors = compile_service(document(proxy), "staging")["errors"]
    assert errors["auth_missing"] == {
        "status": 403,
        "type": "application/json",
        "body": '{"error":"who?"}',
    }
    assert errors["no_match"]["body"] == ""
    assert errors["no_match"]["status"] == 404


def test_rules_keep_their_order_owner_and_conditions() -> None:
    proxy_rules = [
        {
            "http_method": "GET",
            "pattern": "/v1/{id}?x={y}&z=1",
            "metric_system_name": "hits.7",
            "delta": 2,
            "last": True,
            "owner_type": "BackendApi",
            "owner_id": 7,
            "querystring_parameters": {"z": "1", "x": "{y}"},
        },
        {
            "http_method": "GET",
            "pattern": "/",
            "metric_system_name": "hits",
            "delta": 1,
            "last": None,
            "owner_type": "Proxy",
            "owner_id": 12,
            "querystring_parameters": {},
        },
    ]
    compiled = compile_service(document({"proxy_rules": proxy_rules}), "staging")
    assert compiled["rules"]["rules"] == (
        {
            "pattern": "/v1/{id}?x={y}&z=1",
            "metric": "hits.7",
            "delta": 2,
            "last": True,
            "conditions": ({"name": "x"}, {"name": "z", "value": "1"}),
            "backend": "7",
        },
        {"pattern": "/", "metric": "hits", "delta": 1},
    )


def test_a_pattern_outside_the_grammar_is_noted_and_taken_as_text() -> None:
    rules = [{"http_method": "GET", "pattern": "/a|b", "metric_system_name": "hits"}]
    compiled = compile_service(document({"proxy_rules": rules}), "staging")
    (note,) = compiled["notes"]
    assert note.startswith("proxy.proxy_rules[0].pattern: '/a|b' may not contain '|'")
    assert note.endswith("matched character by character")


def rule(**fields: Any) -> dict[str, Any]:
    return {"http_method": "GET", "pattern": "/", "metric_system_name": "hits"} | fields


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        ([], "the document: Expected `object`, got `array`"),
        (document(id=None), "id: Expected `int | str`, got `null`"),
        (document({"proxy_rules": {}}), "proxy.proxy_rules: Expected `array | null`, got `object`"),
        (
            document({"proxy_rules": [rule(), {"http_method": "GET", "pattern": "/"}]}),
            "proxy.proxy_rules[1]: Object missing required field `metric_system_name`",
        ),
        (
            document({"proxy_rules": [rule(delta="1")]}),
            "proxy.proxy_rules[0].delta: Expected `int | null`, got `str`",
        ),
        (
            document({"proxy_rules": [rule(pattern="/" * 1025)]}),
            "proxy.proxy_rules[0].pattern: has 1025 characters, 1024 at most",
        ),
        (
            document(backend_version="3"),
            'backend_version: must be "1", "2" or "oauth", not \'3\'',
        ),
        (
            document(backend_version=None),
            'backend_version: must be "1", "2" or "oauth", not \'\'',
        ),
        (
            document({"credentials_location": "cookie"}),
            "proxy.credentials_location: must be query, headers or authorization, not 'cookie'",
        ),
        (
            document(backend_authentication_type=None),
            "backend_authentication_type: must be service_token or provider_key, not None",
        ),
        (document(backend_authentication_value=""), "backend_authentication_value: is missing"),
        (
            document({"error_status_no_match": 99}),
            "proxy.error_status_no_match: must be from 200 to 599, not 99",
        ),
        (
            document({"error_headers_no_match": "a\nSet-Cookie: b"}),
            "proxy.error_headers_no_match: a header value has printable ASCII characters only",
        ),
        (
            document({"secret_token": "a\rb"}),
            "proxy.secret_token: a header value has printable ASCII characters only",
        ),
        (
            document({"hostname_rewrite": "a\nb"}),
            "proxy.hostname_rewrite: a header value has printable ASCII characters only",
        ),
        (
            document({"endpoint": "api.example.com"}),
            "proxy.endpoint: 'api.example.com' is not a URL like https://host:port/path",
        ),
    ],
)
def test_what_is_wrong_is_named(broken: Any, message: str) -> None:
    with pytest.raises(CompileError) as raised:
        compile_service(broken, "staging")
    assert str(raised.value) == message


def test_a_document_of_thousands_of_rules_is_json_for_every_reader() -> None:
    rules = [rule(pattern=f"/v{i % 7}/{{a}}/r{i}/{{b}}x") for i in range(3000)]
    text = encode(compile_service(document({"proxy_rules": rules}), "staging"))
    assert len(json.loads(text)["rules"]["rules"]) == 3000


def test_whose_pages_may_call_stands_beside_what_was_deployed() -> None:
    compiled = compile_service({**document(), "portal_origin": "https://acme.example"}, "staging")
    assert compiled["portal_origin"] == "https://acme.example"
    assert compiled["configuration"] == fingerprint(document())
    assert "portal_origin" not in compile_service(document(), "staging")
    with pytest.raises(CompileError, match="portal_origin"):
        compile_service({**document(), "portal_origin": "https://a\nb"}, "staging")
