"""Changing plans, what they set, and who is on them. One function per thing one can ask for.

Each is one transaction and ends with one event. Functions called ``make_...``, and those that say
so, are parts of others: they append no event. Invalid values and refused changes raise Django's
``ValidationError``, with a list of messages per field.
"""

from tollway.portal.plans.services.beginnings import create_product, create_tenant
from tollway.portal.plans.services.contracts import (
    SUBSCRIPTION_MOVES,
    change_account_plan,
    change_service_plan,
    make_account_contract,
    make_subscription,
    move_subscription,
    subscribe,
    subscribed,
)
from tollway.portal.plans.services.custom import drop_custom_plans, make_custom_plan
from tollway.portal.plans.services.features import (
    add_feature,
    create_feature,
    delete_feature,
    remove_feature,
    update_feature,
)
from tollway.portal.plans.services.limits import create_limit, delete_limit, update_limit
from tollway.portal.plans.services.metrics import (
    disable_metric,
    enable_metric,
    update_plan_metric,
)
from tollway.portal.plans.services.plans import (
    copy_plan,
    create_account_plan,
    create_application_plan,
    create_service_plan,
    delete_plan,
    set_default_plan,
    update_plan,
)
from tollway.portal.plans.services.prices import (
    create_pricing_rule,
    delete_pricing_rule,
    update_pricing_rule,
)
from tollway.portal.plans.services.wishes import (
    ask,
    request_account_plan,
    request_service_plan,
    wish_for,
)

__all__ = [
    "SUBSCRIPTION_MOVES",
    "add_feature",
    "ask",
    "change_account_plan",
    "change_service_plan",
    "copy_plan",
    "create_account_plan",
    "create_application_plan",
    "create_feature",
    "create_limit",
    "create_pricing_rule",
    "create_product",
    "create_service_plan",
    "create_tenant",
    "delete_feature",
    "delete_limit",
    "delete_plan",
    "delete_pricing_rule",
    "disable_metric",
    "drop_custom_plans",
    "enable_metric",
    "make_account_contract",
    "make_custom_plan",
    "make_subscription",
    "move_subscription",
    "remove_feature",
    "request_account_plan",
    "request_service_plan",
    "set_default_plan",
    "subscribe",
    "subscribed",
    "update_feature",
    "update_limit",
    "update_plan",
    "update_plan_metric",
    "update_pricing_rule",
    "wish_for",
]
