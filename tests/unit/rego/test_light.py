"""The pool of workers: lazy, ordered, killable, silent, and gone with its parent."""

import os
import signal
import subprocess
import sys
import threading
import time
from importlib.metadata import version
from pathlib import Path

import pytest

from eidos.engine.model.rule import Module
from eidos.engine.ports import Answer, Ask, Job, Program
from eidos.engine.rego.light import LightEngine
from eidos.engine.rego.limits import EngineLimits

DOUBLE = Program("double", (Module("p.rego", "package p\n\nx := input.n * 2\n"),))
SLEEPY = "r := numbers.range(1, 3000)\nx if { a := r[_]; b := r[_]; c := r[_]; a + b + c == 0 }"


def double(number: int) -> Job:
    return Job(DOUBLE, (Ask("data.p.x", {"n": number}),), now_ns=0)


def sleepy() -> Job:
    program = Program("sleepy", (Module("s.rego", f"package s\n\n{SLEEPY}\n"),))
    return Job(program, (Ask("data.s.x", {}),), now_ns=0)


def children() -> set[int]:
    tasks = Path(f"/proc/{os.getpid()}/task").glob("*/children")
    return {int(pid) for task in tasks for pid in task.read_text().split()}


def test_it_names_the_version_that_is_installed() -> None:
    assert LightEngine.version == version("gordon-to-regorus")


def test_no_process_starts_before_there_is_a_job() -> None:
    before = children()
    engine = LightEngine()
    assert list(engine.evaluate([])) == []
    assert children() == before
    list(engine.evaluate([double(1)]))
    assert len(children() - before) == 1
    engine.close()
    assert children() == before


def test_a_closed_engine_may_be_used_again() -> None:
    engine = LightEngine()
    for number in range(3):
        assert [a.values for a in engine.evaluate([double(number)])] == [(2 * number,)]
        engine.close()


def test_an_engine_that_is_let_go_leaves_no_process() -> None:
    before = children()
    engine = LightEngine()
    list(engine.evaluate([double(1)]))
    del engine
    assert children() == before


def test_thousands_of_jobs_stream_in_order_through_several_workers() -> None:
    engine = LightEngine(workers=3)
    drawn = 0

    def jobs() -> object:
        nonlocal drawn
        for number in range(20_000):
            drawn += 1
            yield double(number)

    answers = engine.evaluate(jobs())  # type: ignore[arg-type]  # a generator of jobs
    first = next(answers)
    assert first.values == (0,)
    assert drawn < 10_000, "it reads ahead, but not without bound"
    assert [answer.values[0] for answer in answers] == [2 * n for n in range(1, 20_000)]
    engine.close()


def test_more_programs_than_a_worker_keeps() -> None:
    engine = LightEngine(workers=1, limits=EngineLimits(programs=3))
    programs = [Program(f"k{n}", (Module("p.rego", f"package p\n\nx := {n}"),)) for n in range(40)]
    order = [*range(40), *range(40), 3, 3, 7, 3]
    jobs = [Job(programs[n], (Ask("data.p.x", {}),), 0) for n in order]
    for start in range(0, len(jobs), 7):
        got = [answer.values for answer in engine.evaluate(jobs[start : start + 7])]
        assert got == [(n,) for n in order[start : start + 7]]
    engine.close()


def test_abandoned_answers_leave_the_engine_usable() -> None:
    engine = LightEngine(workers=2, limits=EngineLimits(seconds=30))
    answers = engine.evaluate([double(1), sleepy(), *(double(n) for n in range(50))])
    answers.close()  # type: ignore[attr-defined]  # not started
    started = engine.evaluate([double(n) for n in range(5000)])
    next(started)
    started.close()  # type: ignore[attr-defined]  # a generator
    assert [answer.values for answer in engine.evaluate([double(4)])] == [(8,)]
    engine.close()


def test_threads_share_an_engine() -> None:
    engine = LightEngine(workers=2)
    results: dict[int, list[Answer]] = {}

    def work(base: int) -> None:
        results[base] = list(engine.evaluate(double(base + n) for n in range(500)))

    threads = [threading.Thread(target=work, args=(base,)) for base in (0, 1000, 2000, 3000)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for base, answers in results.items():
        assert [a.values[0] for a in answers] == [2 * (base + n) for n in range(500)]
    assert len(results) == 4
    engine.close()


def test_evaluations_may_be_interleaved() -> None:
    engine = LightEngine(workers=1)
    one, two = (engine.evaluate([double(n) for n in range(100)]) for _ in range(2))
    for first, second in zip(one, two, strict=True):
        assert first == second
    engine.close()


def test_a_slow_reader_is_no_slow_policy() -> None:
    """Answers that wait to be read do not count against the time of a job."""
    engine = LightEngine(workers=1, limits=EngineLimits(seconds=0.3))
    text = 'package p\n\nx := [s | s := "0123456789"; numbers.range(1, 3000)[_]]\n'
    program = Program("big", (Module("p.rego", text),))
    answers = engine.evaluate([Job(program, (Ask("data.p.x", {}),), 0) for _ in range(100)])
    next(answers)
    time.sleep(1.8)
    assert [answer.error for answer in answers] == [None] * 99
    engine.close()


def test_many_questions_of_a_job_fail_together() -> None:
    engine = LightEngine(workers=1)
    program = Program("q", (Module("p.rego", "package p\n\nx := 1\n\ny := 1 / 0\n"),))
    asks = tuple(Ask(f"data.p.{name}", {}) for name in "xxy")
    (answer,) = engine.evaluate([Job(program, asks, 0)])
    assert answer.values == ()
    assert answer.error
    assert answer.error.startswith("p.rego:5:")
    assert answer.error.endswith("divide by zero")
    engine.close()


def test_prints_are_gathered_and_reach_no_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    engine = LightEngine(workers=1)
    lines = ("x if {", 'print("saw", input.n)', "print(input.absent)", "}", "bad if {", "print(1)")
    text = "\n".join(["package p", "", *lines, "1 / 0", "}"])
    program = Program("print", (Module("p.rego", text),))
    jobs = [Job(program, (Ask(f"data.p.{name}", {"n": 7}),), 0) for name in ("x", "bad", "x")]
    answers = list(engine.evaluate([*jobs, sleepyless()]))
    engine.close()
    assert [answer.prints for answer in answers] == [
        ("p.rego:4: saw 7", "p.rego:5: <undefined>"),
        ("p.rego:8: 1",),
        ("p.rego:4: saw 7", "p.rego:5: <undefined>"),
        (),
    ]
    assert capfd.readouterr() == ("", "")


def sleepyless() -> Job:
    """A job that makes the engine write to its standard error before it dies."""
    program = Program("boom", (Module("b.rego", "package b\n\nx := numbers.range(1, 2000000000)"),))
    return Job(program, (Ask("data.b.x", {}),), 0)


def test_v0_policies_run() -> None:
    engine = LightEngine(workers=1)
    body = 'input.a == true; regex.match("^r.*t$", input.user); msg := "no"'
    text = f"package main\n\ndeny[msg] {{ {body} }}\n"
    module = Module("old.rego", text)
    (facts,) = engine.analyse([module])
    assert facts.v0
    assert facts.rules == {"deny": 3}
    document = {"a": True, "user": "root"}
    job = Job(Program("v0", (module,), v0=True), (Ask("data.main.deny", document),), 0)
    assert [answer.values for answer in engine.evaluate([job])] == [(["no"],)]
    engine.close()


CHILD = """
import sys, time
from eidos.engine.model.rule import Module
from eidos.engine.ports import Ask, Job, Program
from eidos.engine.rego.light import LightEngine
from eidos.engine.rego.limits import EngineLimits
engine = LightEngine(workers=1, limits=EngineLimits(seconds=float(sys.argv[2])))
good = Program("g", (Module("g.rego", "package g\\n\\nx := 1"),))
list(engine.evaluate([Job(good, (Ask("data.g.x", {}),), 0)]))
print(engine._idle[0].pid, flush=True)
if sys.argv[1] == "busy":
    bad = Program("s", (Module("s.rego", sys.argv[3]),))
    list(engine.evaluate([Job(bad, (Ask("data.s.x", {}),), 0)]))
time.sleep(60)
"""


def start(state: str, seconds: float) -> tuple[subprocess.Popen[str], int]:
    command = [sys.executable, "-c", CHILD, state, str(seconds), f"package s\n\n{SLEEPY}\n"]
    parent = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, process_group=0
    )
    assert parent.stdout
    worker = int(parent.stdout.readline())
    if state == "busy":
        time.sleep(0.3)
    return parent, worker


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0]
    except FileNotFoundError:
        return False
    return state != "Z"


def is_gone_within(pid: int, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while is_running(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not is_running(pid)


@pytest.mark.parametrize("state", ["idle", "busy"])
def test_a_worker_does_not_outlive_a_killed_parent(state: str) -> None:
    parent, worker = start(state, seconds=1)
    parent.kill()
    parent.communicate()
    assert is_gone_within(worker, 120)


def test_an_interrupt_spills_nothing_from_the_worker() -> None:
    parent, worker = start("idle", seconds=5)
    os.killpg(parent.pid, signal.SIGINT)
    out, error = parent.communicate(timeout=120)
    assert out == ""
    assert error.count("Traceback") == 1, "the parent's own, which the command line catches"
    assert error.rstrip().endswith("KeyboardInterrupt")
    assert is_gone_within(worker, 120)


def test_after_a_fork_the_child_has_workers_of_its_own() -> None:
    engine = LightEngine(workers=1)
    list(engine.evaluate([double(1)]))
    pid = os.fork()
    if pid == 0:
        try:
            got = [answer.values for answer in engine.evaluate([double(5)])]
            os._exit(0 if got == [(10,)] else 1)
        finally:
            os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert [answer.values for answer in engine.evaluate([double(3)])] == [(6,)]
    engine.close()


def test_a_worker_imports_little() -> None:
    code = "import sys; import eidos.engine.rego.worker; print('\\n'.join(sys.modules))"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert not {"click", "yaml", "sqlite_utils", "asyncio", "subprocess"} & set(loaded)
