"""As a program (`python -m portal.bulk.starting TENANT N`): asks for N accounts to be approved."""

from __future__ import annotations

import sys


def main(subdomain: str, count: int) -> None:
    import django

    django.setup()
    from tollway.portal.accounts.models import Account, User
    from tollway.portal.applications.selectors import AccountFilter
    from tollway.portal.bulk.kinds import Parameters
    from tollway.portal.bulk.services import start
    from tollway.portal.events.actors import Actor
    from tollway.portal.tenants.selectors import tenant_by_subdomain

    tenant = tenant_by_subdomain(subdomain)
    assert tenant
    Account.objects.bulk_create(
        Account(tenant=tenant, org_name=f"Night Bus {number}", state="pending")
        for number in range(count)
    )
    user = tenant.users.filter(account=None, role=User.Role.ADMIN).earliest("id")
    by = Actor("user", str(user.pk))
    what = AccountFilter(state="pending"), Parameters()
    start(tenant, "accounts-approve", *what, user=user, by=by)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
