"""As a program (`python -m portal.mail.queueing TENANT N`): queues N messages of a tenant's."""

from __future__ import annotations

import sys


def main(subdomain: str, count: int) -> None:
    import django

    django.setup()
    from portal.mail.letters_sent import put
    from tollway.portal.tenants.selectors import tenant_by_subdomain

    tenant = tenant_by_subdomain(subdomain)
    assert tenant
    for number in range(count):
        put(tenant, f"{number}")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
