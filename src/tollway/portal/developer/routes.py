"""Every page of the developers' side, at 3scale's addresses. The root is in ``portal/urls.py``."""

from __future__ import annotations

from tollway.portal.developer import acting, applications, entering, invitations, links, sign_up
from tollway.portal.developer.pages import ANYBODY, DEVELOPERS, VISITORS, page

_APPLICATION = "admin/applications/<int:application_id>"

urlpatterns = [
    page("access_code", entering.access_code, name="developer-access-code", who=ANYBODY),
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
    page(_APPLICATION, applications.detail, name="developer-application", who=DEVELOPERS),
    page(
        f"{_APPLICATION}/user_key",
        applications.new_user_key,
        name="developer-user-key",
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
]
