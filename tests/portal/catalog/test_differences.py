"""What differs between two configurations, in words: a table of documents."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from tollway.portal.catalog.differences import Difference, Sign, credentials_in_words, differences
from tollway.portal.catalog.documents import APICAST

PLAIN = "text/plain; charset=us-ascii"
ADDED, REMOVED, CHANGED = Sign.ADDED, Sign.REMOVED, Sign.CHANGED


def rule(pk: int, pattern: str, metric: str, **fields: Any) -> dict[str, Any]:
    return {
        "id": pk, "http_method": "GET", "pattern": pattern, "metric_system_name": metric,
        "delta": 1, "last": False, "owner_type": "Proxy", "owner_id": 1,
        "updated_at": "2026-01-01", **fields,
    }  # fmt: skip


def document(*rules: dict[str, Any], proxy: dict[str, Any] | None = None, **fields: Any) -> Any:
    texts = {
        "auth_missing": (403, "Authentication parameters missing"),
        "auth_failed": (403, "Authentication failed"),
        "no_match": (404, "No Mapping Rule matched"),
        "limits_exceeded": (429, "Usage limit exceeded"),
    }
    answers = {
        name: value
        for kind, (status, text) in texts.items()
        for name, value in (
            (f"error_status_{kind}", status), (f"error_{kind}", text),
            (f"error_headers_{kind}", PLAIN),
        )
    }  # fmt: skip
    return {
        "name": "API",
        "backend_version": "1",
        "deployment_option": "hosted",
        "backend_authentication_value": "token",
        "updated_at": "2026-01-01",
        **fields,
        "proxy": {
            "lock_version": 1,
            "api_backend": "http://echo:80",
            "proxy_rules": list(rules),
            "policy_chain": [APICAST],
            "credentials_location": "query",
            "auth_user_key": "user_key", "auth_app_id": "app_id", "auth_app_key": "app_key",
            "oidc_issuer_endpoint": None, "jwt_claim_with_client_id": None,
            "hostname_rewrite": None, "secret_token": "shh", "api_test_path": "/",
            "endpoint": "http://a:1", "sandbox_endpoint": "http://b:1",
            **answers,
            **(proxy or {}),
        },
    }  # fmt: skip


def routed(**urls: str) -> dict[str, Any]:
    """Return a proxy with backends at `/` and at others: root="http://..", inventory="…"."""
    rules: list[dict[str, Any]] = []
    for name, url in urls.items():
        replaced = (
            {} if name == "root" else {"replace_path": f"{{{{uri | remove_first: '/{name}'}}}}"}
        )
        rules.append({"url": url, **replaced})
    routing = {"name": "routing", "version": "builtin", "configuration": {"rules": rules}}
    return {"api_backend": None, "policy_chain": [routing, APICAST]}


HITS, V1 = rule(1, "/", "hits"), rule(2, "/v1", "v1")

CASES: list[tuple[str, Any, Any, list[Difference]]] = [
    ("nothing", document(HITS), document(HITS), []),
    (
        "only the time and the number of the last save, and the path of the test call",
        document(HITS),
        document(
            {**HITS, "updated_at": "2027"},
            proxy={"lock_version": 9, "api_test_path": "/v1"},
            updated_at="2027",
        ),
        [],
    ),
    (
        "a rule more",
        document(HITS),
        document(HITS, V1),
        [Difference(ADDED, "GET /v1", "counts", "v1", is_code=True)],
    ),
    (
        "a rule less",
        document(HITS, V1),
        document(V1),
        [Difference(REMOVED, "GET /", "counted", "hits", is_code=True)],
    ),
    ("the same rule made anew", document(HITS), document({**HITS, "id": 9}), []),
    (
        "the same rule a second time",
        document(HITS),
        document(HITS, {**HITS, "id": 9}),
        [Difference(ADDED, "GET /", "counts", "hits", is_code=True)],
    ),
    (
        "a rule that counts more, and ends matching",
        document(HITS),
        document({**HITS, "delta": 5, "last": True}),
        [
            Difference(
                CHANGED, "GET /", "counts", "hits +5, and ends matching", "hits", is_code=True
            )
        ],
    ),
    (
        "a rule of another pattern",
        document(V1),
        document({**V1, "pattern": "/v1/"}),
        [Difference(CHANGED, "GET /v1/", "counts", "v1", "GET /v1", is_code=True)],
    ),
    (
        "a rule of a backend, whose metrics carry its id",
        document(),
        document(rule(3, "/b", "hits.7", owner_type="BackendApi", owner_id=7)),
        [Difference(ADDED, "GET /b", "counts", "hits", is_code=True)],
    ),
    (
        "another order",
        document(HITS, V1),
        document(V1, HITS),
        [Difference(CHANGED, "Mapping rules", "are tried in another order")],
    ),
    (
        "another private base URL",
        document(),
        document(proxy={"api_backend": "http://new:80"}),
        [Difference(CHANGED, "Private base URL", "is", "http://new:80", "http://echo:80")],
    ),
    (
        "a second backend",
        document(),
        document(proxy=routed(root="http://echo:80", inventory="http://stock:80")),
        [Difference(ADDED, "Backend at /inventory", "is", "http://stock:80")],
    ),
    (
        "backends that change and go",
        document(proxy=routed(root="http://echo:80", a="http://a:80", b="http://b:80")),
        document(proxy=routed(root="http://echo:80", a="http://a2:80")),
        [
            Difference(CHANGED, "Backend at /a", "is", "http://a2:80", "http://a:80"),
            Difference(REMOVED, "Backend at /b", "was", "http://b:80"),
        ],
    ),
    (
        "another mode",
        document(),
        document(backend_version="2"),
        [
            Difference(CHANGED, "Authentication", "is", "App ID and app key", "API key"),
            Difference(
                CHANGED, "Callers show", "is", "app_id and app_key in the query",
                "user_key in the query",
            ),
        ],
    ),
    (
        "another place and name",
        document(),
        document(proxy={"credentials_location": "headers", "auth_user_key": "X-Key"}),
        [Difference(CHANGED, "Callers show", "is", "X-Key in headers", "user_key in the query")],
    ),
    ("a name that nobody shows", document(), document(proxy={"auth_app_id": "id"}), []),
    (
        "another text for those without credentials",
        document(),
        document(proxy={"error_status_auth_missing": 401, "error_auth_missing": "Show a key"}),
        [
            Difference(
                CHANGED, "Answer to missing credentials", "is", f"401 Show a key ({PLAIN})",
                f"403 Authentication parameters missing ({PLAIN})",
            )
        ],
    ),
    (
        "secrets, which are not shown",
        document(),
        document(proxy={"secret_token": "new"}, backend_authentication_value="new"),
        [
            Difference(CHANGED, "Secret token", "is another"),
            Difference(CHANGED, "Service token", "is another"),
        ],
    ),
    (
        "another identity provider, without its client's secret",
        document(proxy={"oidc_issuer_endpoint": "https://me:pw@old/x"}),
        document(proxy={"oidc_issuer_endpoint": "https://me:pw@new/x"}),
        [Difference(CHANGED, "Identity provider", "is", "https://new/x", "https://old/x")],
    ),
    (
        "another client at the same one",
        document(proxy={"oidc_issuer_endpoint": "https://me:pw@old/x"}),
        document(proxy={"oidc_issuer_endpoint": "https://me:other@old/x"}),
        [Difference(CHANGED, "Client at the identity provider", "is another")],
    ),
    (
        "no Host header of its own any more",
        document(proxy={"hostname_rewrite": "api.example"}),
        document(),
        [Difference(CHANGED, "Host header", "is", "empty", "api.example")],
    ),
    (
        "policies",
        document(proxy={"policy_chain": [{"name": "cors", "configuration": {}}, APICAST]}),
        document(
            proxy={
                "policy_chain": [
                    {"name": "cors", "configuration": {"a": 1}},
                    {"name": "headers", "configuration": {}},
                    APICAST,
                ]
            }
        ),
        [
            Difference(CHANGED, "Policy cors", "is configured otherwise"),
            Difference(ADDED, "Policy headers", "is in the chain"),
        ],
    ),
    (
        "the first version there is",
        None,
        document(HITS),
        [
            Difference(ADDED, "GET /", "counts", "hits", is_code=True),
            Difference(ADDED, "Private base URL", "is", "http://echo:80"),
        ],
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_differences(old: Any, new: Any, expected: list[Difference]) -> None:
    before = copy.deepcopy((old, new))
    assert list(differences(old, new)) == expected
    assert (old, new) == before


@pytest.mark.parametrize(
    ("fields", "proxy", "words"),
    [
        ({}, {}, "user_key in the query"),
        ({"backend_version": "2"}, {}, "app_id and app_key in the query"),
        ({}, {"credentials_location": "headers"}, "user_key in headers"),
        ({}, {"credentials_location": "authorization"}, "user_key by HTTP Basic"),
        ({"backend_version": "oauth"}, {}, "an access token"),
    ],
)
def test_credentials_in_words(fields: Any, proxy: Any, words: str) -> None:
    assert credentials_in_words(document(proxy=proxy, **fields)) == words
