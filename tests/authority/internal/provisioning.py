"""An authority that stands alone: nothing is published to it but through its internal API."""

from __future__ import annotations

import contextlib
import itertools
import json
from collections.abc import Iterator, Mapping
from typing import Any

import httpx

import servers
from authority.published import KEYRING
from authority.running import Authority
from tollway.store.publishing import Publisher

USER, PASSWORD = "porta", "correct horse battery"
_numbers = itertools.count(7001)


class Api:
    """Calls the internal API of an authority, and the API that it is provisioned for."""

    def __init__(self, authority: Authority) -> None:
        self.authority = authority
        self.url = authority.store.url
        self.http = httpx.Client(
            base_url=f"{authority.url}/internal", auth=(USER, PASSWORD), timeout=10
        )

    def __call__(self, line: str, body: object = None, status: int = 200) -> Any:
        """Send "PUT /path"; return what the JSON of an answer with this status says."""
        method, _, path = line.partition(" ")
        content = b"" if body is None else json.dumps(body).encode()
        answer = self.http.request(method, path, content=content)
        log = self.authority.log.read_text()[-2000:] if answer.status_code >= 500 else ""
        assert answer.status_code == status, f"{line}: {answer.status_code} {answer.text} {log}"
        return answer.json() if answer.content else None

    def service(self, **attributes: object) -> str:
        """Create a service with a token and a metric `hits`; return its id, which is new."""
        id_ = str(next(_numbers))
        given = {"id": id_, "provider_key": f"pk-{id_}", **attributes}
        self("POST /services/", {"service": given}, 201)
        tokens = {f"token-{id_}": {"service_id": id_}}
        self("POST /service_tokens/", {"service_tokens": tokens}, 201)
        self(f"POST /services/{id_}/metrics/{id_}1", {"metric": {"name": "hits"}}, 201)
        return id_

    def application(self, service: str, id_: str = "app", **attributes: object) -> None:
        given = {"state": "active", "plan_id": "basic", "plan_name": "Basic", **attributes}
        self(f"POST /services/{service}/applications/{id_}", {"application": given}, 201)

    def limit(self, service: str, period: str, value: int, plan: str = "basic") -> None:
        path = f"/services/{service}/plans/{plan}/usagelimits/{service}1/{period}"
        self(f"PUT {path}", {"usagelimit": {period: value}})

    def authrep(self, service: str, **query: str) -> httpx.Response:
        """Ask whether a call may pass; names of usage are written `usage_hits`."""
        named = {
            f"usage[{name.removeprefix('usage_')}]" if name.startswith("usage_") else name: value
            for name, value in query.items()
        }
        given = {"service_id": service, "service_token": f"token-{service}", **named}
        given = {name: value for name, value in given.items() if value}
        return self.authority.http.get("/transactions/authrep.xml", params=given)

    @contextlib.contextmanager
    def portal(self) -> Iterator[Publisher]:
        """Open what the portal would write to the same store with."""
        with contextlib.closing(Publisher.connect(self.url, KEYRING)) as publisher:
            yield publisher

    def events(self, service: str) -> list[Mapping[str, Any]]:
        every = self("GET /events/")["events"]
        return [event for event in every if event["object"]["service_id"] == service]


@contextlib.contextmanager
def api_running() -> Iterator[Api]:
    with servers.short_directory() as directory:
        store = servers.Server(servers.valkey_binary(), directory=directory / "valkey")
        store.start()
        credentials = {"TOLLWAY_INTERNAL_USER": USER, "TOLLWAY_INTERNAL_PASSWORD": PASSWORD}
        running = Authority(directory, store, **credentials)
        try:
            running.until(200, "/status")
            api = Api(running)
            yield api
            api.http.close()
        finally:
            running.stop()
            store.kill()
