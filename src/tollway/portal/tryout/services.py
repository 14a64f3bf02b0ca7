"""Calling a product through its staging gateway, and writing down what came of it."""

from __future__ import annotations

import asyncio
import threading
from datetime import timedelta

import msgspec
from django.conf import settings
from django.db import transaction
from msgspec import Struct

from tollway import clock
from tollway.portal.accounts.models import User
from tollway.portal.catalog import documents, endpoints
from tollway.portal.catalog import selectors as catalog
from tollway.portal.catalog.models import Product, Proxy, ProxyConfig
from tollway.portal.events import services as events
from tollway.portal.events.actors import Actor
from tollway.portal.fields import BASE, lock, refuse, seal
from tollway.portal.tenants.models import Tenant
from tollway.portal.tryout import reports, selectors, staging
from tollway.portal.tryout.calling import guard_of
from tollway.portal.tryout.judging import Outcome
from tollway.portal.tryout.models import Tryout
from tollway.portal.tryout.reports import Report
from tollway.portal.tryout.staging import Caller, Journey

TRIES_PER_MINUTE = 30  # of a tenant
UNDER_WAY = timedelta(seconds=45)  # longer than a test call can take: its process has ended
PRODUCTION_S = 4.0  # that somebody who promotes waits for the gateway
AT_ONCE = 2  # in this process, whose few threads serve everybody's pages

BUSY = "Other test calls are under way. Try again in a few seconds."
UNDER_WAY_ALREADY = "A test call is under way already. Its result will be here in a few seconds."
TOO_MANY = f"There are {TRIES_PER_MINUTE} test calls a minute. Try again in a minute."

_SANDBOX = ProxyConfig.Environment.SANDBOX
_slots = threading.BoundedSemaphore(AT_ONCE)


class _Way(Struct, frozen=True):
    """What is called: what is in force on staging."""

    product: Product
    proxy: Proxy
    config: ProxyConfig | None


def try_staging(product: Product, caller: Caller | None, *, by: Actor) -> Report:
    """Call the test path through the staging gateway, when that serves what is in force there.

    ``caller`` is the application that calls, None if the product has no live one. The proxy's
    `api_test_success` says afterwards whether the API answered 2xx; without a call it stays as it
    is. Not to be called within a transaction: it takes up to half a minute. Raises
    ``ValidationError`` if there were too many.
    """
    if not _slots.acquire(blocking=False):
        raise refuse(BASE, BUSY)
    try:
        proxy = catalog.proxy_of(product.tenant, product)
        way = _Way(product, proxy, catalog.config_in_force(product.tenant, product, _SANDBOX))
        tryout = _begin(way, by)
        report = _report(way, caller)
        _end(tryout, report, by)
    finally:
        _slots.release()
    return report


@transaction.atomic
def _begin(way: _Way, by: Actor) -> Tryout:
    tenant, now = way.product.tenant, clock.utc_now()
    lock(tenant)
    recent = selectors.tries_since(tenant, now - timedelta(minutes=1))
    under_way = recent.filter(passed__isnull=True, created_at__gt=now - UNDER_WAY)
    if under_way.filter(product=way.product).exists():
        raise refuse(BASE, UNDER_WAY_ALREADY)
    if recent.count() >= TRIES_PER_MINUTE:
        raise refuse(BASE, TOO_MANY)
    version = way.config.version if way.config else 0
    return Tryout.objects.create(
        tenant=tenant, product=way.product, author=_author(tenant, by), version=version
    )


def _author(tenant: Tenant, by: Actor) -> User | None:
    if by.kind != "user" or not by.id.isdecimal():
        return None
    return User.objects.filter(tenant=tenant, pk=int(by.id)).first()


def _report(way: _Way, caller: Caller | None) -> Report:
    missing = _missing(way, caller)
    if missing is not None or caller is None or way.config is None:
        name = caller.application if caller else ""
        return Report(missing or Outcome.NO_VERSION, name, way.proxy.api_test_path)
    own = way.proxy.own_sandbox_endpoint
    journey = Journey(
        endpoint=endpoints.staging_endpoint(way.proxy),
        path=way.proxy.api_test_path,
        document=documents.decode(way.config.content),
        caller=caller,
        names_address=bool(own),
        guard=guard_of(settings.TOLLWAY),
        echo_alias=settings.TOLLWAY.echo_alias,
    )
    report = asyncio.run(staging.travel(journey))
    return msgspec.structs.replace(report, application=caller.application, path=journey.path)


def _missing(way: _Way, caller: Caller | None) -> Outcome | None:
    """Say what is not there that a call takes."""
    if not way.proxy.api_test_path:
        return Outcome.NO_PATH
    if way.config is None:
        return Outcome.NO_VERSION
    if caller is None:
        return Outcome.NO_APPLICATION
    return None if caller.credentials or caller.token else Outcome.NO_TOKEN


_NOT_CALLED = {
    Outcome.NO_PATH,
    Outcome.NO_APPLICATION,
    Outcome.NO_TOKEN,
    Outcome.NO_VERSION,
}


@transaction.atomic
def _end(tryout: Tryout, report: Report, by: Actor) -> None:
    """Keep the report; of earlier ones only what is needed to count tries."""
    tenant, product = tryout.tenant, tryout.product
    tryout.passed = report.passed
    tryout.report_sealed = seal(reports.encode(report), "tryout")
    tryout.save(update_fields=["passed", "report_sealed", "updated_at"])
    old = selectors.tryouts_of(tenant, product).filter(pk__lt=tryout.pk)
    old.filter(created_at__lte=clock.utc_now() - timedelta(minutes=1)).delete()
    if report.outcome not in _NOT_CALLED:
        # No change of the settings: `updated_at` and `lock_version` stay.
        Proxy.objects.filter(tenant=tenant, product=product).update(api_test_success=report.passed)
    after = {
        "product_id": product.pk,
        "version": tryout.version,
        "outcome": str(report.outcome),
        "status": report.status,
    }
    events.append(tenant, "tryout.ended", tryout.pk, by=by, after=after)


def wait_for_production(product: Product) -> bool:
    """Wait a few seconds until the production gateway serves what is in force; say whether.

    It is asked by calls that count nothing. Not to be called within a transaction.
    """
    config = catalog.config_in_force(product.tenant, product, ProxyConfig.Environment.PRODUCTION)
    if config is None or not _slots.acquire(blocking=False):
        return False
    try:
        proxy = catalog.proxy_of(product.tenant, product)
        journey = Journey(
            endpoint=endpoints.production_endpoint(proxy),
            path="/",
            document=documents.decode(config.content),
            caller=Caller(""),
            names_address=bool(proxy.own_endpoint),
            guard=guard_of(settings.TOLLWAY),
        )
        return asyncio.run(staging.is_served(journey, patience_s=PRODUCTION_S))
    finally:
        _slots.release()
