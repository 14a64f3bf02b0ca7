"""The mails that admins may ask for, and which of them are sent unasked (feature map, NO)."""

from __future__ import annotations

from collections.abc import Mapping

DEFAULTS: Mapping[str, bool] = {
    "account_created": False,
    "account_deleted": False,
    "account_plan_change_requested": True,
    "application_created": False,
    "application_plan_change_requested": True,
    "cinstance_cancellation": False,
    "cinstance_expired_trial": False,
    "cinstance_plan_changed": False,
    "credit_card_unstore_failed": True,
    "csv_data_export": True,
    "daily_report": False,
    "expired_credit_card_provider": True,
    "invoices_to_review": True,
    "limit_alert_reached_provider": True,
    "limit_violation_reached_provider": True,
    "message_received": True,
    "plan_downgraded": False,
    "service_contract_cancellation": False,
    "service_contract_created": False,
    "service_contract_plan_changed": False,
    "service_deleted": False,
    "service_plan_change_requested": True,
    "unsuccessfully_charged_invoice_final_provider": True,
    "unsuccessfully_charged_invoice_provider": False,
    "weekly_report": False,
}


def switches(moved: Mapping[str, bool]) -> dict[str, bool]:
    """Return every switch, as it stands after those were ``moved``."""
    return {name: moved.get(name, default) for name, default in DEFAULTS.items()}
