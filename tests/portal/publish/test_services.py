"""What people change is what the data planes see, and nothing else moves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from portal.people import BY, Provider
from portal.publish.homes import Home, document_of, record_of
from tollway.core.configurations import fingerprint
from tollway.portal.accounts.services import (
    change_account_state,
    change_tenant_state,
)
from tollway.portal.applications import services as applications
from tollway.portal.catalog import documents
from tollway.portal.catalog import services as catalog
from tollway.portal.catalog.selectors import config_in_force
from tollway.portal.events.models import Cursor, Event
from tollway.portal.events.selectors import newest_position, position_of
from tollway.portal.mail.models import Audience
from tollway.portal.plans import services as plans
from tollway.portal.publish.services import (
    READER,
    ask_for_everything,
    publish_all,
    publish_events,
    publish_what_was_asked_for,
)
from tollway.portal.storefront.domains import proof_of, use_domain, want_domain
from tollway.portal.storefront.names import Seen
from tollway.portal.tenants.hosts import developer_origin
from tollway.store.snapshot import Application


def test_everything_made_is_published(acme: Provider, home: Home) -> None:
    home.catch_up()
    product, hits, backend_hits = (
        document_of(home, acme), acme.hits, acme.backend.metrics.get(),
    )  # fmt: skip
    assert product.owner == str(acme.tenant.pk)
    assert product.backend_version == "1"
    assert [(m.id, m.name, m.parent) for m in product.metrics] == [
        (str(hits.pk), "hits", None),
        (str(backend_hits.pk), f"hits.{acme.backend.pk}", str(hits.pk)),
    ]
    assert [plan.name for plan in product.plans.values()] == ["Basic"]

    application = home.by_user_key(acme.product.pk, acme.application.user_key)
    assert application == record_of(home, acme)
    assert application
    assert (application.state, application.plan_id) == ("active", str(acme.plan.pk))
    token = acme.product.service_tokens.get().value
    assert home.service_token(token, acme.product.pk)
    owner = home.provider(acme.tenant.provider_key)
    assert owner
    assert (owner.id, owner.default_service_id) == (str(acme.tenant.pk), str(acme.product.pk))


def test_a_limit_is_in_the_product_until_it_is_deleted(acme: Provider, home: Home) -> None:
    def limits() -> list[tuple[str, str, int]]:
        home.catch_up()
        plan = document_of(home, acme).plans[str(acme.plan.pk)]
        return [(limit.metric, limit.period, limit.maximum) for limit in plan.limits]

    hits = acme.hits
    limit = plans.create_limit(acme.plan, hits, by=BY, period="hour", value=3)
    assert limits() == [(str(hits.pk), "hour", 3)]
    plans.update_limit(acme.plan, limit, by=BY, value=5)
    assert limits() == [(str(hits.pk), "hour", 5)]
    plans.delete_limit(acme.plan, limit, by=BY)
    assert limits() == []


def test_a_limit_on_a_backend_that_is_not_used_any_more_is_left_out(
    acme: Provider, home: Home
) -> None:
    plans.create_limit(acme.plan, acme.backend.metrics.get(), by=BY, period="day", value=0)
    home.catch_up()
    assert len(document_of(home, acme).plans[str(acme.plan.pk)].limits) == 1
    catalog.delete_backend_usage(acme.product.backend_usages.get(), by=BY)
    home.catch_up()
    product = document_of(home, acme)
    assert product.plans[str(acme.plan.pk)].limits in ((), [])
    assert [metric.name for metric in product.metrics] == ["hits"]


def test_a_metric_of_a_backend_reaches_every_product_that_uses_it(
    acme: Provider, home: Home
) -> None:
    other = acme.another_product()
    catalog.create_backend_usage(other, by=BY, backend=acme.backend, path="/x")
    home.catch_up()
    method = catalog.create_method(acme.backend, by=BY, friendly_name="Search")
    home.catch_up()
    name = f"search.{acme.backend.pk}"
    for product in (acme.product, other):
        found = home.product(product.pk)
        assert found
        assert name in [metric.name for metric in found.metrics]
    catalog.delete_metric(method, by=BY)
    home.catch_up()
    assert name not in [metric.name for metric in document_of(home, acme).metrics]


def test_a_renamed_plan_is_renamed_in_products_and_records(acme: Provider, home: Home) -> None:
    home.catch_up()
    plans.update_plan(acme.plan, by=BY, name="Silver")
    home.catch_up()
    assert document_of(home, acme).plans[str(acme.plan.pk)].name == "Silver"
    record = record_of(home, acme)
    assert record
    assert record.plan_name == "Silver"


STATES: list[tuple[str, Callable[[Provider], Any], Callable[[Provider], Any]]] = [
    (
        "application",
        lambda p: applications.change_state(p.application, "suspend", by=BY),
        lambda p: applications.change_state(p.application, "resume", by=BY),
    ),
    (
        "deprecated application",
        lambda p: applications.change_state(p.application, "deprecate", by=BY),
        lambda p: applications.change_state(p.application, "resume", by=BY),
    ),
    (
        "account",
        lambda p: change_account_state(p.account, "suspend", by=BY),
        lambda p: change_account_state(p.account, "resume", by=BY),
    ),
    (
        "tenant",
        lambda p: change_tenant_state(p.tenant, "suspend", by=BY),
        lambda p: change_tenant_state(p.tenant, "resume", by=BY),
    ),
]


@pytest.mark.parametrize(("whose", "suspend", "resume"), STATES, ids=[s[0] for s in STATES])
def test_an_application_is_active_while_everybody_above_it_is(
    acme: Provider,
    globex: Provider,
    home: Home,
    whose: str,
    suspend: Callable[[Provider], Any],
    resume: Callable[[Provider], Any],
) -> None:
    def state(provider: Provider) -> str:
        home.catch_up()
        record = record_of(home, provider)
        assert record
        return record.state

    assert state(acme) == "active"
    suspend(acme)
    assert state(acme) == "suspended", whose
    assert state(globex) == "active"
    resume(acme)
    assert state(acme) == "active"


def test_gateways_hear_nothing_of_a_product_in_a_service_mesh(acme: Provider, home: Home) -> None:
    catalog.deploy(acme.product, by=BY)
    catalog.promote(acme.product, by=BY, version=1)
    home.catch_up()
    assert acme.product.pk in home.served("production")
    applications.update_product(acme.product, by=BY, deployment_option="service_mesh_istio")
    home.catch_up()
    assert acme.product.pk in home.served("production"), "until it is deployed"
    catalog.deploy(acme.product, by=BY)
    home.catch_up()
    assert home.served("production") == home.served("staging") == {}
    publish_all(home.writer)
    assert home.served("production") == {}


def test_a_deleted_application_is_gone_and_its_neighbour_is_not(acme: Provider, home: Home) -> None:
    neighbour = acme.another_application()
    home.catch_up()
    key = acme.application.user_key
    applications.delete_application(acme.application, by=BY)
    home.catch_up()
    assert record_of(home, acme) is None
    assert home.by_user_key(acme.product.pk, key) is None
    assert home.by_user_key(acme.product.pk, neighbour.user_key)


def test_a_deleted_account_takes_its_applications_along(
    acme: Provider, globex: Provider, home: Home
) -> None:
    home.catch_up()
    applications.delete_account(acme.account, by=BY)
    home.catch_up()
    assert record_of(home, acme) is None
    assert record_of(home, globex)


def test_a_deleted_product_leaves_nothing_behind(acme: Provider, home: Home) -> None:
    other = acme.another_product()
    catalog.deploy(acme.product, by=BY)
    catalog.promote(acme.product, by=BY, version=1)
    home.catch_up()
    pk, key = acme.product.pk, acme.application.user_key
    token = acme.product.service_tokens.get().value
    assert pk in home.served("staging")
    catalog.delete_product(acme.product, by=BY)
    home.catch_up()
    assert home.product(pk) is None
    assert record_of_pk(home, pk, acme) is None
    assert home.by_user_key(pk, key) is None
    assert not home.service_token(token, pk)
    assert pk not in home.served("staging")
    assert pk not in home.served("production")
    owner = home.provider(acme.tenant.provider_key)
    assert owner
    assert owner.default_service_id == str(other.pk)


def record_of_pk(home: Home, product_id: int, provider: Provider) -> Application | None:
    return home.application(product_id, provider.application.application_id)


def test_a_configuration_is_in_staging_on_deploy_and_in_production_on_promote(
    acme: Provider, home: Home
) -> None:
    def patterns(environment: str) -> list[str]:
        home.catch_up()
        served = home.served(environment).get(acme.product.pk)
        return [rule["pattern"] for rule in served["proxy"]["proxy_rules"]] if served else []

    assert patterns("staging") == []
    catalog.deploy(acme.product, by=BY)
    assert patterns("staging") == ["/"]
    catalog.create_mapping_rule(
        acme.product, by=BY, metric=acme.hits, http_method="GET", pattern="/new", delta=1
    )
    assert patterns("staging") == ["/"]
    catalog.deploy(acme.product, by=BY)
    assert patterns("staging") == ["/", "/new"]
    assert patterns("production") == []
    catalog.promote(acme.product, by=BY, version=2)
    assert patterns("production") == ["/", "/new"]


def test_beside_what_was_deployed_stands_whose_pages_may_call(acme: Provider, home: Home) -> None:
    catalog.deploy(acme.product, by=BY)
    home.catch_up()
    served = home.served("staging")[acme.product.pk]
    assert served.pop("portal_origin") == developer_origin(acme.tenant)
    config = config_in_force(acme.tenant, acme.product, "sandbox")
    assert config
    assert served == documents.decode(config.content)


def test_pages_of_a_domain_of_the_tenant_s_own_may_call_from_when_it_is_used(
    acme: Provider, globex: Provider, home: Home
) -> None:
    for provider in (acme, globex):
        catalog.deploy(provider.product, by=BY)
    home.catch_up()
    host = "portal.acme.example"
    want_domain(acme.tenant, Audience.DEVELOPER, host, by=BY)
    seen = Seen(host, (proof_of(acme.tenant, host),), (), here=True, silent=False)
    use_domain(acme.tenant, Audience.DEVELOPER, seen, by=BY)
    home.catch_up()
    origins = {pk: served["portal_origin"] for pk, served in home.served("staging").items()}
    assert origins == {
        acme.product.pk: f"http://{host}:3000",
        globex.product.pk: "http://globex.localhost:3000",
    }


def test_the_portals_login_at_an_issuer_is_not_published(acme: Provider, home: Home) -> None:
    issuer = "https://client:s3cret@idp.example/realms/x"
    catalog.update_proxy(acme.product, by=BY, oidc_issuer_endpoint=issuer)
    home.catch_up()
    served = home.served("staging")[acme.product.pk]
    assert served["proxy"]["oidc_issuer_endpoint"] == "https://idp.example/realms/x"
    assert "s3cret" not in str(served)
    config = config_in_force(acme.tenant, acme.product, "sandbox")
    assert config
    assert fingerprint(documents.decode(config.content)) == fingerprint(
        {name: value for name, value in served.items() if name != "portal_origin"}
    )


def test_publishing_the_same_events_again_changes_nothing(acme: Provider, home: Home) -> None:
    catalog.deploy(acme.product, by=BY)
    home.catch_up()
    before = document_of(home, acme), record_of(home, acme), home.served("staging")
    Cursor.objects.update(position=0)
    home.writer.mark(1)
    home.catch_up()
    assert (document_of(home, acme), record_of(home, acme), home.served("staging")) == before
    publish_all(home.writer)
    assert (document_of(home, acme), record_of(home, acme), home.served("staging")) == before


def test_only_what_changed_gets_a_new_revision(acme: Provider, home: Home) -> None:
    neighbour = acme.another_application()
    home.catch_up()
    product, record = document_of(home, acme), home.by_user_key(acme.product.pk, neighbour.user_key)
    applications.change_state(acme.application, "suspend", by=BY)
    home.catch_up()
    assert document_of(home, acme) == product
    assert home.by_user_key(acme.product.pk, neighbour.user_key) == record


@pytest.mark.parametrize("position", [0, 10**9], ids=["lost its data", "of another database"])
def test_a_store_that_does_not_fit_the_log_gets_everything(
    acme: Provider, home: Home, position: int
) -> None:
    home.catch_up()
    home.writer.remove_product(str(acme.product.pk))
    home.writer.mark(position)
    assert publish_events(home.writer) > 0
    assert document_of(home, acme).owner == str(acme.tenant.pk)
    assert record_of(home, acme)
    assert home.writer.position() == position_of(READER) == newest_position()


def test_what_is_asked_for_is_published_once_more_and_only_once(acme: Provider, home: Home) -> None:
    home.catch_up()
    another = acme.another_product()
    before = home.writer.position()
    for product in (acme.product, another):
        home.writer.remove_product(str(product.pk))
    publish_what_was_asked_for(home.writer)
    assert home.product(acme.product.pk) is None
    ask_for_everything()
    publish_what_was_asked_for(home.writer)
    assert home.product(acme.product.pk)
    assert home.product(another.pk)
    assert home.writer.position() == position_of(READER) == before, "events are yet to be read"
    home.writer.remove_product(str(another.pk))
    publish_what_was_asked_for(home.writer)
    assert home.product(another.pk) is None


def test_an_event_of_an_unknown_kind_is_passed_over(acme: Provider, home: Home) -> None:
    home.catch_up()
    event = Event.objects.latest("id")
    Event.objects.create(
        tenant=acme.tenant, at=event.at, actor_kind="system", kind="invoice.created",
        object_kind="invoice", object_id="1",
    )  # fmt: skip
    assert publish_events(home.writer) == 1
    assert publish_events(home.writer) == 0
