"""What every tenant begins with."""

from __future__ import annotations

import json

import pytest
from django.conf import settings

from portal.people import BY, PASSWORD
from tollway.portal.accounts.selectors import (
    access_token_by_value,
    accounts_of,
    developer_by_login,
)
from tollway.portal.apidocs.selectors import published_of
from tollway.portal.applications.selectors import applications_of
from tollway.portal.catalog.endpoints import production_endpoint
from tollway.portal.catalog.models import Product
from tollway.portal.catalog.selectors import (
    api_backend_of,
    config_in_force,
    mapping_rules_of,
    metrics_of,
    products_of,
    proxy_of,
)
from tollway.portal.onboarding.sample import developer_password
from tollway.portal.onboarding.services import NewProvider, create_provider
from tollway.portal.plans.selectors import (
    application_plans_of,
    contract_of,
    default_account_plan_of,
    default_plan_of,
    default_service_plans_of,
    plan_features_of,
    subscriptions_of,
)
from tollway.portal.tenants.models import Tenant


@pytest.fixture
def made(master: Tenant) -> NewProvider:
    return create_provider(
        master, settings.TOLLWAY, by=BY, org_name="Initech", username="peter", password=PASSWORD,
        email="peter@initech.example",
    )  # fmt: skip


@pytest.fixture
def product(made: NewProvider) -> Product:
    return products_of(made.tenant).get()


def test_the_admin_has_a_token_for_everything(made: NewProvider) -> None:
    token = access_token_by_value(made.tenant, made.token)
    assert token
    assert (token.user, token.permission, len(token.scopes)) == (made.admin, "rw", 5)


def test_the_sample_product_has_a_document_that_developers_read(
    made: NewProvider, product: Product
) -> None:
    (document,) = published_of(made.tenant)
    assert (document.name, document.system_name, document.product) == ("Echo", "echo", product)
    assert document.version == "3.0.3"
    servers = json.loads(document.body)["servers"]
    assert servers == [{"url": production_endpoint(proxy_of(made.tenant, product))}]


def test_the_sample_product_is_in_force_on_both_gateways(
    made: NewProvider, product: Product
) -> None:
    tenant = made.tenant
    assert (product.name, product.system_name) == ("API", "api")
    metric = metrics_of(tenant, product).get()
    assert (metric.system_name, metric.friendly_name, metric.unit) == ("hits", "Hits", "hit")
    rules = [(r.http_method, r.pattern, r.delta) for r in mapping_rules_of(tenant, product)]
    assert rules == [("GET", "/", 1)]
    prefix = "Shared_secret_sent_from_proxy_to_API_backend_"
    assert len(product.proxy.secret_token.removeprefix(prefix)) == 16
    assert api_backend_of(tenant, product) == f"http://echo.localhost:{settings.TOLLWAY.ports.echo}"
    assert config_in_force(tenant, product, "sandbox")
    assert config_in_force(tenant, product, "production")


def test_the_sample_plans_have_their_features(made: NewProvider, product: Product) -> None:
    plans = application_plans_of(made.tenant, product)
    told = {p.name: [f.name for f in plan_features_of(made.tenant, p)] for p in plans}
    assert told == {
        "Basic": ["Unlimited Greetings"],
        "Unlimited": ["Unlimited Greetings", "24/7 support", "Unlimited calls"],
    }
    assert {plan.state for plan in plans} == {"published"}
    basic = default_plan_of(made.tenant, product)
    assert basic
    assert basic.name == "Basic"
    account_plan = default_account_plan_of(made.tenant)
    assert account_plan
    names = [account_plan.name, default_service_plans_of(made.tenant).get().name]
    assert names == ["Default", "Default"]


def test_the_sample_developer_has_an_application_and_a_password(made: NewProvider) -> None:
    tenant = made.tenant
    account = accounts_of(tenant).get()
    john = developer_by_login(tenant, "peter+test@initech.example")
    assert john
    assert (john.username, john.first_name, john.last_name) == ("john", "John", "Doe")
    assert (john.state, john.role, john.account) == ("active", "admin", account)
    assert john.check_password(developer_password(tenant))
    application = applications_of(tenant).get()
    assert (application.name, application.plan.name) == ("Developer's App", "Basic")
    assert application.description == "Default application created on signup."
    assert (application.state, len(bytes.fromhex(application.user_key))) == ("live", 16)
    contract = contract_of(tenant, account)
    assert contract
    assert (account.state, contract.plan.name) == ("approved", "Default")
    assert subscriptions_of(tenant, account).count() == 1


def test_two_tenants_differ_in_every_secret(made: NewProvider, master: Tenant) -> None:
    other = create_provider(
        master, settings.TOLLWAY, by=BY, org_name="Initech", username="peter", password=PASSWORD,
        email="peter@initech.example",
    )  # fmt: skip
    assert other.tenant.subdomain == "initech-2"
    secrets = [
        {
            each.token, each.tenant.provider_key, each.tenant.site_access_code,
            developer_password(each.tenant), products_of(each.tenant).get().proxy.secret_token,
            applications_of(each.tenant).get().user_key,
        }
        for each in (made, other)
    ]  # fmt: skip
    assert not secrets[0] & secrets[1]
