"""What the wizard's steps make, and make only once."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from portal.people import BY, Provider
from tollway.portal.applications.models import Application
from tollway.portal.applications.selectors import applications_of
from tollway.portal.catalog import selectors as catalog
from tollway.portal.events.selectors import events_of
from tollway.portal.onboarding.models import Wizard
from tollway.portal.onboarding.selectors import connection_of, wizard_of
from tollway.portal.onboarding.wizard import (
    add_backend,
    choose_product,
    connect,
    design_product,
    end,
    set_up_request,
)

pytestmark = pytest.mark.django_db

ECHO = "https://echo-api.3scale.net"


def backends(provider: Provider) -> int:
    return catalog.backends_of(provider.tenant).count()


def test_an_address_that_is_known_is_not_added_again(acme: Provider) -> None:
    wizard = add_backend(acme.tenant, by=BY, name="Again", private_endpoint=f"{ECHO}:443")
    assert wizard.backend == acme.backend
    assert backends(acme) == 1


def test_going_back_changes_the_backend_that_was_made(acme: Provider) -> None:
    first = add_backend(acme.tenant, by=BY, name="Mine", private_endpoint="https://one")
    second = add_backend(acme.tenant, by=BY, name="Ours", private_endpoint="https://two")
    assert first.backend == second.backend
    assert second.backend is not None
    assert (second.backend.name, second.backend.private_endpoint) == ("Ours", "https://two:443")
    assert backends(acme) == 2


def test_one_that_is_in_use_is_not_changed_but_another_made(acme: Provider) -> None:
    add_backend(acme.tenant, by=BY, name="Echo", private_endpoint=ECHO)
    wizard = add_backend(acme.tenant, by=BY, name="Mine", private_endpoint="https://mine")
    assert wizard.backend != acme.backend
    acme.backend.refresh_from_db()
    assert acme.backend.private_endpoint == f"{ECHO}:443"


def test_a_product_that_is_designed_can_be_called(acme: Provider) -> None:
    wizard = design_product(acme.tenant, by=BY, name="Night Bus")
    assert wizard.product is not None
    [application] = applications_of(acme.tenant).filter(product=wizard.product)
    assert application.state == Application.State.LIVE
    assert application.account == acme.account, "beside the one that the account has"
    assert (application.plan.name, application.plan.is_default) == ("Basic", True)
    kinds = [event.kind for event in events_of(acme.tenant)]
    assert kinds[-2:] == ["application.created", "wizard.started"]


def test_a_backend_takes_the_place_of_the_one_that_answered(acme: Provider) -> None:
    add_backend(acme.tenant, by=BY, name="Mine", private_endpoint="https://mine")
    choose_product(acme.product, by=BY)
    connect(acme.tenant, by=BY, path="")
    assert catalog.api_backend_of(acme.tenant, acme.product) == "https://mine:443"
    connect(acme.tenant, by=BY, path="mine/")
    usage = connection_of(acme.tenant, wizard_of(acme.tenant))
    assert usage is not None
    assert usage.path == "/mine"
    connect(acme.tenant, by=BY, path="/mine")
    assert catalog.backend_usages_of(acme.tenant, acme.product).count() == 1


def test_a_request_is_put_on_staging(acme: Provider) -> None:
    with pytest.raises(ValidationError, match="Choose a backend"):
        set_up_request(acme.tenant, by=BY, api_test_path="/")
    add_backend(acme.tenant, by=BY, name="Echo", private_endpoint=ECHO)
    choose_product(acme.product, by=BY)
    connect(acme.tenant, by=BY, path="/")

    def version() -> int:
        found = catalog.config_in_force(acme.tenant, acme.product, "sandbox")
        return found.version if found else 0

    set_up_request(acme.tenant, by=BY, api_test_path="/")
    set_up_request(acme.tenant, by=BY, api_test_path="/")
    assert version() == 1, "nothing had changed"
    set_up_request(acme.tenant, by=BY, api_test_path="/v1", private_endpoint="https://mine")
    assert version() == 2
    assert catalog.api_backend_of(acme.tenant, acme.product) == "https://mine:443"


def test_what_was_chosen_stays_when_it_ends(acme: Provider, globex: Provider) -> None:
    add_backend(acme.tenant, by=BY, name="Echo", private_endpoint=ECHO)
    assert end(acme.tenant, by=BY, skipped=True).state == Wizard.State.SKIPPED
    assert end(acme.tenant, by=BY).state == Wizard.State.COMPLETED
    assert wizard_of(acme.tenant).backend == acme.backend
    assert wizard_of(globex.tenant).state == Wizard.State.INITIAL
    assert connection_of(globex.tenant, wizard_of(acme.tenant)) is None
