"""A provider gives the developer portal a domain of its own, and developers come by it.

S112 and S114 are the numbers of the statements in the acceptance checklist of 3scale's guide.
"""

from __future__ import annotations

import re
import secrets
from contextlib import closing
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect, sync_playwright

from acceptance.developing import Developer, Provider, portal_of, provider
from acceptance.world import World
from nameserver import NameServer
from portal.console.browsing import CHROMIUM, FLAGS

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(300)]

FIELD = "Your domain for the developer portal"


def enters(me: Provider, host: str) -> str:
    """S112, S115: enter a domain; return the proof that the page asks for."""
    me.open("/site/dns")
    me.page.get_by_label(FIELD).fill(host)
    me.press("Save domains")
    me.says("The domains are saved", f"{host} waits for the DNS", f"_tollway.{host}")
    me.press("Check the DNS")
    me.says("The TXT record is not there yet")
    found = re.search(r"tollway=[0-9a-f]{40}", me.page.locator("main").inner_text())
    assert found
    return found[0]


def comes_by_it(me: Provider, ann: Developer, old: str, new: str) -> None:
    """S112: the old host leads over; the letter, its link and all pages are on the new one."""
    ann.open("/signup")
    assert ann.page.url == f"{new}/signup"
    ann.portal = new
    ann.sign_up()
    assert ann.page.url.startswith(f"{new}/")
    letter = me.mail(ann.email, "Activate your")
    assert (f"{new}/activate/" in letter, old in letter) == (True, False)
    found = re.search(r"(/activate/\S+)", letter)
    assert found
    ann.activate(found[1])
    ann.arrive(f"^{re.escape(new)}/admin$")
    cookies = {cookie.get("domain") for cookie in ann.context.cookies()}
    assert cookies == {urlsplit(new).hostname}, "of this host and no other"


def takes_them_away(world: World, me: Provider, tenant: World) -> None:
    """S114: without the plan for it the fields are disabled, and the page says so."""
    pk = tenant.api("GET", "/provider")["account"]["id"]
    url = f"{world.platform['master']}/master/api/providers/{pk}.json"
    given = {"access_token": world.platform["master_token"], "domains_allowed": "false"}
    assert world.http.put(url, data=given).status_code == 200
    me.open("/site/dns")
    me.page.get_by_label(FIELD).fill("")
    me.press("Save domains")
    me.says("Domains of your own are not part of your plan")
    expect(me.page.get_by_label(FIELD)).to_be_disabled()
    expect(me.page.get_by_role("button", name="Save domains")).to_be_disabled()


def test_a_domain_of_one_s_own_is_proved_and_used(world: World, names: NameServer) -> None:
    host = f"portal-{secrets.token_hex(4)}.acme.example"
    with closing(world.another_tenant()) as tenant, sync_playwright() as playwright:
        expect.set_options(timeout=10_000)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        old = portal_of(tenant)
        new = f"http://{host}:{urlsplit(old).port}"
        me, ann = provider(browser, tenant), Developer(browser, old, "carla")
        me.sign_in()
        proof = enters(me, host)
        assert ann.page.goto(f"{new}/").status == 404  # type: ignore[union-attr]
        names.records |= {
            (f"_tollway.{host}", "TXT"): (f'"{proof}"',),
            (host, "CNAME"): (str(urlsplit(old).hostname),),
            (str(urlsplit(old).hostname), "A"): ("127.0.0.1",),
        }
        me.press("Check the DNS")
        me.says(f"{host} is in use")
        me.press("Open the portal to everybody")
        comes_by_it(me, ann, old, new)
        takes_them_away(world, me, tenant)
        assert ann.open("/login") == 404, "it was given up"
        complaints = [*me.ear.complaints, *ann.ear.complaints]
        # Without TLS, browsers trust no host but one of this machine.
        assert not [said for said in complaints if "origin was untrustworthy" not in said]
        browser.close()
