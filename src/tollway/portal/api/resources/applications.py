"""Shapes of applications, keys and referrer filters. What identifies one depends on its product."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

from django.db.models import QuerySet

from tollway.portal.accounts.fields_definitions import Target, shown_extra_fields
from tollway.portal.api.resource import TIMES, Embedded, Resource
from tollway.portal.api.resources.gateway import OIDC_CONFIGURATION
from tollway.portal.api.resources.plans import APPLICATION_PLAN
from tollway.portal.applications.models import Application, ApplicationKey, ReferrerFilter
from tollway.portal.catalog.models import Product

_Mode = Product.BackendVersion


def _path(application: Application) -> str:
    return f"/admin/api/accounts/{application.account_id}/applications/{application.pk}"


def _in(*modes: str) -> Callable[[Application], bool]:
    return lambda application: application.product.backend_version in modes


def _client_secret(application: Application) -> str | None:
    """Return the key that stays: one that is being replaced has an end."""
    return next((key.value for key in application.keys.all() if key.expires_at is None), None)


def _keys(application: Application) -> list[str]:
    return [key.value for key in application.keys.all()]


def _extra_fields(application: Application) -> dict[str, str]:
    target = Target.APPLICATION
    return shown_extra_fields(application.tenant, target, application.extra_fields)


def _with_what_it_shows(query: QuerySet[Application]) -> QuerySet[Application]:
    related = query.select_related("tenant", "product__proxy", "plan__parent", "account")
    return related.prefetch_related("keys", "tenant__fieldsdefinitions")


APPLICATION = Resource(
    "application",
    "applications",
    json=(
        "id", "state", "enabled", *TIMES, "service_id", "service_name", "plan_id", "plan_name",
        "account_id", "org_name", "first_traffic_at", "first_daily_traffic_at",
        "user_key", "provider_verification_key", "application_id", "redirect_url", "client_id",
        "client_secret", "oidc_configuration", "name", "description",
    ),
    xml=(
        "id", *TIMES, "state", "user_account_id", "first_traffic_at", "first_daily_traffic_at",
        "service_id", "user_key", "provider_verification_key", "application_id", "redirect_url",
        "keys", "plan", "oidc_configuration", "name", "description", "extra_fields",
        "referrer_filters",
    ),
    values={
        "enabled": lambda application: application.state == Application.State.LIVE,
        "service_id": lambda application: application.product_id,
        "service_name": lambda application: application.product.name,
        "plan_name": lambda application: application.plan.terms.name,
        "org_name": lambda application: application.account.org_name,
        "user_account_id": lambda application: application.account_id,
        "provider_verification_key": lambda _application: None,  # of a feature that is gone
        "client_id": lambda application: application.application_id,
        "client_secret": _client_secret,
        "keys": _keys,
        "oidc_configuration": lambda application: Embedded(
            OIDC_CONFIGURATION, application.product.proxy
        ),
        "referrer_filters": lambda application: [
            row.value for row in application.referrer_filters.all()
        ],
        "plan": lambda application: Embedded(APPLICATION_PLAN, application.plan),
        "extra_fields": _extra_fields,
    },
    when={
        "user_key": _in(_Mode.USER_KEY),
        "provider_verification_key": _in(_Mode.USER_KEY),
        "application_id": _in(_Mode.APP_ID_AND_KEY, _Mode.OIDC),
        "redirect_url": _in(_Mode.OIDC),
        "client_id": _in(_Mode.OIDC),
        "client_secret": _in(_Mode.OIDC),
        "oidc_configuration": _in(_Mode.OIDC),
        "referrer_filters": lambda application: application.product.referrer_filters_required,
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
        "referrer_filters": lambda application: f"{_path(application)}/referrer_filters",
    },
    more=_extra_fields,
    load=_with_what_it_shows,
    load_xml=lambda query: query.prefetch_related("referrer_filters"),
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


def _filter_path(row: ReferrerFilter) -> str:
    return f"{_path(row.application)}/referrer_filters/{row.pk}"


REFERRER_FILTER = Resource(
    "referrer_filter",
    "referrer_filters",
    json=("id", "value", *TIMES),
    xml=("value", "id", "updated_at", "created_at"),
    links={"self": _filter_path, "application": lambda row: _path(row.application)},
    load=lambda query: query.select_related("application"),
)
