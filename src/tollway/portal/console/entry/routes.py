"""Where one gets in. 3scale has the same addresses, but for those that it does not have."""

from __future__ import annotations

from tollway.portal.console.entry import (
    activation,
    passwords,
    personal,
    sign_in,
    sign_up,
    waiting,
)
from tollway.portal.console.pages import ANYBODY, EVERYBODY, page

routes = [
    page("p/login", sign_in.page, name="sign-in", section=ANYBODY),
    page("p/logout", sign_in.sign_out_page, name="sign-out", section=ANYBODY),
    page("p/signup", sign_up.page, name="sign-up", section=ANYBODY),
    page("p/signup/subdomain", sign_up.check, name="sign-up-check", section=ANYBODY),
    page("p/activate", waiting.page, name="waiting", section=ANYBODY),
    page("p/activate/mail", waiting.send_again, name="activation-mail", section=ANYBODY),
    page("p/activate/<str:code>", activation.page, name="activate", section=ANYBODY),
    page("p/password", passwords.forgotten, name="forgotten", section=ANYBODY),
    page("p/password/<str:code>", passwords.new_password, name="new-password", section=ANYBODY),
    page("p/admin/user/personal_details/edit", personal.edit, name="personal", section=EVERYBODY),
]
