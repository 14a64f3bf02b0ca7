"""Who asks, about which service and application: look-ups that decisions and reports share.

Each answers with what it found, or with the ``Rejected`` that the wire format has for what it did
not find, in the order of the Service Management API, section 5.
"""

from __future__ import annotations

import re

from tollway.authority import answers
from tollway.authority.answers import Rejected
from tollway.authority.cases import ProductCase, Products
from tollway.authority.request import Authorize, Caller, ProviderKey, Report, ServiceToken
from tollway.core.admission import USER_KEY
from tollway.store import Store
from tollway.store.snapshot import Application, Product

APP_ID_CHARS_MAX = 255  # of those that exist; what is longer is not worth a look-up
_PREFIXED = re.compile(r".*-([0-9]+)", re.ASCII | re.DOTALL)


class Admission:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._products = Products()

    def at_hand(self, ask: Authorize) -> tuple[ProductCase, Application] | None:
        """Return what nothing has to be asked for, and nothing is wrong with.

        PERF: what ``service`` and ``application`` find, in a third of the time; nearly all calls
        of a process that has seen the application before (bench/authority.py).
        """
        caller = ask.caller
        both = ask.app_id is not None and ask.user_key is not None
        if both or ask.flaw or not isinstance(caller, ServiceToken):
            return None
        found = self._store.product_at_hand(caller.token, caller.service_id)
        if found is None:
            return None
        by_key = found.backend_version == USER_KEY
        if (ask.user_key if by_key else ask.app_id) is None or (by_key and ask.oauth):
            return None
        application = self._store.application_at_hand(found.id, ask.app_id, ask.user_key)
        return None if application is None else (self._products.prepared(found), application)

    async def service(self, ask: Authorize | Report) -> ProductCase | Rejected:
        """Check the caller, then what the request got wrong, then find the service."""
        caller = ask.caller
        if isinstance(caller, ServiceToken) and not await self._store.service_token(
            caller.token, caller.service_id
        ):
            return answers.service_token_invalid(caller.token, caller.service_id)
        if ask.flaw:
            return ask.flaw
        found = await self._product(caller, ask.service_id)
        return found if isinstance(found, Rejected) else self._products.prepared(found)

    async def _product(self, caller: Caller, service_id: str | None) -> Product | Rejected:
        if isinstance(caller, ServiceToken):
            product = await self._store.product(caller.service_id)
            return product or answers.service_id_invalid(caller.service_id)
        return await self._owned(caller, service_id)

    async def _owned(self, caller: ProviderKey, service_id: str | None) -> Product | Rejected:
        """Find a provider's service: the one named, by the number at the end, or its default."""
        owner = await self._store.provider(caller.key)
        default = owner.default_service_id if owner else None
        if service_id is None and default is None:
            return answers.no_default_service(caller.key)
        named = service_id or default or ""
        prefixed = _PREFIXED.fullmatch(named)
        product = await self._store.product(prefixed[1] if prefixed else named)
        if product is None:
            return answers.service_id_invalid(named)
        if owner is not None and product.owner == owner.id:
            return product
        return (
            answers.provider_key_invalid(caller.key)
            if default is None
            else answers.service_id_invalid(named)
        )

    async def with_plan(self, product: ProductCase, plan_id: str) -> ProductCase:
        """Return the product with this plan in it.

        A plan may be younger than what this process knows of its product. To take it for one that
        nobody limited would let calls through; so one that is unknown is asked for.
        """
        if product.has_plan(plan_id):
            return product
        now = await self._store.product(product.id, fresh=True)
        return product if now is None else self._products.prepared(now)

    async def application(
        self, product: ProductCase, app_id: str | None, user_key: str | None
    ) -> Application | Rejected:
        """Find the application by what the service's mode asks for."""
        if app_id is not None and user_key is not None:
            return answers.BOTH_CREDENTIALS
        if product.mode == "1":
            if user_key is None:
                return answers.USER_KEY_MISSING
            by_key = await self._store.application_by_user_key(product.id, user_key)
            return by_key or answers.user_key_invalid(user_key)
        if app_id is None:
            return answers.APP_ID_MISSING
        known = len(app_id) <= APP_ID_CHARS_MAX
        by_id = await self._store.application(product.id, app_id) if known else None
        return by_id or answers.application_not_found(app_id)
