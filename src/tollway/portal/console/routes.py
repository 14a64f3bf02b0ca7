"""Every page of the admin portal."""

from __future__ import annotations

from tollway.portal.console import acting, design, invitations, mailbox, site_access
from tollway.portal.console.accounts import routes as accounts
from tollway.portal.console.alerts import routes as alerts
from tollway.portal.console.apidocs import routes as apidocs
from tollway.portal.console.applications import routes as applications
from tollway.portal.console.backends import routes as backends
from tollway.portal.console.bulk import routes as bulk
from tollway.portal.console.contracts import routes as contracts
from tollway.portal.console.counting import routes as counting
from tollway.portal.console.dashboard import views as dashboard
from tollway.portal.console.entry import routes as entry
from tollway.portal.console.explain import routes as explain
from tollway.portal.console.fields import routes as fields
from tollway.portal.console.integration import routes as integration
from tollway.portal.console.onboarding import routes as onboarding
from tollway.portal.console.pages import ADMINS, ANYBODY, page
from tollway.portal.console.palette import views as palette
from tollway.portal.console.plans import routes as plans
from tollway.portal.console.products import routes as products
from tollway.portal.console.rules import routes as rules
from tollway.portal.console.storefront import routes as storefront
from tollway.portal.console.team import routes as team

urlpatterns = [
    *entry.routes,
    *dashboard.routes,
    *palette.routes,
    *products.routes,
    *backends.routes,
    *counting.routes,
    *plans.routes,
    *contracts.routes,
    *accounts.routes,
    *applications.routes,
    *bulk.routes,
    *integration.routes,
    *explain.routes,
    *onboarding.routes,
    *acting.routes,
    *invitations.routes,
    *site_access.routes,
    *rules.routes,
    *storefront.routes,
    *fields.routes,
    *team.routes,
    *alerts.routes,
    *apidocs.routes,
    *design.routes,
    page("mailbox", mailbox.index, name="mailbox", section=ADMINS),
    page("mailbox/<int:mail_id>", mailbox.show, name="mailbox-mail", section=ADMINS),
    page("mailbox/<int:mail_id>/html", mailbox.html, name="mailbox-html", section=ADMINS),
    page("mailbox/yours", mailbox.visitors_index, name="visitors-mailbox", section=ANYBODY),
    page(
        "mailbox/yours/<int:mail_id>",
        mailbox.visitors_show,
        name="visitors-mailbox-mail",
        section=ANYBODY,
    ),
    page(
        "mailbox/yours/<int:mail_id>/html",
        mailbox.visitors_html,
        name="visitors-mailbox-html",
        section=ANYBODY,
    ),
]
