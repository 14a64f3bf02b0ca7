"""Developers sign up, wait, get their keys and call; the provider beside them sees and decides.

S96, S97 and so on are the numbers of the statements in the acceptance checklist of 3scale's guide.
It is one walk on a fresh tenant, with a browser for the provider and one for each developer, in the
order in which people go; each stretch begins where the one before it has ended.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from acceptance.developing import Developer, Provider, portal_of, provider
from acceptance.world import Product, World, eventually
from portal.console.browsing import CHROMIUM, FLAGS

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(600)]

CLICKS_MAX = 9
NOT_YET = "Your account isn't active or hasn't been approved yet."
SIGN_UP, APPROVAL = "Developers may sign up by themselves", "New accounts wait for your approval"
SERVICE_PLANS = "Use service plans"
CONFIRM, APPROVED = "Activate your", "Your account"
REFUSED = (403, "Authentication failed")


@pytest.fixture
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=10_000)  # as everything that is polled for
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


class Stage:
    """The tenant, its provider, and the developers by name."""

    def __init__(self, browser: Browser, tenant: World) -> None:
        self.browser = browser
        self.tenant = tenant
        self.portal = portal_of(tenant)
        self.provider: Provider = provider(browser, tenant)
        self.developers: dict[str, Developer] = {}
        [sample] = tenant.api("GET", "/services")["services"]
        self.product = Product(tenant, sample["service"]["id"])

    def developer(self, name: str) -> Developer:
        if name not in self.developers:
            self.developers[name] = Developer(self.browser, self.portal, name)
        return self.developers[name]

    def call(self, key: str) -> tuple[int, str]:
        """Call the API on production; return the status, and the text of a no."""
        answer = self.product.call("/v1/fast/track", on="production", user_key=key)
        return answer.status_code, answer.text.strip() if answer.status_code >= 400 else ""

    def complaints(self) -> list[str]:
        everybody = [self.provider, *self.developers.values()]
        return [said for each in everybody for said in each.ear.complaints]


def looks_as_developers_do(stage: Stage) -> None:
    """S96, S97, S117: the portal is whole from the start; its provider needs no code to see it."""
    me = stage.provider
    me.sign_in()
    me.open("/site/dns")
    code = me.page.get_by_label("Developer Portal Access Code").input_value()
    assert re.fullmatch("[0-9a-f]{10}", code)
    expect(me.page.get_by_role("button", name="Open the portal to everybody")).to_be_visible()
    me.open("/p/admin/dashboard")
    with me.context.expect_page() as opened:
        me.page.get_by_role("link", name="Portal", exact=True).click()
    window = opened.value
    window.wait_for_url(f"{stage.portal}/")
    expect(window.get_by_role("heading", level=1)).to_contain_text("Build with")
    for path in ("/plans", "/docs", "/signup", "/login"):
        answer = window.goto(stage.portal + path)
        assert answer is not None
        assert answer.status == 200, path
    assert code not in window.url
    window.close()


def is_asked_for_the_code(stage: Stage) -> None:
    """S116: without it nothing is seen; with it, the page that was asked for."""
    ann = stage.developer("anna")
    ann.open("/plans")
    ann.says("Access Restricted")
    ann.page.get_by_label("Access code").fill("0123456789")
    ann.press("Enter")
    ann.says("That is not the access code")
    stage.provider.open("/site/dns")
    code = stage.provider.page.get_by_label("Developer Portal Access Code").input_value()
    ann.page.get_by_label("Access code").fill(code)
    ann.press("Enter")
    ann.arrive("/plans$")
    ann.says("Plans", "Basic")
    stage.provider.press("Open the portal to everybody")
    stage.provider.says("The developer portal is open")
    other = stage.developer("bert")
    assert other.open("/") == 200
    other.says("Build with")


def signs_up_and_calls(stage: Stage) -> None:
    """S98 to S100, S118: validation, the mail, the dashboard, the key, and the first 200."""
    me, ann = stage.provider, stage.developer("anna")
    ann.open("/signup")
    ann.press("Create account")
    ann.says("Enter the name of your organisation.", "Choose a user name.", "Choose a password.")
    ann.clicks = 0  # from the portal's home page to a 200
    ann.open("/")
    ann.follow("Get an API key")
    ann.sign_up()
    ann.says("Look into your mail")
    ann_s_link = me.link_for(ann.email, CONFIRM)
    assert ann.open(f"{ann_s_link}x") == 404
    ann.says("This link has ended")
    ann.activate(ann_s_link)
    ann.clicks += 1  # the link in the mail
    ann.arrive("/admin$")
    key = ann.key()
    eventually(lambda: stage.call(key) == (200, ""), "the key opens production")
    assert ann.open(ann_s_link) == 404, "it works once"
    me.open("/buyers/accounts")
    row = me.page.get_by_role("row").filter(has_text=ann.organisation)
    expect(row).to_contain_text("Approved")
    me.open("/p/admin/dashboard")
    me.says(f"{ann.organisation} signed up")


def tries_the_api(stage: Stage) -> None:
    """From the home page to a 200 of the portal's own reference, by a developer who is new."""
    ann = stage.developer("anna")
    ann.open("/admin")
    ann.follow("API reference")
    ann.press_here("Fill in its credentials")
    expect(ann.page.locator("[data-reference-told]")).to_contain_text("calls now")
    ann.click(ann.page.locator("#operations-Echo-echoPath .opblock-summary-control"))
    ann.press_here("Execute")
    answer = ann.page.locator(".live-responses-table .response")
    expect(answer).to_contain_text("200")
    print(f"clicks from the home page to a 200, sign-up included: {ann.clicks}")  # noqa: T201
    assert ann.clicks <= CLICKS_MAX


def waits_for_a_subscription(stage: Stage) -> None:
    """A sign-up on a service plan that asks for approval: both wait, and both go live by it."""
    me, dora = stage.provider, stage.developer("dora")
    me.rule(SERVICE_PLANS, on=True)
    plan = stage.tenant.api(
        "POST", f"{stage.product.path}/service_plans", name="Gold", approval_required=True,
        cost_per_month=49, state_event="publish",
    )["service_plan"]  # fmt: skip
    basic = stage.tenant.api("GET", f"{stage.product.path}/application_plans")["plans"][0]
    basic = basic["application_plan"]["id"]
    assert dora.open(f"/signup?plan_ids[]={basic}&service_plan_id={plan['id']}") == 200
    dora.says("Gold", "approves your subscription")
    dora.sign_up()
    dora.activate(me.link_for(dora.email, CONFIRM))
    dora.arrive("/admin$")
    dora.says("This application waits for approval")
    key = me.key_of(dora.organisation)
    assert stage.call(key) == REFUSED
    me.open("/buyers/service_contracts?state=pending")
    me.press(f"Approve {dora.organisation}")
    me.mail(dora.email, "Your subscription to")
    eventually(lambda: stage.call(key) == (200, ""), "an approved subscription's key opens")
    dora.follow("Subscriptions")
    dora.says("Gold", "Live")


def closes_the_sign_up(stage: Stage) -> None:
    """S101: it is on by default; off, nobody signs up and nothing leads there."""
    me, bert = stage.provider, stage.developer("bert")
    me.open("/site/usage_rules/edit")
    expect(me.page.get_by_label(SIGN_UP)).to_be_checked()
    me.rule(SIGN_UP, on=False)
    assert bert.open("/signup") == 403
    bert.says("Sign-up is closed")
    bert.open("/")
    expect(bert.page.get_by_role("link", name="Sign up", exact=True)).to_have_count(0)
    me.rule(SIGN_UP, on=True)
    assert bert.open("/signup") == 200


def lets_accounts_wait(stage: Stage) -> None:
    """S102, S103, S106: with approval, who is new waits; the key is refused until then."""
    me, bert = stage.provider, stage.developer("bert")
    me.rule(APPROVAL, on=True)
    settings = stage.tenant.api("GET", "/settings")["settings"]
    assert settings["account_approval_required"] is True
    for name in ("bert", "carl"):
        new = stage.developer(name)
        new.open("/signup")
        new.says("approves it")
        new.sign_up()
        new.says("looks at new accounts before anybody signs in")
        new.activate(me.link_for(new.email, CONFIRM))
        new.arrive("/login")
        new.sign_in()
        new.says(NOT_YET)
        assert me.account(new.organisation)["state"] == "pending"
        assert stage.call(me.key_of(new.organisation)) == REFUSED
    me.mail(bert.email, f"{APPROVED} is waiting for approval")


def approves_one(stage: Stage) -> None:
    """S104: found among those that wait, approved, written to, in, and calling."""
    me, bert = stage.provider, stage.developer("bert")
    me.open("/buyers/accounts?state=pending")
    expect(me.page.get_by_role("row").filter(has_text=bert.organisation)).to_contain_text("Pending")
    me.press(f"Approve {bert.organisation}")
    assert me.account(bert.organisation)["state"] == "approved"
    assert "/login" in me.mail(bert.email, f"{APPROVED} is approved")
    bert.sign_in()
    bert.arrive("/admin$")
    key = bert.key()
    eventually(lambda: stage.call(key) == (200, ""), "an approved account's key opens")


def rejects_one(stage: Stage) -> None:
    """S105, S106: rejected, written to, and out."""
    me, carl = stage.provider, stage.developer("carl")
    pk = me.account(carl.organisation)["id"]
    me.open(f"/buyers/accounts/{pk}")
    me.reject()
    assert me.account(carl.organisation)["state"] == "rejected"
    me.mail(carl.email, f"{APPROVED} was not approved")
    carl.sign_in()
    carl.says(NOT_YET)
    assert stage.call(me.key_of(carl.organisation)) == REFUSED


def writes_from_its_own_address(stage: Stage) -> None:
    """S113, S115: mail to developers comes from the tenant's address; what to do is said."""
    me, bert = stage.provider, stage.developer("bert")
    me.open("/site/dns")
    me.page.get_by_role("link", name="E-mail addresses", exact=True).click()
    me.says("What has to be done outside", "SPF")
    me.page.get_by_label("Outgoing e-mail").fill("api@provider.example")
    me.press("Save addresses")
    me.says("The addresses are saved")
    bert.open("/password")
    bert.page.get_by_label("User name or e-mail").fill(bert.name)
    bert.press("Send me a link")
    letter = me.mail(bert.email, "Set a new password")
    assert "<api@provider.example>" in letter


STRETCHES: tuple[Callable[[Stage], None], ...] = (
    looks_as_developers_do,
    is_asked_for_the_code,
    signs_up_and_calls,
    tries_the_api,
    waits_for_a_subscription,
    closes_the_sign_up,
    lets_accounts_wait,
    approves_one,
    rejects_one,
    writes_from_its_own_address,
)


def test_developers_come_in_as_the_provider_lets_them(world: World, browser: Browser) -> None:
    with closing(world.another_tenant()) as tenant:
        stage = Stage(browser, tenant)
        for stretch in STRETCHES:
            print(stretch.__doc__)  # noqa: T201  (where it is, when it fails)
            stretch(stage)
        assert not stage.complaints()
