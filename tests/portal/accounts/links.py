"""Reading the links in letters."""

from __future__ import annotations

import re

from tollway.portal.mail.models import Mail
from tollway.portal.mail.services import content_of


def written(mail: Mail) -> str:
    content = content_of(mail)
    assert content
    return content.text


def token_in(mail: Mail) -> str:
    """Return the last part of the path of a letter's one link."""
    [token] = re.findall(r"https?://\S+/([A-Za-z0-9_-]{43})$", written(mail), re.MULTILINE)
    return str(token)
