"""Configurations straight from a portal, by the addresses that APIcast has them from.

For a gateway that is given nothing but a portal's address with a token in it: this portal's, or
3scale's. There is no cursor, so all pages are asked for every few seconds, and what differs from
before becomes a step. A page that did not change is not sent again.
"""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

import httpx
import msgspec
from msgspec import Struct

from tollway.config import Settings
from tollway.gateway.feed import FeedError, asked
from tollway.net import dial
from tollway.store.snapshot import Configurations

POLL_S = 2.0  # between the end of one look and the beginning of the next
TIMEOUT_S = 30.0
PER_PAGE, PAGES_MAX = 500, 1000
OF_ACCOUNT = "/admin/api/account/proxy_configs"  # asked where the endpoint has no path of its own


class _Version(Struct, frozen=True):
    content: (
        msgspec.Raw
    )  # SERVICE, as the portal wrote it: what is the same to the byte is the same


class _Element(Struct, frozen=True):
    proxy_config: _Version


class _List(Struct, frozen=True):
    proxy_configs: list[_Element]


class _Named(Struct, frozen=True):
    id: int | str = "default"


class _Page(Struct, frozen=True):
    etag: str
    contents: list[bytes]


class PortalFeed:
    """``settings.portal_endpoint`` is a URL whose user, or password, is an access token."""

    def __init__(self, settings: Settings, environment: str) -> None:
        endpoint = urlsplit(settings.portal_endpoint)
        path = endpoint.path.rstrip("/") or OF_ACCOUNT
        self._url, headers = dial(f"{_origin(endpoint)}{path}/{environment}.json")
        self._http = httpx.AsyncClient(
            auth=(unquote(endpoint.username or ""), unquote(endpoint.password or "")),
            headers=headers, timeout=TIMEOUT_S, trust_env=False,
        )  # fmt: skip
        self._pages: list[_Page] = []
        self._known: dict[str, bytes] = {}
        self._steps = 0
        self._pause = False

    async def step(self) -> Configurations:
        if self._pause:
            await asyncio.sleep(POLL_S)
        self._pause = False  # who failed decides when to look again
        step = self._difference(_by_id(await self._look()))
        self._pause = True
        return step

    async def close(self) -> None:
        await self._http.aclose()

    async def _look(self) -> list[bytes]:
        """Ask for every page; those of one look are kept together, or none of them is."""
        pages: list[_Page] = []
        while len(pages) < PAGES_MAX:
            pages.append(await self._page(len(pages)))
            ends = len(pages[-1].contents) < PER_PAGE
            repeats = len(pages) > 1 and pages[-1].contents == pages[-2].contents
            if ends or repeats:  # the second: a portal that does not know pages
                break
        self._pages = pages
        return [content for page in pages for content in page.contents]

    async def _page(self, index: int) -> _Page:
        before = self._pages[index] if index < len(self._pages) else _Page("", [])
        params = {"version": "latest", "page": str(index + 1), "per_page": str(PER_PAGE)}
        answer = await asked(self._http, self._url, params, "the portal", before.etag)
        if answer.status_code == 304:
            return before
        if answer.status_code != 200:
            raise FeedError(f"the portal answered {answer.status_code}: {answer.text[:200]}")
        try:
            found = msgspec.json.decode(answer.content, type=_List).proxy_configs
        except msgspec.MsgspecError as error:
            raise FeedError(f"the portal's answer makes no sense: {error}") from error
        contents = [bytes(element.proxy_config.content) for element in found]
        return _Page(answer.headers.get("ETag", ""), contents)

    def _difference(self, contents: dict[str, bytes]) -> Configurations:
        changed = [contents[k] for k in contents if self._known.get(k) != contents[k]]
        removed = [service_id for service_id in self._known if service_id not in contents]
        complete = not self._steps
        if complete or changed or removed:
            self._known, self._steps = contents, self._steps + 1
        services = [msgspec.json.decode(content, type=dict[str, Any]) for content in changed]
        return Configurations(f"portal-{self._steps}", complete, services, removed)


def authority_of(step: Configurations) -> str:
    """Return the URL of the authority that the documents name, "" if none does."""
    for service in step.services:
        match service:
            case {"proxy": {"backend": {"endpoint": str(endpoint)}}} if endpoint:
                return endpoint.rstrip("/")
    return ""


def _origin(endpoint: SplitResult) -> str:
    return f"{endpoint.scheme}://{endpoint.netloc.rpartition('@')[2]}"


def _by_id(contents: list[bytes]) -> dict[str, bytes]:
    """Name each document by its service; of two with one id the first counts, as in APIcast."""
    found: dict[str, bytes] = {}
    for content in contents:
        try:
            named = msgspec.json.decode(content, type=_Named)
        except msgspec.MsgspecError as error:
            raise FeedError(f"the portal's answer makes no sense: {error}") from error
        found.setdefault(str(named.id), content)
    return found
