"""Getting in, in a real browser: an organisation signs up, activates, forgets its password."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import httpx
from django.core.signing import Signer
from playwright.sync_api import Browser, Page, expect

from portal.console.browsing import (
    address,
    faults_of_axe,
    fits,
    look_at,
    type_where_it_stands,
)
from portal.console.serving import PATIENCE_S
from portal.people import PASSWORD
from tollway import clock
from tollway.portal.web.humans import LEAST_S

MASTER = "master.localhost"
CHOSEN, ANOTHER = "four words in a row", "another four words here"
MS_PER_KEY = (LEAST_S + 1) * 1000 // len(CHOSEN)  # who is faster is taken for a program


def press_tab_to(page: Page, text: str) -> None:
    """Move the focus on by keyboard until it is on what has this text."""
    for _ in range(40):
        if text in str(page.evaluate("document.querySelector(':focus')?.innerText ?? ''")):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"the focus does not come to {text!r}")


def type_in_order(page: Page, *texts: str) -> None:
    """Type into one field after another, beginning with the one that has the focus."""
    for text in texts:
        type_where_it_stands(page, text)
        page.keyboard.press("Tab")


def sign_up_by_keyboard(page: Page, port: int, subdomain: str) -> None:
    """Sign up, read the mail, activate: end on the organisation's own host, signed in."""
    page.goto(address(port, "/p/login", MASTER))
    press_tab_to(page, "Create an organisation")
    page.keyboard.press("Enter")
    page.wait_for_url("**/p/signup")
    type_in_order(page, "Night Bus", subdomain, "Maya", "Lin", "maya", "maya@nightbus.example")
    page.keyboard.type(CHOSEN, delay=MS_PER_KEY)
    page.keyboard.press("Enter")
    page.wait_for_url("**/p/activate")
    expect(page.get_by_text("maya@nightbus.example")).to_be_visible()
    press_tab_to(page, "Read the mail")
    page.keyboard.press("Enter")
    page.wait_for_url("**/mailbox/yours/*")
    press_tab_to(page, "Show the plain text")
    page.keyboard.press("Enter")
    page.wait_for_url("**?form=text")
    press_tab_to(page, f"http://{subdomain}-admin.localhost:{port}/p/activate/")
    page.keyboard.press("Enter")
    page.wait_for_url(f"http://{subdomain}-admin.localhost:{port}/p/activate/*")
    press_tab_to(page, "Activate the account")
    page.keyboard.press("Enter")
    page.wait_for_url("**/p/admin/**")


def open_mail_as_operator(browser: Browser, port: int, subject: str) -> str:
    """Return the link that the newest message with this subject carries."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(address(port, "/p/login?next=/mailbox", MASTER))
    page.get_by_label("User name or e-mail").fill("master")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name=subject).first.click()
    page.get_by_role("link", name="Show the plain text").click()
    link = page.get_by_role("link", name="/p/password/").get_attribute("href")
    context.close()
    assert link
    return link


def test_signing_up_ends_signed_in_on_the_own_host_by_keyboard_alone(page: Page, port: int) -> None:
    sign_up_by_keyboard(page, port, "night-walk")
    page.goto(address(port, "/p/admin/dashboard", "night-walk-admin.localhost"))
    expect(page.get_by_role("button", name="maya: your account")).to_be_visible()
    page.goto(address(port, "/apiconfig/services", "night-walk-admin.localhost"))
    expect(page.get_by_role("link", name="API", exact=True).first).to_be_visible()


def test_a_forgotten_password_is_replaced_by_keyboard_alone(
    browser: Browser, page: Page, port: int
) -> None:
    host = "night-owl-admin.localhost"
    sign_up_by_keyboard(page, port, "night-owl")
    page.context.clear_cookies()
    page.goto(address(port, "/p/login", host))
    press_tab_to(page, "Forgot it?")
    page.keyboard.press("Enter")
    page.wait_for_url("**/p/password")
    press_tab_to(page, "Go to the sign-in page")
    page.get_by_label("User name or e-mail").focus()
    page.keyboard.type("maya")
    page.keyboard.press("Enter")
    page.wait_for_url("**/p/password?sent")
    page.goto(open_mail_as_operator(browser, port, "Set a new password"))
    page.get_by_label("New password").focus()
    page.keyboard.type(ANOTHER)
    page.keyboard.press("Enter")
    page.wait_for_url(address(port, "/p/admin/dashboard", host))
    expect(page.get_by_text("Your password is changed")).to_be_visible()
    page.context.clear_cookies()
    page.goto(address(port, "/p/login", host))
    type_in_order(page, "maya")
    page.keyboard.type(ANOTHER)
    page.keyboard.press("Enter")
    page.wait_for_url(address(port, "/p/admin/dashboard", host))


def test_the_addresses_follow_what_is_typed(page: Page, port: int) -> None:
    page.goto(address(port, "/p/signup", MASTER))
    hint = page.locator("#addresses")
    type_where_it_stands(page, "Day Bus & Sons")
    expect(hint).to_contain_text(f"http://day-bus-sons-admin.localhost:{port}")
    expect(hint).to_contain_text(f"http://day-bus-sons.localhost:{port}")
    page.keyboard.press("Tab")
    page.keyboard.type("acme")
    expect(hint).to_have_text("acme is taken. acme-2 is free.")
    page.keyboard.type("-bus")
    expect(hint).to_contain_text("http://acme-bus-admin.localhost")


def test_a_password_is_judged_and_shown_while_it_is_typed(page: Page, port: int) -> None:
    page.goto(address(port, "/p/signup", MASTER))
    password = page.get_by_label("Password", exact=True)
    said = page.locator("[data-strength]")
    password.focus()
    for typed, words in (
        ("12345", "Too short"),
        ("6", "Weak"),
        (" bus", "Fair"),
        (CHOSEN, "Strong"),
    ):
        page.keyboard.type(typed)
        expect(said).to_contain_text(words)
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(password).to_have_attribute("type", "text")
    page.keyboard.press("Space")
    expect(password).to_have_attribute("type", "password")


def test_what_is_wrong_gets_the_focus_and_what_was_typed_stays(page: Page, port: int) -> None:
    page.goto(address(port, "/p/signup", MASTER))
    page.get_by_label("Organisation").fill("Night Bus")
    page.get_by_label("Sub-domain").fill("acme")
    page.get_by_role("button", name="Create organisation").click()
    alert = page.get_by_role("alert")
    expect(alert).to_be_focused()
    expect(page.get_by_label("Organisation")).to_have_value("Night Bus")
    expect(page.locator("#id_subdomain_error")).to_have_text("acme is taken. acme-2 is free.")
    assert not faults_of_axe(page)
    assert fits(page)
    alert.get_by_role("link", name="User name").click()
    expect(page.get_by_label("User name")).to_be_focused()


def test_the_sign_up_page_has_no_fault(browser: Browser, port: int) -> None:
    look = look_at(browser, None, address(port, "/p/signup", MASTER))
    assert not look.faults
    assert look.weight <= look.weight_max


def test_two_who_want_one_sub_domain_at_once(port: int) -> None:
    """One has it, and the other is told at the field."""
    signer = Signer(key="5e" * 32, salt="tollway.entry.began")

    def sign_up(number: int) -> httpx.Response:
        with httpx.Client(
            base_url=f"http://127.0.0.1:{port}", headers={"host": MASTER}, timeout=PATIENCE_S
        ) as client:
            token = re.search(r'csrfmiddlewaretoken" value="(\w+)"', client.get("/p/signup").text)
            assert token
            sent = {
                "csrfmiddlewaretoken": token[1],
                "began": signer.sign(str(clock.now() - LEAST_S)),
                "org_name": "Rush",
                "subdomain": "rush",
                "username": "admin",
                "email": f"admin@{number}.example",
                "password": CHOSEN,
            }
            return client.post("/p/signup", data=sent)

    with ThreadPoolExecutor() as pool:
        answers = sorted(pool.map(sign_up, range(2)), key=lambda answer: answer.status_code)
    assert [answer.status_code for answer in answers] == [302, 422]
    said = re.search(r'id="id_subdomain_error"><p>([^<]*)', answers[1].text)
    assert said
    assert "taken" in said[1]
