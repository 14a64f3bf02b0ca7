"""The quickstart does what it says: its commands are run and its clicks are made, in its order.

Of the page, these are acted upon: lines after `$` in a console block, whose output has to follow; a
**label**, which is clicked; `text` into *Field*; an <address>, which is opened; and “words”, which
the browser has to show. … stands for anything.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from acceptance.conftest import ROOT, Installation
from acceptance.world import PATIENCE_S, eventually
from portal.console.browsing import CHROMIUM, FLAGS, Ear

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(300)]

PAGE = ROOT / "docs" / "quickstart.md"
ANSWERED_MS = 60_000  # a test call waits for gateways, beside everything else on this machine
ACT = re.compile(
    r"^```console\n(?P<console>.*?)^```"
    r"|\*\*(?P<click>[^*]+)\*\*"
    r"|`(?P<text>[^`]+)` into \*(?P<field>[^*]+)\*"
    r"|“(?P<words>[^”]+)”"
    r"|<(?P<open>http[^>]+)>",
    re.MULTILINE | re.DOTALL,
)
COMMAND = re.compile(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)


class Reader:
    """Follows the page on an installation of its own, whose ports and keys are others."""

    def __init__(self, installation: Installation, page: Page) -> None:
        self.installation = installation
        self.page = page
        self.own: dict[str, str] = {}

    def here(self, text: str) -> str:
        """Return what the page says, as it is on this installation."""
        for theirs, ours in self.own.items():
            text = text.replace(theirs, ours)
        return text

    def console(self, block: str) -> None:
        for command, output in COMMAND.findall(block):
            self.run(command, output)

    def run(self, command: str, output: str) -> None:
        if command == "./tollway up":
            said = self.installation.up()
            self.learn()
            assert follows(self.here(output), said), said
        elif command.startswith("./tollway "):
            said = self.installation.tollway(*command.split()[1:]).stdout
            assert follows(self.here(output), said), said
        else:
            assert command.startswith("curl "), command
            line, wanted = self.here(command), self.here(output)
            eventually(lambda: follows(wanted, shell(line)), command)

    def learn(self) -> None:
        """Find out what stands here in the place of what is printed on the page."""
        status = self.installation.status()
        self.own = {
            "http://demo-admin.localhost:3000": status["admin_portal"],
            "http://api-2.staging.gateway.localhost:8080": status["staging"],
            "http://api-2.gateway.localhost:8081": status["production"],
            "PASSWORD": status["admin"]["password"],
            "KEY": status["user_key"],
            "TOKEN": status["access_token"],
        }

    def click(self, label: str) -> None:
        link = self.page.get_by_role("link", name=label, exact=True)
        link.or_(self.page.get_by_role("button", name=label, exact=True)).first.click()

    def fill(self, text: str, field: str) -> None:
        named = self.page.get_by_label(field, exact=field == "Password")
        named.fill(self.here(text))

    def sees(self, words: str) -> None:
        expect(self.page.locator("body")).to_contain_text(words, timeout=ANSWERED_MS)

    def open(self, address: str) -> None:
        self.page.goto(self.here(address))


def follows(wanted: str, said: str) -> bool:
    """Whether an output is what is wanted, where … is anything."""
    pattern = ".*".join(re.escape(part) for part in wanted.strip().split("…"))
    return re.fullmatch(pattern, said.strip(), re.DOTALL) is not None


def shell(line: str) -> str:
    done = subprocess.run(
        ["bash", "-c", f"{line} --silent --show-error"], capture_output=True, text=True,
        timeout=PATIENCE_S, check=True,
    )  # fmt: skip
    return done.stdout


@pytest.fixture
def reader(home: Path) -> Iterator[Reader]:
    installation = Installation(home / "quickstart")
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
            ear = Ear(page)
            yield Reader(installation, page)
            browser.close()
        assert not ear.complaints
    finally:
        installation.down()


def test_the_quickstart_is_followed_to_its_end(reader: Reader) -> None:
    text = PAGE.read_text()
    acts = [found.groupdict() for found in ACT.finditer(text)]
    assert len(re.findall(r"^\$ ", text, re.MULTILINE)) == sum(
        len(COMMAND.findall(act["console"])) for act in acts if act["console"]
    )
    for act in acts:
        print(next(said for said in act.values() if said))  # noqa: T201
        take(reader, act)


def take(reader: Reader, act: dict[str, str]) -> None:
    if act["console"]:
        reader.console(act["console"])
    elif act["click"]:
        reader.click(" ".join(act["click"].split()))
    elif act["text"]:
        reader.fill(act["text"], act["field"])
    elif act["words"]:
        reader.sees(" ".join(act["words"].split()))
    else:
        reader.open(act["open"])
