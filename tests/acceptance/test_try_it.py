"""A developer's first call is made from the portal's own reference, through the gateway."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect, sync_playwright

from acceptance.world import Product, World, eventually
from portal.apidocs.texts import swagger, text
from portal.console.browsing import CHROMIUM, FLAGS, Ear

pytestmark = pytest.mark.acceptance

CLICKS_MAX = 9
USERNAME = "maria"


class Story:
    """A fresh tenant's sample product, and a developer of its portal."""

    def __init__(self, tenant: World) -> None:
        self.tenant = tenant
        service = tenant.api("GET", "/services")["services"][0]["service"]
        self.product = Product(tenant, service["id"])
        self.plan = self.product.plan()
        self.password = secrets.token_urlsafe(16)
        signed_up = tenant.api(
            "POST", "/signup", org_name="Maria", username=USERNAME, email="maria@example.com",
            password=self.password,
        )  # fmt: skip
        self.account = signed_up["account"]["id"]

    def application(self) -> Any:
        return self.product.application(self.plan, self.account)


class Developer:
    """Somebody at a developer portal, whose clicks are counted. Typing is none."""

    def __init__(self, page: Page, story: Story) -> None:
        self.page = page
        self.story = story
        self.clicks = 0

    def click(self, what: Locator) -> None:
        what.click()
        self.clicks += 1

    def press(self, name: str) -> None:
        self.click(self.page.get_by_role("button", name=name, exact=True))

    def follow(self, name: str) -> None:
        links = self.page.get_by_role("link", name=name, exact=True)
        self.click(links.filter(visible=True).first)

    def choose(self, label: str, option: str) -> None:
        """Choose from a list: one click opens it, the other takes."""
        self.page.get_by_label(label, exact=True).select_option(option)
        self.clicks += 2

    def come(self) -> None:
        """Come to the portal's home page, past its access code."""
        provider = self.story.tenant.api("GET", "/provider")["account"]
        admin = urlsplit(self.story.tenant.platform["admin_portal"])
        host = (admin.hostname or "").replace("-admin.", ".")
        self.page.goto(f"http://{host}:{admin.port}/")
        self.page.get_by_label("Access code").fill(provider["site_access_code"])
        self.page.get_by_role("button", name="Enter").click()
        expect(self.page.get_by_role("heading", level=1)).to_be_visible()

    def sign_in(self) -> None:
        self.follow("Sign in")
        self.page.get_by_label("User name or e-mail").fill(USERNAME)
        self.page.get_by_label("Password", exact=True).fill(self.story.password)
        self.press("Sign in")

    def fill_in(self, application: Any) -> None:
        """Fill in an application's credentials; signing up has made another one."""
        self.choose("Call as", application["name"])
        self.press("Fill in its credentials")
        told = self.page.locator("[data-reference-told]")
        expect(told).to_contain_text(f"{application['name']} calls now")

    def answer(self) -> Locator:
        """What came back, once something has."""
        return self.page.locator(".live-responses-table .response")


@pytest.fixture
def story(world: World) -> Iterator[Story]:
    with closing(world.another_tenant()) as tenant:
        yield Story(tenant)


@pytest.fixture
def page() -> Iterator[Page]:
    expect.set_options(timeout=10_000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
        yield page
        browser.close()


def test_from_the_home_page_to_200_and_then_to_429(story: Story, page: Page) -> None:
    application = story.application()
    story.product.limit(story.plan, "hits", "day", 1)
    story.product.serves(application["user_key"], on="production")
    story.product.limits(application["user_key"], 1)
    ear, developer = Ear(page), Developer(page, story)
    developer.come()
    developer.sign_in()
    developer.follow("API reference")
    developer.fill_in(application)
    developer.click(page.locator("#operations-Echo-echoPath .opblock-summary-control"))
    developer.press("Execute")
    expect(developer.answer()).to_contain_text("200")
    expect(developer.answer()).to_contain_text('"path": "/hello"')
    print(f"clicks from the portal's home page to a 200: {developer.clicks}")  # noqa: T201
    assert developer.clicks <= CLICKS_MAX
    assert application["user_key"] not in page.url
    assert not ear.complaints

    page.get_by_role("button", name="Clear", exact=True).click()
    developer.press("Execute")
    for said in ("429", "Usage limit exceeded", "x-tollway-decision", "retry-after"):
        expect(developer.answer()).to_contain_text(said)
    assert not [complaint for complaint in ear.complaints if "CORS" in complaint]


@pytest.mark.parametrize(
    ("mode", "location"), [("1", "authorization"), ("2", "headers"), ("2", "authorization")]
)
@pytest.mark.parametrize("written_in", ["openapi-3", "swagger-2"])
def test_credentials_go_where_the_product_reads_them(
    story: Story, page: Page, mode: str, location: str, *, written_in: str
) -> None:
    story.tenant.api("PUT", story.product.path, backend_version=mode)
    story.product.update_proxy(credentials_location=location)
    story.product.promote()
    if written_in == "swagger-2":
        (document,) = story.tenant.api("GET", "/active_docs")["api_docs"]
        path = f"/active_docs/{document['api_doc']['id']}"
        story.tenant.api("PUT", path, body=text(swagger()))
    application = story.application()
    shown = credentials_of(story, application, mode)
    eventually(lambda: called(story, location, shown) == 200, "product as it is now")
    ear, developer = Ear(page), Developer(page, story)
    developer.come()
    developer.sign_in()
    developer.follow("API reference")
    developer.fill_in(application)
    developer.click(page.locator(".opblock-summary-control").first)
    developer.press("Execute")
    expect(developer.answer()).to_contain_text("200")
    assert not ear.complaints


def credentials_of(story: Story, application: Any, mode: str) -> dict[str, str]:
    if mode == "1":
        return {"user_key": application["user_key"]}
    path = f"/accounts/{story.account}/applications/{application['id']}/keys"
    key = story.tenant.api("GET", path)["keys"][0]["key"]["value"]
    return {"app_id": application["application_id"], "app_key": key}


def called(story: Story, location: str, shown: dict[str, str]) -> int:
    """Call production as a program does, and return the status."""
    url = f"{story.product.urls['production']}/v1"
    if location == "headers":
        return story.tenant.http.get(url, headers=shown).status_code
    user, *password = shown.values()
    login = httpx.BasicAuth(user, *(password or [""]))
    return story.tenant.http.get(url, auth=login).status_code
