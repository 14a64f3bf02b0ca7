"""Reading accounts, users and tokens. The tenant comes first in every function."""

from __future__ import annotations

from django.db.models import QuerySet

from tollway import clock
from tollway.portal.accounts.models import (
    AccessToken,
    Account,
    FieldsDefinition,
    Invitation,
    Note,
    TeamInvitation,
    User,
)
from tollway.portal.fields import digest
from tollway.portal.tenants.models import Tenant


def accounts_of(tenant: Tenant) -> QuerySet[Account]:
    """Return the tenant's developer accounts."""
    return Account.objects.filter(tenant=tenant).order_by("id")


def developers_of(tenant: Tenant) -> QuerySet[User]:
    """Return the users of all developer accounts."""
    return tenant.users.filter(account__isnull=False).select_related("account").order_by("id")


def admins_of(tenant: Tenant) -> QuerySet[User]:
    """Return the users of the tenant's own admin portal, members included."""
    return tenant.users.filter(account__isnull=True).order_by("id")


def admin_by_login(tenant: Tenant, login: str) -> User | None:
    """Find who signs in to the admin portal, by user name or e-mail address."""
    return _by_login(admins_of(tenant), login)


def developer_by_login(tenant: Tenant, login: str) -> User | None:
    """Find who signs in to the developer portal, by user name or e-mail address."""
    return _by_login(developers_of(tenant), login)


def _by_login(users: QuerySet[User], login: str) -> User | None:
    named = users.filter(username=login).first()
    return named or (users.filter(email__iexact=login).first() if login else None)


def access_tokens_of(tenant: Tenant, user: User) -> QuerySet[AccessToken]:
    return AccessToken.objects.filter(tenant=tenant, user=user).order_by("id")


def access_token_by_value(tenant: Tenant, value: str) -> AccessToken | None:
    """Find a token with its user. Whether it has expired is for the caller to say."""
    found = AccessToken.objects.filter(tenant=tenant, digest=digest("access_token", value))
    return found.select_related("user").first()


def users_of(tenant: Tenant, account: Account | None) -> QuerySet[User]:
    """Return the users of one account, or without one of the tenant's own portal."""
    return tenant.users.filter(account=account).order_by("id")


def fields_definitions_of(tenant: Tenant) -> QuerySet[FieldsDefinition]:
    return FieldsDefinition.objects.filter(tenant=tenant).order_by("id")


def invitations_of(tenant: Tenant, account: Account) -> QuerySet[Invitation]:
    """Return the invitations into an account, accepted ones included."""
    invitations = Invitation.objects.filter(tenant=tenant, account=account)
    return invitations.select_related("user").order_by("id")


def invitation_by_value(tenant: Tenant, value: str) -> Invitation | None:
    """Find the invitation whose link works now; the account has to be approved for that."""
    if tenant.is_closed:
        return None
    found = Invitation.objects.filter(
        tenant=tenant,
        digest=digest("invitation", value),
        expires_at__gt=clock.utc_now(),
        accepted_at__isnull=True,
        account__state=Account.State.APPROVED,
    )
    return found.select_related("account__tenant__settings").first()


def team_invitations_of(tenant: Tenant) -> QuerySet[TeamInvitation]:
    """Return the invitations into the tenant's own portal, accepted ones included."""
    return TeamInvitation.objects.filter(tenant=tenant).select_related("user").order_by("id")


def team_invitation_by_value(tenant: Tenant, value: str) -> TeamInvitation | None:
    """Find the invitation into the tenant's own portal whose link works now."""
    if tenant.is_closed:
        return None
    found = TeamInvitation.objects.filter(
        tenant=tenant,
        digest=digest("team_invitation", value),
        expires_at__gt=clock.utc_now(),
        accepted_at__isnull=True,
    )
    return found.select_related("tenant__settings").first()


def notes_of(tenant: Tenant, account: Account) -> QuerySet[Note]:
    """Return the notes on an account, newest first, with who wrote each."""
    notes = Note.objects.filter(tenant=tenant, account=account, deleted_at=None)
    return notes.select_related("author").order_by("-id")


def deleted_note(tenant: Tenant, account: Account, pk: int) -> Note | None:
    """Find a note that was deleted and can still be brought back."""
    notes = Note.objects.filter(tenant=tenant, account=account, deleted_at__isnull=False)
    return notes.filter(pk=pk).first()
