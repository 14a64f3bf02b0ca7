"""The addresses of the wizard, as 3scale has them."""

from __future__ import annotations

from tollway.portal.accounts.models import User
from tollway.portal.console.onboarding import views
from tollway.portal.console.pages import page

_WIZARD = "p/admin/onboarding/wizard"
_PLANS = User.Section.PLANS

routes = [
    page(_WIZARD, views.resume, name="wizard", section=_PLANS),
    page(f"{_WIZARD}/intro", views.intro, name="wizard-intro", section=_PLANS),
    page(f"{_WIZARD}/explain", views.explain, name="wizard-explain", section=_PLANS),
    page(f"{_WIZARD}/backend_api/new", views.backend, name="wizard-backend", section=_PLANS),
    page(f"{_WIZARD}/product/new", views.product, name="wizard-product", section=_PLANS),
    page(f"{_WIZARD}/connect/new", views.connect, name="wizard-connect", section=_PLANS),
    page(f"{_WIZARD}/request/new", views.request_new, name="wizard-request", section=_PLANS),
    page(f"{_WIZARD}/request/show", views.request_show, name="wizard-request-show", section=_PLANS),
    page(f"{_WIZARD}/request/edit", views.request_edit, name="wizard-request-edit", section=_PLANS),
    page(f"{_WIZARD}/finish", views.finish, name="wizard-finish", section=_PLANS),
    page(f"{_WIZARD}/outro", views.outro, name="wizard-outro", section=_PLANS),
    page(f"{_WIZARD}/skip", views.skip, name="wizard-skip", section=_PLANS),
]
