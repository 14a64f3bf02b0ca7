"""The addresses of applications, as 3scale's users know them."""

from __future__ import annotations

from tollway.portal.accounts.models import User
from tollway.portal.console.applications import acts, index, making, moving, usage
from tollway.portal.console.applications import page as application
from tollway.portal.console.pages import page

_WHO = User.Section.PARTNERS
_ALL = "p/admin/applications"
_ONE = f"{_ALL}/<int:application_id>"
_OF_ACCOUNT = "buyers/accounts/<int:account_id>/applications"
_OF_PRODUCT = "apiconfig/services/<int:product_id>/applications"
_KEY = f"{_ONE}/keys/<int:key_id>"

routes = [
    page(_ALL, index.index, name="applications", section=_WHO),
    page(f"{_ALL}/new", making.choose, name="any-application-new", section=_WHO),
    page(
        f"{_OF_PRODUCT}/new",
        making.choose_for_product,
        name="product-application-new",
        section=_WHO,
    ),
    page(
        _OF_PRODUCT,
        index.of_product,
        name="product-applications",
        section=_WHO,
    ),
    page(_OF_ACCOUNT, index.of_account, name="account-applications", section=_WHO),
    page(f"{_OF_ACCOUNT}/new", making.new, name="application-new", section=_WHO),
    page(_ONE, application.index, name="application", section=_WHO),
    page(f"{_ONE}/edit", application.edit, name="application-edit", section=_WHO),
    page(
        f"{_ONE}/usage.csv",
        usage.sheet,
        name="application-usage-sheet",
        section=User.Section.MONITORING,
    ),
    page(f"{_ONE}/limits", application.limits, name="application-limits", section=_WHO),
    page(f"{_ONE}/plan", moving.change, name="application-plan-change", section=_WHO),
    page(f"{_ONE}/customize", moving.customize, name="application-customize", section=_WHO),
    page(f"{_ONE}/decustomize", moving.decustomize, name="application-decustomize", section=_WHO),
    page(f"{_ONE}/state/<slug:event>", acts.move, name="application-state", section=_WHO),
    page(f"{_ONE}/reject", acts.reject, name="application-reject", section=_WHO),
    page(f"{_ONE}/delete", acts.delete, name="application-delete", section=_WHO),
    page(f"{_ONE}/user_key/rotate", acts.rotate_user_key, name="user-key-rotate", section=_WHO),
    page(f"{_ONE}/user_key", acts.set_user_key, name="user-key-set", section=_WHO),
    page(f"{_ONE}/user_key/former", acts.end_former, name="user-keys-end", section=_WHO),
    page(f"{_ONE}/keys", acts.new_key, name="application-key-new", section=_WHO),
    page(f"{_KEY}/rotate", acts.replace_key, name="application-key-rotate", section=_WHO),
    page(f"{_KEY}/delete", acts.delete_key, name="application-key-delete", section=_WHO),
    page(f"{_ONE}/referrers", acts.add_referrer, name="referrer-new", section=_WHO),
    page(
        f"{_ONE}/referrers/<int:referrer_id>/delete",
        acts.remove_referrer,
        name="referrer-delete",
        section=_WHO,
    ),
]
