"""Several authorities write at once, and are killed meanwhile: nothing is lost, nothing half."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest

import servers
from authority.internal.provisioning import PASSWORD, USER, Api
from authority.published import KEYRING
from authority.running import Authority
from tollway.store import keys
from tollway.store.changing import Draft

EACH = 40


@contextmanager
def another(api: Api) -> Iterator[Authority]:
    """Run another authority on the same store."""
    credentials = {"TOLLWAY_INTERNAL_USER": USER, "TOLLWAY_INTERNAL_PASSWORD": PASSWORD}
    with servers.short_directory() as directory:
        running = Authority(directory, api.authority.store, **credentials)
        try:
            running.until(200, "/status")
            yield running
        finally:
            running.stop()


@pytest.fixture(scope="module")
def second(api: Api) -> Iterator[Authority]:
    with another(api) as running:
        yield running


@pytest.fixture
def mortal(api: Api) -> Iterator[Authority]:
    with another(api) as running:
        yield running


def both(*works: Callable[[], object]) -> None:
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_two_writers_lose_nothing_of_each_other(api: Api, second: Authority) -> None:
    """All of it is in the one document of a service."""
    service = api.service()
    answers: list[int] = []

    def add(authority: Authority, name: str) -> None:
        base = f"{authority.url}/internal/services/{service}"
        with httpx.Client(auth=(USER, PASSWORD), timeout=10) as http:
            for n in range(EACH):
                given = {"metric": {"name": f"{name}{n}"}}
                answer = http.post(f"{base}/metrics/{name}{n}", json=given)
                answers.append(answer.status_code)
                limit = f"{base}/plans/{name}/usagelimits/{name}{n}/day"
                answers.append(http.put(limit, json={"usagelimit": {"day": n}}).status_code)

    both(lambda: add(api.authority, "a"), lambda: add(second, "b"))
    assert sorted(answers) == [200] * 2 * EACH + [201] * 2 * EACH
    for name in "ab":
        for n in range(EACH):
            path = f"GET /services/{service}/plans/{name}/usagelimits/{name}{n}/day"
            assert api(path)["usagelimit"]["day"] == n


def test_two_writers_of_one_application_lose_nothing(api: Api, second: Authority) -> None:
    service = api.service()
    api.application(service)

    def add(authority: Authority, name: str) -> None:
        path = f"{authority.url}/internal/services/{service}/applications/app/keys/"
        with httpx.Client(auth=(USER, PASSWORD), timeout=10) as http:
            for n in range(EACH):
                http.post(path, json={"application_key": {"value": f"{name}{n}"}})

    both(lambda: add(api.authority, "a"), lambda: add(second, "b"))
    listed = api(f"GET /services/{service}/applications/app/keys/")["application_keys"]
    assert {key["value"] for key in listed} == {f"{name}{n}" for name in "ab" for n in range(EACH)}


def test_a_writer_that_is_killed_leaves_nothing_half(api: Api, mortal: Authority) -> None:
    """An application, its plan in the product, and its user key come together."""
    service = api.service(backend_version="1")
    begun = threading.Event()

    def add() -> None:
        path = f"{mortal.url}/internal/services/{service}/applications/batch"
        items = [
            {"id": f"app{n}", "state": "active", "plan_id": f"p{n}", "user_key": f"uk{n}"}
            for n in range(900)
        ]
        begun.set()
        with suppress(httpx.TransportError):
            httpx.put(path, json={"applications": items}, auth=(USER, PASSWORD), timeout=30)

    thread = threading.Thread(target=add)
    thread.start()
    begun.wait(servers.PATIENCE_S)
    client = servers.client_of(api.url)
    applications = keys.applications_of(service)
    servers.wait_until(lambda: client.scard(applications) > 20, "some are there")
    main = mortal.process.pid
    children = Path(f"/proc/{main}/task/{main}/children").read_text().split()
    for pid in (main, *map(int, children)):
        os.kill(pid, signal.SIGKILL)
    thread.join()
    ids = {id_.decode() for id_ in client.smembers(applications)}
    assert 20 < len(ids) < 900, "it was killed while it wrote"
    with api.portal() as publisher:
        plans = publisher.change(lambda draft: draft.product(service)).plans  # type: ignore[union-attr]

        def whole(draft: Draft, n: int) -> bool:
            id_ = f"app{n}"
            application = draft.application(service, id_)
            digest = KEYRING.digest("user_key", service, f"uk{n}")
            there = {application is not None, draft.bearer(digest) == id_, f"p{n}" in plans}
            return there == {id_ in ids}

        half = [n for n in range(900) if not publisher.change(lambda d, n=n: whole(d, n))]  # type: ignore[misc]
    assert half == []
