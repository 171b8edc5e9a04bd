"""Pages about rules, from their METADATA: Markdown or HTML, and the matrix of controls.

What METADATA says is data: each format escapes it, and only web addresses become links.
"""

import csv
import html
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlsplit

from eidos.engine.model.policylist import ListedPack
from eidos.engine.model.rule import Param, Rule
from eidos.engine.records import dataclass
from eidos.engine.report.escaping import markdown_code, markdown_text, one_line, printable
from eidos.engine.report.history.rows import harmless
from eidos.engine.report.jsontext import API_VERSION, dumps, json_line
from eidos.engine.report.wording import bounds, paragraphs, plural

if TYPE_CHECKING:
    from eidos.engine.model.jsonvalue import Json

FORMS: Final = ("markdown", "html")
_ENDINGS: Final = {"markdown": ".md", "html": ".html"}
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9._-]")
_STYLE: Final = (
    "body{font:16px/1.5 sans-serif;max-width:60em;margin:2em auto;padding:0 1em}"
    "table{border-collapse:collapse}td,th{border:1px solid #ccc;padding:.3em .6em;"
    "text-align:left;vertical-align:top}pre{background:#f4f4f4;padding:.6em;overflow:auto}"
)
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of text in a line."""

    text: str
    link: str | None = None
    """A file of ours, or a web address."""
    is_code: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """A part of a page; one of its fields is set."""

    heading: tuple[int, str] | None = None
    """Level and text."""
    line: tuple[Span, ...] | None = None
    code: str | None = None
    items: tuple[tuple[Span, ...], ...] = ()
    table: tuple[tuple[tuple[Span, ...], ...], ...] = ()
    """Rows of cells, the first of them titles."""


def pages(packs: Sequence[ListedPack], form: str) -> Mapping[str, str]:
    """Give the files about packs by name: ``index.md``, ``rules/GPU-001.md``, ``controls.csv``.

    Args:
        packs: what is documented; no two rules of it have the same id.
        form: one of `FORMS`.
    """
    ending = _ENDINGS[form]
    write = _markdown if form == "markdown" else _html
    names = _names([rule for each in packs for rule in each.pack.rules])
    files = {f"index{ending}": write("Policies", list(_index(packs, names, ending)))}
    for each in packs:
        for rule in each.pack.rules:
            blocks = list(_rule(each, rule, ending))
            files[f"rules/{names[rule.id]}{ending}"] = write(f"{rule.id} {rule.title}", blocks)
    files[f"controls{ending}"] = write("Controls", list(_matrix(packs, names, ending)))
    return {
        **files,
        "controls.csv": controls_csv(packs),
        "controls.json": controls_json(packs),
    }


def _names(rules: Sequence[Rule]) -> Mapping[str, str]:
    """Give by rule id the name of its page: plain, and its own also where case means nothing."""
    names: dict[str, str] = {}
    taken: set[str] = set()
    for rule in rules:
        plain = _UNSAFE.sub("_", rule.id)[:80].lstrip(".") or "_"
        name, number = plain, 1
        while name.lower() in taken:
            number += 1
            name = f"{plain}-{number}"
        taken.add(name.lower())
        names[rule.id] = name
    return names


# Pages ------------------------------------------------------------------------------------------


def _said(text: str) -> tuple[Span, ...]:
    return (Span(text),)


def _codes(texts: Iterable[str]) -> tuple[Span, ...]:
    spans: list[Span] = []
    for text in texts:
        spans += [*([Span(", ")] if spans else []), Span(text, is_code=True)]
    return tuple(spans) or _said("none")


def _index(packs: Sequence[ListedPack], names: Mapping[str, str], ending: str) -> Iterator[Block]:
    yield Block(heading=(1, "Policies"))
    yield Block(line=(Span("Controls", f"controls{ending}"), Span(" by framework and rule")))
    for each in packs:
        pack = each.pack
        yield Block(heading=(2, f"{pack.name} {pack.version}"))
        if pack.description:
            yield Block(line=_said(pack.description))
        about = (Span(f"{plural(len(pack.rules), 'rule')}, "), Span(pack.digest, is_code=True))
        yield Block(line=(*about, Span(f", {each.origin}")))
        rows = [
            (
                (Span(rule.id, f"rules/{names[rule.id]}{ending}"),),
                _said(rule.severity),
                _said(rule.scope),
                _said(rule.title),
            )
            for rule in pack.rules
        ]
        yield Block(table=(tuple(map(_said, ("Rule", "Severity", "Scope", "Title"))), *rows))


def _rule(each: ListedPack, rule: Rule, ending: str) -> Iterator[Block]:
    yield Block(heading=(1, f"{rule.id} {rule.title}"))
    yield Block(line=(Span("All rules", f"../index{ending}"),))
    facts = (
        ("Pack", _said(f"{each.pack.name} {each.pack.version}")),
        ("Severity", _said(rule.severity)),
        ("Scope", _said(rule.scope)),
        ("Source", _codes([f"{rule.modules[0].file}:{rule.line}"])),
        ("Requires", _codes(map(str, rule.requires))),
        ("Reads", _codes(map(str, rule.reads))),
        ("Tables", _codes(sorted(rule.tables))),
        ("Controls", _codes(f"{each.framework} {each.id}" for each in rule.controls)),
        ("Tags", _codes(rule.tags)),
    )
    yield Block(table=(tuple(map(_said, ("", "What it is"))), *((_said(k), v) for k, v in facts)))
    if rule.description:
        yield Block(line=_said(" ".join(rule.description.split())))
    if rule.remediation:
        yield Block(heading=(2, "Remediation"))
        for text, is_command in paragraphs(rule.remediation):
            yield Block(code=text) if is_command else Block(line=_said(text))
    if rule.param_specs:
        yield Block(heading=(2, "Parameters"))
        titles = tuple(map(_said, ("Name", "Type", "Default", "Bounds", "Means")))
        rows = [_param(name, spec, rule) for name, spec in sorted(rule.param_specs.items())]
        yield Block(table=(titles, *rows))
    if rule.references:
        yield Block(heading=(2, "References"))
        yield Block(items=tuple((Span(ref, _web(ref)),) for ref in rule.references))


def _param(name: str, spec: Param, rule: Rule) -> tuple[tuple[Span, ...], ...]:
    return (
        _codes([name]),
        _said(spec.type or "any"),
        _codes([json_line(rule.params.get(name, spec.default))]),
        _said(", ".join(bounds(spec))),
        _said(spec.description),
    )


def _web(text: str) -> str | None:
    """Give a web address, with what is more than one encoded; None for anything else."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.netloc:
        return None
    return quote(text, safe="/:?#@!$&*+,;=%~._-")


def _matrix(packs: Sequence[ListedPack], names: Mapping[str, str], ending: str) -> Iterator[Block]:
    yield Block(heading=(1, "Controls"))
    yield Block(line=(Span("All rules", f"index{ending}"),))
    rules = {rule.id: rule for each in packs for rule in each.pack.rules}
    for framework, controls in controls_of(packs).items():
        yield Block(heading=(2, framework))
        rows = [
            (
                _codes([control]),
                tuple(
                    span
                    for number, id_ in enumerate(ids)
                    for span in (
                        *([Span(", ")] if number else []),
                        Span(id_, f"rules/{names[id_]}{ending}"),
                    )
                ),
            )
            for control, ids in controls.items()
        ]
        yield Block(table=(tuple(map(_said, ("Control", "Rules"))), *rows))
    without = [rule for rule in rules.values() if not rule.controls]
    if without:
        yield Block(heading=(2, "Rules without a control"))
        yield Block(items=tuple((Span(f"{rule.id} {rule.title}"),) for rule in without))


# Controls ---------------------------------------------------------------------------------------


def controls_of(packs: Sequence[ListedPack]) -> Mapping[str, Mapping[str, list[str]]]:
    """Give framework to control to the ids of the rules that speak to it, all of them sorted."""
    found: dict[str, dict[str, list[str]]] = {}
    for each in packs:
        for rule in each.pack.rules:
            for control in rule.controls:
                ids = found.setdefault(control.framework, {}).setdefault(control.id, [])
                ids += [rule.id] if rule.id not in ids else []
    return {
        framework: {control: sorted(ids) for control, ids in sorted(controls.items(), key=_natural)}
        for framework, controls in sorted(found.items())
    }


def _natural(entry: tuple[str, object]) -> list[tuple[int, int, str]]:
    """Sort 1.2.9 before 1.2.10."""
    parts = re.findall(r"\d+|\D+", entry[0])
    return [(0, int(p), "") if p.isascii() and p.isdigit() else (1, 0, p) for p in parts]


def controls_csv(packs: Sequence[ListedPack]) -> str:
    """Write the matrix as CSV (RFC 4180): a row for each framework, control and rule."""
    rules = {rule.id: (each.pack, rule) for each in packs for rule in each.pack.rules}
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(("framework", "control", "rule", "severity", "title", "pack", "version"))
    for framework, controls in controls_of(packs).items():
        for control, ids in controls.items():
            for id_ in ids:
                pack, rule = rules[id_]
                row = (framework, control, id_, rule.severity, rule.title, pack.name, pack.version)
                writer.writerow(harmless(cell) for cell in row)
    return out.getvalue()


def controls_json(packs: Sequence[ListedPack]) -> str:
    """Write the matrix as JSON; ``schemas/control-matrix/v1.schema.json`` describes it."""
    frameworks: list[Json] = [
        {
            "framework": framework,
            "controls": [{"control": name, "rules": [*ids]} for name, ids in controls.items()],
        }
        for framework, controls in controls_of(packs).items()
    ]
    document: dict[str, Json] = {
        "apiVersion": API_VERSION,
        "kind": "ControlMatrix",
        "packs": [
            {"name": each.pack.name, "version": each.pack.version, "digest": each.pack.digest}
            for each in packs
        ],
        "frameworks": frameworks,
        "without": [r.id for each in packs for r in each.pack.rules if not r.controls],
    }
    return dumps(document, indent=2) + "\n"


# Markdown ---------------------------------------------------------------------------------------


def _markdown(_title: str, blocks: Sequence[Block]) -> str:
    return "\n\n".join(filter(None, map(_markdown_block, blocks))) + "\n"


def _markdown_block(block: Block) -> str:
    if block.heading is not None:
        level, text = block.heading
        return f"{'#' * level} {_words(text)}"
    if block.code is not None:
        return f"<pre><code>{_entities(one_line(block.code))}</code></pre>"
    if block.line is not None:
        return _OPENING.sub(lambda found: f"&#{ord(found[0])};", _markdown_line(block.line))
    if block.table:
        titles, *rows = ["| " + " | ".join(map(_markdown_line, row)) + " |" for row in block.table]
        return "\n".join([titles, "|" + "---|" * len(block.table[0]), *rows])
    return "\n".join(f"- {_markdown_line(item)}" for item in block.items)


_OPENING: Final = re.compile(r"(?<=^)[-+=]|(?<=^)\d(?=\d*[.)])")
"""What at the beginning of a line opens a list, or makes a heading of the line before."""


def _markdown_line(spans: Iterable[Span]) -> str:
    return "".join(map(_markdown_span, spans))


def _markdown_span(span: Span) -> str:
    text = markdown_code(span.text) if span.is_code else _words(span.text)
    if span.link is None:
        return text
    target = re.sub(r"[()*_~|]", lambda found: quote(found[0], safe="") or found[0], span.link)
    return f"[{text}]({target.replace('_', '%5F')})"


def _words(text: str) -> str:
    """Escape text of any length: the escaper of reports cuts at the length of a message."""
    return " ".join(markdown_text(word) for word in text.split(" "))


def _entities(text: str) -> str:
    return re.sub(r"[^\w ]", lambda found: f"&#{ord(found[0])};", text)


# HTML -------------------------------------------------------------------------------------------


def _html(title: str, blocks: Sequence[Block]) -> str:
    body = "\n".join(map(_html_block, blocks))
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        f"<title>{_escaped(title)}</title>\n<style>{_STYLE}</style>\n</head>\n"
        f"<body>\n{body}\n</body>\n</html>\n"
    )


def _html_block(block: Block) -> str:
    if block.heading is not None:
        level, text = block.heading
        return f"<h{level}>{_escaped(text)}</h{level}>"
    if block.code is not None:
        return f"<pre><code>{html.escape(printable(block.code))}</code></pre>"
    if block.line is not None:
        return f"<p>{_html_line(block.line)}</p>"
    if block.table:
        titles, *rows = block.table
        lines = [_html_row(titles, "th"), *(_html_row(row, "td") for row in rows)]
        return "<table>\n" + "\n".join(lines) + "\n</table>"
    return "<ul>" + "".join(f"<li>{_html_line(item)}</li>" for item in block.items) + "</ul>"


def _html_row(cells: Iterable[tuple[Span, ...]], tag: str) -> str:
    return "<tr>" + "".join(f"<{tag}>{_html_line(cell)}</{tag}>" for cell in cells) + "</tr>"


def _html_line(spans: Iterable[Span]) -> str:
    return "".join(map(_html_span, spans))


def _html_span(span: Span) -> str:
    text = f"<code>{_escaped(span.text)}</code>" if span.is_code else _escaped(span.text)
    return text if span.link is None else f'<a href="{_escaped(span.link)}">{text}</a>'


def _escaped(text: str) -> str:
    return html.escape(one_line(text))
