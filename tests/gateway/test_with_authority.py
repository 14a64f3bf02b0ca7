"""The gateway with the real authority and the real store: admitted, counted, limited, followed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

import servers
from acceptance.load import statuses
from acceptance.world import within_one_minute
from gateway.issuer import Issuer
from gateway.platform import Platform
from gateway.stage import eventually


@pytest.fixture(scope="module")
def platform() -> Iterator[Platform]:
    with (
        servers.short_directory() as directory,
        servers.short_directory() as store,
        servers.valkey_server(store) as url,
    ):
        platform = Platform(directory, url)
        try:
            platform.gateway.wait()
            yield platform
        finally:
            platform.close()


def test_only_known_keys_pass_and_only_within_the_limit(platform: Platform) -> None:
    platform.publish("1", maximum=3)
    platform.deploy("1")
    eventually(lambda: platform.ask("1", "/") == 403, "product served")

    def story() -> None:
        platform.publisher.remove_application("1", "app")
        platform.publish("1", maximum=3)
        eventually(lambda: platform.ask("1", "/?user_key=wrong") == 403, "authority ready")
        before = len(platform.upstream.got)
        assert [platform.ask("1") for _ in range(5)] == [200, 200, 200, 429, 429]
        assert len(platform.upstream.got) - before == 3

    within_one_minute(story)


def test_a_metric_that_the_plan_switches_off_is_forbidden(platform: Platform) -> None:
    platform.publish("2", maximum=0)
    platform.deploy("2")
    eventually(lambda: platform.ask("2", "/") == 403, "product served")
    answer = platform.gateway.call("s2.localhost", "/?user_key=key")
    assert (answer.status_code, answer.text) == (403, "Authentication failed")


def test_with_openid_connect_the_token_names_the_application(platform: Platform) -> None:
    issuer = Issuer()
    try:
        platform.publish("6", maximum=1000, mode="oauth")
        platform.deploy("6", mode="oauth", oidc_issuer_endpoint=issuer.address)
        eventually(lambda: platform.ask("6", "/") == 403, "product served")

        def by_token(**claims: Any) -> int:
            return platform.ask("6", f"/?access_token={issuer.token(**claims)}")

        eventually(lambda: by_token() == 200, "authority ready")
        before = len(platform.upstream.got)
        assert by_token(azp="nobody's") == 403
        assert by_token(exp=1) == 403
        assert platform.ask("6", "/?app_id=app") == 403
        platform.publish("6", maximum=1000, mode="oauth", state="suspended")
        eventually(lambda: by_token() == 403, "application suspended")
        assert len(platform.upstream.got) - before <= 1  # a call that came before
    finally:
        issuer.close()


def test_a_deploy_is_in_force_within_moments_and_without_a_reload(platform: Platform) -> None:
    platform.publish("3")
    rule = {"http_method": "GET", "metric_system_name": "hits", "delta": 1}
    platform.deploy("3", proxy_rules=[{**rule, "pattern": "/old"}])
    eventually(lambda: platform.ask("3", "/old?user_key=key") == 200, "product served")
    workers = platform.gateway.admin("/status")["workers"]
    platform.deploy("3", proxy_rules=[{**rule, "pattern": "/new"}])
    eventually(lambda: platform.ask("3", "/old?user_key=key") == 404, "new rule in force")
    assert platform.ask("3", "/new?user_key=key") == 200
    assert platform.gateway.admin("/status")["workers"] == workers
    platform.publisher.remove_configuration("staging", "3")
    eventually(lambda: platform.ask("3", "/") == 404, "product gone")


def test_a_crowd_gets_exactly_what_the_limit_allows(platform: Platform) -> None:
    platform.publish("4", maximum=300, period="eternity")
    platform.deploy("4")
    eventually(lambda: platform.ask("4", "/") == 403, "product served")
    before = len(platform.upstream.got)
    url = f"http://s4.localhost:{platform.gateway.ports['staging']}/?user_key=key"
    assert statuses(url, clients=64, calls=3000) == {200: 300, 429: 2700}
    assert len(platform.upstream.got) - before == 300


def test_an_authority_that_comes_back_is_asked_at_once(platform: Platform) -> None:
    platform.publish("5")
    platform.deploy("5")
    eventually(lambda: platform.ask("5") == 200, "product served")
    platform.kill_authority()
    assert platform.ask("5") == 503
    platform.start_authority()
    eventually(lambda: platform.ask("5") == 200, "authority back")
    answers = Counter(platform.ask("5") for _ in range(50))
    assert answers == {200: 50}
    platform.deploy("5", proxy_rules=[])
    eventually(lambda: platform.ask("5") == 404, "configuration followed again")
