"""A refused call's id, taken from the gateway's answer, explains the call on the product's page."""

from __future__ import annotations

import html
import re
from typing import Any

import httpx
import pytest

from acceptance.world import Product, World, eventually, within_one_minute

pytestmark = pytest.mark.acceptance

DECISION = "x-tollway-decision"


class Admin:
    """A browser in which a tenant's admin has signed in, as far as these pages need one."""

    def __init__(self, world: World) -> None:
        self._http = world.http
        self.portal = world.platform["admin_portal"]
        self._cookies: dict[str, str] = {}
        self.get("/p/login")
        admin = world.platform["admin"]
        answer = self.post("/p/login", username=admin["username"], password=admin["password"])
        assert answer.status_code == 302, answer.text

    def get(self, path: str, /, **params: str) -> httpx.Response:
        return self._send("GET", path, params=params)

    def post(self, path: str, /, **sent: str) -> httpx.Response:
        """Send a form from the page at this address."""
        token = re.search('name="csrfmiddlewaretoken" value="([^"]+)"', self.get(path).text)
        assert token
        return self._send("POST", path, data={**sent, "csrfmiddlewaretoken": token[1]})

    def _send(self, method: str, path: str, **more: Any) -> httpx.Response:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())}
        answer = self._http.request(method, f"{self.portal}{path}", headers=headers, **more)
        for line in answer.headers.get_list("set-cookie"):
            name, _, value = line.partition(";")[0].partition("=")
            self._cookies[name] = value
        return answer


def read(page: httpx.Response) -> str:
    assert page.status_code == 200, page.text
    return re.sub(r"\s+", " ", html.unescape(re.sub("<[^>]*>", " ", page.text)))


def explain(product: Product) -> str:
    return f"/apiconfig/services/{product.id}/explain"


def explained(admin: Admin, product: Product, decision: str) -> str:
    """Return what the page says of a refusal, once it has arrived there."""
    pages: list[str] = []

    def arrived() -> bool:
        pages.append(read(admin.get(explain(product), decision=decision)))
        return "No refusal with this ID" not in pages[-1]

    eventually(arrived, "refusal on the page")
    return pages[-1]


def refused(answer: httpx.Response, status: int) -> str:
    assert answer.status_code == status, answer.text
    return str(answer.headers[DECISION])


def test_refusals_explain_themselves_and_only_to_their_tenant(world: World) -> None:
    product = world.product()
    plan = product.plan()
    key = str(product.application(plan)["user_key"])
    product.serves(key)
    product.limit(plan, "hits", "minute", 1)
    product.limits(key, 1)
    refusals: dict[str, str] = {}

    def story() -> None:
        passed = product.call("/v1", user_key=key)
        assert (passed.status_code, DECISION in passed.headers) == (200, False)
        refusals["over"] = refused(product.call("/v1?page=7", user_key=key), 429)

    within_one_minute(story)
    refusals["unknown"] = refused(product.call("/v1", user_key="nobody-has-this-key"), 403)
    refusals["missing"] = refused(product.call("/v1"), 403)

    admin = Admin(world)
    over = explained(admin, product, refusals["over"])
    assert "Over a limit" in over
    assert "hits: 1 of 1 per minute were used, so no room for 1" in over
    assert "Would have counted hits +1" in over
    assert key not in over
    unknown = explained(admin, product, refusals["unknown"])
    assert "Unknown key" in unknown
    assert "nobody-has-this-key" not in unknown
    assert "No credentials" in explained(admin, product, refusals["missing"])

    theirs = world.another_tenant()
    stranger = Admin(theirs)
    assert stranger.get(explain(product), decision=refusals["over"]).status_code == 404
    page = stranger.get(explain(theirs.product()), decision=refusals["over"])
    assert "No refusal with this ID" in read(page)
    theirs.close()


def test_a_call_is_explained_before_it_is_made_and_counts_nothing(world: World) -> None:
    product = world.product()
    plan = product.plan()
    key = str(product.application(plan)["user_key"])
    product.limit(plan, "hits", "eternity", 5)
    product.serves(key)
    product.limits(key, 5)
    sent = {"method": "GET", "path": "/v1", "where": "production", "user_key": key}
    told = read(Admin(world).post(explain(product), **sent))
    assert "Passes to your API" in told
    assert "hits: 1 of 5 used after this call, in all" in told
    assert product.used(key) == {"hits": 0}


def test_what_is_asked_in_vain_is_an_integration_error(world: World) -> None:
    product = world.product()
    key = str(product.application(product.plan())["user_key"])
    product.serves(key)
    asked = world.get(
        f"{world.platform['authority']}/transactions/authrep.xml",
        **{
            "service_token": product.token(),
            "service_id": str(product.id),
            "user_key": key,
            "usage[nonsense]": "1",
        },
    )
    assert asked.status_code == 404
    admin, path = Admin(world), f"/apiconfig/services/{product.id}/errors"
    eventually(lambda: 'metric "nonsense" is invalid' in read(admin.get(path)), "error on the page")
