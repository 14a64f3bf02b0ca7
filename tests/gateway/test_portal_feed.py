"""A gateway that is given a portal's address and a token, and nothing else, serves its products."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

import servers
from gateway.issuer import Issuer
from gateway.portals import Portal
from gateway.stage import Authority, Gateway, Upstream, eventually, service
from tollway import config
from tollway.gateway import portal_feed
from tollway.gateway.feed import FeedError
from tollway.gateway.portal_feed import PortalFeed, authority_of
from tollway.store.snapshot import Configurations

SAMPLE = "api-2.staging.gateway.localhost"
MASTER_PATH = "/master/api/proxy/configs"


class Scene:
    """A portal and its authority, which are up for all tests here."""

    def __init__(self, directory: Path) -> None:
        self.authority, self.upstream = Authority(), Upstream()
        self.portal = Portal(directory, self.authority.url, self.upstream.port)

    @property
    def endpoint(self) -> str:
        return f"http://{self.portal.token}@{self.portal.admin}"

    def gateway(self, directory: Path, **environ: str) -> Gateway:
        return Gateway(directory, "", TOLLWAY_GATEWAY_TOKEN="", **environ)

    def close(self) -> None:
        self.portal.close()
        self.upstream.close()
        self.authority.close()


@pytest.fixture(scope="module")
def scene() -> Iterator[Scene]:
    with servers.short_directory() as directory:
        scene = Scene(directory)
        try:
            yield scene
        finally:
            scene.close()


@pytest.fixture(scope="module")
def gateway(scene: Scene) -> Iterator[Gateway]:
    with servers.short_directory() as directory:
        gateway = scene.gateway(directory, TOLLWAY_PORTAL_ENDPOINT=scene.endpoint)
        try:
            gateway.wait()
            yield gateway
        finally:
            gateway.close()


def feed(endpoint: str, environment: str = "staging") -> PortalFeed:
    environ = {"TOLLWAY_SECRET_KEY": "00" * 32, "TOLLWAY_PORTAL_ENDPOINT": endpoint}
    return PortalFeed(config.load(environ), environment)


def names(step: Configurations) -> set[str]:
    return {service["system_name"] for service in step.services}


def test_a_gateway_boots_from_a_portals_address_alone(scene: Scene, gateway: Gateway) -> None:
    """The documents say where the authority is."""
    assert gateway.call(SAMPLE, "/").status_code == 403
    before = len(scene.upstream.got)
    assert gateway.call(SAMPLE, "/?user_key=some-key").status_code == 200
    assert len(scene.upstream.got) == before + 1
    assert "user_key=some-key" in scene.authority.asked[-1][0]
    production = SAMPLE.replace(".staging", "")
    assert gateway.call(production, "/", on="production").status_code == 403


def test_openid_connect_is_set_up_by_the_portals_document_alone(
    scene: Scene, gateway: Gateway
) -> None:
    service_id, host = scene.portal.product("by_token")
    issuer = Issuer()
    try:
        path = f"/services/{service_id}"
        scene.portal.api("PUT", path, backend_version="oidc")
        login = issuer.address.replace("://", "://client:secret@")
        scene.portal.api("PATCH", f"{path}/proxy", oidc_issuer_endpoint=login)

        def call(token: str) -> int:
            return gateway.call(host, f"/?access_token={token}").status_code

        eventually(lambda: call(issuer.token(azp="client")) == 200, "tokens taken")
        assert "app_id=client" in scene.authority.asked[-1][0]
        assert call(issuer.token(exp=1)) == 403
    finally:
        issuer.close()


def test_products_come_and_go(scene: Scene, gateway: Gateway) -> None:
    service_id, host = scene.portal.product("coming")
    assert gateway.call(host, "/").status_code == 404
    eventually(lambda: gateway.call(host, "/").status_code == 403, "new product")
    scene.portal.api("DELETE", f"/services/{service_id}")
    eventually(lambda: gateway.call(host, "/").status_code == 404, "removed product gone")
    assert gateway.call(SAMPLE, "/").status_code == 403


def test_while_the_portal_is_away_what_is_known_stays(scene: Scene, gateway: Gateway) -> None:
    scene.portal.stop()
    eventually(lambda: "the portal does not answer" in gateway.log.read_text(), "noticed")
    assert gateway.call(SAMPLE, "/?user_key=some-key").status_code == 200
    scene.portal.start()
    eventually(lambda: "is followed again" in gateway.log.read_text(), "followed again")
    _, host = scene.portal.product("later")
    eventually(lambda: gateway.call(host, "/").status_code == 403, "change after the return")


def test_the_operators_address_serves_every_tenant(scene: Scene) -> None:
    token = scene.portal.credentials["master_token"]
    endpoint = f"http://:{token}@master.localhost:{scene.portal.port}{MASTER_PATH}"
    with servers.short_directory() as directory:
        gateway = scene.gateway(directory, THREESCALE_PORTAL_ENDPOINT=endpoint)
        try:
            gateway.wait()
            assert gateway.call(SAMPLE, "/?user_key=some-key").status_code == 200
        finally:
            gateway.close()


def test_every_page_is_read(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(portal_feed, "PER_PAGE", 2)
    monkeypatch.setattr(portal_feed, "POLL_S", 0.01)
    created = {f"page{number}" for number in range(4)}
    made = {name: scene.portal.product(name)[0] for name in created}

    async def story() -> None:
        source = feed(scene.endpoint)
        first = await source.step()
        assert first.complete
        assert created | {"api"} <= names(first)
        await asyncio.to_thread(scene.portal.api, "DELETE", f"/services/{made['page1']}")
        second = await source.step()
        assert (second.complete, names(second), second.removed) == (
            False, set(), [str(made["page1"])],
        )  # fmt: skip
        assert second.cursor != first.cursor
        await source.close()

    asyncio.run(asyncio.wait_for(story(), servers.PATIENCE_S))


@pytest.mark.parametrize(
    ("user", "path", "reason"),
    [
        ("wrong", "", "the portal answered 403"),
        ("wrong", "/elsewhere", "the portal answered 404"),
        (None, "/admin/api/services/1", "the portal answered"),
    ],
)
def test_what_is_not_a_list_of_configurations_is_no_step(
    scene: Scene, user: str | None, path: str, reason: str
) -> None:
    endpoint = f"http://{user or scene.portal.token}@{scene.portal.admin}{path}"

    async def story() -> None:
        source = feed(endpoint)
        with pytest.raises(FeedError, match=reason) as refused:
            await source.step()
        assert scene.portal.token not in str(refused.value)
        await source.close()

    asyncio.run(asyncio.wait_for(story(), servers.PATIENCE_S))


def test_the_authority_is_where_the_documents_say() -> None:
    document = service("1", None)
    document["proxy"]["backend"] = {"endpoint": "https://su1.example.com:443/"}
    step = Configurations("1", complete=True, services=[service("2", None), document])
    assert authority_of(step) == "https://su1.example.com:443"
    assert authority_of(Configurations("1", complete=True)) == ""
