"""One gateway with NGINX for all tests of a process; those that end processes start their own."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest

import servers
from gateway.stage import Authority, Gateway, Upstream, eventually, service, stage

_ids = count(1)


class Scene:
    """A product of its own for one test, on the stage that all tests share."""

    def __init__(self, authority: Authority, upstream: Upstream, gateway: Gateway) -> None:
        self.authority = authority
        self.upstream = upstream
        self.gateway = gateway
        self.id = str(next(_ids))
        self.host = f"s{self.id}.localhost"
        self.key = f"key-of-{self.id}"
        self.backend = f"http://api-{self.id}.localhost:{upstream.port}"

    def document(self, **proxy: Any) -> dict[str, Any]:
        return service(self.id, proxy.pop("api_backend", self.backend), **proxy)

    def serve(self, document: dict[str, Any] | None = None, **proxy: Any) -> Scene:
        """Deploy the product to staging, and wait until the gateway knows it."""
        document = document or self.document(**proxy)
        before = self.version()
        self.authority.serve(document)
        eventually(lambda: self.version() != before, f"product {self.id} pushed")
        return self

    def version(self) -> Any:
        return self.gateway.admin("/documents")["staging"].get(self.id)

    def call(self, target: str, **more: Any) -> Any:
        return self.gateway.call(self.host, target, **more)

    def pass_through(self, target: str, **more: Any) -> tuple[str, dict[str, str], bytes]:
        """Call with the key and return what the upstream got: line, headers, body."""
        glue = "&" if "?" in target else "?"
        answer = self.call(f"{target}{glue}user_key={self.key}", **more)
        assert answer.status_code == 200, answer.text
        return self.upstream.last

    def asked(self) -> list[str]:
        """Return the targets of the authreps about this product."""
        return [target for target, _ in self.authority.asked if f"service_id={self.id}&" in target]


@pytest.fixture(scope="session")
def staged() -> Iterator[tuple[Authority, Upstream, Gateway]]:
    with servers.short_directory() as directory, stage(directory) as on_stage:
        yield on_stage


@pytest.fixture
def scene(staged: tuple[Authority, Upstream, Gateway]) -> Scene:
    return Scene(*staged)
