"""Changing applications and their credentials, and the sign-up that makes the first one.

One function per thing one can ask for; each is one transaction and ends with one event. Invalid
values and refused changes raise Django's ``ValidationError``, with a list of messages per field.
"""

from tollway.portal.applications.services.applications import (
    MOVES,
    change_state,
    create_application,
    delete_application,
    reject_application,
    update_application,
    waits_for_subscription,
)
from tollway.portal.applications.services.credentials import (
    KEYS_MAX,
    add_key,
    regenerate_user_key,
    remove_former_user_keys,
    remove_key,
    rotate_key,
)
from tollway.portal.applications.services.plans import (
    change_plan,
    customize_plan,
    decustomize_plan,
)
from tollway.portal.applications.services.products import update_product
from tollway.portal.applications.services.referrers import (
    FILTERS_MAX,
    add_referrer_filter,
    remove_referrer_filter,
)
from tollway.portal.applications.services.retirement import retire_credentials
from tollway.portal.applications.services.sign_up import (
    ChosenPlans,
    SignUp,
    delete_account,
    sign_up,
    unsubscribe,
)
from tollway.portal.applications.services.subscriptions import change_subscription_state
from tollway.portal.applications.services.wishes import request_plan, wish_for_plan

__all__ = [
    "FILTERS_MAX",
    "KEYS_MAX",
    "MOVES",
    "ChosenPlans",
    "SignUp",
    "add_key",
    "add_referrer_filter",
    "change_plan",
    "change_state",
    "change_subscription_state",
    "create_application",
    "customize_plan",
    "decustomize_plan",
    "delete_account",
    "delete_application",
    "regenerate_user_key",
    "reject_application",
    "remove_former_user_keys",
    "remove_key",
    "remove_referrer_filter",
    "request_plan",
    "retire_credentials",
    "rotate_key",
    "sign_up",
    "unsubscribe",
    "update_application",
    "update_product",
    "waits_for_subscription",
    "wish_for_plan",
]
