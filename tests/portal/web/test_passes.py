"""Passes into a closed developer portal: once, for a minute, for one tenant and its code."""

from __future__ import annotations

import pytest
from django.core import signing

from portal.people import BY, Provider
from tollway.portal.accounts.services import update_tenant
from tollway.portal.tenants.models import Tenant
from tollway.portal.web import passes

pytestmark = pytest.mark.django_db


def fresh(provider: Provider) -> Tenant:
    return Tenant.objects.get(pk=provider.tenant.pk)


def test_a_pass_opens_once(acme: Provider) -> None:
    value = passes.give(fresh(acme))
    assert acme.tenant.site_access_code not in value
    assert passes.take(fresh(acme), value)
    assert not passes.take(fresh(acme), value)


def test_a_pass_is_of_one_tenant_and_of_the_code_that_it_has(
    acme: Provider, globex: Provider
) -> None:
    value = passes.give(fresh(acme))
    assert not passes.take(fresh(globex), value)
    update_tenant(acme.tenant, by=BY, site_access_code="another")
    assert not passes.take(fresh(acme), value)


@pytest.mark.parametrize("wrong", ["", "x", "a:b:c", "of another kind"])
def test_what_was_not_given_opens_nothing(acme: Provider, wrong: str) -> None:
    if wrong == "of another kind":
        wrong = signing.dumps([acme.tenant.pk, "x", "y"], salt="another")
    assert not passes.take(fresh(acme), wrong)


def test_a_pass_ends(acme: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    value = passes.give(fresh(acme))
    monkeypatch.setattr(passes, "LASTS", -passes.LASTS)
    assert not passes.take(fresh(acme), value)
