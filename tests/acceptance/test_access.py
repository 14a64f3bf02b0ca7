"""Only calls with valid credentials, on mapped paths, within the plan reach the API."""

from __future__ import annotations

import pytest

from acceptance.world import World, eventually

pytestmark = pytest.mark.acceptance


def test_the_printed_curl_line_reaches_the_echo_api(world: World) -> None:
    url = world.platform["curl"].split('"')[1]
    answer = world.get(url)
    assert answer.status_code == 200
    assert answer.json()["method"] == "GET"


@pytest.mark.parametrize("environment", ["staging", "production"])
def test_who_may_pass(world: World, environment: str) -> None:
    product = world.product()
    application = product.application(product.plan())
    product.serves(application["user_key"], on=environment)

    def ask(path: str, **params: str) -> tuple[int, str, str]:
        answer = product.call(path, on=environment, **params)
        return answer.status_code, answer.text, answer.headers["content-type"]

    ascii_text = "text/plain; charset=us-ascii"
    assert ask("/v1/fast/track") == (403, "Authentication parameters missing", ascii_text)
    assert ask("/v1/fast/track", user_key="wrong") == (403, "Authentication failed", ascii_text)

    answer = product.call("/v1/fast/track", on=environment, user_key=application["user_key"], x="1")
    assert answer.status_code == 200
    echoed = answer.json()
    assert echoed["path"] == "/v1/fast/track"
    assert echoed["args"]["x"] == "1"


def test_unmapped_calls_and_metrics_switched_off_are_refused(world: World) -> None:
    product = world.product()
    for name in ("v1", "v2"):
        product.metric(name)
    product.method("test")
    product.remove_rules()
    product.rule("/v1", "v1")
    product.rule("/v2", "v2")
    product.rule("/{version}/test", "test")
    product.deploy()
    plan = product.plan()
    product.limit(plan, "v2", "eternity", 0)
    key = product.application(plan)["user_key"]
    product.serves(key)
    product.limits(key, 0)

    def ask(path: str) -> tuple[int, str]:
        answer = product.call(path, user_key=key)
        return answer.status_code, answer.text if answer.status_code >= 400 else ""

    eventually(lambda: ask("/missing") == (404, "No Mapping Rule matched"), "rules deployed")
    assert ask("/v1/test") == (200, "")
    assert ask("/v2/test") == (403, "Authentication failed")
    assert ask("/noversion/test") == (200, "")


def test_application_id_and_key_work_in_headers(world: World) -> None:
    product = world.product(backend_version="2")
    product.update_proxy(credentials_location="headers")
    account = world.account()
    application = product.application(product.plan(), account, application_key="s3cret-key")
    app_id = application["application_id"]

    def ask(**headers: str) -> tuple[int, str]:
        url = f"{product.urls['staging']}/any"
        answer = world.http.get(url, headers={k.replace("_", "-"): v for k, v in headers.items()})
        return answer.status_code, answer.text if answer.status_code >= 400 else ""

    eventually(lambda: ask(app_id=app_id, app_key="s3cret-key") == (200, ""), "app id and key")
    assert ask(app_id=app_id) == (403, "Authentication parameters missing")
    assert ask(app_id=app_id, app_key="wrong") == (403, "Authentication failed")
