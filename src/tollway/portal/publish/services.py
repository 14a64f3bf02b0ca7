"""Making the store equal to SQL: all of it, or what the next events of the log touch.

Every step is absolute and may be repeated. One process at a time publishes.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, Protocol, TypeVar

import msgspec
from django.db.models import Max, Min, Q, QuerySet

from tollway.core.configurations import for_gateways
from tollway.portal.applications.models import Application
from tollway.portal.catalog import documents
from tollway.portal.catalog.models import Product, ProxyConfig, ServiceToken
from tollway.portal.events import selectors as log
from tollway.portal.events import services as events
from tollway.portal.plans.models import ApplicationPlan
from tollway.portal.publish.builders import CHUNK, build_applications, build_products
from tollway.portal.publish.targets import Targets, targets_of
from tollway.portal.tenants.hosts import developer_origin
from tollway.portal.tenants.models import Tenant
from tollway.store import SourceConflictError, snapshot

READER = "publish"
BATCH = 200  # events dealt with in one step
ANEW = "publish-anew"  # a cursor that is 1 while everything is to be published once more

_logger = logging.getLogger(__name__)
_T = TypeVar("_T")

_ENVIRONMENTS = {
    ProxyConfig.Environment.SANDBOX: "staging",
    ProxyConfig.Environment.PRODUCTION: "production",
}


class Store(Protocol):
    """The writing half of a store: ``store.publishing.Publisher``, or ``store.memory``."""

    def put_product(self, product: snapshot.Product) -> None: ...
    def remove_product(self, service_id: str) -> None: ...
    def put_application(self, application: snapshot.Application) -> None: ...
    def remove_application(self, service_id: str, application_id: str) -> None: ...
    def put_service_token(self, service_id: str, digest: bytes) -> None: ...
    def remove_service_token(self, service_id: str, digest: bytes) -> None: ...
    def put_provider(self, digest: bytes, owner: snapshot.Owner) -> None: ...
    def remove_provider(self, digest: bytes) -> None: ...
    def put_gateway(self, digest: bytes, gateway: snapshot.Gateway) -> None: ...
    def put_configuration(
        self, environment: str, owner: str, service_id: str, document: Mapping[str, Any]
    ) -> None: ...
    def remove_configuration(self, environment: str, service_id: str) -> None: ...
    def position(self) -> int: ...
    def mark(self, position: int) -> None: ...


def publish_events(store: Store) -> int:
    """Publish what the next events touch; return how many events that were.

    A store that has come less far than SQL's cursor has lost its data, and one that is ahead of
    the log belongs to another database: then everything is published first.
    """
    position = log.position_of(READER)
    if not position <= store.position() <= log.newest_position():
        return publish_all(store)
    batch = log.events_after(position, limit=BATCH)
    if batch:
        _publish(store, targets_of(batch))
        _come_to(store, batch[-1].pk)
    return len(batch)


def publish_all(store: Store) -> int:
    """Publish everything there is; return how many products and applications that was."""
    position = log.newest_position()  # what happens from here on, the log will tell
    count = _put_everything(store)
    _come_to(store, position)
    return count


def ask_for_everything() -> None:
    """Have everything published once more by the reader that starts next.

    For a database that was migrated: what is published of its rows may have changed as well.
    """
    events.advance(ANEW, to=1)


def publish_what_was_asked_for(store: Store) -> None:
    """Publish everything if that was asked for; events go on from where they were."""
    if log.position_of(ANEW):
        _put_everything(store)
        events.advance(ANEW, to=0)


def _put_everything(store: Store) -> int:
    count = _put_products(store, Product.objects.all())
    _put_configurations(store, ProxyConfig.objects.all())
    count += _put_applications(store, Application.objects.all())
    _put_providers(store, Tenant.objects.all())
    return count


def _come_to(store: Store, position: int) -> None:
    store.mark(position)
    events.advance(READER, to=position)


def _publish(store: Store, targets: Targets) -> None:
    _each(_missing(targets.named), lambda name: store.remove_application(str(name[0]), name[1]))
    touched = Q(pk__in=targets.products) | Q(backend_usages__backend__in=targets.of_backends)
    products = Product.objects.filter(touched).distinct()
    left = _left_plans(targets.left)
    _put_products(store, products, left)
    gone = targets.products - set(products.values_list("pk", flat=True))
    _each(gone, lambda product: store.remove_product(str(product)))
    _each(
        _ended(targets.old_service_tokens),
        lambda token: store.remove_service_token(str(token[0]), bytes.fromhex(token[1])),
    )
    of_tenants = Q(tenant__in=targets.configurations_of_tenants)
    deployed = ProxyConfig.objects.filter(Q(product__in=targets.configurations) | of_tenants)
    _put_configurations(store, deployed)
    _put_applications(store, _applications(targets))
    _put_products(store, Product.objects.filter(pk__in=left))
    _each(targets.old_provider_keys, lambda key: store.remove_provider(bytes.fromhex(key)))
    _put_providers(store, Tenant.objects.filter(pk__in=targets.tenants))


def _applications(targets: Targets) -> QuerySet[Application]:
    products, names = {name[0] for name in targets.named}, {name[1] for name in targets.named}
    return Application.objects.filter(
        # More than was named, if ids are alike in several products: putting again is harmless.
        Q(product__in=products, application_id__in=names)
        | Q(product__in=targets.applications_of_products)
        | Q(plan__in=targets.applications_of_plans)
        | Q(plan__parent__in=targets.applications_of_plans)
        | Q(account__in=targets.applications_of_accounts)
        | Q(tenant__in=targets.applications_of_tenants)
    )


def _missing(named: set[tuple[int, str]]) -> set[tuple[int, str]]:
    found = Application.objects.filter(
        product__in={name[0] for name in named}, application_id__in={name[1] for name in named}
    )
    return named - set(found.values_list("product_id", "application_id"))


def _ended(tokens: set[tuple[int, str]]) -> set[tuple[int, str]]:
    """Return the service tokens that are gone: an event may be older than what it tells of."""
    digests = {digest for _, digest in tokens}
    there = ServiceToken.objects.filter(digest__in=digests).values_list("product_id", "digest")
    return tokens - set(there)


def _left_plans(left: set[tuple[int, str, int]]) -> dict[int, dict[str, str]]:
    """Return by product the plans that are gone, each with what an application has now instead.

    The store takes an application after its product. In between, its record names a plan that the
    product has no more; a plan that is not there limits nothing, so another stands in for it.
    """
    old = {plan for _, _, plan in left}
    there = set(ApplicationPlan.objects.filter(pk__in=old).values_list("pk", flat=True))
    gone = {(product, name): plan for product, name, plan in left if plan not in there}
    if not gone:
        return {}
    applications = Application.objects.filter(
        product__in={key[0] for key in gone}, application_id__in={key[1] for key in gone}
    )
    found: dict[int, dict[str, str]] = {product: {} for product, _ in gone}
    for product, name, plan in applications.values_list("product_id", "application_id", "plan_id"):
        if (product, name) in gone:
            found[product][str(gone[product, name])] = str(plan)
    return found


def _with_stand_ins(product: snapshot.Product, left: Mapping[str, str]) -> snapshot.Product:
    stand_ins = {
        old: msgspec.structs.replace(product.plans[new], id=old)
        for old, new in left.items()
        if new in product.plans
    }
    return msgspec.structs.replace(product, plans={**stand_ins, **product.plans})


def _put_products(
    store: Store, rows: QuerySet[Product], left: Mapping[int, Mapping[str, str]] | None = None
) -> int:
    left = left or {}
    built = (_with_stand_ins(each, left.get(int(each.id), {})) for each in build_products(rows))
    count = _each(built, store.put_product)
    tokens = ServiceToken.objects.filter(product__in=rows.values("pk"))
    pairs = tokens.order_by("pk").values_list("product_id", "digest").iterator(CHUNK)
    _each(pairs, lambda pair: store.put_service_token(str(pair[0]), bytes.fromhex(pair[1])))
    return count


def _put_applications(store: Store, rows: QuerySet[Application]) -> int:
    return _each(build_applications(rows), store.put_application)


def _put_configurations(store: Store, rows: QuerySet[ProxyConfig]) -> None:
    """Publish the newest of these rows for each product and environment.

    Beside what was deployed stands whose pages may call the product: ``portal_origin``. The
    portal's own login at an identity provider is left out. Gateways hear nothing of a product in a
    service mesh, which they do not serve.
    """
    newest = rows.order_by().values("product", "environment").annotate(newest=Max("pk"))
    in_force = ProxyConfig.objects.filter(pk__in=newest.values("newest"))

    def put(config: ProxyConfig) -> None:
        environment = _ENVIRONMENTS[ProxyConfig.Environment(config.environment)]
        owner, service_id = str(config.tenant_id), str(config.product_id)
        document = documents.decode(config.content)
        if documents.served_by_gateways(document):
            origin = developer_origin(config.tenant)
            served = {**for_gateways(document), "portal_origin": origin}
            store.put_configuration(environment, owner, service_id, served)
        else:
            store.remove_configuration(environment, service_id)

    _each(in_force.select_related("tenant").order_by("pk").iterator(CHUNK), put)


def _put_providers(store: Store, rows: QuerySet[Tenant]) -> None:
    """Publish provider keys. Requests without a service id go to the tenant's first product."""
    for tenant in rows.annotate(first_product=Min("products__pk")).iterator(CHUNK):
        first = tenant.first_product
        owner = snapshot.Owner(str(tenant.pk), None if first is None else str(first))
        approved = tenant.state == Tenant.State.APPROVED
        found = filter(None, (tenant.provider_key_digest, tenant.old_provider_key_digest))
        _each(map(bytes.fromhex, found), partial(_put_provider, store, owner if approved else None))


def _put_provider(store: Store, owner: snapshot.Owner | None, digest: bytes) -> None:
    if owner is None:
        store.remove_provider(digest)
    else:
        store.put_provider(digest, owner)


def _each(items: Iterable[_T], put: Callable[[_T], None]) -> int:
    """Do it for each; return for how many. A service of the other source is left alone."""
    count = 0
    for item in items:
        try:
            put(item)
        except SourceConflictError as error:
            _logger.error("not published: %s", error)  # noqa: TRY400  (expected; says it all)
        else:
            count += 1
    return count
