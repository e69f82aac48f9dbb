"""Who may see the served page: whoever has the token, in a browser that asked for this address itself.

The printed address holds a random token. The first request exchanges it for a cookie that scripts cannot read and that
other sites' requests do not carry, and is led to a place of its own, without the token: browsers send cookies to every
port of a host, but only below their path, which other servers there do not know. Every request names its host, so
that a name of someone else's that was made to point here (DNS rebinding) is refused, and browsers say which page a
request comes from, so that other pages cannot ask for anything.
"""

import hashlib
import re
import secrets
from collections.abc import Sequence
from email.message import Message
from enum import Enum
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qsl, urlsplit

HOSTS = ("127.0.0.1", "localhost")  # on any port: a tunnel may begin at another one
_TOKEN_BYTES = 32
_LONGEST_COOKIES = 4096  # characters of a header
_HOST = re.compile(r"(127\.0\.0\.1|localhost)(:[0-9]{1,5})?", re.ASCII | re.IGNORECASE)


class Verdict(Enum):
    """What a request may have."""

    GRANTED = "granted"
    EXCHANGED = "exchanged"  # it brought the token: give it the cookie, and lead it to the address without the token
    REFUSED = "refused"


class Access:
    """The token and the cookie of one server. Both are compared in a time that does not depend on where they differ."""

    def __init__(self, token: str | None = None) -> None:
        self.token = token or secrets.token_urlsafe(_TOKEN_BYTES)
        self._cookie_value = secrets.token_urlsafe(_TOKEN_BYTES)
        # a browser keeps one jar for all ports of a host, and tunnels bring several machines' servers there
        name = hashlib.sha256(self.token.encode()).hexdigest()[:24]
        self.place = f"/{name}"  # below it is everything that is served: cookies go to no other path of the host
        self._cookie_name = f"phynes_{name}"

    @property
    def set_cookie(self) -> str:
        """The header Set-Cookie of the exchange."""
        return f"{self._cookie_name}={self._cookie_value}; HttpOnly; SameSite=Strict; Path={self.place}/"

    def verdict(self, target: str, headers: Message) -> Verdict:
        """What a request for a target ("/?token=...", or one below `place`) with these headers may have."""
        if not (is_own_host(headers) and is_own_page(headers)):
            return Verdict.REFUSED
        given = token_of(target)
        if given is not None:
            return Verdict.EXCHANGED if _are_equal(given, self.token) else Verdict.REFUSED
        return Verdict.GRANTED if self._has_cookie(headers.get_all("Cookie", [])) else Verdict.REFUSED

    def _has_cookie(self, lines: Sequence[str]) -> bool:
        if len(lines) != 1 or len(lines[0]) > _LONGEST_COOKIES:
            return False
        try:
            found = SimpleCookie(lines[0]).get(self._cookie_name)
        except CookieError:
            return False
        return found is not None and _are_equal(found.value, self._cookie_value)


def is_own_host(headers: Message) -> bool:
    """Whether the request was made to 127.0.0.1 or localhost, by exactly one name."""
    hosts = headers.get_all("Host", [])
    return len(hosts) == 1 and _HOST.fullmatch(hosts[0]) is not None


def is_own_page(headers: Message) -> bool:
    """Whether nothing says that another page made the request; a person may follow a link from anywhere."""
    origins, host = headers.get_all("Origin", []), headers.get("Host", "")
    if origins and origins != [f"http://{host}"]:
        return False
    site, is_visit = headers.get("Sec-Fetch-Site", "none"), headers.get("Sec-Fetch-Dest", "document") == "document"
    return site in ("none", "same-origin") or (is_visit and headers.get("Sec-Fetch-Mode") == "navigate")


def token_of(target: str) -> str | None:
    """The token of "/?token=..."; None where the target is no such address."""
    try:
        parts = urlsplit(target)
        pairs = parse_qsl(parts.query, keep_blank_values=True, max_num_fields=1)
    except ValueError:
        return None
    is_exchange = not parts.scheme and not parts.netloc and parts.path == "/" and len(pairs) == 1
    return pairs[0][1] if is_exchange and pairs[0][0] == "token" else None


def _are_equal(given: str, expected: str) -> bool:
    return secrets.compare_digest(given.encode("utf-8", "surrogateescape"), expected.encode())
