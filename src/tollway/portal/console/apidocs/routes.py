"""The addresses of documents, as 3scale has them."""

from __future__ import annotations

from tollway.portal.accounts.models import User
from tollway.portal.console.apidocs import index, own, preview, writing
from tollway.portal.console.pages import EVERYBODY, page

_PLANS = User.Section.PLANS
_ALL = "admin/api_docs/services"
_ONE = f"{_ALL}/<int:document_id>"

routes = [
    page("p/admin/api_docs", own.own, name=own.HERE, section=EVERYBODY),
    page("p/admin/api_docs/authority", own.authority, name=own.AUTHORITY, section=EVERYBODY),
    page(
        "p/admin/api_docs/authority.json",
        own.authority_content,
        name="authority-docs-content",
        section=EVERYBODY,
    ),
    page(_ALL, index.index, name=index.LIST, section=_PLANS),
    page(
        "apiconfig/services/<int:product_id>/api_docs",
        index.of_product,
        name=index.OF_PRODUCT,
        section=_PLANS,
    ),
    page(f"{_ALL}/echo", index.add_echo, name="api-document-echo", section=_PLANS),
    page(f"{_ALL}/new", writing.new, name="api-document-new", section=_PLANS),
    page(f"{_ALL}/suggest", writing.suggest, name="api-document-suggest", section=_PLANS),
    page(f"{_ONE}/edit", writing.edit, name="api-document-edit", section=_PLANS),
    page(f"{_ONE}/preview", preview.preview, name="api-document-preview", section=_PLANS),
    page(f"{_ONE}/content.json", preview.content, name="api-document-content", section=_PLANS),
    page(f"{_ONE}/publish", index.publish, name="api-document-publish", section=_PLANS),
    page(f"{_ONE}/delete", index.delete, name="api-document-delete", section=_PLANS),
]
