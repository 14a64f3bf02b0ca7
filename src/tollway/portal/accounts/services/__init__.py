"""Changing tenants, accounts, users, their fields and tokens.

One function per thing one can ask for; each is one transaction and ends with one event. Invalid
values and refused changes raise Django's ``ValidationError``, with a list of messages per field.
``make_tenant`` is a building block without an event, for a service of the apps above.
"""

from tollway.portal.accounts.services.access_tokens import (
    create_access_token,
    delete_access_token,
    update_access_token,
)
from tollway.portal.accounts.services.accounts import (
    ACCOUNT_MOVES,
    change_account_state,
    update_account,
)
from tollway.portal.accounts.services.fields_definitions import (
    create_fields_definition,
    delete_fields_definition,
    update_fields_definition,
)
from tollway.portal.accounts.services.invitations import (
    accept_invitation,
    delete_invitation,
    invite,
    resend_invitation,
)
from tollway.portal.accounts.services.links import (
    activate,
    request_password_reset,
    resend_activation,
    reset_password,
)
from tollway.portal.accounts.services.notes import (
    add_note,
    change_note,
    delete_note,
    restore_note,
)
from tollway.portal.accounts.services.support import act_as, begin_visit, end_visit
from tollway.portal.accounts.services.team import (
    delete_team_invitation,
    invite_to_team,
    join_team,
    resend_team_invitation,
)
from tollway.portal.accounts.services.tenants import (
    DELETED_AFTER,
    SETTINGS_FIELDS,
    TENANT_MOVES,
    NewTenant,
    change_tenant_state,
    described,
    make_tenant,
    renew_provider_key,
    retire_provider_keys,
    update_settings,
    update_tenant,
)
from tollway.portal.accounts.services.users import (
    USER_MOVES,
    change_role,
    change_user_state,
    create_user,
    delete_user,
    update_notifications,
    update_permissions,
    update_user,
)

__all__ = [
    "ACCOUNT_MOVES",
    "DELETED_AFTER",
    "SETTINGS_FIELDS",
    "TENANT_MOVES",
    "USER_MOVES",
    "NewTenant",
    "accept_invitation",
    "act_as",
    "activate",
    "add_note",
    "begin_visit",
    "change_account_state",
    "change_note",
    "change_role",
    "change_tenant_state",
    "change_user_state",
    "create_access_token",
    "create_fields_definition",
    "create_user",
    "delete_access_token",
    "delete_fields_definition",
    "delete_invitation",
    "delete_note",
    "delete_team_invitation",
    "delete_user",
    "described",
    "end_visit",
    "invite",
    "invite_to_team",
    "join_team",
    "make_tenant",
    "renew_provider_key",
    "request_password_reset",
    "resend_activation",
    "resend_invitation",
    "resend_team_invitation",
    "reset_password",
    "restore_note",
    "retire_provider_keys",
    "update_access_token",
    "update_account",
    "update_fields_definition",
    "update_notifications",
    "update_permissions",
    "update_settings",
    "update_tenant",
    "update_user",
]
