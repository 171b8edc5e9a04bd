"""The loop of looks, with a clock that only counts."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

from eidos.engine.digest import addressed
from eidos.engine.errors import DocumentError
from eidos.engine.model.snapshot import (
    AddressedSnapshot,
    Collection,
    CollectorState,
    Measurement,
    Metadata,
    Node,
    Snapshot,
    Subtype,
)
from eidos.engine.watching.looping import Trouble, watch


class Clock:
    """Time passes only by waiting; it is time to end after ``looks`` waits."""

    def __init__(self, looks: int) -> None:
        self.time = datetime(2026, 11, 23, tzinfo=UTC)
        self.looks = looks
        self.waits: list[float] = []

    def now(self) -> datetime:
        return self.time

    def wait(self, seconds: float) -> bool:
        self.waits.append(seconds)
        self.time += timedelta(seconds=seconds)
        return len(self.waits) >= self.looks


def seen(swappiness: str | None, duration: float = 1.0) -> Snapshot:
    """Give a state; None for one in which the settings could not be read."""
    status = CollectorState.OK if swappiness else CollectorState.FAILED
    data = (Measurement("OS", (Subtype("sysctl", {"vm.swappiness": swappiness or ""}),)),)
    return Snapshot(
        Metadata(timestamp=f"t{duration}"),
        nodes=(Node("n1", data if swappiness else ()),),
        collection=(Collection("OS", status, node="n1", duration_ms=duration),),
    )


def looks(*states: str | Exception | None) -> Callable[[datetime], Snapshot]:
    found: Iterator[str | Exception | None] = iter(states)

    def look(now: datetime) -> Snapshot:
        state = next(found)
        if isinstance(state, Exception):
            raise state
        return seen(state, now.timestamp())

    return look


def test_each_state_is_given_once_and_without_how_long_looking_took() -> None:
    clock = Clock(4)

    first, second = watch(looks("60", "60", "1", "1"), clock, 30.0)

    assert isinstance(first, AddressedSnapshot)
    assert isinstance(second, AddressedSnapshot)
    assert first.digest != second.digest
    assert second == addressed(second.snapshot)
    assert [entry.duration_ms for entry in second.snapshot.collection] == [None]
    assert clock.waits == [30.0] * 4


def test_failures_double_the_wait_and_end_with_the_first_success() -> None:
    clock = Clock(8)
    error = DocumentError("no")

    told = list(watch(looks("60", error, error, error, error, error, "60", "60"), clock, 1.0))

    assert clock.waits == [1.0, 2.0, 4.0, 8.0, 16.0, 16.0, 1.0, 1.0]
    assert [type(one) for one in told] == [AddressedSnapshot, *[Trouble] * 5]


def test_a_state_that_sees_less_is_believed_when_it_lasts() -> None:
    told = list(watch(looks("60", None, "60", None, None, None), Clock(6), 1.0))

    kinds = [type(one) for one in told]
    assert kinds == [AddressedSnapshot, Trouble, Trouble, Trouble, AddressedSnapshot]
    assert isinstance(told[1], Trouble)
    assert "n1.os" in told[1].message
