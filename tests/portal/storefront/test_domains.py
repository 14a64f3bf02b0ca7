"""A tenant's own hosts: only a proof in the DNS gives a name, and only to whom it names."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from django.core.exceptions import ValidationError

from portal.people import BY, Provider
from tollway.portal.events.models import Event
from tollway.portal.mail.models import Audience
from tollway.portal.storefront.domains import (
    domain_of,
    proof_of,
    use_domain,
    want_domain,
)
from tollway.portal.storefront.names import Seen
from tollway.portal.tenants.hosts import admin_url, developer_url
from tollway.portal.tenants.models import Tenant

pytestmark = pytest.mark.django_db

HOST = "portal.acme.example"
DEVELOPER, ADMIN = Audience.DEVELOPER, Audience.ADMIN


def seen(texts: Iterable[str], *, host: str = HOST, here: bool = True) -> Seen:
    return Seen(host, tuple(texts), ("192.0.2.7",), here=here, silent=False)


def now(tenant: Tenant) -> Tenant:
    return Tenant.objects.get(pk=tenant.pk)


def take(provider: Provider, audience: Audience = DEVELOPER, host: str = HOST) -> Tenant:
    """Let a tenant use a host."""
    tenant = now(provider.tenant)
    want_domain(tenant, audience, host, by=BY)
    use_domain(tenant, audience, seen([proof_of(tenant, host)], host=host), by=BY)
    return now(tenant)


def test_what_is_wanted_is_used_once_its_proof_is_seen(acme: Provider) -> None:
    tenant = acme.tenant
    want_domain(tenant, DEVELOPER, HOST, by=BY)
    assert domain_of(now(tenant), DEVELOPER).used == ""
    assert developer_url(now(tenant), "/x") == "http://acme.localhost:3000/x"
    use_domain(tenant, DEVELOPER, seen([proof_of(tenant, HOST)]), by=BY)
    domain = domain_of(now(tenant), DEVELOPER)
    assert (domain.first, domain.used, domain.wanted) == ("acme.localhost", HOST, "")
    assert developer_url(now(tenant), "/x") == f"http://{HOST}:3000/x"
    assert admin_url(now(tenant), "/x") == "http://acme-admin.localhost:3000/x"
    last = Event.objects.last()
    assert last
    assert (last.kind, last.after) == (
        "tenant.updated",
        {"developer_domain": HOST, "wanted_developer_domain": ""},
    )


def test_each_portal_has_a_host_of_its_own(acme: Provider) -> None:
    take(acme)
    tenant = take(acme, ADMIN, "admin.acme.example")
    assert admin_url(tenant, "/x") == "http://admin.acme.example:3000/x"
    assert developer_url(tenant, "/x") == f"http://{HOST}:3000/x"
    for host in (HOST, "admin.acme.example"):
        audience = ADMIN if host == HOST else DEVELOPER
        with pytest.raises(ValidationError, match="is the host of your other portal"):
            want_domain(tenant, audience, host, by=BY)


REFUSED = [
    ("localhost", "must be a name like"),
    ("acme.localhost", "is reserved"),
    ("globex.localhost", "is reserved"),
    ("globex-admin.localhost", "is reserved"),
    ("x.gateway.localhost", "is reserved"),
    ("127.0.0.1", "must be a name like"),
    ("acme", "must be a name like"),
    ("-acme.example", "must be a name like"),
    ("portal.acme.example:80", "must be a name like"),
    ("https://portal.acme.example", "must be a name like"),
    ("portal.acme.example/x", "must be a name like"),
    ("*.acme.example", "must be a name like"),
    ("Portal.acme.example", "must be a name like"),
    ("portal.acme.example\n", "must be a name like"),
    (f"{'a.' * 122}example", "is too long"),
]


@pytest.mark.parametrize(("host", "refusal"), REFUSED)
def test_only_whole_names_of_others_domains_are_taken(
    acme: Provider, globex: Provider, host: str, refusal: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        want_domain(acme.tenant, DEVELOPER, host, by=BY)
    texts = refused.value.message_dict["wanted_developer_domain"]
    assert any(text.startswith(refusal) for text in texts)
    assert domain_of(now(acme.tenant), DEVELOPER).wanted == ""


def test_without_its_own_proof_nobody_gets_a_name(acme: Provider, globex: Provider) -> None:
    """Neither no text, nor somebody else's, nor the proof of another name."""
    for provider in (acme, globex):
        want_domain(provider.tenant, DEVELOPER, HOST, by=BY)
    useless = [
        [],
        ["tollway="],
        [proof_of(acme.tenant, HOST)],
        [proof_of(globex.tenant, "www.globex.example")],
    ]
    for texts in useless:
        with pytest.raises(ValidationError, match="has no proof in the DNS yet"):
            use_domain(globex.tenant, DEVELOPER, seen(texts), by=BY)
    assert now(globex.tenant).developer_domain == ""


@pytest.mark.parametrize("audience", Audience)
def test_a_name_has_one_tenant_and_goes_to_who_proves_it_alone(
    acme: Provider, globex: Provider, audience: Audience
) -> None:
    take(acme)
    stranger = globex.tenant
    want_domain(stranger, audience, HOST, by=BY)
    both = [proof_of(acme.tenant, HOST), proof_of(stranger, HOST)]
    with pytest.raises(ValidationError, match="has already been taken"):
        use_domain(stranger, audience, seen(both), by=BY)
    assert now(acme.tenant).developer_domain == HOST
    use_domain(stranger, audience, seen(both[1:]), by=BY)
    assert domain_of(now(stranger), audience).used == HOST
    assert now(acme.tenant).developer_domain == ""
    lost = Event.objects.filter(tenant=acme.tenant).last()
    assert lost
    assert (lost.actor_kind, lost.before) == ("system", {"developer_domain": HOST})


def test_a_name_that_leads_elsewhere_is_used_by_decision_only(acme: Provider) -> None:
    tenant = acme.tenant
    want_domain(tenant, DEVELOPER, HOST, by=BY)
    there = seen([proof_of(tenant, HOST)], here=False)
    with pytest.raises(ValidationError, match="leads elsewhere"):
        use_domain(tenant, DEVELOPER, there, by=BY)
    use_domain(tenant, DEVELOPER, there, by=BY, anyway=True)
    assert now(tenant).developer_domain == HOST


def test_what_was_seen_of_another_name_is_no_proof(acme: Provider) -> None:
    tenant = acme.tenant
    want_domain(tenant, DEVELOPER, "other.acme.example", by=BY)
    with pytest.raises(ValidationError, match="was changed meanwhile"):
        use_domain(tenant, DEVELOPER, seen([proof_of(tenant, HOST)]), by=BY)


def test_another_name_waits_while_the_first_is_used_and_none_gives_both_up(acme: Provider) -> None:
    tenant = take(acme)
    want_domain(tenant, DEVELOPER, "new.acme.example", by=BY)
    domain = domain_of(now(tenant), DEVELOPER)
    assert (domain.used, domain.wanted) == (HOST, "new.acme.example")
    want_domain(tenant, DEVELOPER, HOST, by=BY)
    assert domain_of(now(tenant), DEVELOPER).wanted == ""
    want_domain(tenant, DEVELOPER, "", by=BY)
    assert domain_of(now(tenant), DEVELOPER).used == ""
    before = Event.objects.count()
    want_domain(tenant, DEVELOPER, "", by=BY)
    assert Event.objects.count() == before, "what changes nothing is not told"


def test_a_plan_without_domains_takes_none_and_leaves_what_is_there(acme: Provider) -> None:
    tenant = take(acme)
    want_domain(tenant, ADMIN, "admin.acme.example", by=BY)
    Tenant.objects.filter(pk=tenant.pk).update(domains_allowed=False)
    with pytest.raises(ValidationError, match="is not part of your plan"):
        want_domain(now(tenant), DEVELOPER, "new.acme.example", by=BY)
    proof = seen([proof_of(tenant, "admin.acme.example")], host="admin.acme.example")
    with pytest.raises(ValidationError, match="is not part of your plan"):
        use_domain(now(tenant), ADMIN, proof, by=BY)
    want_domain(now(tenant), DEVELOPER, HOST, by=BY)
    assert now(tenant).developer_domain == HOST
    want_domain(now(tenant), DEVELOPER, "", by=BY)
    assert now(tenant).developer_domain == ""
