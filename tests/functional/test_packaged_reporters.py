"""Formats of Python packages: really installed, used as any other, and no way to another answer."""

import json
import shutil
import sys
from html import unescape
from pathlib import Path

import pytest

from eidos.engine import schema
from eidos.engine.api import Eidos, EidosError
from eidos.engine.cli import console, root
from eidos.engine.documents.reading import read_text
from eidos.engine.report import packages
from fakes.packages import installed_example, write_package

CLUSTER = str(Path(__file__).parents[2] / "ci-examples" / "cluster.yaml")
SECRET = "tok-53cr3t-0f-0dd"  # noqa: S105 -- of a fake
NAMES = ("echo", "hostile", "raises", "exits", "breaks", "leaves", "crashes", "number", "nothing")
ODD = {
    **{f"Report.{name}": f"fakes.reporters:{name}" for name in (*NAMES, "hangs")},
    **{f"Drift.{name}": f"fakes.reporters:{name}" for name in ("echo", "late")},
    "Report.gone": "no.such.module:page",
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return installed_example("acme-report", tmp_path_factory.mktemp("site"))


@pytest.fixture
def acme(site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(site)


@pytest.fixture
def odd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ODD_TOKEN", SECRET)
    write_package(tmp_path / "site", "odd-reports", {"eidos.reporters": ODD})
    monkeypatch.syspath_prepend(tmp_path / "site")


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    capsys.readouterr()
    code = console.run(root, ["--no-config", *arguments])
    said = capsys.readouterr()
    return code, said.out, said.err


def check(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    return run(capsys, "check", CLUSTER, "-p", "gpu", *arguments)


@pytest.mark.usefixtures("acme")
def test_the_example_is_a_format_as_any_other(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = check(capsys, "-o", "acme", "-o", "json=r.json", "-o", "acme=page.html")
    assert code == 1
    assert "acme: a format of acme-report 1.2.0" in err
    assert out == Path("page.html").read_text()
    told = [
        finding["msg"]
        for subject in json.loads(Path("r.json").read_text())["subjects"]
        for verdict in subject["verdicts"]
        for finding in verdict["findings"]
    ]
    assert told
    assert all(each in unescape(out) for each in told)
    assert run(capsys, "history", "show", "latest", "-o", "acme")[1] == out
    assert "acme_report" not in sys.modules

    same = run(capsys, "diff", CLUSTER, CLUSTER, "-o", "acme")
    assert same[:2] == (0, f"{CLUSTER} -> {CLUSTER}: 0 changes\n")
    assert "or acme; repeatable" in " ".join(run(capsys, "check", "--help")[1].split())
    assert "acme" not in run(capsys, "facts", "--help")[1]
    assert "Did you mean 'acme'?" in check(capsys, "-o", "acmee")[2]
    assert "no output format 'acme' for a list of facts" in run(capsys, "facts", "-o", "acme")[2]


@pytest.mark.usefixtures("acme")
def test_from_python_it_is_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    out = check(capsys, "-o", "acme", "--no-config")[1]
    assert out == ""
    with Eidos() as eidos:
        report = eidos.check([CLUSTER], eidos.policy(["gpu"]))
        assert "<h1>Gate: failed</h1>" in eidos.render(report, "acme")


@pytest.mark.usefixtures("odd")
def test_it_gets_the_document_that_has_a_schema(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = check(capsys, "-o", "echo", "-o", "json=r.json")
    assert code == 1
    assert "noise" not in out + err
    assert json.loads(out) == json.loads(Path("r.json").read_text())
    assert schema.problems(read_text(out, "out")[0], "report/v1") == []


@pytest.mark.usefixtures("odd")
@pytest.mark.parametrize(
    ("act", "said"),
    [
        ("raises", "failed with KeyError (reporters.py:"),
        ("exits", "failed with SystemExit"),
        ("breaks", "failed with BrokenPipeError"),
        ("leaves", "ended without an answer (exit code 0)"),
        ("crashes", "crashed: SIGSEGV"),
        ("number", "gives a int and no text"),
        ("nothing", "fakes.reporters:nothing is nothing that can be called"),
        ("gone", "failed with ModuleNotFoundError: No module named 'no'"),
    ],
)
def test_one_that_fails_is_no_answer_and_spoils_no_other(
    capsys: pytest.CaptureFixture[str], act: str, said: str
) -> None:
    Path("odd.txt").write_text("before")
    outputs = ("-o", f"{act}=odd.txt", "-o", act, "-o", "json=r.json")
    code, out, err = check(capsys, *outputs, "--fail-on", "critical", "--rule", "GPU-002")
    assert code == 2
    assert f"the format {act} (odd-reports 1.0)" in err
    assert said in err
    assert out == ""
    assert Path("odd.txt").read_text() == "before"
    assert json.loads(Path("r.json").read_text())["decision"] == "passed"
    assert SECRET not in err
    assert not list(Path().glob(".odd*"))


@pytest.mark.usefixtures("odd")
def test_one_that_hangs_is_ended(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packages, "SECONDS", 1.0)
    code, _, err = check(capsys, "-o", "hangs")
    assert code == 2
    assert "the format hangs (odd-reports 1.0) did not answer within 1 s" in err


@pytest.mark.usefixtures("odd")
def test_of_many_there_is_all_or_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    for name in "abc":
        shutil.copy(CLUSTER, f"{name}.yaml")
    command = ("diff", "--baseline", "a.yaml", "b.yaml", "c.yaml")
    code, out, _ = run(capsys, *command, "-o", "late")
    assert (code, out) == (2, "")
    code, out, _ = run(capsys, *command, "-o", "echo=out.txt", "-o", "json")
    assert code == 0
    assert len(out.splitlines()) == 2


@pytest.mark.usefixtures("odd")
def test_what_it_writes_gives_no_orders(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = check(capsys, "-o", "hostile", "-o", "hostile=file.txt")
    assert out == "\\x1b[2J\\u202e::error::\r\n\\::warning::x\n#\\x23[error]y\tz\\ud800\n"
    with Path("file.txt").open(newline="", encoding="utf-8") as file:
        assert file.read() == "\\x1b[2J\\u202e::error::\r\n::warning::x\n##[error]y\tz\\ud800\n"


# Names -------------------------------------------------------------------------------------------


def test_no_package_takes_what_is_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    names = ("Report.text", "Report.json", "Report.admissionreview", "Reprt.x", "Report.A B", "x")
    offers = {"eidos.reporters": dict.fromkeys(names, "fakes.reporters:leaves")}
    write_package(tmp_path / "site", "evil", offers)
    write_package(tmp_path / "site", "twin-a", {"eidos.reporters": {"Report.two": "a:b"}})
    write_package(tmp_path / "site", "twin-b", {"eidos.reporters": {"Report.two": "c:d"}})
    monkeypatch.syspath_prepend(tmp_path / "site")
    code, out, _ = check(capsys, "-o", "json")
    assert code == 1
    assert json.loads(out)["kind"] == "Report"
    code, _, err = check(capsys, "-o", "admissionreview")
    assert code == 2
    assert "eidos has a format 'admissionreview' of a Report itself (evil 1.0)" in err
    code, _, err = check(capsys, "-o", "two")
    assert code == 2
    assert "the packages twin-a 1.0 and twin-b 1.0 both offer it" in err
    code, out, _ = run(capsys, "plugin", "list", "-o", "json")
    assert code == 2
    errors = {each["name"]: each["error"] for each in json.loads(out)["reporters"]}
    assert "no kind of document 'Reprt' (Did you mean 'Report'?)" in errors["Reprt.x"]
    assert "a format has small letters" in errors["Report.A B"]
    assert all(errors.values())


@pytest.mark.usefixtures("odd")
def test_broken_ones_disturb_only_who_asks(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = check(capsys)
    assert code == 1
    assert "odd-reports" not in err
    code, out, _ = run(capsys, "plugin", "list")
    assert code == 2
    assert "Report.gone\treporter\todd-reports 1.0\terror: no.such.module:page" in out
    code, out, _ = run(capsys, "plugin", "show", "Report.gone", "Report.echo")
    assert code == 2
    assert "reporter: Report.echo\nbrought by: odd-reports 1.0\nstate: ok\n" in out
    assert "state: broken\nerror: no.such.module:page: ModuleNotFoundError" in out
    assert run(capsys, "plugin", "show", "Report.echo", "s3")[0] == 0
    assert "Did you mean 'Report.echo'" in run(capsys, "plugin", "show", "Report.eco")[2]


def test_what_python_gets_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_package(tmp_path / "site", "odd-reports", {"eidos.reporters": ODD})
    monkeypatch.syspath_prepend(tmp_path / "site")
    with Eidos() as eidos:
        report = eidos.check([CLUSTER], eidos.policy(["gpu"]))
        with pytest.raises(EidosError, match="ended without an answer"):
            eidos.render(report, "leaves")
