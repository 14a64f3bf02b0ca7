"""The first start: what it makes, once, and what it says of it afterwards."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from django.conf import settings as django_settings
from django.core.exceptions import ValidationError

from tollway.config import Settings
from tollway.portal.accounts.selectors import access_token_by_value, accounts_of, admins_of
from tollway.portal.accounts.services import delete_access_token
from tollway.portal.applications.selectors import applications_of
from tollway.portal.catalog import documents
from tollway.portal.catalog.selectors import (
    api_backend_of,
    config_in_force,
    mapping_rules_of,
    metrics_of,
    products_of,
)
from tollway.portal.catalog.services import delete_product
from tollway.portal.events.actors import SYSTEM, Actor
from tollway.portal.events.selectors import newest_position
from tollway.portal.onboarding.credentials import SignIn, load
from tollway.portal.onboarding.services import ensure_installation, sign_up_provider
from tollway.portal.plans.selectors import application_plans_of, default_plan_of
from tollway.portal.plans.services import create_product
from tollway.portal.tenants.models import Tenant
from tollway.portal.tenants.selectors import master, tenant_by_subdomain


@pytest.fixture
def settings_here(tmp_path: Path, db: None) -> Settings:
    return msgspec.structs.replace(django_settings.TOLLWAY, data_dir=tmp_path / "data")


def sample() -> Tenant:
    tenant = tenant_by_subdomain("demo")
    assert tenant
    return tenant


def test_the_sample_tenant_is_what_the_quick_start_expects(settings_here: Settings) -> None:
    made = ensure_installation(settings_here)
    operator = master()
    assert operator
    assert (operator.subdomain, made.master_id) == ("master", operator.pk)
    tenant = sample()
    product = products_of(tenant).get()
    assert (product.name, product.system_name, product.backend_version) == ("API", "api", "1")
    assert [m.system_name for m in metrics_of(tenant, product)] == ["hits"]
    rules = [(r.http_method, r.pattern, r.delta) for r in mapping_rules_of(tenant, product)]
    assert rules == [("GET", "/", 1)]
    plans = [(p.name, p.state) for p in application_plans_of(tenant, product)]
    assert plans == [("Basic", "published"), ("Unlimited", "published")]
    application = applications_of(tenant).get()
    basic = default_plan_of(tenant, product)
    assert basic
    assert (basic.name, application.plan, application.state) == ("Basic", basic, "live")
    assert len(bytes.fromhex(application.user_key)) == 16
    account = accounts_of(tenant).get()
    john = account.users.get()
    assert (account.org_name, john.username, john.state) == ("Developer", "john", "active")
    ports = settings_here.ports
    assert api_backend_of(tenant, product) == f"http://echo.localhost:{ports.echo}"
    assert made.staging == f"http://api-{tenant.pk}.staging.gateway.localhost:{ports.staging}"
    assert made.production == f"http://api-{tenant.pk}.gateway.localhost:{ports.production}"
    for environment in ("sandbox", "production"):
        config = config_in_force(tenant, product, environment)
        assert config
        assert documents.decode(config.content)["id"] == product.pk


def test_what_it_returns_opens_everything(settings_here: Settings) -> None:
    made = ensure_installation(settings_here)
    tenant = sample()
    assert admins_of(tenant).get(username="admin").check_password(made.admin.password)
    token = access_token_by_value(tenant, made.access_token)
    assert token
    assert token.permission == "rw"
    assert "account_management" in token.scopes
    operator = master()
    assert operator
    assert access_token_by_value(operator, made.master_token)
    assert made.user_key == applications_of(tenant).get().user_key
    assert made.service_id == products_of(tenant).get().pk


def test_a_second_start_changes_nothing_and_says_the_same(settings_here: Settings) -> None:
    first = ensure_installation(settings_here)
    position = newest_position()
    assert ensure_installation(settings_here) == first
    assert newest_position() == position
    assert load(settings_here.data_dir) == first


def test_what_a_user_changes_is_not_shown_any_more_and_not_made_again(
    settings_here: Settings,
) -> None:
    first = ensure_installation(settings_here)
    tenant = sample()
    admin = admins_of(tenant).get(username="admin")
    admin.set_password("a password of my own")
    admin.save()
    token = access_token_by_value(tenant, first.access_token)
    assert token
    delete_access_token(token, by=SYSTEM)
    create_product(tenant, by=SYSTEM, name="Mine")
    delete_product(products_of(tenant)[0], by=SYSTEM)

    again = ensure_installation(settings_here)
    assert again.admin == SignIn("admin", "")
    assert (again.access_token, again.service_id, again.user_key) == ("", 0, "")
    assert again.master_token == first.master_token
    assert [p.name for p in products_of(tenant)] == ["Mine"]


def test_without_the_file_nobody_is_locked_out_or_let_in(settings_here: Settings) -> None:
    ensure_installation(settings_here)
    (settings_here.data_dir / "credentials.json").unlink()
    again = ensure_installation(settings_here)
    assert again.admin == SignIn("admin", "")
    assert again.user_key
    assert load(settings_here.data_dir) is None


def test_a_visitor_makes_a_tenant_that_waits_for_its_admin(
    master: Tenant, settings_here: Settings
) -> None:
    made = sign_up_provider(
        master, settings_here, by=Actor("visitor"), org_name="Initech", username="peter",
        email="peter@initech.example", password="a good password",
    )  # fmt: skip
    assert (made.tenant.subdomain, made.admin.state) == ("initech", "pending")
    assert (made.mail.template, made.mail.recipient) == ("activation", "peter@initech.example")
    assert not made.admin.access_tokens.exists()
    assert [product.system_name for product in products_of(made.tenant)] == ["api"]


def test_without_an_address_nothing_is_made(master: Tenant, settings_here: Settings) -> None:
    position = newest_position()
    with pytest.raises(ValidationError) as refused:
        sign_up_provider(
            master, settings_here, by=SYSTEM, org_name="Initech", username="peter", email="",
            password="a good password",
        )  # fmt: skip
    assert "email" in refused.value.message_dict
    assert tenant_by_subdomain("initech") is None
    assert newest_position() == position
