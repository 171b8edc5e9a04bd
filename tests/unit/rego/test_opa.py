"""OPA as a child process: what it answers, what becomes of it, and what it leaves behind."""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from eidos.engine.digest import digest
from eidos.engine.documents.finding import Source
from eidos.engine.documents.reading import read_documents
from eidos.engine.errors import EidosError, PolicyError
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.rule import Module
from eidos.engine.ports import UNDEFINED, Answer, Ask, Job, Program, View
from eidos.engine.rego.limits import EngineLimits
from eidos.engine.rego.opa.command import OpaCommand
from eidos.engine.rego.opa.engine import OpaEngine
from fakes.opa_server import opa_binary

pytestmark = pytest.mark.real

ECHO = Program("echo", (Module("echo.rego", "package echo\n\nn := input.n"),))


@pytest.fixture
def own() -> Iterator[OpaEngine]:
    """An engine of the test's own, whose child may be harmed."""
    with closing(OpaEngine(Path(opa_binary()))) as engine:
        yield engine


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder for temporary files."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def program(text: str, *, strict: bool = True, v0: bool = False) -> Program:
    return Program(digest([text, strict]), (Module("p.rego", text),), v0=v0, strict=strict)


def ask(engine: OpaEngine, asked: Program, query: str, document: Json) -> Answer:
    (answer,) = engine.evaluate([Job(asked, (Ask(query, document),), 0)])
    return answer


def numbers(count: int) -> list[Job]:
    return [Job(ECHO, (Ask("data.echo.n", {"n": n}),), 0) for n in range(count)]


def children() -> list[int]:
    """The processes that this one has started and that still run."""
    tasks = Path("/proc/self/task").glob("*/children")
    return [int(pid) for task in tasks for pid in task.read_text().split()]


def eventually(condition: object, seconds: float = 60) -> bool:
    assert callable(condition)
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def test_nothing_is_left_in_the_temporary_folder(temporary: Path) -> None:
    with closing(OpaEngine(Path(opa_binary()))) as engine:
        assert [answer.values for answer in engine.evaluate(numbers(3))] == [(0,), (1,), (2,)]
        assert list(temporary.iterdir()) == []  # not even while it runs
        engine.analyse(ECHO.modules)
        with pytest.raises(PolicyError):
            engine.analyse([Module("p.rego", "package p\n\nx := {")])
        bad = program("package p\n\nx := no_such(1)")
        assert "no_such" in str(ask(engine, bad, "data.p.x", {}).error)
    assert list(temporary.iterdir()) == []


def test_a_child_that_is_killed_loses_nothing(own: OpaEngine) -> None:
    before = set(children())
    answers = own.evaluate(job for _ in range(3) for job in numbers_and_a_kill(before))
    assert [answer.values for answer in answers] == [(n,) for n in range(9000)] * 3


def numbers_and_a_kill(before: set[int]) -> Iterator[Job]:
    yield from numbers(9000)
    for pid in set(children()) - before:
        os.kill(pid, signal.SIGKILL)


def test_a_child_that_is_killed_at_work_loses_nothing(own: OpaEngine) -> None:
    text = "package p\n\nx := count([1 | r := numbers.range(1, 250); r[_] + r[_] + input.n < 0])"
    asked = program(text)
    jobs = [Job(asked, (Ask("data.p.x", {"n": n}),), 0) for n in range(20)]
    before = set(children())
    over = threading.Event()

    def kill() -> None:
        for _ in range(2):
            if not eventually(lambda: over.is_set() or set(children()) - before):
                return
            over.wait(0.2)
            for pid in set(children()) - before:
                os.kill(pid, signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    answers = list(own.evaluate(jobs))
    over.set()
    killer.join()
    assert [answer.values for answer in answers] == [(0,)] * 20


@pytest.mark.parametrize("end", ["os.kill(os.getpid(), 9)", "pass", "os._exit(0)"])
def test_the_end_of_the_parent_is_the_end_of_the_child(end: str, tmp_path: Path) -> None:
    script = f"""
        import os, threading
        from pathlib import Path
        from eidos.engine.model.rule import Module
        from eidos.engine.ports import Ask, Job, Program
        from eidos.engine.rego.opa.engine import OpaEngine

        engine = OpaEngine(Path({opa_binary()!r}))
        program = Program("p", (Module("p.rego", "package p\\n\\nx := 1"),))
        jobs = [Job(program, (Ask("data.p.x", {{}}),), 0)]
        # started from a thread that ends at once: the child must not end with it
        thread = threading.Thread(target=lambda: list(engine.evaluate(jobs)))
        thread.start()
        thread.join()
        assert list(engine.evaluate(jobs))[0].values == (1,)
        tasks = Path("/proc/self/task").glob("*/children")
        print(*[pid for task in tasks for pid in task.read_text().split()], flush=True)
        {end}
        """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    [pid] = map(int, done.stdout.split())
    assert done.stderr == ""
    assert eventually(lambda: not Path(f"/proc/{pid}").exists() or _is_dead(pid))
    assert list(tmp_path.iterdir()) == []


def _is_dead(pid: int) -> bool:
    """A zombie whose new parent has not looked yet."""
    try:
        return "State:\tZ" in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return True


def test_after_a_fork_the_child_is_the_parents() -> None:
    script = f"""
        import os
        from pathlib import Path
        from eidos.engine.model.rule import Module
        from eidos.engine.ports import Ask, Job, Program
        from eidos.engine.rego.opa.engine import OpaEngine

        engine = OpaEngine(Path({opa_binary()!r}))
        program = Program("p", (Module("p.rego", "package p\\n\\nx := input"),))

        def ask(n):
            return list(engine.evaluate([Job(program, (Ask("data.p.x", n),), 0)]))[0].values

        assert ask(1) == (1,)
        pid = os.fork()
        if pid == 0:
            assert ask(2) == (2,)
            engine.close()
            os._exit(0)
        _, status = os.waitpid(pid, 0)
        assert status == 0, status
        assert ask(3) == (3,)
        """
    quiet = ("-W", "ignore::DeprecationWarning")  # 3.12 warns of forks where there are threads
    command = [sys.executable, *quiet, "-c", textwrap.dedent(script)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_threads_share_an_engine(own: OpaEngine) -> None:
    found: list[list[tuple[object, ...]]] = []
    threads = [
        threading.Thread(target=lambda: found.append([a.values for a in own.evaluate(numbers(50))]))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [[(n,) for n in range(50)]] * 4


def test_an_engine_can_be_used_after_it_was_closed(own: OpaEngine) -> None:
    own.close()
    assert [answer.values for answer in own.evaluate(numbers(1))] == [(0,)]
    own.close()


def test_what_was_prepared_is_asked(own: OpaEngine) -> None:
    before = set(children())
    own.prepare([Job(ECHO, (Ask("data.echo.n", None),), 0)])
    prepared = set(children()) - before
    assert len(prepared) == 1
    assert [answer.values for answer in own.evaluate(numbers(2))] == [(0,), (1,)]
    assert set(children()) - before == prepared


def test_one_bad_rule_spoils_no_other(opa: OpaEngine) -> None:
    texts = [f"package p{n}\n\nx := input.n + {n}" for n in range(30)]
    texts[7] = "package p7\n\nx := 1 if input.n > 3\n\nx := 2 if input.n > 1"
    texts[9] = "package p9\n\nx := 10 / input.n"
    texts[11] = "package p11\n\nx := no_such_function(1)"
    asked = [program(text) for text in texts]
    jobs = [
        Job(one, (Ask(f"data.p{number}.x", {"n": n}),), 0)
        for n in range(12)
        for number, one in enumerate(asked)
    ]
    answers = list(opa.evaluate(jobs))
    for place, answer in enumerate(answers):
        n, number = divmod(place, 30)
        if number == 7:
            expected = n > 3, ((UNDEFINED,) if n < 2 else (2,))
        elif number == 9:
            expected = n == 0, ((10 / n,) if n else ())
        else:
            expected = number == 11, (n + number,)
        broken, values = expected
        assert (answer.error is not None) == broken, (number, n, answer)
        assert broken or answer.values == values


def test_an_explosion_is_one_jobs_error(hasty_opa: OpaEngine) -> None:
    text = """package p

x := format_int(bits.lsh(1, 100000000000), 10) if input.n == 7

x := input.n if input.n != 7
"""
    mixed = program(text)
    jobs = [Job(mixed, (Ask("data.p.x", {"n": n}),), 0) for n in range(20)]
    answers = list(hasty_opa.evaluate(jobs))
    assert [n for n, answer in enumerate(answers) if answer.error] == [7]
    assert re.match("ran out of memory|timed out after 0.5 s", str(answers[7].error))
    assert [answer.values for n, answer in enumerate(answers) if n != 7] == [
        (n,) for n in range(20) if n != 7
    ]


def test_packages_of_one_name_do_not_mix(opa: OpaEngine) -> None:
    folders = {
        "one": 'package main\n\ndeny contains "one"',
        "two": 'package main\n\ndeny contains "two"',
        "sees": "package sees\n\nx := [name | data.main[name]]",
        "template": 'package template\n\nx := $"{object.keys(data.main)}"',
        "child": 'package main.deny\n\ny := "a package below the rule of others"',
    }
    asked = {name: program(text) for name, text in folders.items()}
    queries = {"one": "data.main.deny", "two": "data.main.deny", "sees": "data.sees.x"}
    queries["template"] = "data.template.x"
    jobs = [Job(asked[name], (Ask(query, {}),), 0) for name, query in queries.items()]
    jobs.append(Job(asked["child"], (Ask("data.main.deny.y", {}),), 0))
    answers = [answer.values for answer in opa.evaluate(jobs)]
    assert answers[:3] == [(["one"],), (["two"],), ([],)]
    assert "deny" not in str(answers[3])
    assert answers[4] == ("a package below the rule of others",)


def test_a_view_is_what_was_projected(opa: OpaEngine) -> None:
    whole = {"os": {"grub": {"a": 1, "b": 2}, "a.b": {"x/y": 3}}, "gpu": {"smi": {}}}
    projections = [
        ((("os", "grub", "a"),), {"os": {"grub": {"a": 1}}}),
        ((("os", "grub"),), {"os": {"grub": {"a": 1, "b": 2}}}),
        ((("os", "grub", "none"),), {"os": {"grub": {}}}),
        (
            (("gpu", "smi", "x"), ("os", "a.b", "x/y")),
            {"gpu": {"smi": {}}, "os": {"a.b": {"x/y": 3}}},
        ),
        ((), {}),
    ]
    echo = program("package p\n\nx := input")
    jobs = [
        Job(echo, (Ask("data.p.x", expected, View(whole, paths)),), 0)
        for paths, expected in projections
    ]
    answers = [answer.values for answer in opa.evaluate(jobs)]
    assert answers == [(expected,) for _, expected in projections]


def test_a_guard_sees_its_own_view(opa: OpaEngine) -> None:
    whole = {"os": {"a": {"x": 1}, "b": {"x": 2}}}
    required = Ask("data.p.applicable", {"os": {"a": {"x": 1}}}, View(whole, (("os", "a"),)))
    full = Ask("data.p.seen", whole, View(whole, (("os", "a"), ("os", "b"))))
    text = "package p\n\napplicable := input\n\nseen := input"
    jobs = [Job(program(text), (required, full), 0, guarded=True)] * 5
    expected = ({"os": {"a": {"x": 1}}}, whole)
    assert [answer.values for answer in opa.evaluate(jobs)] == [expected] * 5


def test_numbers_are_exact(opa: OpaEngine) -> None:
    echo = program("package p\n\nx := [input, input[0] + 1]")
    values = [9007199254740993, 123456789012345678901234567890, 0.1, 1.5e300, -0.0]
    (found,) = ask(opa, echo, "data.p.x", values).values
    assert found == [values, 9007199254740994]


def test_a_failing_builtin_is_noted_where_the_program_is_not_strict(opa: OpaEngine) -> None:
    text = 'package p\n\nx contains "a" if to_number(input.n) == 1\n\nx contains "b"'
    strict, plain = program(text), program(text, strict=False)
    assert "to_number" in str(ask(opa, strict, "data.p.x", {"n": "y"}).error)
    answer = ask(opa, plain, "data.p.x", {"n": "y"})
    assert answer.values == (["b"],)
    [note] = answer.notes
    assert note.startswith("p.rego:3:19: to_number: ")
    assert ask(opa, plain, "data.p.x", {"n": "1"}) == Answer((["a", "b"],))


def test_prints_are_the_jobs_own(opa: OpaEngine) -> None:
    text = 'package p\n\nx if {\n\tprint("n is", input.n)\n\tinput.n == 2\n}'
    jobs = [Job(program(text), (Ask("data.p.x", {"n": n}),), 0) for n in range(4)]
    answers = list(opa.evaluate(jobs))
    assert [answer.prints for answer in answers] == [(f"p.rego:4: n is {n}",) for n in range(4)]
    assert [answer.values for answer in answers] == [
        (UNDEFINED,),
        (UNDEFINED,),
        (True,),
        (UNDEFINED,),
    ]


HEAD = "# METADATA\n# title: t\n# custom:\n#   id: X-1\n\n# more\n"


def test_what_stands_above_a_package_moves_no_line(opa: OpaEngine) -> None:
    text = f'{HEAD}package p\n\n# not above\nx := 1 if print("here")\n\ny := to_number(input.n)'
    asked = program(text)
    assert ask(opa, asked, "data.p.x", {}).prints == ("p.rego:10: here",)
    assert "p.rego:12" in str(ask(opa, asked, "data.p.y", {"n": "a"}).error)


def test_metadata_can_be_seen_by_who_asks_for_it(opa: OpaEngine) -> None:
    head = "# METADATA\n# scope: package\n# title: t\n"
    asked = program(f"{head}package p\n\nx := rego.metadata.chain()[1].annotations.title")
    assert ask(opa, asked, "data.p.x", {}).values == ("t",)


def test_what_looks_like_a_remark_in_a_text_stays(opa: OpaEngine) -> None:
    asked = program(f"{HEAD}package p\n\nx := `\n# METADATA\n# a`")
    assert ask(opa, asked, "data.p.x", {}).values == ("\n# METADATA\n# a",)


@pytest.mark.parametrize("query", ["data.p[x]", "data", "1 == 1", "data.p.x with input as 1"])
def test_a_query_that_is_no_path_is_an_error(opa: OpaEngine, query: str) -> None:
    assert "is no path below data" in str(ask(opa, program("package p\n\nx := 1"), query, {}).error)


def test_v0_and_v1_are_asked_together(opa: OpaEngine) -> None:
    old = program("package p\n\ndeny[x] { x := input.n } { x := 2 }", v0=True)
    new = program("package p\n\ndeny contains input.n")
    jobs = [Job(each, (Ask("data.p.deny", {"n": 1}),), 0) for each in (old, new)]
    assert [answer.values for answer in opa.evaluate(jobs)] == [([1, 2],), ([1],)]


def test_data_of_a_program_is_there_beside_its_packages(opa: OpaEngine) -> None:
    text = "package a.b\n\nx := data.a.c + data.numbers[0]"
    asked = Program("d", (Module("p.rego", text),), {"a": {"c": 1}, "numbers": [2]})
    other = Program("e", (Module("p.rego", text),), {"a": {"c": 10}, "numbers": [2]})
    jobs = [Job(each, (Ask("data.a.b.x", {}),), 0) for each in (asked, other)]
    assert [answer.values for answer in opa.evaluate(jobs)] == [(3,), (12,)]


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("x := io.jwt.decode_verify(input.t, {})", 3, "reads the machine's clock"),
        ("x := io.jwt.decode_verify(input.t, input.c)", 3, "reads the machine's clock"),
        (
            "x := crypto.x509.parse_and_verify_certificates(input.c)",
            3,
            "crypto.x509.parse_and_verify_certificates is forbidden: it reads the machine's clock",
        ),
        (
            "x := crypto.x509.parse_and_verify_certificates_with_options(input.c, input.o)",
            3,
            "reads the machine's clock",
        ),
        (
            "f(a, b) := 1\n\nx := y if y := f(input.t, {}) with f as io.jwt.decode_verify",
            5,
            "io.jwt.decode_verify stands for another function",
        ),
        (
            'x if {\n\tjson.match_schema(input, {"$ref": "https://a.example/s"})\n}',
            4,
            "would fetch it",
        ),
        (
            'x := json.verify_schema("{\\"$ref\\": \\"https://a.example/s\\"}")',
            3,
            "would fetch it",
        ),
        ("x := io.jwt.encode_sign({}, {}, {})", 3, "io.jwt.encode_sign is forbidden"),
        ('x := uuid.rfc4122("a")', 3, "uuid.rfc4122 is forbidden"),
        ('x := http["send"]({})', 3, "http.send is forbidden"),
    ],
)
def test_what_would_fetch_or_differ_is_refused(
    opa: OpaEngine, text: str, line: int, message: str
) -> None:
    with pytest.raises(PolicyError, match=message) as caught:
        opa.analyse([Module("p.rego", f"package p\n\n{text}\n")])
    assert caught.value.location
    assert (caught.value.location.file, caught.value.location.line) == ("p.rego", line)
    assert caught.value.hint


@pytest.mark.parametrize("far", ["http://127.0.0.1:9/a", "file:///etc/hosts", "other.json"])
@pytest.mark.parametrize("written", [False, True])
def test_a_schema_from_data_fetches_nothing(opa: OpaEngine, far: str, *, written: bool) -> None:
    asked = program("package p\n\nx := json.match_schema(input.d, input.s)[0]")

    def match(schema: Json) -> Answer:
        given = json.dumps(schema) if written else schema
        return ask(opa, asked, "data.p.x", {"d": {"a": 1}, "s": given})

    near: Json = {"$ref": "#/definitions/t", "definitions": {"t": {"type": "object"}}}
    assert match(near).values == (True,)
    assert match({"type": "array"}).values == (False,)
    assert "would fetch it" in str(match({"properties": {"a": {"$ref": far}}}).error)


def test_a_parent_that_ignores_the_end_of_children_harms_nothing() -> None:
    before = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        with closing(OpaEngine(Path(opa_binary()))) as engine:
            assert engine.analyse(ECHO.modules)[0].rules == {"n": 3}
            assert [answer.values for answer in engine.evaluate(numbers(1))] == [(0,)]
            with pytest.raises(PolicyError, match="eof"):
                engine.analyse([Module("p.rego", "package p\n\nx := {")])
    finally:
        signal.signal(signal.SIGCHLD, before)


def test_what_is_bound_in_time_and_place_is_taken(opa: OpaEngine) -> None:
    text = """package p

x := io.jwt.decode_verify(input.t, {"secret": "s", "time": time.now_ns()})

z := crypto.x509.parse_and_verify_certificates_with_options(
	input.c, {"CurrentTime": time.now_ns()},
)

y := json.match_schema(input, {"$ref": "#/definitions/a", "definitions": {"a": {}}})
"""
    [facts] = opa.analyse([Module("p.rego", text)])
    assert facts.reads_time


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("#!/bin/sh\necho Version: 1.22.2", "is OPA 1.22.2"),
        ("#!/bin/sh\necho Version: 0.70.0", "is OPA 0.70.0"),
        ("#!/bin/sh\necho hello", "is no OPA"),
        ("#!/bin/sh\nexit 3", "is no OPA"),
        ("no program at all", "is no OPA|could not be started"),
    ],
)
def test_another_program_is_no_opa(tmp_path: Path, text: str, message: str) -> None:
    binary = tmp_path / "opa"
    binary.write_text(text)
    binary.chmod(0o755)
    with closing(OpaEngine(binary)) as engine:
        with pytest.raises(EidosError, match=message) as caught:
            engine.analyse(ECHO.modules)
        assert caught.value.hint
        with pytest.raises(EidosError, match=message):
            list(engine.evaluate(numbers(1)))


def test_no_opa_is_told(tmp_path: Path) -> None:
    with pytest.raises(EidosError, match="there is no OPA at") as caught:
        OpaEngine(tmp_path / "opa")
    assert caught.value.hint


@pytest.mark.parametrize("said", ['{"package": {"pa', "[]", "", "half"])
def test_what_opa_writes_and_nobody_can_read_is_told(tmp_path: Path, said: str) -> None:
    binary = tmp_path / "opa"
    binary.write_text(f"#!/bin/sh\n[ $1 = check ] || printf '%s' '{said}'\n")
    binary.chmod(0o755)
    command = OpaCommand(str(binary), EngineLimits())
    for ask in (lambda: command.parse("package p", v0=False), lambda: command.check([], v0=False)):
        with pytest.raises(EidosError, match=r"opa \w+ wrote what cannot be read") as caught:
            ask()
        assert caught.value.hint


_SHORT = r"""
import resource, sys
from eidos.engine.errors import EidosError
from eidos.engine.rego.limits import EngineLimits
from eidos.engine.rego.opa.command import OpaCommand, Question
resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 14, 1 << 14))
command = OpaCommand(sys.argv[1], EngineLimits())
long = "package p\n\n" + "\n".join(f"x{n} := {n}" for n in range(200))
for ask in (
    lambda: command.parse(long, v0=False),
    lambda: command.check([], v0=False),
    lambda: command.evaluate(Question(query="numbers.range(1, 9999)")),
):
    try:
        print("said", ask())
    except EidosError as error:
        print(error)
"""


def test_an_answer_that_breaks_off_is_none() -> None:
    """OPA ends with 0 where a bound on files cuts off what it says."""
    command = [sys.executable, "-c", _SHORT, opa_binary()]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert said.count("opa wrote 16 KiB, which is all it may") == 3, said


def test_an_opa_that_dies_at_its_start_is_told(tmp_path: Path) -> None:
    binary = tmp_path / "opa"
    binary.write_text(
        "#!/bin/sh\n[ $1 = version ] && echo Version: 1.22.3 && exit 0\necho oh no\nexit 1\n"
    )
    binary.chmod(0o755)
    with closing(OpaEngine(binary)) as engine:
        with pytest.raises(
            EidosError, match="ended with exit code 1: oh no at its start"
        ) as caught:
            list(engine.evaluate(numbers(1)))
        assert caught.value.hint


def test_a_temporary_folder_with_a_long_name_is_no_trouble(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own: OpaEngine
) -> None:
    long = tmp_path / ("a" * 100) / "b c%41"
    long.mkdir(parents=True)
    monkeypatch.setattr(tempfile, "tempdir", str(long))
    assert [answer.values for answer in own.evaluate(numbers(1))] == [(0,)]
    assert list(long.iterdir()) == []


# Cases made after public bug reports ------------------------------------------------------------


def case(engine: OpaEngine, shared: Path, name: str, policy: str = "policy") -> list[Answer]:
    """Ask `data.main.deny` of the folder's policy for each of its documents, as conftest does."""
    folder = shared / "data" / "cases" / name
    if not folder.is_dir():
        pytest.skip(f"the case {name} is not on this machine")
    modules = tuple(
        Module(file.name, file.read_text()) for file in (folder / policy).glob("*.rego")
    )
    facts = engine.analyse(modules)
    asked = Program(name + policy, modules, v0=facts[0].v0, strict=False)
    documents = [
        document.value
        for file in sorted(folder.glob("doc*.yaml"))
        for document in read_documents(Source(file.name, file))
    ]
    return list(
        engine.evaluate([Job(asked, (Ask("data.main.deny", each),), 0) for each in documents])
    )


CASES = {
    "01-not-with-missing-argument": [["the image could not be shown to be trusted"]],
    "02-chained-rule-bodies": [["runs as the default account"]],
    "03-iteration-in-a-head": [["a service of type NodePort"], ["a:latest is not fixed"]],
    "14-parenthesis-on-a-new-line": [["the range is too small"]],
    "15-name-used-again-in-a-comprehension": [["ann is there twice"]],
    "16-sprintf-verbs": [
        [
            "cut [ab]",
            "empty set()",
            "negative -5",
            "octal 644",
            "padded [abcd  ]",
            "position -1",
            "replaced bc",
            "text as number: %!d(string=500m)",
        ]
    ],
    "22-builtin-given-the-wrong-type": [["the month is August"]],
    "27-decimal-sums": [[]],
    "28-facts-as-functions": [["a banned name"]],
}


@pytest.mark.parametrize("name", CASES)
def test_a_case_has_its_right_answer(opa: OpaEngine, shared: Path, name: str) -> None:
    answers = case(opa, shared, name)
    assert [answer.error for answer in answers] == [None] * len(answers)
    assert [answer.values for answer in answers] == [(found,) for found in CASES[name]]


def test_other_policies_of_the_cases(opa: OpaEngine, shared: Path) -> None:
    [bodies] = case(opa, shared, "02-chained-rule-bodies", "policy-set")
    assert bodies.values == (["deployment"],)
    [missing] = case(opa, shared, "16-sprintf-verbs", "policy-refused")
    assert missing.values == (["abcd and %!v(MISSING)"],)
    [failed] = case(opa, shared, "22-builtin-given-the-wrong-type")
    assert len(failed.notes) == 1


def test_a_fault_of_v0_is_told_as_such(opa: OpaEngine, shared: Path) -> None:
    with pytest.raises(PolicyError, match="kind_we_refuse is unsafe") as caught:
        case(opa, shared, "26-v0-fault-told-as-v1")
    assert caught.value.location
    assert (caught.value.location.file, caught.value.location.line) == ("a.rego", 4)


def test_a_long_run_is_bounded() -> None:
    tight = OpaEngine(Path(opa_binary()), EngineLimits(seconds=0.5))
    hanging = program("package p\n\nx if { r := numbers.range(1, 9999); r[_] + r[_] + r[_] == 0 }")
    with closing(tight):
        answer = ask(tight, hanging, "data.p.x", {})
    assert answer.error == "timed out after 0.5 s"
