"""What events say of an application: enough for readers who come when the row is gone."""

from __future__ import annotations

from portal.people import BY, Provider
from tollway.portal.applications.services.log import append, identity
from tollway.portal.events.selectors import events_of


def test_an_event_names_the_application_as_the_data_planes_know_it(acme: Provider) -> None:
    append(acme.application, "noticed", by=BY, after={"why": "a test"})
    event = events_of(acme.tenant).last()
    assert event
    assert (event.kind, event.object_id) == ("application.noticed", str(acme.application.pk))
    assert event.after == {"why": "a test", **identity(acme.application)}
    assert identity(acme.application) == {
        "product_id": acme.product.pk,
        "application_id": acme.application.application_id,
    }
