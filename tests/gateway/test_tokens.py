"""Calls with access tokens, through a real NGINX and verified by the keys of a real issuer."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

import servers
from gateway.conftest import Scene
from gateway.issuer import RSA_KEYS, Issuer, jwk
from gateway.stage import Authority, Gateway, Upstream, eventually, stage

MISSING = (403, "Authentication parameters missing")
FAILED = (403, "Authentication failed")
NO_MATCH = (404, "No Mapping Rule matched")
UNAVAILABLE = (503, "The gateway cannot check this call right now")
HELLO = (200, "hello")


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    issuer = Issuer()
    yield issuer
    issuer.close()


def document(scene: Scene, issuer: Issuer | str, **proxy: Any) -> dict[str, Any]:
    """Return what a portal writes: the address has the portal's own login in it."""
    address = issuer if isinstance(issuer, str) else issuer.address
    login = address.replace("://", "://client:secret@", 1)
    settings = {"authentication_method": "oidc", "oidc_issuer_endpoint": login, **proxy}
    return {**scene.document(**settings), "backend_version": "oauth"}


def told(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.text


def by_token(scene: Scene, token: str, path: str = "/", **more: Any) -> tuple[int, str]:
    return told(scene.call(path, headers={"Authorization": f"Bearer {token}"}, **more))


def reasons(scene: Scene, count: int) -> list[str]:
    """Wait for so many refusals of this product, and return their reasons."""

    def found() -> list[str]:
        lines = [line for line in scene.authority.refusals if line["service"] == scene.id]
        return [line["reason"] for line in lines] if len(lines) >= count else []

    return eventually(found, "refusals handed on")  # type: ignore[no-any-return]


def test_the_token_says_which_application_calls(scene: Scene, issuer: Issuer) -> None:
    scene.serve(document(scene, issuer))
    assert by_token(scene, issuer.token(azp="my app")) == HELLO
    [target] = scene.asked()
    assert urlsplit(target).path == "/transactions/oauth_authrep.xml"
    assert parse_qs(urlsplit(target).query) == {
        "service_token": [f"token-of-{scene.id}"],
        "service_id": [scene.id],
        "app_id": ["my app"],
        "usage[hits]": ["1"],
    }
    assert "authorization" in scene.upstream.last[1]  # the upstream may look at it too


def test_each_call_is_counted_though_its_token_is_verified_once(
    scene: Scene, issuer: Issuer
) -> None:
    scene.serve(document(scene, issuer))
    token = issuer.token()
    assert [by_token(scene, token) for _ in range(5)] == [HELLO] * 5
    assert len(scene.asked()) == 5
    issuer.close()  # nobody has to be asked any more
    assert by_token(scene, token) == HELLO
    assert by_token(scene, issuer.token(azp="another")) == HELLO


def test_wrong_tokens_get_the_products_own_answer_and_nobody_is_asked(
    scene: Scene, issuer: Issuer
) -> None:
    scene.serve(document(scene, issuer, error_status_auth_failed=418, error_auth_failed="no"))
    tokens = {
        "token_malformed": "garbage",
        "token_signature": issuer.token(key=RSA_KEYS[1]),
        "token_expired": issuer.token(exp=1),
        "token_issuer": issuer.token(iss="http://elsewhere.localhost"),
        "token_key_unknown": issuer.token(header={"kid": "unknown"}),
        "token_client_id": issuer.token(azp=None),
    }
    assert {by_token(scene, token) for token in tokens.values()} == {(418, "no")}
    assert scene.asked() == []
    assert reasons(scene, len(tokens)) == list(tokens)


@pytest.mark.parametrize(
    "token", ["", ".", "a.b", "a.b.c.d", "a..c", "a.b.c=", "a.%00.c", "%C3%A9.b.c", "a" * 7000]
)
def test_what_is_no_token_is_refused(scene: Scene, issuer: Issuer, token: str) -> None:
    scene.serve(document(scene, issuer))
    assert told(scene.call(f"/?access_token={token}")) == FAILED


def test_a_huge_token_is_refused_wherever_it_comes_from(scene: Scene, issuer: Issuer) -> None:
    scene.serve(document(scene, issuer, proxy_rules=[
        {"http_method": "POST", "pattern": "/", "metric_system_name": "hits", "delta": 1},
    ]))  # fmt: skip
    huge = issuer.token(stuffing="x" * 20_000)
    answer = scene.call("/", method="POST", data={"access_token": huge})
    assert told(answer) == FAILED
    large = issuer.token(stuffing="x" * 5_000)
    assert told(scene.call("/", method="POST", data={"access_token": large})) == HELLO


def test_the_order_of_checks(scene: Scene, issuer: Issuer) -> None:
    rule = {"http_method": "GET", "pattern": "/v1", "metric_system_name": "hits", "delta": 1}
    scene.serve(document(scene, issuer, proxy_rules=[rule]))
    assert told(scene.call("/other")) == MISSING
    assert by_token(scene, "garbage", "/other") == FAILED
    assert by_token(scene, issuer.token(), "/other") == NO_MATCH
    assert by_token(scene, issuer.token(), "/v1") == HELLO


def test_where_a_token_may_stand(scene: Scene, issuer: Issuer) -> None:
    token = issuer.token()
    scene.serve(document(scene, issuer))
    assert told(scene.call(f"/?access_token={token}")) == HELLO
    assert told(scene.call("/", headers={"access_token": token})) == MISSING
    scene.serve(document(scene, issuer, credentials_location="headers"))
    assert told(scene.call("/", headers={"access-token": token})) == HELLO
    assert told(scene.call(f"/?access_token={token}")) == MISSING
    assert by_token(scene, token) == HELLO
    scene.serve(document(scene, issuer, credentials_location="authorization"))
    assert by_token(scene, token) == HELLO
    assert told(scene.call("/", headers={"Authorization": "Basic dXNlcjpwdw=="})) == MISSING


def test_a_suspended_application_is_refused_though_its_token_is_good(
    scene: Scene, issuer: Issuer
) -> None:
    scene.serve(document(scene, issuer))
    client = f"app-of-{scene.id}"
    token = issuer.token(azp=client)
    assert by_token(scene, token) == HELLO
    reason = {"3scale-rejection-reason": "application_not_active"}
    scene.authority.answers[client] = (409, reason)
    assert by_token(scene, token) == FAILED
    limited = {"3scale-rejection-reason": "limits_exceeded", "3scale-limit-max-value": "3"}
    scene.authority.answers[client] = (409, limited)
    assert by_token(scene, token) == (429, "Usage limit exceeded")


def test_products_never_take_each_others_tokens(
    staged: tuple[Authority, Upstream, Gateway], issuer: Issuer
) -> None:
    other = Issuer("other.localhost")
    try:
        scenes = [Scene(*staged), Scene(*staged)]
        for scene, trusted in zip(scenes, (issuer, other), strict=True):
            scene.serve(document(scene, trusted))
        mine, theirs = issuer.token(), other.token()
        for _ in range(2):  # the second time with both of them verified and kept
            assert [by_token(scenes[0], token) for token in (mine, theirs)] == [HELLO, FAILED]
            assert [by_token(scenes[1], token) for token in (mine, theirs)] == [FAILED, HELLO]
    finally:
        other.close()


def test_a_kept_token_ends_when_it_ends(scene: Scene, issuer: Issuer) -> None:
    scene.serve(document(scene, issuer))
    token = issuer.token(exp=issuer.claims()["iat"] - 2)  # within the leeway
    assert by_token(scene, token) == HELLO
    eventually(lambda: by_token(scene, token) == FAILED, "token ended")


def test_another_issuer_or_claim_forgets_what_was_verified(scene: Scene, issuer: Issuer) -> None:
    token = issuer.token(azp="one", client_id="two")
    scene.serve(document(scene, issuer))
    assert by_token(scene, token) == HELLO
    scene.serve(document(scene, issuer, jwt_claim_with_client_id="client_id"))
    assert by_token(scene, token) == HELLO
    assert [parse_qs(target)["app_id"] for target in scene.asked()] == [["one"], ["two"]]
    other = Issuer("other.localhost")
    try:
        scene.serve(document(scene, other))
        assert by_token(scene, token) == FAILED
        assert by_token(scene, other.token()) == HELLO
    finally:
        other.close()


def test_a_key_that_the_issuer_has_just_begun_to_use_is_taken(scene: Scene, issuer: Issuer) -> None:
    scene.serve(document(scene, issuer))
    assert by_token(scene, issuer.token()) == HELLO
    issuer.keys = [jwk(RSA_KEYS[1], "second"), *issuer.keys]
    token = issuer.token(key=RSA_KEYS[1], header={"kid": "second"})
    eventually(lambda: by_token(scene, token) == HELLO, "key rotated")


def test_an_issuer_that_is_away_is_nobodys_fault_but_lets_nobody_in(
    scene: Scene, issuer: Issuer
) -> None:
    token = issuer.token()
    issuer.close()
    scene.serve(document(scene, issuer))
    answer = scene.call("/", headers={"Authorization": f"Bearer {token}"})
    assert told(answer) == UNAVAILABLE
    assert int(answer.headers["retry-after"]) > 0
    assert by_token(scene, "garbage") == FAILED
    assert scene.asked() == []
    assert reasons(scene, 2) == ["token_unjudged", "token_malformed"]
    issuer.start()
    eventually(lambda: by_token(scene, token) == HELLO, "issuer back")
    log = scene.gateway.log.read_text()
    assert "an access token cannot be judged: issuer" in log
    assert token not in log


@pytest.mark.parametrize(
    ("proxy", "note"),
    [
        ({"oidc_issuer_endpoint": None}, "no issuer is set"),
        ({"oidc_issuer_endpoint": "ftp://client:hidden@idp"}, "is not a URL"),
        (
            {"jwt_claim_with_client_id": "{{ azp | upcase }}",
             "jwt_claim_with_client_id_type": "liquid"},
            "must be one claim",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_checked_lets_nobody_in(
    scene: Scene, issuer: Issuer, proxy: dict[str, Any], note: str
) -> None:
    scene.serve(document(scene, issuer, **proxy))
    assert by_token(scene, issuer.token()) == FAILED
    assert told(scene.call("/")) == FAILED
    eventually(lambda: note in _about(scene), "log says why")
    assert "hidden" not in scene.gateway.log.read_text()


def _about(scene: Scene) -> str:
    lines = scene.gateway.log.read_text().splitlines()
    return "\n".join(line for line in lines if f"service {scene.id} (" in line)


def test_tokens_are_neither_logged_nor_kept(scene: Scene, issuer: Issuer) -> None:
    scene.serve(document(scene, issuer))
    good, bad = issuer.token(), issuer.token(key=RSA_KEYS[1])
    for token in (good, bad):
        scene.call(f"/?access_token={token}")
        by_token(scene, token)
    assert len(reasons(scene, 2)) == 2
    told_on = str(scene.authority.refusals)
    for path in (scene.gateway.data_dir / "gateway").rglob("*"):
        if path.is_file():
            told_on += path.read_text(errors="replace")
    told_on += scene.gateway.log.read_text()
    for token in (good, bad):
        assert token not in told_on
        assert token.split(".")[2] not in told_on


def test_a_crowd_with_one_new_token_passes_and_is_counted(scene: Scene, issuer: Issuer) -> None:
    scene.serve(document(scene, issuer))
    token, found = issuer.token(), []

    def call() -> None:
        found.append(by_token(scene, token))

    crowd = [threading.Thread(target=call) for _ in range(20)]
    for each in crowd:
        each.start()
    for each in crowd:
        each.join(10)
    assert found == [HELLO] * 20
    assert len(scene.asked()) == 20
    assert len(issuer.asked) == 2


def test_what_was_done_with_tokens_is_measured(scene: Scene, issuer: Issuer) -> None:
    scene.serve(document(scene, issuer))
    token = issuer.token()
    before = scene.gateway.admin("/metrics")
    for each in (token, token, "x.y.z"):
        by_token(scene, each)
    after = scene.gateway.admin("/metrics")
    grown = {name: after[f"tokens:{name}"] - before.get(f"tokens:{name}", 0)
             for name in ("verified", "known", "refused")}  # fmt: skip
    assert grown == {"verified": 1, "known": 1, "refused": 1}
    assert 'tollway_gateway_tokens_total{outcome="verified"}' in scene.gateway.metrics()


def test_without_the_agent_only_known_tokens_pass_and_a_new_agent_is_found(
    issuer: Issuer,
) -> None:
    with servers.short_directory() as directory, stage(directory) as on_stage:
        scene = Scene(*on_stage)
        scene.serve(document(scene, issuer))
        token = issuer.token()
        assert by_token(scene, token) == HELLO
        gateway = scene.gateway
        os.kill(gateway.agent.pid, signal.SIGHUP)  # it begins again, and NGINX lives on
        eventually(lambda: by_token(scene, issuer.token(azp="after")) == HELLO, "agent back")
        os.kill(gateway.agent.pid, signal.SIGSTOP)
        try:
            assert by_token(scene, token) == HELLO
            assert by_token(scene, issuer.token(azp="new")) == UNAVAILABLE
        finally:
            os.kill(gateway.agent.pid, signal.SIGCONT)
