"""Showing a registry who asks: Basic, or a token from the service that the registry names.

https://distribution.github.io/distribution/spec/auth/token/ and its OAuth 2 variant.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit
from urllib.request import parse_http_list

import msgspec

from eidos.engine.distributing.credentials import Credential
from eidos.engine.distributing.http import Answer, Http, leads_here, origin
from eidos.engine.errors import DistributionError
from eidos.engine.records import dataclass

_TOKEN_AT_MOST = 1 << 18
_SCHEME = re.compile(r"([\w!#$%&'*+.^`|~-]+)(?:\s+(?![\s=])|$)", re.ASCII)
"""Begins a challenge between the commas of a header; else there is one more parameter of the last
(RFC 9110, 11.6.1)."""
_OK = 200


@dataclass(frozen=True, slots=True)
class Challenge:
    """How a registry wants to be shown who asks."""

    scheme: str
    """``basic`` or ``bearer``."""
    said: Mapping[str, str]


class Authenticator:
    """Knows what to show one registry, and shows it to nobody else.

    Args:
        http: asks token services.
        host: of the registry, with port.
        credential: finds what is shown, when it is first needed; None where nothing is known.
    """

    def __init__(self, http: Http, host: str, credential: Callable[[], Credential | None]) -> None:
        self._http = http
        self._host = host
        self._find = credential
        self._shown: dict[str, str] = {}

    def header(self, scope: str) -> dict[str, str]:
        """Give the header that did for a scope before; none at first."""
        shown = self._shown.get(scope)
        return {"Authorization": shown} if shown else {}

    def meet(self, answer: Answer, scope: str) -> bool:
        """Meet the challenge of an answer 401; False where there is nothing to show.

        Args:
            answer: of the registry.
            scope: what is to be done: ``repository:team/app:pull,push``.

        Raises:
            DistributionError: the token service cannot be asked, refuses, or is no place to send a
                credential to.
        """
        challenge = _challenge(answer.headers("WWW-Authenticate"))
        if challenge is None:
            return False
        credential = self._find()
        if challenge.scheme == "basic":
            if credential is None or not credential.user:
                return False
            self._shown[scope] = credential.basic()
            return True
        if credential and credential.bearer:
            token = credential.bearer
        else:
            token = self._http.retrying(lambda: self._token(challenge, scope, credential))
        self._shown[scope] = f"Bearer {token}"
        return True

    def _token(self, challenge: Challenge, scope: str, credential: Credential | None) -> str:
        realm = self._realm(challenge.said.get("realm", ""))
        query = {"service": challenge.said.get("service", ""), "scope": scope}
        if credential and credential.identity_token:
            form = {
                "grant_type": "refresh_token",
                "client_id": "eidos",
                "refresh_token": credential.identity_token,
                **query,
            }
            kind = {"Content-Type": "application/x-www-form-urlencoded"}
            answer = self._http.send("POST", realm, kind, urlencode(form).encode())
        else:
            parts = urlsplit(realm)
            joined = urlencode([*parse_qsl(parts.query), *query.items()])
            headers = {"Authorization": credential.basic()} if credential else {}
            answer = self._http.send("GET", urlunsplit(parts._replace(query=joined)), headers)
        return self._read(answer)

    def _realm(self, realm: str) -> str:
        """Refuse a token service to which a credential would go in the open."""
        refused = DistributionError(
            f"{self._host} names a token service that no credential may be sent to",
            hint="It must be reached by HTTPS, or be on the registry's own host.",
        )
        try:
            scheme, host, _ = origin(realm)
        except DistributionError:
            raise refused from None
        ours = urlsplit(f"//{self._host}").hostname
        in_open = scheme == "http" and host == ours and self._http.is_plain(self._host)
        is_astray = leads_here(host) and not leads_here(ours)
        if "@" in urlsplit(realm).netloc or is_astray or (scheme != "https" and not in_open):
            raise refused
        return realm

    def _read(self, answer: Answer) -> str:
        content = answer.read(_TOKEN_AT_MOST)
        if answer.status != _OK:
            raise DistributionError(
                f"the token service of {self._host} refuses: {answer.status}",
                hint="Log in anew with docker, podman or oras; check that it may do this.",
            )
        try:
            said: Any = msgspec.json.decode(content)
            token = said.get("token") or said.get("access_token")
        except (msgspec.DecodeError, AttributeError, RecursionError):
            token = None
        if not isinstance(token, str) or not token.isprintable():
            raise DistributionError(f"the token service of {self._host} gives no token") from None
        return token


def _challenge(headers: Sequence[str]) -> Challenge | None:
    """Read what is asked for, of headers with one challenge or more; a token before a password."""
    found: dict[str, dict[str, str]] = {}
    said: dict[str, str] = {}
    for each in (part for header in headers for part in parse_http_list(header)):
        begun = _SCHEME.match(each)
        scheme, parameter = (begun[1], each[begun.end() :]) if begun else (None, each)
        if scheme:
            said = found.setdefault(scheme.lower(), {})
        name, equals, value = parameter.partition("=")
        if equals:
            said.setdefault(name.strip().lower(), value.strip().strip('"'))
    meant = next((scheme for scheme in ("bearer", "basic") if scheme in found), None)
    return Challenge(meant, found[meant]) if meant else None
