"""Other people's code in a process of its own."""

import os
import threading

import pytest

from eidos.engine import isolating
from eidos.engine.errors import UsageError
from eidos.engine.isolating import (
    GoneError,
    OddError,
    RefusedError,
    apart,
    failed,
    harmless,
    said,
)
from fakes.apart import answers, gives, kills_itself, says_where_it_is

PATIENCE = 100.0


@pytest.fixture(params=["as threads allow", "spawned"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "spawned":
        monkeypatch.setattr(isolating, "_is_alone", lambda: False)


@pytest.mark.usefixtures("way")
def test_it_answers_from_elsewhere() -> None:
    with apart(says_where_it_is) as process:
        process_id, group = process.answer(list[int], PATIENCE, 1000)
    assert process_id == group != os.getpid()
    with pytest.raises(ProcessLookupError):
        os.kill(process_id, 0)


@pytest.mark.usefixtures("way")
def test_whatever_it_does_is_a_sentence() -> None:
    for target, arguments, why in (
        (kills_itself, (), "crashed: SIGTERM"),
        (answers, (5,), "gives something else than it should: Expected `str`, got `int`"),
        (gives, (b"\xc1",), "gives something else than it should"),
        (gives, (said(["x"] * 9),), "gives something else than it should"),
        (gives, (b"x" * 2000,), "gave more than 1,000 bytes at once|ended without an answer"),
    ):
        with apart(target, *arguments) as process, pytest.raises(GoneError, match=why):
            process.answer(str, PATIENCE, 1000)


def test_who_has_threads_does_not_fork() -> None:
    ended = threading.Event()
    thread = threading.Thread(target=ended.wait)
    thread.start()
    try:
        assert not isolating._is_alone()
    finally:
        ended.set()
        thread.join()


@pytest.mark.parametrize(
    ("error", "told", "hint"),
    [
        (UsageError("no \ud800", hint="Say it."), "no \\ud800", "Say it."),
        (OddError("odd"), "odd", None),
        (KeyError("tok-s3cr3t"), "failed with KeyError", None),
        (ModuleNotFoundError("No module named 'x'"), "failed with ModuleNotFoundError: No", None),
    ],
)
def test_what_went_wrong_crosses(error: Exception, told: str, hint: str | None) -> None:
    with apart(gives, failed(error)) as process, pytest.raises(RefusedError) as caught:
        process.answer(str, PATIENCE, 1000)
    assert str(caught.value).startswith(told)
    assert caught.value.hint == hint
    assert "s3cr3t" not in str(caught.value)


def test_what_a_variable_holds_is_not_repeated() -> None:
    environ = {"ACME_TOKEN": "s3cr3t-token", "SHORT_TOKEN": "abc", "HOME": "/home/ada"}
    told = harmless("s3cr3t-token abc /home/ada", environ)
    assert told == "[redacted] abc /home/ada"
