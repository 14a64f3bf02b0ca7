"""Who sees which message."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.mail.letters_sent import put
from portal.people import Provider
from tollway import clock
from tollway.portal.mail import selectors
from tollway.portal.mail.addresses import checked, parted
from tollway.portal.mail.models import Audience
from tollway.portal.mail.services import To
from tollway.portal.tenants.models import Tenant

pytestmark = pytest.mark.django_db


def test_a_tenant_sees_its_own_and_the_operator_what_goes_to_admins(
    master: Tenant, acme: Provider, globex: Provider
) -> None:
    to_ann = put(acme.tenant, "1")
    to_admin = put(acme.tenant, "2", To("admin@acme.example", Audience.ADMIN))
    strangers = put(globex.tenant, "1")
    operators = put(master, "1", To("master@master.example", Audience.ADMIN))
    assert list(selectors.mails_of(acme.tenant)) == [to_admin, to_ann]
    assert list(selectors.mails_of(globex.tenant)) == [strangers]
    assert list(selectors.mails_of(master)) == [operators, to_admin]


def test_what_is_due_is_counted_since_when_it_was(acme: Provider) -> None:
    now = clock.utc_now()
    assert selectors.lag(now) == (0, None)
    mail = put(acme.tenant)
    assert list(selectors.due(mail.next_try_at)) == [mail]
    assert selectors.lag(mail.next_try_at) == (1, mail.next_try_at)
    assert not selectors.due(mail.next_try_at - timedelta(seconds=1))


def test_addresses_are_in_ascii() -> None:
    assert checked("ann@Bücher.example") == "ann@xn--bcher-kva.example"
    assert checked('"a@b"@dev.example') == '"a@b"@dev.example'
    assert parted("Tollway <a@b.example>") == ("Tollway", "a@b.example")
    assert parted("a@b.example") == ("", "a@b.example")
