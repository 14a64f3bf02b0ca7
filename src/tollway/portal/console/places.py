"""Where things have their page: the addresses of the admin portal by what they are about.

Each function returns an address, or "" while nothing answers there: who shows a thing shows it
without a link then. A page that is added is linked from everywhere at once.
"""

from __future__ import annotations

from functools import cache

from django.urls import Resolver404, resolve, reverse


def products() -> str:
    return _there("/apiconfig/services")


def product(pk: int) -> str:
    return _there("/apiconfig/services/{pk}", pk)


def integration(pk: int) -> str:
    """Return where a product is tested, deployed and promoted."""
    return _there("/apiconfig/services/{pk}/integration", pk)


def product_settings(pk: int) -> str:
    return _there("/apiconfig/services/{pk}/settings", pk)


def metrics(pk: int) -> str:
    return _there("/apiconfig/services/{pk}/metrics", pk)


def mapping_rules(pk: int) -> str:
    return _there("/apiconfig/services/{pk}/proxy_rules", pk)


def application_plans(pk: int) -> str:
    return _there("/apiconfig/services/{pk}/application_plans", pk)


def alert_rules(pk: int) -> str:
    return _there("/apiconfig/services/{pk}/usage_rules", pk)


def explain(pk: int) -> str:
    """Return where a product's calls are explained; with `?decision=ID` a refused one."""
    return _there("/apiconfig/services/{pk}/explain", pk)


def integration_errors(pk: int) -> str:
    return _there("/apiconfig/services/{pk}/errors", pk)


def new_product() -> str:
    return _there("/apiconfig/services/new")


def backends() -> str:
    return _there("/p/admin/backend_apis")


def new_backend() -> str:
    return _there("/p/admin/backend_apis/new")


def mailbox() -> str:
    return _there("/mailbox")


def backend(pk: int) -> str:
    return _there("/p/admin/backend_apis/{pk}", pk)


def product_backends(pk: int) -> str:
    return _there("/apiconfig/services/{pk}/backend_usages", pk)


def wizard() -> str:
    return _there("/p/admin/onboarding/wizard")


def accounts() -> str:
    return _there("/buyers/accounts")


def account(pk: int) -> str:
    return _there("/buyers/accounts/{pk}", pk)


def applications() -> str:
    return _there("/p/admin/applications")


def application(pk: int) -> str:
    return _there("/p/admin/applications/{pk}", pk)


def subscriptions() -> str:
    return _there("/buyers/service_contracts")


def account_plans() -> str:
    return _there("/buyers/account_plans")


def product_subscriptions(pk: int) -> str:
    return _there("/apiconfig/services/{pk}/service_contracts", pk)


def service_plans(pk: int) -> str:
    return _there("/apiconfig/services/{pk}/service_plans", pk)


def new_application() -> str:
    return _there("/p/admin/applications/new")


def bulk_runs() -> str:
    return _there("/p/admin/bulk")


def alerts() -> str:
    return _there("/apiconfig/alerts")


def api_documents() -> str:
    return _there("/admin/api_docs/services")


def product_api_documents(pk: int) -> str:
    return _there("/apiconfig/services/{pk}/api_docs", pk)


def portal_access() -> str:
    """Return where the developer portal's access code is removed."""
    return _there("/site/dns")


def organisation() -> str:
    return _there("/p/admin/account/edit")


def sign_up_rules() -> str:
    return _there("/site/usage_rules/edit")


def fields() -> str:
    return _there("/admin/fields_definitions")


def switches() -> str:
    return _there("/p/admin/cms/switches")


def team() -> str:
    """Return where an admin says what their own people may do."""
    return _there("/p/admin/account/users")


def brand() -> str:
    return _there("/p/admin/account/logo/edit")


def legal_terms() -> str:
    return _there("/p/admin/cms/builtin_legal_terms")


def addresses() -> str:
    return _there("/site/emails/edit")


def dashboard() -> str:
    return reverse("dashboard")


def _there(address: str, pk: int = 0) -> str:
    return address.format(pk=pk) if _answers(address) else ""


@cache
def _answers(address: str) -> bool:
    """Look a page up among the URLs, which do not change while a process runs."""
    try:
        resolve(address.format(pk=1))
    except Resolver404:
        return False
    return True
