"""Shapes of applications and their keys. What identifies an application depends on its product."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

from django.db.models import QuerySet

from tollway.portal.api.resource import TIMES, Embedded, Resource
from tollway.portal.api.resources.plans import APPLICATION_PLAN
from tollway.portal.applications.models import Application, ApplicationKey
from tollway.portal.catalog.models import Product

_Mode = Product.BackendVersion


def _path(application: Application) -> str:
    return f"/admin/api/accounts/{application.account_id}/applications/{application.pk}"


def _in(*modes: str) -> Callable[[Application], bool]:
    return lambda application: application.product.backend_version in modes


def _client_secret(application: Application) -> str | None:
    return next((key.value for key in application.keys.all()), None)


def _keys(application: Application) -> list[str]:
    return [key.value for key in application.keys.all()]


def _with_names_and_keys(query: QuerySet[Application]) -> QuerySet[Application]:
    return query.select_related("product", "plan", "account").prefetch_related("keys")


APPLICATION = Resource(
    "application",
    "applications",
    json=(
        "id", "state", "enabled", *TIMES, "service_id", "service_name", "plan_id", "plan_name",
        "account_id", "org_name", "first_traffic_at", "first_daily_traffic_at",
        "user_key", "provider_verification_key", "application_id", "redirect_url", "client_id",
        "client_secret", "name", "description",
    ),
    xml=(
        "id", *TIMES, "state", "user_account_id", "first_traffic_at", "first_daily_traffic_at",
        "service_id", "user_key", "provider_verification_key", "application_id", "redirect_url",
        "keys", "plan", "name", "description", "extra_fields",
    ),
    values={
        "enabled": lambda application: application.state == Application.State.LIVE,
        "service_id": lambda application: application.product_id,
        "service_name": lambda application: application.product.name,
        "plan_name": lambda application: application.plan.name,
        "org_name": lambda application: application.account.org_name,
        "user_account_id": lambda application: application.account_id,
        "provider_verification_key": lambda _application: None,  # of a feature that is gone
        "client_id": lambda application: application.application_id,
        "client_secret": _client_secret,
        "keys": _keys,
        "plan": lambda application: Embedded(APPLICATION_PLAN, application.plan),
        "extra_fields": lambda _application: {},
    },
    when={
        "user_key": _in(_Mode.USER_KEY),
        "provider_verification_key": _in(_Mode.USER_KEY),
        "application_id": _in(_Mode.APP_ID_AND_KEY, _Mode.OIDC),
        "redirect_url": _in(_Mode.OIDC),
        "client_id": _in(_Mode.OIDC),
        "client_secret": _in(_Mode.OIDC),
        "keys": _in(_Mode.APP_ID_AND_KEY, _Mode.OIDC),
    },
    links={
        "self": _path,
        "service": lambda application: f"/admin/api/services/{application.product_id}",
        "account": lambda application: f"/admin/api/accounts/{application.account_id}",
        "plan": lambda application: (
            f"/admin/api/services/{application.product_id}"
            f"/application_plans/{application.plan_id}"
        ),
        "keys": lambda application: f"{_path(application)}/keys",
    },
    load=_with_names_and_keys,
)  # fmt: skip


def _key_path(key: ApplicationKey) -> str:
    return f"{_path(key.application)}/keys/{quote(key.value, safe='')}"


KEY = Resource(
    "key",
    "keys",
    json=("value", *TIMES),
    xml=("value", "updated_at", "created_at"),
    links={"self": _key_path, "application": lambda key: _path(key.application)},
    load=lambda query: query.select_related("application"),
)
