"""A test call from the portal to a gateway: what is kept, said, and bounded."""

from __future__ import annotations

import base64
import threading
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from portal.people import BY, Provider
from portal.tryout.gateways import Gateway, Said, configuration_of, serve_at, served, speaking
from tollway import clock
from tollway.portal.accounts.models import User
from tollway.portal.catalog import selectors as catalog
from tollway.portal.catalog.services import deploy, promote, update_proxy
from tollway.portal.console.integration.example import caller_of
from tollway.portal.events.actors import Actor
from tollway.portal.events.selectors import events_of
from tollway.portal.tryout import reports, services, staging
from tollway.portal.tryout.judging import Outcome
from tollway.portal.tryout.models import Tryout
from tollway.portal.tryout.reports import HIDDEN, Report
from tollway.portal.tryout.selectors import last_tryout_of, tries_since, tryouts_of
from tollway.portal.tryout.services import try_staging, wait_for_production

pytestmark = pytest.mark.django_db

ECHO = Said(200, {"Content-Type": "application/json"}, b'{"path": "/"}')


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a test has no gateway, nobody waits for one."""
    monkeypatch.setattr(staging, "UNTOLD_S", 0.0)


def tried(provider: Provider, *, by: Actor = BY) -> Report:
    proxy = catalog.proxy_of(provider.tenant, provider.product)
    return try_staging(provider.product, caller_of(provider.product, proxy), by=by)


def success(provider: Provider) -> bool | None:
    return catalog.proxy_of(provider.tenant, provider.product).api_test_success


def test_a_call_that_comes_through_is_kept_and_told(acme: Provider) -> None:
    with served(acme, ECHO) as (_, server):
        before = catalog.proxy_of(acme.tenant, acme.product)
        report = tried(acme, by=Actor("user", str(acme.admin.pk)))
        called = [target for target, _ in server.heard if target != "/"]
    assert (report.outcome, report.usage, report.rules) == (Outcome.PASSED, {"hits": 1}, ("/",))
    assert called == [f"/?user_key={acme.application.user_key}"], "one call, and it is counted"
    kept = last_tryout_of(acme.tenant, acme.product)
    assert kept is not None
    assert (kept.passed, kept.author, kept.version) == (True, acme.admin, 1)
    assert reports.decode(kept.report) == report
    assert success(acme) is True
    after = catalog.proxy_of(acme.tenant, acme.product)
    assert (after.lock_version, after.updated_at) == (before.lock_version, before.updated_at)
    event = events_of(acme.tenant).last()
    assert event is not None
    assert (event.kind, event.after["outcome"]) == ("tryout.ended", "passed")


def test_what_an_api_answers_is_kept_sealed(acme: Provider) -> None:
    with served(acme, Said(200, {}, b"private matter")):
        tried(acme)
    kept = Tryout.objects.get()
    assert b"private matter" not in bytes(kept.report_sealed)
    assert "private matter" in kept.report


def test_credentials_of_basic_authentication_are_not_kept(acme: Provider) -> None:
    update_proxy(acme.product, by=BY, api_test_path="/?user_key=")
    update_proxy(acme.product, by=BY, credentials_location="authorization")
    sent = base64.b64encode(f"{acme.application.user_key}:".encode())
    with served(acme, Said(200, {}, b"Basic " + sent)):
        assert tried(acme).body == f"Basic {HIDDEN}"


def test_a_red_call_says_so_at_the_proxy(acme: Provider) -> None:
    with served(acme, Said(500, {}, b"oops")):
        assert tried(acme).outcome is Outcome.ANSWERED
    assert success(acme) is False


def test_what_is_not_there_is_not_called(acme: Provider) -> None:
    assert tried(acme).outcome is Outcome.NO_VERSION
    deploy(acme.product, by=BY)
    assert try_staging(acme.product, None, by=BY).outcome is Outcome.NO_APPLICATION
    assert success(acme) is None
    update_proxy(acme.product, by=BY, api_test_path="")
    assert tried(acme).outcome is Outcome.NO_PATH
    assert success(acme) is None


def test_a_gateway_of_another_make_is_called_all_the_same(acme: Provider) -> None:
    with served(acme, ECHO) as (gateway, _):
        gateway.configuration = ""
        report = tried(acme)
    assert (report.outcome, report.certain) == (Outcome.PASSED, False)


def test_a_gateway_that_is_not_there(acme: Provider) -> None:
    with served(acme, ECHO):
        pass
    report = tried(acme)
    assert report.outcome is Outcome.NO_GATEWAY
    assert "own.localhost cannot be connected to" in report.detail
    assert success(acme) is False


def test_an_api_that_keeps_the_gateway_waiting_is_told_from_a_gateway_that_is_not_there(
    acme: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staging, "CALL_S", 0.2)
    told = threading.Event()

    def slow(target: str, headers: Mapping[str, str]) -> Said:
        if "user_key=" in target:
            told.wait(10)
        return gateway(target, headers)

    gateway = Gateway(ECHO)
    with speaking(slow) as speaker:
        serve_at(acme, speaker.url)
        gateway.configuration = configuration_of(acme)
        report = tried(acme)
        told.set()
    assert report.outcome is Outcome.TIMEOUT
    assert "did not answer within" in report.detail


def test_an_address_that_a_tenant_names_is_guarded(acme: Provider) -> None:
    serve_at(acme, "http://169.254.169.254:80")
    report = tried(acme)
    assert report.outcome is Outcome.NO_GATEWAY
    assert "never dialled" in report.detail


def test_there_are_so_many_a_minute_and_one_at_a_time(acme: Provider, globex: Provider) -> None:
    tried(acme)
    Tryout.objects.bulk_create(
        Tryout(tenant=acme.tenant, product=acme.product, version=1, passed=False)
        for _ in range(services.TRIES_PER_MINUTE)
    )
    with pytest.raises(ValidationError, match="test calls a minute"):
        tried(acme)
    tried(globex)
    Tryout.objects.create(tenant=globex.tenant, product=globex.product, version=1)
    with pytest.raises(ValidationError, match="under way already"):
        tried(globex)
    Tryout.objects.update(created_at=clock.utc_now() - timedelta(minutes=2))
    tried(acme)
    tried(globex)
    assert tryouts_of(acme.tenant, acme.product).count() == 1, "what counts no more is gone"


def test_a_process_makes_a_few_at_once_and_no_more(
    acme: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "_slots", threading.BoundedSemaphore(1))
    with services._slots, pytest.raises(ValidationError, match="Other test calls"):
        tried(acme)
    assert not Tryout.objects.exists()
    tried(acme)


def test_an_actor_who_is_no_user_is_nobody_in_particular(acme: Provider) -> None:
    tried(acme, by=Actor("system"))
    assert Tryout.objects.get().author is None
    assert User.objects.filter(pk=acme.admin.pk).exists()
    since = clock.utc_now() - timedelta(minutes=1)
    assert tries_since(acme.tenant, since).count() == 1


def test_production_is_waited_for(acme: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "PRODUCTION_S", 0.2)
    assert not wait_for_production(acme.product), "nothing is there"
    answers: dict[str, Any] = {}
    with speaking(lambda *_: Said(403, answers)) as server:
        serve_at(acme, server.url)
        update_proxy(acme.product, by=BY, endpoint=server.url.replace("own", "live"))
        staging = catalog.config_in_force(acme.tenant, acme.product, "sandbox")
        assert staging is not None
        promote(acme.product, by=BY, version=staging.version)
        assert not wait_for_production(acme.product)
        answers["X-Tollway-Configuration"] = configuration_of(acme)
        assert wait_for_production(acme.product)
