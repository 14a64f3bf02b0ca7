"""Every page of the developers' side, at 3scale's addresses. The root is in ``portal/urls.py``."""

from __future__ import annotations

from tollway.portal.developer import (
    account,
    acting,
    alerts,
    applications,
    entering,
    invitations,
    links,
    making,
    moving,
    personal,
    plans,
    reference,
    referrers,
    sign_up,
    team,
    theme,
    usage,
)
from tollway.portal.developer.pages import ANYBODY, DEVELOPERS, VISITORS, page

_APPLICATION = "admin/applications/<int:application_id>"
_ACCOUNT = "admin/account"
_INVITATION = f"{_ACCOUNT}/invitations/<int:invitation_id>"

urlpatterns = [
    page("access_code", entering.access_code, name="developer-access-code", who=ANYBODY),
    page("visit", entering.visit, name="developer-visit", who=ANYBODY),
    page("theme/<slug:digest>.css", theme.theme, name="developer-theme", who=ANYBODY, keeps=True),
    page("theme/logo/<slug:digest>", theme.logo, name="developer-logo", who=ANYBODY, keeps=True),
    page("plans", plans.index, name="developer-plans", who=VISITORS),
    page("docs", reference.index, name="developer-docs", who=VISITORS),
    page("docs/<slug:system_name>", reference.document, name="developer-doc", who=VISITORS),
    page("swagger/spec.json", reference.specs, name="developer-specs", who=VISITORS),
    page(
        "swagger/spec/<slug:system_name>.json",
        reference.spec,
        name="developer-spec",
        who=VISITORS,
    ),
    page("login", entering.sign_in_page, name="developer-sign-in", who=VISITORS),
    page("logout", entering.sign_out_page, name="developer-sign-out", who=VISITORS),
    page("signup", sign_up.form, name="developer-sign-up", who=VISITORS),
    page("signup/success", sign_up.success, name="developer-signed-up", who=VISITORS),
    page("signup/<str:code>", invitations.accept, name="developer-join", who=VISITORS),
    page("activate/<str:code>", links.activation, name="developer-activate", who=VISITORS),
    page("password", links.forgotten, name="developer-forgotten", who=VISITORS),
    page("password/<str:code>", links.new_password, name="developer-new-password", who=VISITORS),
    page("act_as", acting.begin, name="developer-act-as", who=ANYBODY),
    page("act_as/end", acting.end, name="developer-act-as-end", who=ANYBODY),
    page("admin", applications.dashboard, name="developer-dashboard", who=DEVELOPERS),
    page("admin/applications", applications.index, name="developer-applications", who=DEVELOPERS),
    page("admin/applications/new", making.new, name="developer-new", who=DEVELOPERS),
    page(_APPLICATION, applications.detail, name="developer-application", who=DEVELOPERS),
    page(
        f"{_APPLICATION}/edit",
        applications.edit,
        name="developer-application-edit",
        who=DEVELOPERS,
    ),
    page(
        f"{_APPLICATION}/delete",
        applications.delete,
        name="developer-application-delete",
        who=DEVELOPERS,
    ),
    page(
        f"{_APPLICATION}/credentials.json",
        reference.credentials,
        name="developer-credentials",
        who=DEVELOPERS,
    ),
    page(f"{_APPLICATION}/plan", moving.move, name="developer-application-plan", who=DEVELOPERS),
    page(
        f"{_APPLICATION}/user_key",
        applications.new_user_key,
        name="developer-user-key",
        who=DEVELOPERS,
    ),
    page(f"{_APPLICATION}/referrers", referrers.add, name="developer-referrers", who=DEVELOPERS),
    page(
        f"{_APPLICATION}/referrers/<int:filter_id>/delete",
        referrers.remove,
        name="developer-referrer-delete",
        who=DEVELOPERS,
    ),
    page(f"{_APPLICATION}/keys", applications.new_key, name="developer-keys", who=DEVELOPERS),
    page(
        f"{_APPLICATION}/keys/<int:key_id>/regenerate",
        applications.replace_key,
        name="developer-key-regenerate",
        who=DEVELOPERS,
    ),
    page(
        f"{_APPLICATION}/keys/<int:key_id>/delete",
        applications.delete_key,
        name="developer-key-delete",
        who=DEVELOPERS,
    ),
    page(
        f"{_APPLICATION}/alerts",
        alerts.index,
        name="developer-application-alerts",
        who=DEVELOPERS,
    ),
    page("admin/alerts", alerts.index, name="developer-alerts", who=DEVELOPERS),
    page("admin/alerts/mark", alerts.mark, name="developer-alerts-mark", who=DEVELOPERS),
    page("buyer/stats", usage.index, name="developer-usage", who=DEVELOPERS),
    page(_ACCOUNT, account.overview, name="developer-account", who=DEVELOPERS),
    page(f"{_ACCOUNT}/edit", account.edit, name="developer-account-edit", who=DEVELOPERS),
    page(f"{_ACCOUNT}/users", team.index, name="developer-team", who=DEVELOPERS),
    page(f"{_ACCOUNT}/users/<int:user_id>/role", team.role, name="developer-role", who=DEVELOPERS),
    page(
        f"{_ACCOUNT}/users/<int:user_id>/delete",
        team.remove,
        name="developer-remove",
        who=DEVELOPERS,
    ),
    page(
        f"{_ACCOUNT}/invitations/new",
        team.new_invitation,
        name="developer-invite",
        who=DEVELOPERS,
    ),
    page(f"{_INVITATION}/resend", team.resend, name="developer-invite-again", who=DEVELOPERS),
    page(f"{_INVITATION}/delete", team.take_back, name="developer-invite-end", who=DEVELOPERS),
    page(
        f"{_ACCOUNT}/personal_details", personal.details, name="developer-details", who=DEVELOPERS
    ),
    page(f"{_ACCOUNT}/password", personal.password, name="developer-password", who=DEVELOPERS),
]
