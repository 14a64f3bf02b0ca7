"""The wizard on a fresh tenant, walked by its forms (S33)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from acceptance.browsing import Page, Visitor
from acceptance.world import World

pytestmark = pytest.mark.acceptance

WIZARD = "/p/admin/onboarding/wizard"
STEPS = {
    "backend": f"{WIZARD}/backend_api/new",
    "product": f"{WIZARD}/product/new",
    "connect": f"{WIZARD}/connect/new",
    "request": f"{WIZARD}/request/new",
    "retry": f"{WIZARD}/request/edit",
    "show": f"{WIZARD}/request/show",
}


class Walk:
    def __init__(self, tenant: World, visitor: Visitor) -> None:
        self.tenant = tenant
        self.visitor = visitor

    def at(self, page: str) -> Page:
        return self.visitor.get(page)

    def send(self, step: str, page: Page | None = None, **fields: str) -> Page:
        form = (page or self.visitor.get(STEPS[step])).form(STEPS[step])
        return self.visitor.send(form, **fields)

    def names(self, kind: str, wrapper: str) -> list[str]:
        return [each[wrapper]["name"] for each in self.tenant.api("GET", f"/{kind}")[kind]]


@pytest.fixture
def walk(world: World) -> Iterator[Walk]:
    with (
        closing(world.another_tenant()) as tenant,
        closing(Visitor(tenant.platform["admin_portal"])) as visitor,
    ):
        visitor.sign_in(tenant.platform["admin"])
        yield Walk(tenant, visitor)


def test_the_sample_product_with_the_echo_api_is_through_in_a_few_clicks(walk: Walk) -> None:
    page = walk.at(WIZARD)
    assert page.path == f"{WIZARD}/intro"
    page = walk.at(f"{STEPS['backend']}?use=echo")
    assert walk.send("backend", page).path == STEPS["product"]
    assert walk.send("product").path == STEPS["connect"]
    assert walk.send("connect").path == STEPS["request"]
    page = walk.send("request", api_test_path="/v1/fast/track")
    assert (page.path, page.outcome) == (STEPS["show"], "passed")
    assert "Congratulations" in page.text
    page = walk.visitor.send(page.form(f"{WIZARD}/finish"))
    assert page.path == f"{WIZARD}/outro"
    assert len(walk.names("services", "service")) == 1
    assert len(walk.names("backend_apis", "backend_api")) == 1
    assert walk.at(WIZARD).path == f"{WIZARD}/intro", "it may be walked again"


def test_a_wrong_address_leads_back_and_a_right_one_on(walk: Walk) -> None:
    walk.send("backend", name="Mine", private_endpoint="http://nobody.localhost:9")
    walk.send("product", product="new", name="Night Bus")
    walk.send("connect", path="/bus")
    page = walk.send("request")
    assert (page.path, page.outcome) == (STEPS["retry"], "unreachable")
    assert "nobody.localhost refused the connection" in page.text
    page = walk.send("retry", page, private_endpoint=walk.tenant.platform["echo"])
    assert (page.path, page.outcome) == (STEPS["show"], "passed")
    assert "GET /bus/" in page.text
    assert "Night Bus" in walk.names("services", "service")


def test_it_is_left_resumed_and_gone_back_in(walk: Walk) -> None:
    walk.send("backend", name="Mine", private_endpoint="http://one.localhost:1")
    page = walk.at(STEPS["product"])
    left = walk.visitor.send(page.form(f"{WIZARD}/skip"))
    assert left.path == "/p/admin/dashboard"
    assert walk.at(WIZARD).path == STEPS["product"]
    assert walk.at(STEPS["request"]).path == STEPS["product"], "no step before what it builds on"

    walk.send("backend", name="Mine", private_endpoint="http://two.localhost:1")
    assert walk.names("backend_apis", "backend_api").count("Mine") == 1

    twice = walk.at(STEPS["product"])
    for _ in range(2):
        assert walk.send("product", twice, product="new", name="Once").path == STEPS["connect"]
    assert walk.names("services", "service").count("Once") == 1


@pytest.mark.parametrize(
    ("step", "fields"),
    [
        ("backend", {"name": "", "private_endpoint": "https://api.example"}),
        ("backend", {"name": "Mine", "private_endpoint": "ftp://api.example"}),
        ("product", {"product": "new", "name": ""}),
        ("connect", {"path": "/a b"}),
        ("request", {"api_test_path": "no slash"}),
    ],
)
def test_what_makes_no_sense_is_said_at_its_field(
    walk: Walk, step: str, fields: dict[str, str]
) -> None:
    for each in ("backend", "product", "connect", "request"):
        if each == step:
            break
        page = walk.at(f"{STEPS[each]}?use=echo")
        walk.send(each, page)
    page = walk.send(step, None, **fields)
    assert page.status == 422
    assert "invalid-feedback" in page.html
    form = page.form(STEPS[step])
    assert form.fields.items() >= {k: v for k, v in fields.items() if k != "product"}.items()
