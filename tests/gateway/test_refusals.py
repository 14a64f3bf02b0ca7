"""Each refusal carries an id, and is handed on with why; without secrets, and only so many."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from gateway.conftest import Scene
from gateway.stage import PATIENCE_S, TOKEN, Authority, eventually
from tollway import config
from tollway.gateway import refusals

DECISION = "x-tollway-decision"
LIMITED = {"3scale-rejection-reason": "limits_exceeded", "3scale-limit-max-value": "3"}


def handed_on(scene: Scene, decision: str) -> dict[str, Any]:
    """Return what the authority got of a refusal."""

    def found() -> dict[str, Any] | None:
        return next((each for each in scene.authority.refusals if each["id"] == decision), None)

    line: dict[str, Any] = eventually(found, "refusal handed on")
    return line


def test_an_admitted_call_has_no_decision_and_an_upstream_cannot_claim_one(scene: Scene) -> None:
    scene.serve()
    before = scene.upstream.answer
    scene.upstream.answer = lambda _: (
        b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-Tollway-Decision: forged\r\n\r\n"
    )
    try:
        answer = scene.call(f"/?user_key={scene.key}")
    finally:
        scene.upstream.answer = before
    assert answer.status_code == 200
    assert DECISION not in answer.headers


def test_missing_credentials_and_unmapped_paths_are_told(scene: Scene) -> None:
    rule = {"http_method": "GET", "pattern": "/v1", "metric_system_name": "hits", "delta": 1}
    scene.serve(proxy_rules=[rule])
    missing, unmapped = scene.call("/v1/x%20y"), scene.call("/other?user_key=secret&page=2&bare")
    line = handed_on(scene, missing.headers[DECISION])
    assert (line["reason"], line["status"], line["service"]) == (
        "credentials_missing",
        403,
        scene.id,
    )
    line = handed_on(scene, unmapped.headers[DECISION])
    assert (line["reason"], line["status"], line["method"], line["environment"]) == (
        "no_match",
        404,
        "GET",
        "staging",
    )
    assert line["path"] == "/other?user_key=…&page=…"
    assert "rules" not in line
    assert "usage" not in line


def test_what_the_authority_tells_is_handed_on(scene: Scene) -> None:
    scene.serve()
    told = json.dumps({"reason": "limits_exceeded", "application": "app", "limits": []})
    scene.authority.answers[scene.key] = (409, {**LIMITED, "x-tollway-refusal": told})
    answer = scene.call(f"/v1?user_key={scene.key}")
    line = handed_on(scene, answer.headers[DECISION])
    assert (line["reason"], line["status"], line["told"]) == ("limits_exceeded", 429, told)
    assert (line["rules"], line["usage"]) == (["/"], {"hits": 1})
    assert scene.key not in json.dumps(line)


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({}, "authorization_failed"),
        ({"3scale-rejection-reason": "application_not_active"}, "application_not_active"),
        ({"x-tollway-refusal": "no JSON"}, "authorization_failed"),
        ({"x-tollway-refusal": '{"reason": 7}'}, "authorization_failed"),
        ({"x-tollway-refusal": '{"reason": "user_key_invalid"}'}, "user_key_invalid"),
    ],
)
def test_an_authority_that_says_little_is_understood(
    scene: Scene, headers: dict[str, str], reason: str
) -> None:
    scene.serve()
    scene.authority.answers[scene.key] = (403, headers)
    answer = scene.call(f"/?user_key={scene.key}")
    assert answer.status_code == 403
    assert handed_on(scene, answer.headers[DECISION])["reason"] == reason


def test_our_own_fault_has_an_id_too(scene: Scene) -> None:
    scene.serve()
    scene.authority.answers[scene.key] = (500, {})
    answer = scene.call(f"/?user_key={scene.key}")
    assert answer.status_code == 503
    assert handed_on(scene, answer.headers[DECISION])["reason"] == "authority_unavailable"


def test_a_flood_is_answered_and_some_of_it_is_handed_on(scene: Scene) -> None:
    scene.serve()
    ids = [scene.call("/").headers[DECISION] for _ in range(60)]
    assert len(set(ids)) == 60
    handed_on(scene, ids[0])
    kept = [each for each in scene.authority.refusals if each["service"] == scene.id]
    assert len(kept) < 60


def test_a_batch_waits_for_an_authority_that_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refusals, "IDLE_S", 0.01)
    monkeypatch.setattr(refusals, "AGAIN_S", 0.01)
    authority = Authority()
    authority.down = True
    settings = config.load(
        {
            "TOLLWAY_AUTHORITY_URL": authority.url,
            "TOLLWAY_GATEWAY_TOKEN": TOKEN,
            "TOLLWAY_SECRET_KEY": "00" * 32,
        }
    )

    class Nginx:
        """Has one batch; when it is asked for another, the first one has arrived."""

        looks = 0

        def __init__(self) -> None:
            self.asked_again = asyncio.Event()

        async def refusals(self) -> list[dict[str, str]]:
            self.looks += 1
            if self.looks == 1:
                asyncio.get_running_loop().call_later(0.1, setattr, authority, "down", False)
                return [{"id": "first"}]
            self.asked_again.set()
            return []

    async def play() -> None:
        nginx = Nginx()
        work = asyncio.create_task(refusals.hand_on(settings, nginx))
        async with asyncio.timeout(PATIENCE_S):
            await nginx.asked_again.wait()
        work.cancel()

    try:
        asyncio.run(play())
    finally:
        authority.close()
    assert authority.refusals == [{"id": "first"}]
