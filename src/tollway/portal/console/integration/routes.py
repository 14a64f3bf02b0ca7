"""The addresses of a product's configuration, as 3scale has them."""

from __future__ import annotations

from tollway.portal.accounts.models import User
from tollway.portal.console.integration import history, page, promoting
from tollway.portal.console.pages import page as declared

_PLANS = User.Section.PLANS
_ONE = "apiconfig/services/<int:product_id>"
_PAGE = f"{_ONE}/integration"
_CONFIGS = f"{_ONE}/proxy_configs"
_CONFIG = f"{_CONFIGS}/<int:config_id>"

routes = [
    declared(_PAGE, page.index, name=page.PAGE, section=_PLANS),
    declared(f"{_PAGE}/edit", page.old_address, name="integration-edit", section=_PLANS),
    declared(f"{_PAGE}/curl", page.curl, name="integration-curl", section=_PLANS),
    declared(f"{_PAGE}/deploy", page.deploy, name="integration-deploy", section=_PLANS),
    declared(f"{_PAGE}/promote", promoting.promote, name="integration-promote", section=_PLANS),
    declared(_CONFIGS, history.index, name="proxy-configs", section=_PLANS),
    declared(_CONFIG, history.version, name="proxy-config", section=_PLANS),
    declared(f"{_CONFIG}.json", history.download, name="proxy-config-json", section=_PLANS),
    declared(f"{_CONFIG}/promote", promoting.put_back, name="proxy-config-promote", section=_PLANS),
]
