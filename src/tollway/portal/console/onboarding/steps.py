"""The steps of the wizard in their order, and which one a tenant is at."""

from __future__ import annotations

from django.urls import reverse
from msgspec import Struct

from tollway.portal.onboarding import selectors
from tollway.portal.onboarding.models import Wizard
from tollway.portal.tenants.models import Tenant


class Step(Struct, frozen=True):
    """``page`` is the name of its URL. Those without a title are not shown in the list of steps."""

    page: str
    title: str = ""

    @property
    def url(self) -> str:
        return reverse(self.page)


INTRO = Step("wizard-intro")
EXPLAIN = Step("wizard-explain", "How it works")
BACKEND = Step("wizard-backend", "Your API")
PRODUCT = Step("wizard-product", "Product")
CONNECT = Step("wizard-connect", "Path")
REQUEST = Step("wizard-request", "Test call")
OUTRO = Step("wizard-outro", "What next")
SHOWN = (EXPLAIN, BACKEND, PRODUCT, CONNECT, REQUEST, OUTRO)


def step_of(tenant: Tenant, wizard: Wizard) -> Step:
    """Return where to go on: at the beginning for who has not begun, or has been through."""
    if wizard.state in {Wizard.State.INITIAL, Wizard.State.COMPLETED}:
        return INTRO
    if wizard.backend is None:
        return BACKEND
    if wizard.product is None:
        return PRODUCT
    return REQUEST if selectors.connection_of(tenant, wizard) else CONNECT


def may_enter(step: Step, reached: Step) -> bool:
    """Say whether a step has what it builds on: it comes no later than where the tenant is."""
    order = (INTRO, *SHOWN)
    free = (INTRO, EXPLAIN, BACKEND)
    return step in free or order.index(step) <= order.index(reached)
