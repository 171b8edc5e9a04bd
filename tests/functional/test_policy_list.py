"""``eidos policy list``, ``show`` and ``docs``."""

import csv
import html.parser
import io
import json
from pathlib import Path
from typing import Any

import pytest

from eidos.engine.cli import console, root
from eidos.engine.packs.finding import shipped
from fakes.policies import write_pack

HOSTILE = r"""# METADATA
# title: "=cmd|'/C calc'!A0 <script>alert(1)</script> [x](javascript:y) | a"
# description: "- <img src=x onerror=alert(1)> \e[31m ::error::x"
# related_resources:
#   - ref: "javascript:alert(1)"
#   - ref: "https://example.org/a)b\"><script>x"
# custom:
#   id: "../../../etc/x<y>"
#   severity: low
#   scope: node
#   requires: [gpu.smi.driver]
#   controls: [{framework: "=HYPERLINK(1)", id: "@SUM|<b>"}]
#   params: {a: {type: string, default: "</code><script>", description: "|x|"}}
#   remediation: |
#     Do this:
#     echo `</code></pre><script>` ```
package hostile.a

deny contains "x" if {
	input.gpu.smi.driver == data.params.a
}
"""


pytestmark = pytest.mark.usefixtures("here")


def run(*arguments: str) -> int:
    return console.run(root, ["policy", *arguments])


def listed(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[dict[str, Any]]:
    assert run(*arguments, "-o", "json=out.json", "-o", "json") == 0
    packs: list[dict[str, Any]] = json.loads(capsys.readouterr().out)["packs"]
    assert console.run(root, ["validate", "out.json"]) == 0, capsys.readouterr().out
    capsys.readouterr()
    return packs


def test_every_shipped_pack_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    packs = listed(capsys, "list")
    assert [pack["name"] for pack in packs] == [*shipped()]
    assert {pack["origin"] for pack in packs} == {"shipped"}
    assert all(pack["digest"].startswith("sha256:") and pack["rules"] for pack in packs)


def test_a_pack_of_ones_own(capsys: pytest.CaptureFixture[str]) -> None:
    write_pack(Path("t"))
    [pack] = listed(capsys, "list", "./t")
    assert (pack["name"], pack["version"], pack["origin"]) == ("t", "1.2.3", "t")
    [rule] = pack["rules"]
    assert rule["requires"] == ["gpu.smi.driver"]
    assert rule["params"] == {"floor": {"value": 580, "type": "number"}}
    assert run("list", "./t", "-v") == 0
    out = capsys.readouterr().out
    assert "T-001 high node The driver is new" in out
    assert "requires  gpu.smi.driver" in out


def test_rows_for_a_spreadsheet(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("list", "gpu", "-o", "csv") == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert rows[0]["rule"] == "GPU-001"
    assert rows[0]["controls"].startswith("nvidia-bulletin 5821")


def test_a_rule_is_shown_whole(capsys: pytest.CaptureFixture[str]) -> None:
    [pack] = listed(capsys, "show", "GPU-009")
    assert [rule["id"] for rule in pack["rules"]] == ["GPU-009"]
    assert run("show", "GPU-009") == 0
    out = capsys.readouterr().out
    assert "GPU-009 The node shows all its GPUs" in out
    assert "remedy        dmesg | grep -i xid" in out


def test_a_parameter_is_shown_with_its_bounds_and_meaning(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for _ in range(2):  # the second time the pack is in the index
        assert run("show", "K8S-016") == 0
        out = capsys.readouterr().out
        assert "param     gpus = 2 (integer, at least 1, at most 16)\n" in out
        assert "              GPUs per node from which the rule applies;" in out
        assert 'each string, one of "none", "best-effort", ' in out


def test_a_rule_of_another_pack(capsys: pytest.CaptureFixture[str]) -> None:
    write_pack(Path("t"))
    assert run("show", "T-001") == 2
    assert "there is no rule and no pack 'T-001'" in capsys.readouterr().err
    assert run("show", "T-001", "-p", "t") == 0
    assert run("show", "t") == 0


def test_pages_of_all_that_ships(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("docs", "-o", "pages") == 0
    names = capsys.readouterr().out.split()
    assert {str(p.relative_to("pages")) for p in Path("pages").rglob("*.*")} == set(names)
    index = Path("pages/index.md").read_text()
    assert "[GPU-009](rules/GPU-009.md)" in index
    assert "[SUP-006](rules/SUP-006.md)" in Path("pages/controls.md").read_text()
    rows = list(csv.DictReader(io.StringIO(Path("pages/controls.csv").read_text())))
    matrix = json.loads(Path("pages/controls.json").read_text())
    pairs = {
        (framework["framework"], control["control"], rule)
        for framework in matrix["frameworks"]
        for control in framework["controls"]
        for rule in control["rules"]
    }
    assert pairs == {(row["framework"], row["control"], row["rule"]) for row in rows}
    assert len(pairs) > 200
    assert console.run(root, ["validate", "pages/controls.json"]) == 0


def test_pages_are_written_again_only_where_they_are_the_same() -> None:
    write_pack(Path("t"))
    assert run("docs", "t", "-o", "pages") == 0
    assert run("docs", "t", "-o", "pages") == 0
    Path("pages/index.md").write_text("mine")
    assert run("docs", "t", "-o", "pages") == 2
    assert Path("pages/index.md").read_text() == "mine"
    assert run("docs", "t", "-o", "pages", "--force") == 0
    assert Path("pages/index.md").read_text() != "mine"


def test_a_link_in_the_folder_is_not_followed(capsys: pytest.CaptureFixture[str]) -> None:
    write_pack(Path("t"))
    Path("elsewhere").mkdir()
    Path("pages").mkdir()
    Path("pages/rules").symlink_to("../elsewhere")
    assert run("docs", "t", "-o", "pages", "--force") == 2
    assert "leads elsewhere by a link" in capsys.readouterr().err
    assert not [*Path("elsewhere").iterdir()]


class Tags(html.parser.HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.add(tag)
        self.links += [str(value) for name, value in attrs if name == "href"]
        assert not any(name.startswith("on") for name, _ in attrs)


@pytest.mark.parametrize("form", ["markdown", "html"])
def test_hostile_metadata_is_only_text(form: str) -> None:
    write_pack(Path("h"), a=HOSTILE)
    assert run("docs", "h", "-o", "pages", "--format", form) == 0
    files = [path for path in Path("pages").rglob("*") if path.is_file()]
    assert all(path.resolve().is_relative_to(Path("pages").resolve()) for path in files)
    assert len(files) == 5
    for path in files:
        text = path.read_text()
        assert "<script>" not in text or path.suffix in (".json", ".csv")
        assert "<img" not in text
        assert "\x1b" not in text
        assert not any(line.startswith("::") for line in text.splitlines())
    pages = [path for path in files if path.suffix in (".html", ".md")]
    if form == "html":
        tags = Tags()
        for path in pages:
            tags.feed(path.read_text())
        assert not tags.found & {"script", "img", "b"}
        assert all(
            link.startswith(("https://", "rules/", "../", "controls", "index"))
            for link in tags.links
        )
    else:
        assert not any("](javascript" in path.read_text() for path in pages)
        assert not any(line.startswith("- &#60;img") for line in pages[-1].read_text().splitlines())
    rows = list(csv.reader(io.StringIO(Path("pages/controls.csv").read_text())))
    assert all(not cell.startswith(("=", "@", "+", "-")) for row in rows[1:] for cell in row)


@pytest.mark.parametrize("form", ["text", "csv", "json"])
def test_hostile_metadata_gives_no_orders(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    write_pack(Path("h"), a=HOSTILE)
    assert run("list", "h", "-v", "-o", form) == 0
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert not any(line.lstrip().startswith("::") for line in out.splitlines())


def test_two_rules_of_one_id_have_no_common_pages(capsys: pytest.CaptureFixture[str]) -> None:
    write_pack(Path("t"))
    write_pack(Path("u"), "name: u\nversion: 1.0.0\ndescription: x\nrego: v1\n")
    assert run("docs", "t", "u", "-o", "pages") == 2
    assert "T-001" in capsys.readouterr().err
    assert not Path("pages").exists()
