"""Every page of the admin portal, and the root of each host."""

from __future__ import annotations

from tollway.portal.console import coming, design, mailbox
from tollway.portal.console.backends import routes as backends
from tollway.portal.console.counting import routes as counting
from tollway.portal.console.dashboard import views as dashboard
from tollway.portal.console.entry import routes as entry
from tollway.portal.console.integration import routes as integration
from tollway.portal.console.onboarding import routes as onboarding
from tollway.portal.console.pages import ADMINS, ANYBODY, page
from tollway.portal.console.palette import views as palette
from tollway.portal.console.products import routes as products

urlpatterns = [
    *entry.routes,
    *dashboard.routes,
    *palette.routes,
    *products.routes,
    *backends.routes,
    *counting.routes,
    *integration.routes,
    *onboarding.routes,
    *coming.routes,
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
