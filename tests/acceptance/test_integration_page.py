"""The configuration page by its forms: test, promote, roll back (S10 to S19, S34 to S37)."""

from __future__ import annotations

import re
import secrets
import shlex
import time
from collections.abc import Iterator
from contextlib import closing

import pytest

from acceptance.browsing import Page, Visitor
from acceptance.world import Product, World

pytestmark = pytest.mark.acceptance

PATH = "/v1/fast/track"
WORKS = "Connection between client, gateway & API is working correctly as reflected in the"
NOT_OK = "Something is not quite ok. Is your private API host reachable from the API gateway?"


class Setup:
    """A product of the sample tenant, and its configuration page."""

    def __init__(self, world: World, visitor: Visitor, **fields: str) -> None:
        self.world = world
        self.visitor = visitor
        self.product: Product = world.product(**fields)
        self.address = f"/apiconfig/services/{self.product.id}"

    @property
    def page(self) -> Page:
        return self.visitor.get(f"{self.address}/integration")

    def update_and_test(self, page: Page | None = None, **changes: str) -> Page:
        return self.visitor.send((page or self.page).form("/integration"), **changes)

    def promote(self) -> Page:
        return self.visitor.send(self.page.form("/integration/promote"))

    def succeeded(self) -> bool | None:
        answer = self.world.api("GET", f"{self.product.path}/proxy")["proxy"]["api_test_success"]
        return None if answer is None else bool(answer)

    def in_production(self) -> int:
        path = f"{self.product.path}/proxy/configs/production/latest"
        return int(self.world.api("GET", path)["proxy_config"]["version"])


@pytest.fixture
def tenant(world: World) -> Iterator[World]:
    """A tenant of the test's own: how often one may test is limited."""
    with closing(world.another_tenant()) as tenant:
        yield tenant


@pytest.fixture
def visitor(tenant: World) -> Iterator[Visitor]:
    with closing(Visitor(tenant.platform["admin_portal"])) as visitor:
        visitor.sign_in(tenant.platform["admin"])
        yield visitor


@pytest.fixture
def setup(tenant: World, visitor: Visitor) -> Setup:
    setup = Setup(tenant, visitor)
    setup.product.application(setup.product.plan())
    return setup


def test_a_test_is_green_red_and_green_again_and_what_is_green_is_promoted(setup: Setup) -> None:
    product = setup.product
    before = product.version()
    page = setup.update_and_test(api_test_path=PATH)
    assert (page.outcome, product.version()) == ("passed", before + 1)
    assert WORKS in page.text
    assert "Staging Configuration Updated" in page.text
    assert "hits +1" in page.text
    assert setup.succeeded() is True

    page = setup.update_and_test(api_backend="http://nobody.localhost:9")
    assert (page.outcome, setup.succeeded()) == ("unreachable", False)
    assert NOT_OK in page.text
    for detail in ("502", "Bad Gateway", "nobody.localhost refused the connection on port 9"):
        assert detail in page.text
    assert re.search(r'id="promote-button" disabled', page.html)
    assert not [form for form in page.forms if form.action.endswith("/promote")]

    page = setup.update_and_test(api_backend=product.world.platform["echo"])
    assert (page.outcome, setup.succeeded()) == ("passed", True)
    version = product.version()
    page = setup.promote()
    assert f"v{version} is in production" in page.text
    assert setup.in_production() == version


def test_a_red_version_is_not_promoted_by_a_form_of_before(setup: Setup) -> None:
    page = setup.update_and_test(api_test_path=PATH)
    form = page.form("/integration/promote")
    in_production = setup.in_production()
    setup.update_and_test(api_backend="http://nobody.localhost:9")
    for version in (form.fields["version"], str(setup.product.version())):
        page = setup.visitor.send(form, version=version)
        assert "Nothing was promoted" in page.text
    assert setup.in_production() == in_production


def test_production_follows_a_promotion_at_once_and_a_roll_back_too(setup: Setup) -> None:
    product = setup.product
    key = product.application(product.plan())["user_key"]
    product.serves(key, on="production")
    first = setup.in_production()

    def answered(path: str) -> int:
        return product.call(path, on="production", user_key=key).status_code

    assert answered("/other") == 200
    product.remove_rules()
    product.rule("/only", "hits")
    assert "not on staging yet" in setup.page.text
    page = setup.update_and_test(api_test_path="/only/this")
    assert page.outcome == "passed"
    for words in ("GET /only", "counts", "GET /", "counted"):
        assert words in page.text
    assert answered("/other") == 200, "staging is not production"

    page = setup.promote()
    assert "The production gateway answers with it" in page.text
    assert (answered("/other"), answered("/only")) == (404, 200)

    history = setup.visitor.get(f"{setup.address}/proxy_configs?environment=production")
    [back] = [
        path
        for path, version in re.findall(r'href="(/[^"]+/proxy_configs/\d+)">v(\d+)<', history.html)
        if int(version) == first
    ]
    page = setup.visitor.get(back)
    assert "What putting it back changes" in page.text
    page = setup.visitor.send(page.form("/promote"))
    assert f"v{first} is in production" in page.text
    assert (answered("/other"), setup.in_production()) == (200, first)

    undone = setup.visitor.send(next(f for f in page.forms if f.action.endswith("/promote")))
    assert "is in production" in undone.text
    assert answered("/other") == 404


def test_the_line_on_the_page_works_in_a_terminal(setup: Setup) -> None:
    page = setup.update_and_test(api_test_path=PATH)
    line = re.search(r'<pre id="curl"[^>]*>(.*?)</pre>', page.html, re.DOTALL)
    assert line
    program, url = shlex.split(line[1].replace("&quot;", '"').replace("&amp;", "&"))
    assert program == "curl"
    answer = setup.world.get(url)
    assert (answer.status_code, answer.json()["path"]) == (200, PATH)


@pytest.mark.parametrize("place", ["query", "headers", "authorization"])
@pytest.mark.parametrize("mode", ["1", "2"])
def test_each_mode_and_place_is_tested(
    tenant: World, visitor: Visitor, mode: str, place: str
) -> None:
    setup = Setup(tenant, visitor, backend_version=mode)
    setup.product.application(setup.product.plan())
    setup.product.update_proxy(credentials_location=place)
    assert setup.update_and_test().outcome == "passed"


def test_what_stands_in_the_way_is_said(tenant: World, visitor: Visitor) -> None:
    """S14, S17, and what the gateway refuses itself."""
    setup = Setup(tenant, visitor)
    product = setup.product
    assert setup.update_and_test().outcome == "no_application"
    assert "create an application subscribed to a plan" in setup.page.text
    assert setup.succeeded() is None

    plan = product.plan()
    product.limit(plan, "hits", "day", 1)
    key = product.application(plan)["user_key"]
    product.limits(key, 1)
    assert setup.update_and_test().outcome == "passed"
    page = setup.update_and_test()
    assert page.outcome == "limits_exceeded"
    assert "429" in page.text
    assert "counted nothing" in page.text

    product.remove_rules()
    product.rule("/only", "hits")
    page = setup.update_and_test(api_test_path="/other")
    assert page.outcome == "no_match"
    assert "No mapping rule matches GET /other" in page.text

    page = setup.update_and_test(api_test_path="")
    assert page.outcome == "no_path"
    assert "the connection cannot be tested" in page.text
    assert "has not been tested" in page.text, "without a test request it may be promoted untested"


def test_our_own_ports_are_nobodys_upstream(setup: Setup) -> None:
    page = setup.update_and_test(api_backend=setup.world.platform["master"])
    assert page.outcome == "no_address"
    assert "Tollway's own" in page.text


def test_what_is_tested_is_what_was_just_saved(setup: Setup) -> None:
    """S125: gateways have it before they are called; the time is printed, not asserted."""
    for _ in range(3):
        path = f"/{secrets.token_hex(4)}"
        start = time.monotonic()
        page = setup.update_and_test(api_test_path=path)
        print(f"update and test: {time.monotonic() - start:.3f} s")  # noqa: T201
        assert page.outcome == "passed"
        assert f"GET {path}" in page.text


def test_the_second_of_two_editors_loses_nothing(setup: Setup) -> None:
    """S18."""
    mine = setup.page
    setup.update_and_test(api_test_path="/theirs")
    version = setup.product.version()
    page = setup.update_and_test(mine, api_test_path="/mine")
    assert page.status == 409
    assert "Someone else edited the Staging Configuration" in page.text
    assert 'value="/mine"' in page.html
    assert "/theirs" in page.text
    assert setup.product.version() == version
    page = setup.update_and_test(page)
    assert page.outcome == "passed"
    assert 'value="/mine"' in page.html


@pytest.mark.parametrize(
    "address", ["ftp://host", "http://localhost:80", "host", "https://a b", ""]
)
def test_an_address_that_is_none_changes_nothing(setup: Setup, address: str) -> None:
    version = setup.product.version()
    page = setup.update_and_test(api_backend=address)
    assert page.status == 422
    assert page.form("/integration").fields["api_backend"] == address
    assert 'id="id_api_backend_error"' in page.html
    assert setup.product.version() == version


def test_versions_are_downloaded_with_and_without_secrets(setup: Setup) -> None:
    history = setup.visitor.get(f"{setup.address}/proxy_configs")
    found = re.search(r'href="(/[^"]+\.json)"', history.html)
    assert found
    token = setup.product.token()
    shown, full = (setup.visitor.download(found[1] + query) for query in ("", "?secrets=1"))
    assert full["proxy_config"]["content"]["backend_authentication_value"] == token
    assert token not in str(shown)
    assert "secret_token" in shown["proxy_config"]["content"]["proxy"]
