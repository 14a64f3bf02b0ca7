"""A newcomer's way in a real browser: from signing up to production, and back.

S1, S2 and so on are the numbers of the statements in the acceptance checklist of 3scale's guide.
It is one walk in one window, in the order in which people go; each stretch begins where the one
before it has ended.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect, sync_playwright

from acceptance.walking import Walk
from acceptance.world import eventually
from portal.console.browsing import CHROMIUM, FLAGS, Ear

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(300)]

PATH = "/v1/fast/track"
SECRET = '"HTTP_X_3SCALE_PROXY_SECRET_TOKEN":"'
WORKS = "Connection between client, gateway & API is working correctly"
NOT_OK = "Something is not quite ok. Is your private API host reachable from the API gateway?"
NOBODY = "http://nobody.localhost:9"

# Each step's page, and what is clicked from the dashboard on: at most twice.
CLICKS = (
    (["Products"], "/apiconfig/services$"),
    (["Backends"], "/p/admin/backend_apis$"),
    (["Add your API endpoint and hit save & test"], "/integration$"),
    (["API", "Configuration"], "/integration$"),
    (["API", "Mapping rules"], "/proxy_rules$"),
    (["API", "Methods and metrics"], "/metrics$"),
    (["API", "Settings"], "/settings$"),
    (["Integrate your API in 5 minutes"], "/wizard/backend_api/new$"),
)

DEPLOYMENTS = {
    "Tollway's gateway": "Quickest: nothing to install",
    "Your own gateway": "No limit but your servers'",
    "A service mesh (Istio)": "The mesh's adapter checks the calls",
    "Python": "Your stack stays as it is",
}


@pytest.fixture
def walk(platform: dict[str, Any]) -> Iterator[Walk]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
        ear = Ear(page)
        yield Walk(page, platform)
        browser.close()
    assert not ear.complaints


def test_a_newcomer_gets_to_production_and_back(walk: Walk) -> None:
    for stretch in STRETCHES:
        try:
            stretch(walk)
        except BaseException:
            print(f"in {stretch.__name__}, at {walk.page.url}")  # noqa: T201
            raise


def signs_up(walk: Walk) -> None:
    """S4: the name that is chosen is in every address."""
    page = walk.page
    page.goto(f"{walk.platform['master']}/p/signup")
    page.get_by_label("Organisation").fill("Night Bus")
    page.get_by_label("Sub-domain").fill(walk.subdomain)
    expect(page.locator("#addresses")).to_contain_text(f"{walk.subdomain}-admin.localhost")
    page.get_by_label("First name").fill("Ada")
    page.get_by_label("Last name").fill("King")
    page.get_by_label("User name").fill("ada")
    page.get_by_label("E-mail").fill(f"ada@{walk.subdomain}.example")
    eventually(lambda: sent(walk), "the sign-up is taken: it asks for two seconds of typing")


def sent(walk: Walk) -> bool:
    walk.page.get_by_label("Password", exact=True).fill(walk.password)
    walk.press("Create organisation")
    return walk.page.url.endswith("/p/activate")


def activates(walk: Walk) -> None:
    page = walk.page
    walk.link("Read the mail").click()
    walk.arrive("/mailbox/yours")
    page.goto(f"{walk.platform['master']}/mailbox/yours")
    page.get_by_role("table").get_by_role("link").first.click()
    walk.link("Show the plain text").click()
    page.locator("a[href*='/p/activate/']").first.click()
    walk.arrive(f"{walk.subdomain}-admin.localhost:{walk.port}/p/activate/")
    walk.press("Activate the account")
    walk.arrive("/wizard/intro$")


def leaves_the_wizard(walk: Walk) -> None:
    """S1, S2, S6, U8: there is something to see at once, and the way to go on."""
    walk.link("OK, how does Tollway work?").click()
    walk.press("Leave the wizard")
    walk.arrive("/p/admin/dashboard$")
    golive = walk.page.get_by_role("region", name="Go live")
    expect(golive.get_by_role("heading", level=3)).to_have_count(4)
    expect(walk.page.locator("#curl")).to_contain_text("user_key=")
    walk.press("Hide")
    walk.page.get_by_role("button", name="ada: your account").click()
    walk.press("Sign out")
    walk.open("/p/admin/dashboard")
    walk.arrive("/p/login")
    walk.page.get_by_label("User name or e-mail").fill("ada")
    walk.page.get_by_label("Password", exact=True).fill(walk.password)
    walk.press("Sign in")
    walk.arrive("/p/admin/dashboard$")
    expect(golive).to_have_count(0)
    walk.press("Show the go-live steps")
    expect(golive).to_be_visible()


def is_everywhere_in_two_clicks(walk: Walk) -> None:
    """U1, S10, and the other pages of the steps."""
    for clicks, path in CLICKS:
        walk.open("/p/admin/dashboard")
        first, *then = clicks
        walk.link(first).click()
        for name in then:
            walk.beside(name).click()
        walk.arrive(path)
        assert len(clicks) <= 2
        if path == "/integration$":
            walk.configuration = walk.page.url


def finds_the_sample_working(walk: Walk) -> None:
    """S3, S11, S12: nothing is entered before the first green."""
    walk.configure()
    walk.update_and_test("passed")
    walk.says(WORKS, "hits +1")
    walk.link("analytics section").click()
    walk.arrive("/p/admin/dashboard")
    walk.says("Done: Add your API endpoint and hit save & test", "With the Echo API.")


def goes_through_the_wizard(walk: Walk) -> None:
    """S33: left before, it goes on there, and leads to a call."""
    page = walk.page
    walk.open("/p/admin/onboarding/wizard")
    walk.link("Back").click()
    walk.link("Got it, add my API").click()
    walk.link("Use the built-in Echo API").click()
    expect(page.get_by_label("Private base URL")).to_have_value(walk.platform["echo"])
    for button in ("Add this API", "Design product", "Add the backend"):
        walk.press(button)
    page.get_by_label("Path of a GET request").fill("without-slash")
    walk.press("Send request")
    expect(page.locator(".invalid-feedback")).to_be_visible()
    page.get_by_label("Path of a GET request").fill(PATH)
    walk.press("Send request")
    walk.arrive("/request/show$")
    walk.says("Congratulations", WORKS, PATH)
    walk.let_through += 1
    walk.press("What is next?")
    walk.link("Promote it to production").click()
    walk.arrive(urlsplit(walk.configuration).path)


def breaks_and_mends_the_address(walk: Walk) -> None:
    """S13 to S16: each fault is said, nothing is promoted by it, and there is a way back."""
    page = walk.page
    for wrong in ("ftp://host", "http://localhost:80"):
        version = walk.version("staging")
        page.fill("#id_api_backend", wrong)
        page.click("#update-and-test")
        expect(page.locator("#id_api_backend_error")).to_be_visible()
        expect(page.locator("#id_api_backend")).to_have_value(wrong)
        assert walk.version("staging") == version
    page.fill("#id_api_backend", NOBODY)
    before = walk.version("staging")
    walk.update_and_test("unreachable")
    assert walk.version("staging") == before + 1
    walk.says(
        "Staging Configuration Updated",
        NOT_OK,
        "nobody.localhost refused the connection on port 9",
        "502",
    )
    expect(page.locator("#promote-button")).to_be_disabled()

    page.fill("#id_api_test_path", "")
    page.fill("#id_api_backend", walk.platform["echo"])
    walk.update_and_test("no_path")
    walk.says("the connection cannot be tested")

    page.fill("#id_api_test_path", PATH)
    walk.update_and_test("passed")
    expect(page.locator("#answer")).to_contain_text(PATH)
    expect(page.locator("#promote-button")).to_be_enabled()


def calls_from_a_terminal(walk: Walk) -> None:
    """S9, S19 to S23: the line works as it stands, elsewhere too, and not without the key."""
    page = walk.page
    line = walk.curl()
    status, body = walk.run(line)
    assert (status, f'"path":"{PATH}"' in body) == (200, True)
    assert SECRET in body
    page.fill("#id_api_test_path", "/some/other")
    expect(page.locator("#curl")).to_contain_text("/some/other")
    status, body = walk.run(walk.curl())
    assert (status, '"path":"/some/other"' in body) == (200, True)
    assert walk.run(line.partition("?")[0] + '"') == (403, "Authentication parameters missing")
    assert walk.run(line.rstrip('"') + 'x"') == (403, "Authentication failed")


def sees_the_calls_counted(walk: Walk) -> None:
    """S25: on the dashboard, which shows a call as it comes; what was denied counts nothing."""
    walk.configure()
    line = walk.curl()
    walk.open("/p/admin/dashboard")
    walk.page.wait_for_selector("[data-chart] svg")
    eventually(lambda: walk.calls() == walk.let_through, "all calls until now are counted")
    shown = walk.calls()
    assert walk.run(line)[0] == 200
    assert walk.run(line.rstrip('"') + 'x"')[0] == 403
    assert walk.run(line)[0] == 200
    eventually(lambda: walk.calls() == walk.let_through == shown + 2, "two more are counted")
    walk.page.reload()
    walk.says("Done: Verify the test call was recorded")


def promotes(walk: Walk) -> None:
    """S35, S36."""
    walk.configure()
    walk.promote()
    assert walk.run(on_production(walk))[0] == 200
    walk.open("/p/admin/dashboard")
    walk.says("Done: Deploy your API Gateway to production on APIcast")


def meets_another_editor(walk: Walk) -> None:
    """S18: who comes second is told, and loses nothing."""
    page = walk.page
    walk.configure()
    with closing(page.context.new_page()) as other:
        other.goto(walk.configuration)
        other.fill("#id_api_test_path", "/theirs")
        other.click("#update-and-test")
        expect(other.locator("#outcome")).to_contain_text("GET /theirs")
    page.fill("#id_api_test_path", PATH)
    page.click("#update-and-test")
    walk.says("Someone else edited the Staging Configuration", "/theirs")
    expect(page.locator("#id_api_test_path")).to_have_value(PATH)
    walk.update_and_test("passed")
    expect(page.locator("#outcome")).to_contain_text(f"GET {PATH}")


def has_nobody_to_call_as(walk: Walk) -> None:
    """S17: of a product without applications."""
    walk.open("/apiconfig/services")
    walk.link("Create product").click()
    walk.page.get_by_label("Name", exact=True).fill("Day Bus")
    walk.press("Create product")
    walk.link("Configuration").click()
    walk.link("Use the built-in Echo API").click()
    walk.update_and_test("no_application")
    walk.says("create an application subscribed to a plan of Day Bus")


def changes_what_is_shown(walk: Walk) -> None:
    """S26, S28, S30 to S32: staging has it at once, production when it is promoted."""
    page = walk.page
    before = on_production(walk)
    walk.settings()
    for option, text in DEPLOYMENTS.items():
        page.get_by_label(option, exact=True).check()
        expect(page.get_by_text(text)).to_be_visible()
    walk.settings()
    page.get_by_label("Another secret token").fill("a-new-secret")
    walk.press("Save")
    walk.settings()
    page.get_by_label("Name of the key").fill("api-key")
    walk.press("Save authentication")
    walk.configure()
    walk.update_and_test("passed")
    status, body = walk.run(walk.curl())
    assert (status, "api-key=" in walk.curl(), f'{SECRET}a-new-secret"' in body) == (
        200,
        True,
        True,
    )
    status, body = walk.run(before)
    assert (status, "a-new-secret" in body) == (200, False)
    walk.promote()
    assert walk.run(on_production(walk))[0] == 200
    assert walk.run(before) == (403, "Authentication parameters missing")


def rolls_back(walk: Walk) -> None:
    """S34, S37, by the history; the toast leads back again."""
    page = walk.page
    newer = on_production(walk)
    version = walk.version("production")
    walk.link("History").click()
    expect(page.locator("tbody tr").first).to_contain_text("ada")
    expect(page.locator("tbody a[download]").first).to_be_visible()
    walk.link("Production").click()
    walk.arrive("environment=production")
    older = int(page.locator("tbody tr").nth(1).get_by_role("link").first.inner_text()[1:])
    walk.link(f"v{older}").click()
    walk.says("What putting it back changes")
    page.get_by_role("button", name=f"Put v{older} into production again").click()
    walk.press(f"Put v{older} back")
    walk.says(f"v{older} is in production")
    assert walk.run(newer.replace("api-key=", "user_key="))[0] == 200
    assert walk.run(newer) == (403, "Authentication parameters missing")
    walk.press("Undo")
    walk.says(f"v{version} is in production")
    assert walk.run(newer)[0] == 200


def is_asked_before_another_mode(walk: Walk) -> None:
    """S27, S29: nothing is switched before it is said what stops working."""
    page = walk.page
    for leave in (True, False):
        walk.settings()
        page.get_by_label("App ID and key").check()
        walk.press("Save authentication")
        walk.says("1 live application stops working", "Nothing is saved yet")
        if leave:
            walk.link("Keep it as it is").click()
            walk.configure()
            assert walk.run(walk.curl())[0] == 200
    walk.press("Switch all the same")
    walk.configure()
    walk.update_and_test("passed")
    assert "app_id=" in walk.curl()
    assert walk.run(walk.curl())[0] == 200


def on_production(walk: Walk) -> str:
    """Return the page's line of curl for the other environment."""
    return walk.curl().replace(walk.address("staging"), walk.address("production"))


STRETCHES: list[Callable[[Walk], None]] = [
    signs_up,
    activates,
    leaves_the_wizard,
    is_everywhere_in_two_clicks,
    finds_the_sample_working,
    goes_through_the_wizard,
    breaks_and_mends_the_address,
    calls_from_a_terminal,
    sees_the_calls_counted,
    promotes,
    meets_another_editor,
    changes_what_is_shown,
    rolls_back,
    is_asked_before_another_mode,
    has_nobody_to_call_as,
]
