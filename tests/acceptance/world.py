"""A running platform as its users see it: an API provider, and developers who call the API."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from typing import Any
from xml.etree import ElementTree as ET

import httpx

PATIENCE_S = 10


def eventually(fact: Callable[[], bool], what: str, *, patience_s: float = PATIENCE_S) -> float:
    """Wait until ``fact`` holds, at most 10 s; return and print the seconds it took."""
    start = time.monotonic()
    while not fact():
        assert time.monotonic() - start < patience_s, f"not within {patience_s} s: {what}"
        time.sleep(0.01)
    took_s = time.monotonic() - start
    print(f"{what}: {took_s:.3f} s")  # noqa: T201  (figures are what such a test is for)
    return took_s


def within_one_minute(story: Callable[[], None]) -> None:
    """Run a story about a limit per minute, again if the minute ended in the middle of it."""
    _within(60, story)


def within_one_hour(story: Callable[[], None]) -> None:
    """Run a story about a limit per hour, again if the hour ended in the middle of it."""
    _within(3600, story)


def _within(window_s: int, story: Callable[[], None]) -> None:
    for _ in range(5):
        window = int(time.time()) // window_s
        try:
            story()
        except AssertionError:
            if int(time.time()) // window_s == window:
                raise
            continue
        if int(time.time()) // window_s == window:
            return
    raise AssertionError(f"every try crossed the end of {window_s} s")


class LocalTransport(httpx.HTTPTransport):
    """Dials 127.0.0.1 whatever the name: Debian's resolver does not know ``*.localhost``."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.headers["Host"] = request.url.netloc.decode()
        request.url = request.url.copy_with(host="127.0.0.1")
        return super().handle_request(request)


class World:
    """``platform`` is the object that `tollway status --json` prints."""

    def __init__(self, platform: Mapping[str, Any]) -> None:
        self.platform = platform
        # A reload of NGINX closes idle connections, and a call that crosses that has no answer.
        transport = LocalTransport(limits=httpx.Limits(max_keepalive_connections=0))
        self.http = httpx.Client(transport=transport, timeout=PATIENCE_S)

    def close(self) -> None:
        self.http.close()

    def another_tenant(self) -> World:
        """Make a tenant as the operator does, by the Master API; return the world as it sees it."""
        name = f"n{secrets.token_hex(4)}"
        admin = {"username": name, "password": secrets.token_urlsafe(16)}
        made = self.http.post(
            f"{self.platform['master']}/master/api/providers.json",
            params={"access_token": self.platform["master_token"]},
            json={
                "org_name": name, "email": f"{name}@example.com", **admin,
            },
        )  # fmt: skip
        assert made.status_code == 201, made.text
        signup = made.json()["signup"]
        theirs = {
            "admin_portal": signup["account"]["admin_base_url"],
            "access_token": signup["access_token"]["value"],
            "admin": admin,
        }
        return World({**self.platform, **theirs})

    def get(self, url: str, **params: str) -> httpx.Response:
        return self.http.get(url, params=params or None)

    def api(self, method: str, path: str, /, **body: Any) -> Any:
        """Call the Account Management API as the tenant's admin; return the JSON answer."""
        answer = self.ask(method, path, **body)
        assert answer.status_code < 400, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def refused(self, method: str, path: str, /, **body: Any) -> tuple[int, dict[str, list[str]]]:
        """Call the same, which must refuse; return the status, and what is wrong by field."""
        answer = self.ask(method, path, **body)
        assert answer.status_code >= 400, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.status_code, answer.json()["errors"]

    def ask(self, method: str, path: str, /, **body: Any) -> httpx.Response:
        return self.http.request(
            method,
            f"{self.platform['admin_portal']}/admin/api{path}.json",
            params={"access_token": self.platform["access_token"]},
            json=body or None,
        )

    def product(self, *, api_backend: str = "", **fields: Any) -> Product:
        """Create a product, in front of the Echo API or another, on staging and production."""
        name = f"t{secrets.token_hex(4)}"
        service = self.api("POST", "/services", name=name, system_name=name, **fields)["service"]
        product = Product(self, service["id"])
        product.update_proxy(api_backend=api_backend or self.platform["echo"])
        product.promote()
        return product

    def account(self) -> int:
        name = f"a{secrets.token_hex(4)}"
        signed_up = self.api(
            "POST", "/signup", org_name=name, username=name, email=f"{name}@example.com",
            password=secrets.token_urlsafe(16),
        )  # fmt: skip
        return int(signed_up["account"]["id"])


class Product:
    def __init__(self, world: World, service_id: int) -> None:
        self.world = world
        self.id = service_id
        self.path = f"/services/{service_id}"
        proxy = world.api("GET", f"{self.path}/proxy")["proxy"]
        self.urls = {"staging": proxy["sandbox_endpoint"], "production": proxy["endpoint"]}
        metrics = world.api("GET", f"{self.path}/metrics")["metrics"]
        self.metrics = {m["metric"]["system_name"]: m["metric"]["id"] for m in metrics}

    def plan(self) -> int:
        name = f"p{secrets.token_hex(4)}"
        plan = self.world.api("POST", f"{self.path}/application_plans", name=name)
        return int(plan["application_plan"]["id"])

    def application(self, plan_id: int, account: int | None = None, **fields: Any) -> Any:
        account = account or self.world.account()
        made = self.world.api(
            "POST", f"/accounts/{account}/applications", plan_id=plan_id, name="app", **fields
        )
        return made["application"]

    def limit(self, plan_id: int, metric: str, period: str, value: int) -> Any:
        path = f"/application_plans/{plan_id}/metrics/{self.metrics[metric]}/limits"
        return self.world.api("POST", path, period=period, value=value)["limit"]

    def change_limit(self, limit: Mapping[str, Any], value: int) -> None:
        path = f"/application_plans/{limit['plan_id']}/metrics/{limit['metric_id']}/limits"
        self.world.api("PUT", f"{path}/{limit['id']}", value=value, period=limit["period"])

    def metric(self, name: str) -> None:
        made = self.world.api(
            "POST", f"{self.path}/metrics", friendly_name=name, system_name=name, unit="1"
        )
        self.metrics[name] = made["metric"]["id"]

    def method(self, name: str) -> None:
        path = f"{self.path}/metrics/{self.metrics['hits']}/methods"
        made = self.world.api("POST", path, friendly_name=name, system_name=name)
        self.metrics[name] = made["method"]["id"]

    def rule(self, pattern: str, metric: str, **fields: Any) -> Any:
        made = self.world.api(
            "POST", f"{self.path}/proxy/mapping_rules", http_method="GET", pattern=pattern,
            metric_id=self.metrics[metric], delta=1, **fields,
        )  # fmt: skip
        return made["mapping_rule"]

    def remove_rules(self) -> None:
        path = f"{self.path}/proxy/mapping_rules"
        for rule in self.world.api("GET", path)["mapping_rules"]:
            self.world.api("DELETE", f"{path}/{rule['mapping_rule']['id']}")

    def update_proxy(self, **fields: Any) -> None:
        self.world.api("PATCH", f"{self.path}/proxy", **fields)

    def deploy(self) -> None:
        self.world.api("POST", f"{self.path}/proxy/deploy")

    def promote(self) -> None:
        latest = self.world.api("GET", f"{self.path}/proxy/configs/sandbox/latest")["proxy_config"]
        path = f"{self.path}/proxy/configs/sandbox/{latest['version']}/promote"
        self.world.api("POST", path, to="production")

    def call(self, path: str, *, on: str = "staging", **params: str) -> httpx.Response:
        return self.world.get(f"{self.urls[on]}{path}", **params)

    def serves(self, key: str, *, on: str = "staging") -> None:
        """Wait until the gateway knows this product and the authority this key.

        Neither question counts anything: the gateway is asked without a key (403, where an unknown
        host is 404), the authority whether it would authorise.
        """
        eventually(lambda: self.call("/", on=on).status_code == 403, f"product on {on}")
        eventually(lambda: self._authorize(key).status_code in {200, 409}, "key known")

    def limits(self, key: str, value: int) -> None:
        """Wait until the authority reports this maximum for this key (asking counts nothing)."""
        shown = f"<max_value>{value}</max_value>"
        eventually(lambda: shown in self._authorize(key).text, f"limit of {value} in force")

    def used(self, key: str, period: str = "eternity") -> dict[str, int]:
        """Ask the authority what is used of the limited metrics, which counts nothing."""
        status = ET.fromstring(self._authorize(key).content)  # noqa: S314  (our own authority's)
        reports = status.iterfind(f"usage_reports/usage_report[@period='{period}']")
        return {r.attrib["metric"]: int(r.findtext("current_value") or 0) for r in reports}

    def version(self) -> int:
        """Return the number of the newest version for staging."""
        latest = self.world.api("GET", f"{self.path}/proxy/configs/sandbox/latest")
        return int(latest["proxy_config"]["version"])

    def _authorize(self, key: str) -> httpx.Response:
        return self.world.get(
            f"{self.world.platform['authority']}/transactions/authorize.xml",
            service_token=self.token(), service_id=str(self.id), user_key=key,
        )  # fmt: skip

    def token(self) -> str:
        configs = f"{self.path}/proxy/configs/sandbox/latest"
        content = self.world.api("GET", configs)["proxy_config"]["content"]
        return str(content["backend_authentication_value"])
