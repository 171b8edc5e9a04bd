"""HTTP as registries need it, and the only importer of urllib3 in the engine.

Bounded in time and size; TLS is always verified; plain HTTP goes to this machine only, unless asked
for; what authenticates goes to nobody but whom it is for; what is passing is tried again. Messages
name hosts and never a query, which may hold a signature.
"""

import email.utils
import ipaddress
import re
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import BinaryIO, TypeVar
from urllib.parse import SplitResult, unquote, urljoin, urlsplit
from urllib.request import proxy_bypass

from eidos.engine.distributing.references import is_loopback
from eidos.engine.errors import DistributionError, MissingExtraError
from eidos.engine.filesystem import open_regular
from eidos.engine.model.artifact import Terms
from eidos.engine.ports import Clock

try:
    import urllib3
    from urllib3.exceptions import HTTPError, NewConnectionError, ProxyError, SSLError

    from eidos.engine.distributing.connecting import POOLS, watched
except ImportError as error:
    raise MissingExtraError("oci", "a registry") from error

T = TypeVar("T")
_WAITS = (0.5, 1.0, 2.0, 4.0)
"""Seconds before another try, where the server names none."""
_WAIT_AT_MOST = 60.0
"""Seconds; a server that wants more is asked another day."""
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_REDIRECTS_AT_MOST = 5
_CHUNK = 1 << 16
_PORTS = {"http": 80, "https": 443}
_TUNNEL = re.compile(r"Tunnel connection failed: ([1-5][0-9][0-9])\b")
"""In what `http.client` says of a proxy that refuses."""
_NO_TLS = frozenset({"WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST"})
"""What OpenSSL calls an answer that is none of TLS, by its versions."""


class PassingError(DistributionError):
    """It may work in a moment.

    Args:
        message: as for all.
        after: seconds that the server asks to wait.
    """

    def __init__(self, message: str, after: float | None = None) -> None:
        hint = "It was tried more than once. Ask again later, or give it more time: --timeout."
        super().__init__(message, hint=hint)
        self.after = after


class Answer:
    """What a server answered: status and headers, and its body as it is read.

    Args:
        raw: of urllib3.
        url: where it came from at last.
        timeout: seconds to wait for more.
    """

    def __init__(self, raw: "urllib3.BaseHTTPResponse", url: str, timeout: float) -> None:
        self._raw = raw
        self._timeout = timeout
        self.url = url
        self.status = raw.status

    def header(self, name: str) -> str:
        """Give a header; empty where there is none."""
        return str(self._raw.headers.get(name, ""))

    def headers(self, name: str) -> list[str]:
        """Give every header of a name."""
        return list(self._raw.headers.getlist(name))

    def chunks(self, at_most: int) -> Iterator[bytes]:
        """Give the body piece by piece, and let go of the connection at its end.

        Raises:
            DistributionError: it is larger.
            PassingError: it is cut off, or comes too slowly.
        """
        watch = watched(self._raw, self._timeout)
        left = at_most
        try:
            while part := self._raw.read1(_CHUNK, decode_content=False):
                left -= len(part)
                watch.extend(len(part))
                if left < 0:
                    raise DistributionError(
                        f"{_host(self.url)} sends more than {at_most:,} bytes",
                        hint="Look at what lies there, and at who answers.",
                    )
                yield part
            if watch.is_over:
                raise PassingError(f"{_host(self.url)} sends too slowly")
            if left and self._raw.length_remaining:
                raise PassingError(f"{_host(self.url)} broke off in the middle")
        except (HTTPError, OSError) as error:
            what = "sends too slowly" if watch.is_over else "broke off in the middle"
            raise PassingError(f"{_host(self.url)} {what}") from error
        finally:
            watch.cancel()
            self.close()

    def read(self, at_most: int) -> bytes:
        """Give the whole body; raises as `chunks` does."""
        return b"".join(self.chunks(at_most))

    def close(self) -> None:
        """Let go of the connection; what is not read is thrown away."""
        self._raw.close()


class Http:
    """Asks servers.

    Args:
        terms: on which terms.
        clock: waits before another try.
        environ: names proxies, as ``HTTPS_PROXY`` and ``NO_PROXY``.
    """

    def __init__(self, terms: Terms, clock: Clock, environ: Mapping[str, str]) -> None:
        self.terms = terms
        self._clock = clock
        self._environ = environ
        self._context: ssl.SSLContext | None = None
        self._pools: dict[str | None, urllib3.PoolManager] = {}

    def close(self) -> None:
        """Close every connection."""
        for pool in self._pools.values():
            pool.clear()

    def is_plain(self, host: str) -> bool:
        """Say whether a host (with port, or not) is spoken to without TLS.

        So is this machine, as the container tools do it, unless an authority is named for it.
        """
        is_home = is_loopback(urlsplit(f"//{host}").hostname)
        return self.terms.plain_http or (is_home and self.terms.ca_file is None)

    def retrying(self, call: Callable[[], T]) -> T:
        """Do something, again where it fails with a `PassingError`; then what the last one said.

        Raises:
            PassingError: it failed each time, or the server asks to wait for long.
        """
        for wait in _WAITS:
            try:
                return call()
            except PassingError as error:
                seconds = wait if error.after is None else error.after
                if seconds > _WAIT_AT_MOST or self._clock.wait(seconds):
                    raise
        return call()

    def send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes | BinaryIO | None = None,
    ) -> Answer:
        """Ask once, and follow redirects of GET and HEAD without what authenticates.

        Raises:
            DistributionError: the server cannot be reached or trusted, or leads astray.
            PassingError: it is busy, or did not answer in time.
        """
        sent = {"Accept-Encoding": "identity", "User-Agent": "eidos", **headers}
        for _ in range(_REDIRECTS_AT_MOST + 1):
            answer = self._once(method, url, sent, body)
            if answer.status not in _REDIRECTS or method not in {"GET", "HEAD"}:
                break
            answer.close()
            target = self.beside(url, answer.header("Location"))
            if origin(target) != origin(url):
                sent = {key: value for key, value in sent.items() if key != "Authorization"}
            url = target
        else:
            raise DistributionError(f"{_host(url)} leads from one place to the next without end")
        if answer.status in _PASSING:
            answer.close()
            raise PassingError(f"{_host(url)} answers {answer.status}", self._after(answer))
        return answer

    def beside(self, url: str, location: str) -> str:
        """Give where a header leads to, seen from where it came.

        Raises:
            DistributionError: nowhere, from TLS to plain HTTP, or from elsewhere to this machine.
        """
        try:
            target = urljoin(url, location)
        except ValueError as error:
            raise _astray(url) from error
        here, there = urlsplit(url), _split(target)
        is_plain = there.scheme == "http" and not self.terms.plain_http
        is_home = is_loopback(there.hostname)
        if not location or "@" in there.netloc or (is_plain and not is_home):
            raise _astray(url)
        if leads_here(there.hostname) and not leads_here(here.hostname):
            raise _astray(url)
        return target

    def _once(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | BinaryIO | None
    ) -> Answer:
        if body is not None and not isinstance(body, bytes):
            body.seek(0)
        try:
            raw = self._pool(url).request(
                method,
                url,
                body=body,
                headers=dict(headers),
                redirect=False,
                retries=False,
                preload_content=False,
                timeout=urllib3.Timeout(connect=self.terms.timeout, read=self.terms.timeout),
            )
        except ProxyError as error:
            raise self._by_proxy(url, error) from error
        except SSLError as error:
            raise _untrusted(url, error) from error
        except NewConnectionError as error:
            raise DistributionError(
                f"{_host(url)} cannot be reached",
                hint="Check its name and port, the network, and HTTPS_PROXY and NO_PROXY.",
            ) from error
        except (HTTPError, OSError) as error:
            raise PassingError(f"{_host(url)} {_why(error, self.terms.timeout)}") from error
        except ValueError as error:  # a header or an address that cannot be
            raise DistributionError(f"{_host(url)} cannot be asked") from error
        return Answer(raw, url, self.terms.timeout)

    def _by_proxy(self, url: str, error: "ProxyError") -> DistributionError:
        """Say of what a proxy refuses that it is the proxy; of its words only the status."""
        proxy = _host(self._proxy(urlsplit(url)) or "")
        found = _TUNNEL.search(str(error.original_error))
        if found is None:
            message, status = f"the proxy {proxy} cannot be reached", 0
        else:
            message, status = (
                f"the proxy {proxy} answers {found[1]} for {_host(url)}",
                int(found[1]),
            )
        if status in _PASSING:
            return PassingError(message)
        return DistributionError(
            message,
            hint="Check HTTPS_PROXY, with user and password if it wants them, and NO_PROXY.",
        )

    def _after(self, answer: Answer) -> float | None:
        """Give the seconds that ``Retry-After`` asks to wait (RFC 9110, 10.2.3)."""
        said = answer.header("Retry-After")
        if said.isascii() and said.isdigit():
            return float(said[:9])
        try:
            moment = email.utils.parsedate_to_datetime(said)
        except (ValueError, TypeError, OverflowError):
            return None
        now = self._clock.now()
        return max(0.0, (moment.replace(tzinfo=moment.tzinfo or now.tzinfo) - now).total_seconds())

    def _pool(self, url: str) -> "urllib3.PoolManager":
        proxy = self._proxy(urlsplit(url))
        if proxy not in self._pools:
            self._pools[proxy] = self._manager(proxy)
            self._pools[proxy].pool_classes_by_scheme = POOLS
        return self._pools[proxy]

    def _manager(self, proxy: str | None) -> "urllib3.PoolManager":
        if proxy is None:
            return urllib3.PoolManager(ssl_context=self._tls())
        userinfo = _split(proxy).netloc.rpartition("@")[0]
        shown = urllib3.make_headers(proxy_basic_auth=unquote(userinfo) or None)
        return urllib3.ProxyManager(proxy, proxy_headers=shown, ssl_context=self._tls())

    def _proxy(self, url: SplitResult) -> str | None:
        """Give the proxy for an address; this machine is never asked through one."""
        names = (f"{url.scheme}_proxy", f"{url.scheme}_proxy".upper(), "all_proxy", "ALL_PROXY")
        name = next((name for name in names if self._environ.get(name)), None)
        excepted = self._environ.get("no_proxy") or self._environ.get("NO_PROXY") or ""
        direct = is_loopback(url.hostname) or proxy_bypass(url.netloc, {"no": excepted})
        if name is None or direct:
            return None
        said = self._environ[name]
        proxy = said if "://" in said else f"http://{said}"
        with suppress(DistributionError):
            if _split(proxy).scheme in _PORTS:
                return proxy
        raise DistributionError(
            f"{name} names no proxy for HTTP", hint=f"Write {name}=http://HOST:PORT"
        )

    def _tls(self) -> ssl.SSLContext:
        if self._context is None:
            self._context = ssl.create_default_context()
            if self.terms.ca_file is not None:
                try:
                    open_regular(self.terms.ca_file).close()  # a pipe would let us wait for ever
                    self._context.load_verify_locations(self.terms.ca_file)
                except (OSError, ssl.SSLError) as error:
                    raise DistributionError(
                        f"{self.terms.ca_file} holds no certificates that can be read",
                        hint="--ca-file takes certificates in PEM.",
                    ) from error
        return self._context


def origin(url: str) -> tuple[str, str, int]:
    """Give whom an address belongs to: scheme, host and port."""
    parts = _split(url)
    return parts.scheme, parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 0)


def _split(url: str) -> SplitResult:
    """Take an address apart.

    Raises:
        DistributionError: it is none of HTTP, or one that is not the same to all who read it: whom
            we would check is not whom urllib3 would ask.
    """
    try:
        parts = urlsplit(url)
        asked = urllib3.util.parse_url(url)
        is_same = ((asked.host or "").strip("[]"), asked.port) == (parts.hostname, parts.port)
    except ValueError as error:
        raise DistributionError("a server leads to an address that is none") from error
    if parts.scheme not in {*_PORTS, "socks5", "socks5h"} or not is_same:
        raise DistributionError("a server leads to an address that is none")
    return parts


def _astray(url: str) -> DistributionError:
    return DistributionError(
        f"{_host(url)} leads to a place that it may not lead to",
        hint="From TLS never to plain HTTP, and from elsewhere never to this machine.",
    )


def leads_here(host: str | None) -> bool:
    """Say whether a host is this machine, or what only it can reach, however it is written.

    A name that somebody lets mean this machine is not seen.
    """
    name = (host or "").rstrip(".").lower()
    try:
        packed = socket.inet_aton(name) if ":" not in name else name.partition("%")[0]
        address = ipaddress.ip_address(packed)
    except (OSError, ValueError):
        return is_loopback(name)
    address = getattr(address, "ipv4_mapped", None) or address
    return address.is_loopback or address.is_unspecified or address.is_link_local


def _host(url: str) -> str:
    """Give what messages call a server: no user, no path, no query."""
    return urlsplit(url).netloc.rpartition("@")[2]


def _why(error: Exception, timeout: float) -> str:
    if isinstance(error, urllib3.exceptions.TimeoutError):
        return f"did not answer within {timeout:g} s"
    return "broke off"


def _untrusted(url: str, error: Exception) -> DistributionError:
    """Say in OpenSSL's words why a server is not trusted; they hold no secret."""
    cause = error.args[0] if error.args else error
    if getattr(cause, "reason", None) in _NO_TLS:
        return DistributionError(
            f"{_host(url)} does not answer by TLS",
            hint="Check its port; a registry without TLS is spoken to with --plain-http.",
        )
    reason = getattr(cause, "verify_message", "") or "TLS cannot be agreed on"
    return DistributionError(
        f"{_host(url)} cannot be trusted: {reason}",
        hint="Name the authority that signed its certificate: --ca-file FILE.",
    )
