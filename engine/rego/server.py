"""Rego on an OPA server that serves a bundle of our packs, for those who run one.

The bundle is made by ``eidos policy pack`` and served by whoever runs the server; nothing is ever
uploaded. Before a program is asked, the bundle must say that it holds exactly that program: the
same modules and tables. Parameters, clock and input go along with each question.
"""

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urlsplit

from eidos.engine.digest import canonical, digest
from eidos.engine.errors import EidosError, MissingExtraError, PolicyError, UsageError
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.rule import Module
from eidos.engine.ports import UNDEFINED, Answer, Job, ModuleFacts, Program, Undefined
from eidos.engine.records import dataclass
from eidos.engine.rego.limits import EngineLimits
from eidos.engine.rego.reading import ReadingEngine

if TYPE_CHECKING:
    from requests import RequestException

FORMAT = 1
"""Of what a bundle says of itself below ``data.eidos.bundle``, and of how it is asked."""
_BUNDLE = "eidos/bundle"
_PORTS = {"http": 8181, "https": 443}
_TRIES = 4
_PAUSE = 0.2
"""Seconds before the second try; each further pause is twice as long."""
_BUSY = frozenset({429, 502, 503, 504})
"""Statuses that a proxy in front of a server gives while it cannot be reached."""
_SERVE = (
    "Make the bundle with 'eidos policy pack PACK -o bundle.tar.gz' and serve it with "
    "'opa run --server -b bundle.tar.gz'."
)


@dataclass(frozen=True, slots=True)
class ServerOptions:
    """How to reach an OPA server."""

    token: str | None = None
    """Bearer token."""
    ca: str | None = None
    """File with the authority that signed the server's certificate."""
    cert: tuple[str, str] | None = None
    """Files with our certificate and key."""


class _QuestionError(Exception):
    """One question has no answer; the next may have one."""


class OpaServerEngine:
    """Rego on an OPA server; threads may share it, one question at a time.

    Args:
        url: ``http://host:port`` or ``https://host:port``.
        options: credentials and certificates.
        limits: bounds for each job; the server itself bounds memory.

    Raises:
        MissingExtraError: opa-python-client is not installed.
        UsageError: the URL is none of an OPA server.
    """

    name = "opa"

    def __init__(
        self,
        url: str,
        options: ServerOptions | None = None,
        limits: EngineLimits | None = None,
    ) -> None:
        self._url = url
        self._limits = limits or EngineLimits()
        self._client = _connect(url, options or ServerOptions(), self._limits.seconds)
        self._reader = ReadingEngine(workers=1, limits=self._limits)
        self._lock = threading.Lock()
        self._about: Mapping[str, Any] | None = None

    @property
    def version(self) -> str:
        """Version of the server; ``unknown`` where it does not tell us."""
        with self._lock, suppress(_QuestionError):
            reply = self._call(lambda: self._client.ad_hoc_query("x := opa.runtime().version"))
            rows = reply.get("result")
            return str(rows[0]["x"]) if rows else "unknown"
        return "unknown"

    def analyse(self, modules: Sequence[Module], *, v0: bool | None = None) -> list[ModuleFacts]:
        """Read modules here, see `eidos.engine.ports.RegoEngine`; the server compiles its own."""
        return self._reader.analyse(modules, v0=v0)

    def prepare(self, jobs: Iterable[Job]) -> None:
        """Do nothing: the server runs already."""

    def expect(self, jobs: Iterable[Job]) -> None:
        """Do nothing: programs are kept apart here."""

    def evaluate(self, jobs: Iterable[Job]) -> Iterator[Answer]:
        """Answer each job, in order.

        Raises:
            PolicyError: the server does not serve a bundle that holds the job's program.
            EidosError: the server cannot be reached, or refuses us.
        """
        for job in jobs:
            with self._lock:
                answer = self._answer(job)
            yield answer

    def close(self) -> None:
        """Close the connection."""
        self._reader.close()
        self._client.close_connection()

    def _answer(self, job: Job) -> Answer:
        try:
            for _ in range(_TRIES):
                self._refuse_strange(job)
                reply = self._ask(job)
                if reply["revision"] == self._served()["revision"]:
                    return Answer(tuple(self._values(job, reply["values"])))
                self._about = None  # another bundle has come meanwhile
        except _QuestionError as error:
            return Answer(error=str(error))
        raise PolicyError(
            f"the bundle on the OPA server at {self._url} keeps changing",
            hint="Wait until one stays.",
        )

    def _ask(self, job: Job) -> Mapping[str, Any]:
        asks = [{"path": ask.query, "input": ask.input} for ask in job.asks]
        question = {
            "now": job.now_ns,
            "params": job.program.data.get("params", {}),
            "tables": list(_tables(job.program)),
            "guarded": job.guarded,
            "asks": asks,
        }
        strict = {"strict-builtin-errors": "true"}
        reply = self._call(lambda: self._client.query_rule(question, _BUNDLE, "asked", strict))
        answers: Mapping[str, Any] = reply.get("result") or {"revision": None}
        return answers

    def _values(self, job: Job, values: Sequence[Sequence[Json]]) -> Iterator[Json | Undefined]:
        size = len(canonical(values))
        if size > self._limits.output_bytes:
            limit = self._limits.output_bytes
            raise _QuestionError(f"gave {size} bytes of output, over the limit of {limit}")
        if len(values) != len(job.asks) and not (job.guarded and len(values) == 1):
            raise EidosError(
                f"the OPA server at {self._url} gave {len(values)} answers to {len(job.asks)} "
                "questions",
                hint=_SERVE,
            )
        for value in values:
            yield value[0] if value else UNDEFINED

    def _refuse_strange(self, job: Job) -> None:
        """Refuse a program that the bundle does not hold exactly so, or a path it does not know."""
        about = self._served()
        address = program_address(job.program.modules, _tables(job.program))
        paths = about["programs"].get(address)
        if paths is None or not {ask.query for ask in job.asks} <= set(paths):
            file = job.program.modules[0].file
            raise PolicyError(
                f"the OPA server at {self._url} serves another policy: {file} is not in its "
                f"bundle, or not as it is here (revision {about['revision']})",
                hint=_SERVE,
            )

    def _served(self) -> Mapping[str, Any]:
        """Give what the bundle on the server says of itself; it is asked once."""
        if self._about is None:
            try:
                reply = self._call(lambda: self._client.query_rule({}, _BUNDLE, "about"))
            except _QuestionError as error:
                raise EidosError(f"the OPA server at {self._url} {error}") from error
            about = reply.get("result")
            if not isinstance(about, dict) or about.get("format") != FORMAT:
                none = "no bundle" if about is None else "the bundle of another version"
                raise PolicyError(
                    f"the OPA server at {self._url} serves {none} of eidos", hint=_SERVE
                )
            self._about = about
        return self._about

    def _call(self, action: Callable[[], Mapping[str, Any]]) -> Mapping[str, Any]:
        """Ask, and ask again where the connection fails: no question changes anything.

        Raises:
            _QuestionError: the evaluation failed, or took too long.
            EidosError: the server cannot be reached, or refuses.
        """
        import requests

        pause = _PAUSE
        for _ in range(_TRIES - 1):
            try:
                return self._once(action)
            except requests.RequestException as error:
                if not _is_passing(error):
                    raise self._refusal(error) from error
            time.sleep(pause)
            pause *= 2
        try:
            return self._once(action)
        except requests.RequestException as error:
            raise self._refusal(error) from error

    def _once(self, action: Callable[[], Mapping[str, Any]]) -> Mapping[str, Any]:
        import requests

        try:
            return action()
        except requests.ReadTimeout:
            raise _QuestionError(f"timed out after {self._limits.seconds:g} s") from None

    def _refusal(self, error: "RequestException") -> EidosError | _QuestionError:
        """Say why there was no answer."""
        import requests

        what = f"the OPA server at {self._url}"
        if isinstance(error, requests.HTTPError):
            return _of_status(what, error.response)
        if isinstance(error, requests.exceptions.SSLError):
            return EidosError(
                f"{what} has a certificate that cannot be verified",
                hint="Name the authority that signed it: EIDOS_OPA_CA=FILE.",
            )
        reached = not isinstance(error, requests.ConnectionError)
        return EidosError(
            f"{what} does not answer{' as OPA does' if reached else ''}",
            hint="Check that it runs and that the address is right.",
        )


def _of_status(what: str, response: Any) -> EidosError | _QuestionError:  # noqa: ANN401 -- untyped
    body: Any = None
    with suppress(ValueError):
        body = response.json()
    body = body if isinstance(body, dict) else {}
    if errors := body.get("errors"):
        return _QuestionError(_said(errors[0]))
    message = f" ({body['message']})" if body.get("message") else ""
    return EidosError(
        f"{what} refused: status {response.status_code}{message}",
        hint="Check the token (EIDOS_OPA_TOKEN) and the server's log.",
    )


def program_address(modules: Sequence[Module], tables: Mapping[str, Json]) -> str:
    """Give the content address of a program by its sources and tables; file names do not count."""
    return digest([sorted(module.source for module in modules), tables])


def _tables(program: Program) -> Mapping[str, Json]:
    tables = program.data.get("tables", {})
    return tables if isinstance(tables, Mapping) else {}


def _is_passing(error: "RequestException") -> bool:
    """Say whether the next try may succeed: the connection failed, but not its certificate."""
    import requests

    if isinstance(error, requests.HTTPError):
        return error.response is not None and error.response.status_code in _BUSY
    if isinstance(error, requests.exceptions.SSLError):
        return False
    return isinstance(error, requests.ConnectionError)


def _said(error: Mapping[str, Any]) -> str:
    """Give an error of OPA with file and line."""
    place = error.get("location") or {}
    where = ":".join(str(place[key]) for key in ("file", "row", "col") if place.get(key))
    return f"{where}: {error.get('message')}" if where else str(error.get("message"))


def _address(url: str) -> SplitResult:
    wrong = UsageError(
        f"{url!r} is not the address of an OPA server", hint="Write http://host:8181."
    )
    try:
        found = urlsplit(url)
        port = found.port
    except ValueError:  # half an IPv6 address, a port that is no number
        raise wrong from None
    if found.username is not None:
        raise UsageError(
            "the address of an OPA server holds a name or password, which OPA does not ask for",
            hint="Write http://host:8181.",
        )
    if found.scheme not in _PORTS or not found.hostname or port == 0 or found.path.strip("/"):
        raise wrong
    return found


def _connect(url: str, options: ServerOptions, seconds: float) -> Any:  # noqa: ANN401 -- untyped
    address_ = _address(url)
    try:
        from opa_client import OpaClient
    except ImportError:
        raise MissingExtraError("opa", "Judging by an OPA server") from None
    host = str(address_.hostname)
    client = OpaClient(
        host=f"[{host}]" if ":" in host else host,
        port=address_.port or _PORTS[address_.scheme],
        ssl=address_.scheme == "https",
        cert=options.cert,
        token=options.token,
        timeout=seconds,
        retries=0,
    )
    session = client._session  # noqa: SLF001 -- it has no option for these
    session.trust_env = False  # the environment must not replace our certificates or add proxies
    if options.ca:
        session.verify = options.ca
    return client
