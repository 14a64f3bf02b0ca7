"""What nobody should send to the authority, and everybody could: strategies for whole requests.

About half of what they make is right but for one thing, so that it gets past the first check.
"""

from __future__ import annotations

import json
from base64 import b64encode
from urllib.parse import quote_from_bytes

from hypothesis import strategies as st
from msgspec import Struct

from authority.running import INTERNAL_PASSWORD, SERVICES, TOKEN

Headers = tuple[tuple[str, str], ...]

TRANSACTIONS = "/transactions"
DECISIONS = [
    f"{TRANSACTIONS}/{name}.xml"
    for name in ("authorize", "authrep", "oauth_authorize", "oauth_authrep")
]
PATHS = [
    *(*DECISIONS, f"{TRANSACTIONS}.xml", "/status", "/check.txt", "/available"),
    *("/gateway/v1/configurations", "/gateway/v1/refusals", "/internal/services/2"),
    *("/", "*", "//", "/transactions/errors.xml", "/%2e%2e/status", "/\u20ac", "/%ff", "/%00"),
]
METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "get", "A-B"]
KNOWN = f"{TOKEN}&user_key=uk-tight&"
LOGINS = [
    *(KNOWN, f"{TOKEN}&user_key=uk-open&", "provider_key=pk&app_id=5&"),
    *("provider_key=pk&service_id=x-1&app_id=5&app_key=k&", "service_token=tok4&service_id=4&"),
    *("provider_key=pk-oauth&app_id=5&redirect_uri=http://r&", "provider_key=wrong&", ""),
]
NAMES = """
    provider_key service_token service_id app_id app_key user_key user_id referrer usage log code
    redirect_url redirect_uri no_body transactions timestamp hits search
"""
WORDS = """
    deep nope 0 1 2 5 -1 %231 %23 9007199254740991 9007199254740992 99999999999999999999 1e3 0x1
    2026-11-23 1795475103 +00:00 pk tok uk * true & = [ ] [] [0] [a] [hits] [usage] %00 %0a %20 %ff
    %C3%A9 %ED%A0%80 %F0%9F%92%A9 %5B %5D %26 %3D %3C%26%22%3E ; + , : / . ' ~ % %% %2
"""
UNESCAPED = """ " < > \\ { } | ^ ` # \u00e9 \u20ac \0 \x1b """
EXTENSIONS = """
    no_body rejection_reason_header limit_headers hierarchy flat_usage list_app_keys explain
"""
FIELDS = """
    app_id user_key usage][hits usage][search usage timestamp log][code user_id usage][ a][b][c
"""
FORM = "application/x-www-form-urlencoded"
TYPES = [
    *(FORM, FORM, FORM, "", "multipart/form-data; boundary=x", "multipart/form-data; boundary=x"),
    *("application/json", "text/xml; charset=x", "multipart/form-data", 'multipart/form-data; a="'),
    *("multipart/form-data; boundary=", "Multipart/Form-Data;boundary=\u00e9", ";", "a/b/c"),
]
# Methods, a path of the internal API, and what the body of such a call wraps.
INTERNAL = [
    ("POST", "services", "service"),
    ("GET PUT DELETE", "services/{0}", "service"),
    ("PUT", "services/change_provider_key/{0}", "new_key"),
    ("POST DELETE", "service_tokens", "service_tokens"),
    ("GET HEAD", "service_tokens/{1}/{0}/provider_key", ""),
    ("GET POST PUT DELETE", "services/{0}/applications/{1}", "application"),
    ("PUT", "services/{0}/applications/batch", "applications"),
    ("GET DELETE", "services/{0}/applications/key/{1}", ""),
    ("PUT DELETE", "services/{0}/applications/a/key/{1}", ""),
    ("GET POST", "services/{0}/applications/{1}/keys", "application_key"),
    ("DELETE", "services/{0}/applications/a/keys/{1}", ""),
    ("GET POST", "services/{0}/applications/a/referrer_filters", "referrer_filter"),
    ("DELETE", "services/{0}/applications/a/referrer_filters/{1}", ""),
    ("GET", "services/{0}/applications/{1}/utilization", ""),
    ("GET POST PUT DELETE", "services/{0}/metrics/{1}", "metric"),
    ("GET PUT DELETE", "services/{0}/plans/p/usagelimits/{1}/day", "usagelimit"),
    ("GET PUT DELETE", "services/{0}/plans/{1}/usagelimits/1/{2}", "usagelimit"),
    ("GET POST", "services/{0}/alert_limits", "alert_limit"),
    ("DELETE", "services/{0}/alert_limits/{1}", ""),
    ("GET DELETE", "services/{0}/errors", ""),
    ("DELETE", "services/{0}/stats", "deletejobdef"),
    ("GET DELETE", "events", "upto_id"),
    ("DELETE", "events/{1}", ""),
    ("GET HEAD POST", "status", ""),
]
MEMBERS = """
    id service_id provider_key new_key backend_version state default_service plan_id plan_name name
    referrer_filters_required redirect_url user_key value parent_id day year application_keys tok
    referrer_filters upto_id
"""
BEARER = (("Authorization", "Bearer all"),)
BASIC = (
    ("Authorization", f"Basic {b64encode(f'internal:{INTERNAL_PASSWORD}'.encode()).decode()}"),
)


class Call(Struct, frozen=True):
    """A request, but for the headers that frame it."""

    method: str
    target: str
    headers: Headers = ()
    body: bytes = b""

    def encoded(self) -> bytes:
        framing = ("Host", "a"), ("Connection", "close"), ("Content-Length", str(len(self.body)))
        lines = [f"{name}: {value}" for name, value in (*framing, *self.headers)]
        head = "\r\n".join([f"{self.method} {self.target} HTTP/1.1", *lines, "", ""])
        return head.encode(errors="surrogateescape") + self.body


# Parameters.

words = st.sampled_from((NAMES + WORDS).split())
escaped = st.binary(max_size=6).map(quote_from_bytes)
soup = st.lists(words | escaped, max_size=8).map("".join)
raw = st.sampled_from(UNESCAPED.split(" "))
names = st.sampled_from(NAMES.split())
bracket = st.sampled_from(["[]", "[hits]", "[0]", "[usage]", "[a", "]", "[%5B"])
brackets = st.lists(bracket, max_size=5).map("".join)
fields = st.builds("{}{}={}".format, names, brackets, words | soup)
usages = st.builds(
    "{}={}".format,
    st.sampled_from(["usage[hits]", "usage%5Bsearch%5D", "[usage][deep]", "usage[nope]"]),
    st.sampled_from(["0", "1", "%232", "4", "99"]) | soup,
)
logins = st.sampled_from(LOGINS)
some = st.lists(usages | fields | soup, max_size=6).map("&".join)
queries = st.builds("{}{}".format, logins, some)

# Bodies.

right = st.sampled_from(["uk", "uk-tight", "5", "1", "%233", "200", "1795475103", "2026-11-23"])
lines = st.builds(
    "transactions[{}][{}]={}".format,
    st.sampled_from(["0", "1", "a", "", "]"]),
    st.sampled_from(FIELDS.split()),
    right | soup | raw,
)
counted = st.builds(
    "transactions[{0}][user_key]=uk-tight&transactions[{0}][usage][hits]={1}".format,
    st.integers(0, 3),
    st.integers(0, 3),
)
batches = st.lists(counted | lines, max_size=3) | st.lists(counted | lines | fields | raw)
part = '--x\r\nContent-Disposition: form-data; name="{}"\r\n\r\n{}\r\n'
parts = st.lists(
    st.builds(part.format, st.just("transactions[0][user_key]") | soup | raw, soup | raw) | soup
)
bodies = (
    batches.map(lambda found: "&".join(found).encode())
    | parts.map(lambda found: "".join(found).encode())
    | st.binary(max_size=300)
)
junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=12,
)

# Headers.

option = st.builds("{}={}".format, st.sampled_from(EXTENSIONS.split()), st.just("1") | soup)
options = st.lists(option, max_size=4).map("&".join)
texts = st.text(st.characters(codec="latin-1", min_codepoint=32, exclude_characters="\x7f"))
keys = st.sampled_from(["a", "b", "", "k" * 256]) | texts
other_headers = st.sampled_from(["Authorization", "X-3scale-User-Agent", "Cookie", "Expect"])
other_values = st.sampled_from(["Bearer all", "Basic \u00e4", "100-continue", "a=b"]) | texts
headers = st.lists(
    st.tuples(st.just("3scale-options"), options)
    | st.tuples(st.just("Idempotency-Key"), keys)
    | st.tuples(other_headers, other_values),
    max_size=3,
).map(tuple)

# Calls.

decisions = st.builds(
    Call,
    st.sampled_from(["GET", "HEAD"]),
    st.builds("{}?{}".format, st.sampled_from(DECISIONS), queries),
    headers,
)
reports = st.builds(
    lambda login, query, content_type, more, body: Call(
        "POST", f"/transactions.xml?{login}{query}", (("Content-Type", content_type), *more), body
    ),
    st.just(KNOWN) | logins,
    st.just("") | some,
    st.sampled_from(TYPES),
    headers,
    bodies,
)
told = st.fixed_dictionaries(
    {"id": st.just("ab" * 16), "at": st.just(1) | junk, "service": st.just("2") | junk},
    optional={"environment": st.just("staging"), "told": junk, "status": junk, "rules": junk},
)
gateways = st.builds(
    lambda query: Call("GET", f"/gateway/v1/configurations?{query}", BEARER),
    st.builds("environment=staging&wait=0&after={}&{}".format, soup, soup) | queries,
) | st.builds(
    lambda batch: Call("POST", "/gateway/v1/refusals", BEARER, json.dumps(batch).encode()),
    st.lists(told | junk) | junk,
)
values = st.sampled_from(["1", "2", "new", 5, -1, 2**63, "", "active", None, True, "\ud800"]) | junk
members = st.dictionaries(st.sampled_from(MEMBERS.split()), values, max_size=5)
ids = st.sampled_from(["a", "1", "2", "50", "day"]) | words
routes = st.sampled_from(INTERNAL).flatmap(
    lambda row: st.tuples(st.sampled_from(row[0].split()), st.just(row[1]), st.just(row[2]))
)
internal = st.builds(
    lambda route, named, tail, inner: Call(
        route[0],
        f"/internal/{route[1].format(*named)}{tail}",
        BASIC,
        json.dumps({route[2]: inner} if route[2] else inner).encode(),
    ),
    routes,
    st.tuples(st.sampled_from(SERVICES) | ids, ids, ids),
    st.sampled_from(["", "", "", "/", "?page=0&per_page=-1", "?page=x"]),
    members | st.lists(members) | values,
)
anything = st.builds(
    Call,
    st.sampled_from(METHODS),
    st.builds("{}?{}".format, st.sampled_from(PATHS), queries | escaped | raw),
    headers,
    bodies,
)
EVERY = {
    "authorize and authrep": decisions,
    "reports": reports,
    "gateways": gateways,
    "internal": internal,
    "anything": anything,
}
cut = st.builds(
    lambda call, end: call[: len(call) // 2] + end,
    anything.map(Call.encoded),
    st.binary(max_size=20),
)

# More than anybody needs, up to what is read at all.

MEGABYTES_4 = 4_194_304
USED = "transactions[0][user_key]=uk&transactions[0][usage][hits]="
HUGE = {
    "separators": lambda: "&" * MEGABYTES_4,
    "brackets": lambda: "transactions" + "[" * 4_000_000,
    "nesting": lambda: "transactions" + "[a]" * 1_000_000 + "=1",
    "a name": lambda: "n" * MEGABYTES_4,
    "a value": lambda: "transactions[0][timestamp]=" + "9" * 4_000_000,
    "escapes": lambda: "transactions[0][user_key]=" + "%e2" * 1_300_000,
    "an amount": lambda: USED + "9" * 1_000_000,
    "names": lambda: "&".join(f"transactions[{n}][user_key]={'k' * 900}" for n in range(4096)),
    "lines": lambda: "&".join(USED.replace("0", str(n), 1) + "1" for n in range(2000)),
    "metrics": lambda: "&".join(f"transactions[0][usage][m{n}]=1" for n in range(4096)),
    "too long": lambda: "a" * (MEGABYTES_4 + 1),
}
