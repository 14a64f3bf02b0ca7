"""Every page, in a real browser: no serious fault, nothing from elsewhere, light enough.

A new page adds its path to ``PAGES``, or to ``OPEN_PAGES`` if it takes nobody who is signed in.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, StorageState

from portal.console.browsing import address, look_at

OPEN_PAGES = ["/p/login", "/p/password", "/p/password?sent", "/p/activate"]
PAGES = [
    "/p/admin/dashboard",
    "/p/admin/dashboard/paths/basic",
    "/design",
    "/p/admin/user/personal_details/edit",
    "/mailbox",
    "/buyers/accounts",
    "/buyers/accounts/2",
    "/buyers/accounts/2/edit",
    "/buyers/accounts/2/users",
    "/buyers/accounts/new",
    "/buyers/accounts/2/notes",
    "/p/admin/bulk",
    "/p/admin/bulk/new/accounts-letter?all=1",
    "/p/admin/applications/new",
    "/site/dns",
    "/site/usage_rules/edit",
    "/p/admin/account/logo/edit",
    "/p/admin/cms/builtin_legal_terms",
    "/site/emails/edit",
    "/p/admin/cms/switches",
    "/p/admin/account/edit",
    "/p/admin/account/users",
    "/p/admin/account/invitations",
    "/p/admin/account/invitations/new",
    "/admin/fields_definitions",
    "/admin/fields_definitions/new?target=User&name=title",
    "/admin/fields_definitions/11/edit",
    "/admin/api_docs/services",
    "/admin/api_docs/services/new",
    "/admin/api_docs/services/1/edit",
    "/apiconfig/services/1/api_docs",
    "/apiconfig/alerts",
    "/apiconfig/services/1/usage_rules",
    "/apiconfig/services/1/alerts",
    "/apiconfig/services/1/application_plans",
    "/apiconfig/services/1/application_plans/new",
    "/apiconfig/application_plans/1/edit",
    "/apiconfig/application_plans/1/edit?tab=features",
    "/apiconfig/application_plans/1/edit?tab=details",
    "/apiconfig/application_plans/1/edit?tab=applications",
    "/apiconfig/application_plans/1/metrics/1",
    "/apiconfig/services/1/metrics/import",
    "/buyers/account_plans",
    "/buyers/account_plans/2/edit",
    "/buyers/account_plans/2/edit?tab=accounts",
    "/apiconfig/services/1/service_plans",
    "/apiconfig/service_plans/1/edit?tab=details",
    "/buyers/service_contracts",
    "/buyers/service_contracts/1",
    "/buyers/accounts/2/service_contracts/new",
    "/p/admin/applications",
    "/p/admin/applications/1",
    "/apiconfig/services/1/integration",
    "/apiconfig/services/1/proxy_configs",
    "/apiconfig/services/1/explain",
    "/apiconfig/services/1/explain?decision=00",
    "/apiconfig/services/1/errors",
    "/p/admin/onboarding/wizard/explain",
    "/p/admin/onboarding/wizard/backend_api/new",
]


@pytest.mark.parametrize("path", OPEN_PAGES)
def test_pages_for_anybody_have_no_fault(browser: Browser, port: int, path: str) -> None:
    look = look_at(browser, None, address(port, path))
    assert not look.faults
    assert look.weight <= look.weight_max


@pytest.mark.parametrize("path", PAGES)
def test_pages_of_an_admin_have_no_fault(
    browser: Browser, port: int, admin_state: StorageState, path: str
) -> None:
    look = look_at(browser, admin_state, address(port, path))
    assert not look.faults
    assert look.weight <= look.weight_max
