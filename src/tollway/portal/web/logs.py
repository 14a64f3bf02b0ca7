"""What may not be written to a log is taken out here, once, for every logger of the portal.

Addresses can hold credentials: an application's key in the path, the token of a link that somebody
was sent, a token in the query string.
"""

from __future__ import annotations

import logging
import re

# Links in mail end in a token of 43 characters.
_SECRET = re.compile(
    r"(?P<path>/keys/|/(?:activate|password|signup)/(?=[\w-]{43}))[^\s?]+|(?P<query>\b(?:access_token|provider_key|user_key|app_key|key)=)[^&\s]+"
)


class NoSecrets(logging.Filter):
    """Never drops a record; rewrites its message, and adds the request's id where there is one."""

    def filter(self, record: logging.LogRecord) -> bool:
        message = redacted(record.getMessage())
        site = getattr(getattr(record, "request", None), "tollway", None)
        record.msg = f"{message} (request {site.request_id})" if site else message
        record.args = ()
        return True


def redacted(text: str) -> str:
    """Take credentials out of an address.

    >>> redacted("Internal Server Error: /admin/api/x/keys/abc.json?access_token=def&page=2")
    'Internal Server Error: /admin/api/x/keys/[hidden]?access_token=[hidden]&page=2'
    """
    return _SECRET.sub(lambda m: f"{m['path'] or m['query']}[hidden]", text)
