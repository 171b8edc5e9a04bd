"""Whatever a document says, it stays where the format put it."""

import io
import json
import re
from xml.etree import ElementTree as ET

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from eidos.engine.model.report import Report
from eidos.engine.model.verdict import Status
from eidos.engine.ports import Rendering
from eidos.engine.report.registry import REPORT
from fakes import reports

PIECES = st.sampled_from(
    [
        *reports.HOSTILE,
        *("::error::", "##[error]", "##vso[task.setvariable]", "::group::", "##teamcity[x]"),
        *("\r", "\n", "\r\n", "\t", " ", "%", "#", "\\", "`", "|", "<!--", "-->", "](", "{", '"'),
        *("ok 1", "not ok", "1..0", "Bail out!", "...", "---", "  ...", "TAP version 13"),
        *("\u0085", "\u2029", "\x1b", "\x9b", "\x00", "\U000e0041", "🐈", "\ud800", "\udc00"),
    ]
)
TEXT = st.one_of(
    st.lists(PIECES, max_size=6).map("".join),
    st.text(st.characters(codec=None), max_size=40),
).filter(bool)


def rendered(name: str, report: Report, *, verbose: bool = True) -> str:
    out = io.StringIO()
    REPORT.reporter(name)(report, out, Rendering(verbose=verbose))
    return out.getvalue()


@pytest.mark.parametrize("name", REPORT.formats)
@settings(max_examples=60, deadline=None)
@given(text=TEXT)
@example(text="".join(reports.HOSTILE))
@example(text="::error::owned")
@example(text="x ::error::owned " * 20)
def test_no_text_gives_orders(name: str, text: str) -> None:
    quiet = rendered(name, reports.hostile("plain"))
    told = rendered(name, reports.hostile(text))
    if name == "csv":
        told = told.replace("\r\n", "\n")  # RFC 4180
    told.encode()
    assert not reports.HIDDEN.search(told)
    assert "\r" not in told
    for order in (r"##\w*\[", r"^\s*::(?!(error|warning|notice) |group::|endgroup::)"):
        assert not re.search(order, told, re.MULTILINE), order
    assert reports.orders(told) == reports.orders(quiet)


@settings(max_examples=60, deadline=None)
@given(text=TEXT)
def test_every_format_stays_parseable(text: str) -> None:
    report = reports.hostile(text)
    for name in ("json", "sarif", "gitlab", "ctrf", "openreports"):
        assert json.loads(rendered(name, report))
        assert rendered(name, report).isascii()
    for verbose in (False, True):
        root = ET.fromstring(rendered("junit", report, verbose=verbose))  # noqa: S314 -- our own
        shape = [element.tag for element in root.iter()]
        plain = ET.fromstring(rendered("junit", reports.hostile("plain")))  # noqa: S314 -- our own
        assert shape == [element.tag for element in plain.iter()]


@settings(max_examples=60, deadline=None)
@given(text=TEXT.filter(str.strip))  # a remediation of nothing but space is none
def test_no_text_makes_a_test_point_or_leaves_its_block(text: str) -> None:
    told = rendered("tap", reports.hostile(text))

    def shape(tap: str) -> list[str]:
        lines = tap.split("\n")
        return [re.match(r"  [\w.-]+|\S*", line)[0] for line in lines]  # type: ignore[index] # always matches

    assert shape(told) == shape(rendered("tap", reports.hostile("plain")))
    for block in re.findall(r"^  ---\n(.*?)^  \.\.\.$", told, re.MULTILINE | re.DOTALL):
        assert {"status", "hint"} & set(yaml.safe_load(block))


@settings(max_examples=60, deadline=None)
@given(text=TEXT)
def test_no_text_makes_markup_in_markdown(text: str) -> None:
    told = rendered("markdown", reports.hostile(text))
    tags = set(re.findall(r"<[^>]*>", told))
    assert tags <= {
        *("<details>", "<details open>", "</details>", "<summary>", "</summary>", "<b>", "</b>"),
        *("<code>", "</code>", "<br>", "<sub>", "</sub>"),
    }
    assert not re.search(r"[`\[\]]|://|@|\bwww\.", re.sub(r"</?\w+>", "", told))
    rows = [line for line in told.split("\n") if "|" in line]
    assert all(line.startswith("|") and line.count("|") == len(Status) + 2 for line in rows)
