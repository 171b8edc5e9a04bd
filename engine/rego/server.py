"""Rego on an OPA server, for those who run one.

Each program is uploaded below a place of its own, together with one rule for each query that asks
it with a given clock and input. That rule always answers: no answer at all means a server that lost
the program, never an undefined rule.
"""

import threading
import uuid
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import SplitResult, urlsplit

from eidos.engine.digest import address, canonical
from eidos.engine.errors import EidosError, Location, MissingExtraError, PolicyError, UsageError
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.policy import Module
from eidos.engine.ports import UNDEFINED, Answer, Ask, Job, ModuleFacts, Program, Undefined
from eidos.engine.rego.light import LightEngine
from eidos.engine.rego.limits import EngineLimits
from eidos.engine.rego.relocating import is_path, relocate

_T = TypeVar("_T")
_PORTS = {"http": 8181, "https": 443}
_ANSWERS = "eidos_answers"


@dataclass(frozen=True, slots=True)
class ServerOptions:
    """How to reach an OPA server."""

    token: str | None = None
    """Bearer token."""
    ca: str | None = None
    """File with the authority that signed the server's certificate."""
    cert: tuple[str, str] | None = None
    """Files with our certificate and key."""


@dataclass(slots=True)
class _Tenant:
    """A program on the server."""

    place: str
    modules: tuple[Module, ...]
    policies: list[str] = field(default_factory=list)
    queries: dict[str, int] = field(default_factory=dict)


class OpaServerEngine:
    """Rego on an OPA server; threads may share it, one job at a time.

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
        self._reader = LightEngine(workers=1, limits=self._limits)
        self._lock = threading.Lock()
        self._session = uuid.uuid4().hex[:12]
        self._tenants: OrderedDict[str, _Tenant] = OrderedDict()

    @property
    def version(self) -> str:
        """Version of the server."""
        answer = self._call(lambda: self._client.ad_hoc_query("x := opa.runtime().version"))
        rows = answer.get("result") or [{}]
        return str(rows[0].get("x", "unknown"))

    def analyse(self, modules: Sequence[Module]) -> list[ModuleFacts]:
        """Read modules, see `eidos.engine.ports.RegoEngine`; the server compiles them as well."""
        facts = self._reader.read(modules, every_function=True)
        if not facts or facts[0].v0:
            return facts
        with self._lock:
            self._remove(self._upload(Program(f"analyse {uuid.uuid4().hex}", tuple(modules))))
        return facts

    def evaluate(self, jobs: Iterable[Job]) -> Iterator[Answer]:
        """Answer each job, in order.

        Raises:
            EidosError: the server cannot be reached.
        """
        for job in jobs:
            with self._lock:
                answer = self._answer(job)
            yield answer

    def close(self) -> None:
        """Remove from the server what was uploaded."""
        with self._lock:
            while self._tenants:
                self._remove(self._tenants.popitem()[1])
        self._reader.close()
        self._client.close_connection()

    def _answer(self, job: Job) -> Answer:
        try:
            tenant = self._tenant(job.program)
            return Answer(tuple(self._values(tenant, job)))
        except PolicyError as error:
            return Answer(error=str(error))

    def _values(self, tenant: _Tenant, job: Job) -> Iterator[Json | Undefined]:
        for ask in job.asks:
            value = self._ask(tenant, ask, job.now_ns)
            yield value
            if job.guarded and ask is job.asks[0] and value in (UNDEFINED, False):
                return

    def _tenant(self, program: Program) -> _Tenant:
        tenant = self._tenants.get(program.key)
        if tenant is None:
            if len(self._tenants) >= self._limits.programs:
                self._remove(self._tenants.popitem(last=False)[1])
            tenant = self._tenants[program.key] = self._upload(program)
        self._tenants.move_to_end(program.key)
        return tenant

    def _upload(self, program: Program) -> _Tenant:
        mark = address(program.key.encode()).removeprefix("sha256:")[:24]
        tenant = _Tenant(f"eidos_{self._session}_{mark}", program.modules)
        if any(facts.v0 for facts in self._reader.read(program.modules, every_function=True)):
            hint = "Write it in Rego v1 (opa fmt --v0-v1), or use the embedded engine."
            raise PolicyError("the OPA server reads Rego v1 only", hint=hint)
        try:
            data = dict(program.data)
            self._call(lambda: self._client.update_or_create_data(data, tenant.place))
            self._upload_modules(tenant)
        except BaseException:
            self._remove(tenant)
            raise
        return tenant

    def _upload_modules(self, tenant: _Tenant) -> None:
        """Upload modules after those that they call, which the server wants to know first."""
        waiting = list(enumerate(tenant.modules))[::-1]  # libraries come last in a program
        while waiting:
            refused: dict[int, PolicyError] = {}
            for number, module in waiting:
                try:
                    self._put(tenant, str(number), relocate(module.source, tenant.place))
                except PolicyError as error:
                    refused[number] = error
            if len(refused) == len(waiting):
                raise next(iter(refused.values()))
            waiting = [entry for entry in waiting if entry[0] in refused]

    def _put(self, tenant: _Tenant, name: str, text: str) -> None:
        policy = f"{tenant.place}/{name}"

        def put() -> None:
            self._client.update_policy_from_string(text, policy, rego_compat=False)

        self._call(put, tenant)
        tenant.policies.append(policy)

    def _ask(self, tenant: _Tenant, ask: Ask, now_ns: int) -> Json | Undefined:
        number = self._query(tenant, ask.query)
        question = {"now": now_ns, "input": ask.input}
        reply = self._call(
            lambda: self._client.query_rule(
                question,
                f"{tenant.place}/{_ANSWERS}",
                f"answer_{number}",
                {"strict-builtin-errors": "true"},
            ),
            tenant,
        )
        if "result" not in reply:
            raise PolicyError("the OPA server lost the policy", hint="Do not restart it meanwhile.")
        size = len(canonical(reply["result"]))
        if size > self._limits.output_bytes:
            limit = self._limits.output_bytes
            raise PolicyError(f"gave {size} bytes of output, over the limit of {limit}")
        values: list[Json] = reply["result"]
        return values[0] if values else UNDEFINED

    def _query(self, tenant: _Tenant, query: str) -> int:
        number = tenant.queries.get(query)
        if number is not None:
            return number
        if not is_path(query):
            raise PolicyError(f"{query!r} is no path below data")
        number = len(tenant.queries)
        path = relocate(query, tenant.place)
        text = (
            f"package {tenant.place}.{_ANSWERS}\n\n"
            f"answer_{number} := [answer | now := input.now; document := input.input; "
            f"answer := {path} with time.now_ns as now with input as document]\n"
        )
        self._put(tenant, f"answer_{number}", text)
        tenant.queries[query] = number
        return number

    def _remove(self, tenant: _Tenant) -> None:
        for policy in reversed(tenant.policies):
            self._try(self._client.delete_policy, policy)
        self._try(self._client.delete_data, tenant.place)

    def _try(self, action: Callable[[str], object], name: str) -> None:
        """Do what only tidies up: the server may be gone by now."""
        import opa_client.errors as refusals
        import requests

        try:
            action(name)
        except (requests.RequestException, refusals.DeletePolicyError, refusals.DeleteDataError):
            return

    def _call(self, action: Callable[[], _T], tenant: _Tenant | None = None) -> _T:
        """Do one request; what the server says of a policy is a `PolicyError`."""
        import opa_client.errors as refusals
        import requests

        try:
            return action()
        except requests.Timeout:
            raise PolicyError(f"timed out after {self._limits.seconds:g} s") from None
        except refusals.RegoParseError as error:
            if error.errors:
                raise _policy_error(error.message, error.errors, tenant) from error
            raise self._refusal(error.expression, error.message) from error
        except requests.HTTPError as error:
            raise self._http_error(error, tenant) from error
        except requests.RequestException as error:
            hint = "Check that it runs and that the address is right."
            raise EidosError(f"the OPA server at {self._url} does not answer", hint=hint) from error

    def _http_error(self, error: Any, tenant: _Tenant | None) -> EidosError:  # noqa: ANN401 -- untyped
        body: Mapping[str, Any] = {}
        with suppress(ValueError):
            body = error.response.json()
        if body.get("errors"):
            return _policy_error(body.get("message"), body["errors"], tenant)
        return self._refusal(f"status {error.response.status_code}", body.get("message"))

    def _refusal(self, reason: str, message: str | None) -> EidosError:
        said = f" ({message})" if message else ""
        hint = "Check the token and the server's log."
        return EidosError(f"the OPA server at {self._url} refused: {reason}{said}", hint=hint)


def _policy_error(
    message: str | None, errors: Sequence[Mapping[str, Any]], tenant: _Tenant | None
) -> PolicyError:
    """Give the first error with our name of the module; columns have moved and are left out."""
    if not errors or tenant is None:
        return PolicyError(message or "the OPA server refused the policy")
    place = errors[0].get("location") or {}
    number = str(place.get("file", "")).rpartition("/")[2]
    text = str(errors[0].get("message")).replace(f"{tenant.place}.", "")
    if not number.isdigit():
        return PolicyError(text)
    return PolicyError(text, location=Location(tenant.modules[int(number)].file, place.get("row")))


def _address(url: str) -> SplitResult:
    wrong = UsageError(f"{url!r} is no address of an OPA server", hint="Say http://host:8181.")
    try:
        found = urlsplit(url)
        port = found.port
    except ValueError:  # half an IPv6 address, a port that is no number
        raise wrong from None
    if found.username is not None:
        raise UsageError(
            "the address of an OPA server holds a name or password, which OPA does not ask for",
            hint="Say http://host:8181.",
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
    client = OpaClient(
        host=address_.hostname,
        port=address_.port or _PORTS[address_.scheme],
        ssl=address_.scheme == "https",
        cert=options.cert,
        token=options.token,
        timeout=seconds,
    )
    session = client._session  # noqa: SLF001 -- it has no option for these
    session.trust_env = False  # the environment must not replace our certificates or add proxies
    if options.ca:
        session.verify = options.ca
    return client
