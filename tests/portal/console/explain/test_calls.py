"""What the inspector says of a call: as a gateway with the same configuration would decide it."""

from __future__ import annotations

from typing import Any

import pytest

from portal.people import BY, Provider
from tollway.portal.applications.models import Application
from tollway.portal.applications.services import (
    add_key,
    add_referrer_filter,
    change_state,
    update_product,
)
from tollway.portal.catalog.models import Product
from tollway.portal.catalog.services import (
    create_mapping_rule,
    create_method,
    update_proxy,
)
from tollway.portal.console.counting.trial import read_call
from tollway.portal.console.explain.calls import Asked, Explanation, explain
from tollway.portal.plans.services import create_limit

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("store_url")]


def tried(provider: Provider, path: str = "/v1", method: str = "GET", **who: Any) -> Explanation:
    product = Product.objects.get(pk=provider.product.pk)
    where = who.pop("where", "draft")
    return explain(product, Asked(read_call(method, path), where, **who))


def test_without_credentials_the_product_says_they_are_missing(acme: Provider) -> None:
    found = tried(acme)
    assert (found.code, found.answer) == (
        "credentials_missing",
        (403, "Authentication parameters missing"),
    )


def test_an_unmapped_path_wins_over_an_unknown_key(acme: Provider) -> None:
    update_proxy(acme.product, by=BY, error_status_no_match=418, error_no_match="Nothing here")
    found = tried(acme, method="DELETE", user_key="nobody's")
    assert (found.code, found.answer) == ("no_match", (418, "Nothing here"))
    assert [(each.rule.pattern, each.why) for each in found.missed] == [("/", "is for GET")]


def test_an_unknown_key_is_refused_and_the_right_one_passes(acme: Provider) -> None:
    assert tried(acme, user_key="nobody's").code == "user_key_invalid"
    found = tried(acme, user_key=acme.application.user_key)
    assert (found.code, found.answer, found.application) == ("", None, acme.application)


def test_another_tenants_key_is_unknown(acme: Provider, globex: Provider) -> None:
    assert tried(acme, user_key=globex.application.user_key).code == "user_key_invalid"


def test_a_suspended_application_may_not_call(acme: Provider) -> None:
    change_state(acme.application, "suspend", by=BY)
    found = tried(acme, application=acme.application)
    assert (found.code, found.answer) == (
        "application_not_active",
        (403, "Authentication failed"),
    )


def test_an_application_key_is_checked_and_both_parts_are_required(acme: Provider) -> None:
    update_product(acme.product, by=BY, backend_version="2")
    add_key(acme.application, by=BY, value="the-right-key")
    app_id = acme.application.application_id
    assert tried(acme, app_id=app_id).code == "credentials_missing"
    assert tried(acme, app_id="nobody", app_key="x").code == "application_not_found"
    assert tried(acme, app_id=app_id, app_key="x").code == "application_key_invalid"
    assert tried(acme, app_id=app_id, app_key="the-right-key").code == ""
    assert tried(acme, application=acme.application).code == ""


def test_gateways_send_no_referrer_so_a_filter_refuses(acme: Provider) -> None:
    add_referrer_filter(acme.application, by=BY, value="example.com")
    assert tried(acme, application=acme.application).code == ""
    update_product(acme.product, by=BY, referrer_filters_required=True)
    assert tried(acme, application=acme.application).code == "referrer_not_allowed"


def test_a_method_counts_into_its_parent_and_each_limit_is_told(acme: Provider) -> None:
    search = create_method(acme.product, by=BY, friendly_name="Search")
    create_mapping_rule(
        acme.product, by=BY, http_method="GET", pattern="/v1", metric=search, delta=2
    )
    create_limit(acme.plan, by=BY, metric=acme.hits, period="day", value=9)
    found = tried(acme, application=acme.application)
    assert found.trial
    assert found.effects
    assert [(count.name, count.units) for count in found.trial.counts] == [
        ("hits", 3),
        ("search", 2),
    ]
    [limit] = found.effects.touched
    assert (limit.used, limit.after, limit.maximum) == (0, 3, 9)
    assert found.code == ""


def test_what_does_not_fit_is_over_the_limit_and_0_is_off(acme: Provider) -> None:
    limit = create_limit(acme.plan, by=BY, metric=acme.hits, period="day", value=0)
    found = tried(acme, application=acme.application)
    assert (found.code, found.answer) == ("metric_off", (403, "Authentication failed"))
    limit.delete()
    create_mapping_rule(
        acme.product, by=BY, http_method="GET", pattern="/v1", metric=acme.hits, delta=7
    )
    create_limit(acme.plan, by=BY, metric=acme.hits, period="day", value=7)
    found = tried(acme, application=acme.application)
    assert (found.code, found.answer) == ("limits_exceeded", (429, "Usage limit exceeded"))


def test_rules_that_do_not_match_say_why(acme: Provider) -> None:
    rules = [("/v2", False), ("/v1?kind=new", False), ("/v1", True), ("/v1/after", False)]
    for position, (pattern, last) in enumerate(rules, 1):
        create_mapping_rule(
            *(acme.product,),
            by=BY,
            http_method="GET",
            pattern=pattern,
            metric=acme.hits,
            delta=1,
            last=last,
            position=position,
        )
    found = tried(acme, "/v1/after?kind=old", application=acme.application)
    assert {each.rule.pattern: each.why for each in found.missed}.items() >= {
        ("/v2", "the path does not fit"),
        ("/v1?kind=new", "the arguments do not fit"),
        ("/v1/after", "a rule before it ends the search"),
    }


def test_where_nothing_is_deployed_there_is_nothing_to_explain(acme: Provider) -> None:
    assert tried(acme, where="production", application=acme.application).absent


def test_with_openid_connect_a_good_token_names_the_application(acme: Provider) -> None:
    update_product(acme.product, by=BY, backend_version="oidc")
    assert tried(acme, application=acme.application).code == "mode_not_served"  # by no issuer
    update_proxy(acme.product, by=BY, oidc_issuer_endpoint="https://idp.example/realms/x")
    assert tried(acme, application=acme.application).code == ""
    client = Application.objects.get(pk=acme.application.pk).application_id
    assert tried(acme, app_id=client).application == acme.application
    assert tried(acme, app_id="nobody's").code == "application_not_found"
    assert tried(acme).code == "credentials_missing"
