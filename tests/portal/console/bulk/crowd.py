"""As a program (`python -m portal.console.bulk.crowd N`): gives Acme N accounts that wait."""

from __future__ import annotations

import sys


def main(count: int) -> None:
    import django

    django.setup()
    from tollway.portal.accounts.models import Account
    from tollway.portal.tenants.selectors import tenant_by_subdomain

    tenant = tenant_by_subdomain("acme")
    assert tenant
    Account.objects.bulk_create(
        Account(tenant=tenant, org_name=f"Night Bus {number:03}", state="pending")
        for number in range(count)
    )


if __name__ == "__main__":
    main(int(sys.argv[1]))
