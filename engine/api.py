"""Judging and looking back from Python. This module, and no other, is promised to stay.

::

    from eidos.engine.api import Eidos

    with Eidos() as eidos:
        policy = eidos.policy(["gpu"], fail_on="high")
        report = eidos.judge({"gpu-a": document}, policy)
        print(report.decision, eidos.render(report, "markdown"))

Each call is the one that a command makes: what it gives is the same, byte for byte. No file of
configuration is read: what judges is what the caller says. ``docs/python-api.md`` says what is
stable and how it changes.
"""

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

from eidos.engine.app.context import Context, Opening
from eidos.engine.errors import (
    DocumentError,
    EidosError,
    ExitCode,
    Location,
    PolicyError,
    Problem,
    StoreError,
    UsageError,
)
from eidos.engine.model.gate import Decision, Gate
from eidos.engine.model.policy import Policy, Relaxation
from eidos.engine.model.report import Report, Subject
from eidos.engine.model.rule import Enforcement, Severity
from eidos.engine.model.run import RunSummary
from eidos.engine.model.times import written
from eidos.engine.model.verdict import Finding, Lack, Status, Verdict

if TYPE_CHECKING:
    from eidos.engine.app.policies import PolicyRequest

__all__ = [
    "Decision",
    "DocumentError",
    "Eidos",
    "EidosError",
    "Enforcement",
    "ExitCode",
    "Finding",
    "Lack",
    "Policy",
    "PolicyError",
    "Problem",
    "Report",
    "RunSummary",
    "Severity",
    "Status",
    "StoreError",
    "Subject",
    "UsageError",
    "Verdict",
]

_Path = str | PathLike[str]


class Eidos:
    """What is open: engine, database, keys; each is opened when it is first needed.

    Use it in a ``with`` statement, by one thread at a time; it may be used many times.

    Args:
        db: the database; the user's own when None.
        record: what is judged is written down.
        engine: which Rego engine judges; ``auto`` is OPA where it is found, else the light one.
        opa: the ``opa`` executable; looked for when None.
        opa_url: an OPA server that judges instead.
        verification_keys: files with public keys; where there are any, packs that do not come with
            eidos must be signed by one of them.
        lock: an ``eidos.lock``; only packs that are as it says judge.
    """

    def __init__(  # noqa: PLR0913 -- keywords
        self,
        *,
        db: _Path | None = None,
        record: bool = False,
        engine: Literal["auto", "opa", "light"] = "auto",
        opa: _Path | None = None,
        opa_url: str | None = None,
        verification_keys: Sequence[_Path] = (),
        lock: _Path | None = None,
    ) -> None:
        opening = Opening(
            db=_path(db),
            record=record,
            engine=engine,
            opa_binary=_path(opa),
            opa_url=opa_url,
            verification_keys=tuple(map(Path, verification_keys)),
            locks=(Path(lock),) if lock is not None else (),
        )
        self._context = Context(opening)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close what was opened, and end what was started."""
        self._context.__exit__()

    def policy(  # noqa: PLR0913 -- keywords
        self,
        packs: Sequence[_Path] = (),
        *,
        rules: Sequence[str] = (),
        exclude: Sequence[str] = (),
        params: Mapping[str, Mapping[str, Any]] | None = None,
        enforcement: Mapping[str, Literal["deny", "warn", "audit", "off"]] | None = None,
        waivers: Sequence[_Path] = (),
        data: Sequence[_Path] = (),
        recipe: _Path | None = None,
        fail_on: Literal["info", "low", "medium", "high", "critical"] = "info",
        allow_incomplete: bool = False,
        effective_time: datetime | None = None,
    ) -> Policy:
        """Read and check everything that judges.

        Args:
            packs: names, ``NAME@VERSION``, folders or archives; all that are shipped when empty.
            rules: ids of the only rules to ask.
            exclude: ids or tags of rules not to ask.
            params: rule id to the parameters that replace its defaults.
            enforcement: rule id to what a violation does to the gate.
            waivers: files of accepted violations.
            data: files and folders of data for plain rules.
            recipe: file with a recipe that clusters are held against.
            fail_on: what is less severe does not fail the gate.
            allow_incomplete: missing facts do not stop the gate.
            effective_time: the day that rules and waivers see, with zone; now when None.

        Raises:
            PolicyError: a pack cannot be loaded, or is not signed or locked as it must be.
            UsageError: something that is named does not exist or does not fit together.
            DocumentError: a file cannot be read.
        """
        from eidos.engine.app.policies import PolicyRequest, resolve
        from eidos.engine.packs.choosing import RuleChoice

        request = PolicyRequest(
            packs=tuple(map(str, packs)),
            choice=RuleChoice(rules=tuple(rules), exclude=tuple(exclude)),
            params=params or {},
            enforcement={rule: Enforcement(each) for rule, each in (enforcement or {}).items()},
            waivers=tuple(map(str, waivers)),
            data=tuple(map(str, data)),
            recipe=None if recipe is None else str(recipe),
            gate=Gate(Severity(fail_on), allow_incomplete),
            effective_time=_zoned(effective_time),
        )
        request = replace(request, relaxations=tuple(_relaxations(request)))
        return resolve(request, self._context)

    def check(self, references: Sequence[_Path], policy: Policy) -> Report:
        """Judge what references name, as ``eidos check`` does.

        Args:
            references: files, folders, globs, ``run:ID``, ``snapshot:DIGEST``, ``CLUSTER@TIME``.
            policy: what judges.

        Returns:
            The report; what could not be read is a problem in it and never hides the rest.

        Raises:
            StoreError: the database cannot be opened, read or written.
        """
        from eidos.engine.app.check import check

        return check([str(each) for each in references], policy, self._context)

    def judge(self, documents: Mapping[str, Any], policy: Policy) -> Report:
        """Judge documents or snapshots that are at hand.

        Each is taken as a file of that name with its JSON would be: whatever is refused, redacted
        or bounded there is so here.

        Args:
            documents: what reports call each, and its value: what `json.dumps` takes.
            policy: what judges.

        Raises:
            StoreError: the database cannot be opened or written.
        """
        from eidos.engine.app.at_hand import judge

        return judge(documents, policy, self._context)

    def runs(
        self,
        *,
        cluster: str | None = None,
        since: datetime | None = None,
        limit: int | None = None,
    ) -> list[RunSummary]:
        """Give recorded runs, last recorded first; none where nothing was ever recorded.

        Args:
            cluster: only runs that judged this cluster or its nodes.
            since: only runs started at this moment or later, with zone.
            limit: how many at most.

        Raises:
            StoreError: the database cannot be read, or was named and is not there.
        """
        from eidos.engine.app.history import RunsRequest, list_runs
        from eidos.engine.model.history import Window

        asked = RunsRequest(Window.of(cluster, _zoned(since)), limit)
        return list(list_runs(asked, self._context).listed.runs)

    def run(self, name: str = "latest") -> Report:
        """Give the report of a recorded run, equal to the one that was recorded.

        Args:
            name: its id, the beginning of it, or ``latest``.

        Raises:
            StoreError: there is no database, or it cannot be read.
            UsageError: no run, or more than one, is meant.
        """
        from eidos.engine.app.history import show_run

        return show_run(name, self._context)

    def as_of(self, moment: datetime, *, clusters: Sequence[str] = ()) -> Report:
        """Judge what was last seen of clusters by a moment, by the rules and waivers of then.

        Args:
            moment: state time, with zone, and the time that the rules see.
            clusters: only these, as globs; all when empty.

        Raises:
            StoreError: there is no database, or it cannot be read.
            UsageError: the moment is in the future, or nothing was seen by then.
        """
        from eidos.engine.app.as_of import AsOfRequest, as_of
        from eidos.engine.app.past import SPAN
        from eidos.engine.app.policies import PolicyRequest
        from eidos.engine.model.history import Window

        until = _zoned(moment)
        assert until is not None  # noqa: S101 -- told to the type checker
        asked = Window(since=until - SPAN, until=until, clusters=tuple(clusters))
        return as_of(AsOfRequest(asked=asked, policy=PolicyRequest()), self._context)

    @staticmethod
    def render(report: Report, form: str = "json") -> str:
        """Write a report in a format of ``eidos check -o``: text, json, junit, sarif, ...

        Raises:
            UsageError: there is no such format.
        """
        from eidos.engine.ports import Rendering
        from eidos.engine.report.registry import REPORT

        out = io.StringIO()
        REPORT.reporter(form)(report, out, Rendering())
        return out.getvalue()


def _relaxations(request: "PolicyRequest") -> Iterator[Relaxation]:
    """Give what makes the gate easier to pass, each value for itself, as the command does."""
    from eidos.engine.config.rows import BY_KEY
    from eidos.engine.config.trusting import row_of, shown

    day = request.effective_time
    said: dict[str, Any] = {
        "packs": request.packs,
        "rule": request.choice.rules,
        "exclude-rule": request.choice.exclude,
        **{f"params.{rule}": dict(each) for rule, each in request.params.items()},
        **{f"enforcement.{rule}": each for rule, each in request.enforcement.items()},
        "waivers": request.waivers,
        "fail-on": request.gate.fail_on,
        "allow-incomplete": request.gate.allow_incomplete,
        "effective-time": written(day) if day else None,
    }
    for key, value in said.items():
        row = row_of(key) if key in BY_KEY or "." in key else None
        for each in value if isinstance(value, tuple) else (value,):
            if row is None or row.relaxes(each):
                yield Relaxation(key, shown(each), Location("Eidos.policy"))


def _path(given: _Path | None) -> Path | None:
    return None if given is None else Path(given)


def _zoned(moment: datetime | None) -> datetime | None:
    """Refuse a time without a zone: it would be another moment on another machine."""
    if moment is not None and moment.tzinfo is None:
        hint = "Say, for example: datetime(2026, 11, 24, tzinfo=UTC)"
        raise UsageError("the time has no zone", hint=hint)
    return moment
