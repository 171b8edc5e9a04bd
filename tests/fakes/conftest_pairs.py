"""What conftest and eidos must judge alike, and where they differ on purpose."""

from collections.abc import Mapping
from dataclasses import dataclass, field

MAIN = "package main\n\nimport rego.v1\n\n"
POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\n"


@dataclass(frozen=True)
class Pair:
    """Files of one run, and its arguments; the same for both programs."""

    policy: str | Mapping[str, str]
    files: Mapping[str, str]
    arguments: tuple[str, ...] = ()
    named: tuple[str, ...] = ()
    """What is judged; the files when empty."""
    differs: tuple[int, int] | None = None
    """Exit codes of conftest and of eidos where they are meant to differ."""
    policies: Mapping[str, str] = field(default_factory=dict)


def deny(condition: str, said: str = "no") -> str:
    return f'{MAIN}deny contains "{said}" if {condition}\n'


def shows(expression: str) -> str:
    """A rule that says what it sees, so that every difference in reading shows."""
    return f'{MAIN}deny contains msg if msg := sprintf("%v", [{expression}])\n'


BODY = deny('{\n\tinput.kind == "Pod"\n\tnot input.spec.runAsNonRoot\n}', "root")
EXCEPTED = f"""{MAIN}
deny_root contains "runs as root" if input.user == "root"
deny contains "no name" if not input.name
violation_root contains {{"msg": "root too"}} if input.user == "root"
warn_old contains "old" if input.version < 2
"""
COUNTS = deny("count(input) != 2", "not two")
SAME = f"""{MAIN}
deny contains msg if {{
	some i, j
	i < j
	input[i].contents.name == input[j].contents.name
	msg := sprintf("%s and %s share a name", [input[i].path, input[j].path])
}}
"""
SPACES = {
    "a.rego": MAIN + 'deny contains "main" if input.a\n',
    "b.rego": 'package k8s.pods\nimport rego.v1\n\ndeny contains "pods" if input.a\n',
    "c.rego": 'package k8s.nodes\nimport rego.v1\n\nwarn contains "nodes" if input.a\n',
}
BANNED = """{MAIN}
deny contains msg if {
	some image in data.banned
	input.image == image
	msg := sprintf("%s is banned", [image])
}
""".replace("{MAIN}", MAIN)

PAIRS: dict[str, Pair] = {
    # What is found, and how
    "deny": Pair(BODY, {"a.yaml": POD}),
    "deny-passes": Pair(BODY, {"a.yaml": POD + "spec: {runAsNonRoot: true}\n"}),
    "warn": Pair(MAIN + 'warn contains "w" if input.a', {"a.yaml": "a: 1\n"}),
    "warn-and-deny": Pair(
        MAIN + 'warn contains "w" if input.a\ndeny contains "d" if input.b',
        {"a.yaml": "a: 1\nb: 2\n"},
    ),
    "violation": Pair(
        MAIN + 'violation contains {"msg": "v", "x": 1} if input.a', {"a.yaml": "a: 1\n"}
    ),
    "suffixes": Pair(
        MAIN
        + 'deny_one contains "1" if input.a\nwarn_two contains "2" if input.a\n'
        + 'denies contains "3" if input.a',
        {"a.yaml": "a: 1\n"},
    ),
    "several-messages": Pair(
        MAIN + "deny contains m if some m in input.all", {"a.json": '{"all": ["x", "y", "x"]}'}
    ),
    "several-bodies": Pair(
        MAIN + 'deny contains "a" if input.a\ndeny contains "b" if input.b', {"a.yaml": "a: 1\n"}
    ),
    "json": Pair(shows("input.a"), {"a.json": '{"a": [1, {"b": null}]}'}),
    "json-numbers": Pair(shows("input"), {"a.json": '{"a": 1.0, "b": 1e3, "c": -0.5}'}),
    "two-files": Pair(BODY, {"a.yaml": POD, "b.yaml": "kind: Service\n"}),
    "folder": Pair(
        BODY, {"m/a.yaml": POD, "m/b.json": '{"kind": "Pod"}', "m/c.txt": "x"}, named=("m",)
    ),
    # YAML as Kubernetes reads it
    "booleans": Pair(shows("input"), {"a.yaml": "a: on\nb: Off\nc: yes\nd: NO\ne: y\nf: n\n"}),
    "keys": Pair(shows("input"), {"a.yaml": "on: push\n8080: x\n0x10: y\n1.5: z\n"}),
    "octals": Pair(shows("input"), {"a.yaml": "mode: 0644\nnew: 0o644\nbin: 0b11\nhex: 0xfF\n"}),
    "numbers": Pair(
        shows("input"), {"a.yaml": "a: 1e+03\nb: 1_000\nc: 1.50\nd: -0\ne: .5\nf: 08\n"}
    ),
    "whole-floats": Pair(shows("input"), {"a.yaml": "a: 1.0\nb: 1e3\n"}),
    "text": Pair(
        shows("input"), {"a.yaml": "a: =\nb: 1:30\nc: 2024-01-01\nd: 1.2.3\ne: '1'\nf: null\n"}
    ),
    "merge": Pair(
        shows("input"),
        {"a.yaml": "b: &b {q: 1, w: 2}\nm: {<<: *b, w: 3}\nn: {<<: [*b, {q: 9, z: 1}]}\n"},
    ),
    "merge-after": Pair(shows("input.m"), {"a.yaml": "b: &b {w: 2}\nm: {w: 3, <<: *b}\n"}),
    "tags": Pair(
        shows("input"), {"a.yaml": "a: !Ref x\nb: !Sub [c]\nc: !!str 1\nd: !!binary aGk=\n"}
    ),
    "blocks": Pair(shows("input"), {"a.yaml": "a: |\n  x\n  on\nb: >-\n  one\n  two\n"}),
    "anchors": Pair(shows("input"), {"a.yaml": "a: &x [1, on]\nb: *x\n"}),
    "json-in-yaml": Pair(shows("input"), {"a.yaml": '{"a": "on", "b": 1e3}'}),
    "bom": Pair(shows("input"), {"a.json": '\ufeff{"a": 1}'}),
    "windows-lines": Pair(deny("input.a == 1"), {"a.yaml": "a: 1\r\n---\r\na: 2\r\n"}),
    # Several documents and lists
    "documents": Pair(deny("input.a == 1"), {"a.yaml": "a: 1\n---\na: 2\n---\na: 1\n"}),
    "first-marker": Pair(deny("input.a == 1"), {"a.yaml": "---\na: 1\n"}),
    "list": Pair(deny("input.a == 1"), {"a.yaml": "- a: 1\n- a: 2\n- a: 1\n"}),
    "json-list": Pair(shows("input"), {"a.json": '[{"a": 1}, 2, "x"]'}),
    "list-in-documents": Pair(COUNTS, {"a.yaml": "- 1\n- 2\n---\n- 1\n"}),
    "list-of-lists": Pair(COUNTS, {"a.yaml": "- [1, 2]\n- [1]\n"}),
    # Exceptions
    "exception": Pair(
        EXCEPTED + 'exception contains ["root"] if input.name == "agent"',
        {"a.yaml": "name: agent\nuser: root\nversion: 1\n"},
    ),
    "exception-elsewhere": Pair(
        EXCEPTED + 'exception contains ["root"] if input.name == "agent"',
        {"a.yaml": "name: other\nuser: root\nversion: 1\n"},
    ),
    "exception-of-deny": Pair(
        EXCEPTED + 'exception contains [""] if input.user', {"a.yaml": "user: root\nversion: 3\n"}
    ),
    "exception-of-warn": Pair(
        EXCEPTED + 'exception contains ["old", "root"] if input.user',
        {"a.yaml": "user: root\nversion: 1\n"},
    ),
    "exception-without-finding": Pair(
        EXCEPTED + 'exception contains ["root"] if input.name', {"a.yaml": "name: a\nversion: 3\n"}
    ),
    # Namespaces
    "namespace": Pair(SPACES, {"a.yaml": "a: 1\n"}, ("--namespace", "k8s.pods")),
    "namespaces": Pair(SPACES, {"a.yaml": "a: 1\n"}, ("-n", "k8s.nodes", "-n", "main")),
    "namespace-glob": Pair(SPACES, {"a.yaml": "a: 1\n"}, ("--namespace", "k8s.*")),
    "all-namespaces": Pair(SPACES, {"a.yaml": "a: 1\n"}, ("--all-namespaces",)),
    # Data
    "data-file": Pair(
        BANNED,
        {"a.yaml": "image: old:1\n", "d.yaml": "banned: ['old:1']\n"},
        ("-d", "d.yaml"),
        ("a.yaml",),
    ),
    "data-json": Pair(
        BANNED,
        {"a.yaml": "image: old:1\n", "d.json": '{"banned": ["new:1"]}'},
        ("--data", "d.json"),
        ("a.yaml",),
    ),
    "data-folder": Pair(
        deny("data.site.limits.max < input.n"),
        {"a.yaml": "n: 3\n", "d/site/limits/any.yaml": "max: 2\n", "d/site/x.json": '{"y": 1}'},
        ("-d", "d"),
        ("a.yaml",),
    ),
    "data-is-read-as-opa-does": Pair(
        shows("[data.d, data.m]"),
        {"a.yaml": "n: 3\n", "d.yaml": "d: [on, 0644, 1_0, y]\nx: &x {a: 1}\nm: {a: 2, <<: *x}\n"},
        ("-d", "d.yaml"),
        ("a.yaml",),
    ),
    # Combined
    "combine": Pair(SAME, {"b.yaml": "name: x\n", "a.yaml": "name: x\n"}, ("--combine",)),
    "combine-documents": Pair(SAME, {"a.yaml": "name: x\n---\nname: x\n"}, ("--combine",)),
    "combine-list": Pair(
        shows("count(input)"), {"a.yaml": "- 1\n- 2\n", "b.json": '{"x": 1}'}, ("--combine",)
    ),
    # Other formats
    "dockerfile": Pair(
        deny('{\n\tsome c in input\n\tc.Cmd == "from"\n\tnot contains(c.Value[0], "@")\n}'),
        {"Dockerfile": "# a remark\nFROM debian:12 AS x\nRUN true\nENV A=1\n"},
    ),
    "toml": Pair(shows("input"), {"a.toml": "a = true\n[b]\nc = [1, 2.5]\n"}),
    "ini": Pair(shows("input"), {"a.ini": "[s]\na = 1\nb = true\nc : some words\n"}),
    "dotenv": Pair(shows("input"), {".env": 'A=1\nexport B="x y"\nC=\n'}, named=(".env",)),
    "properties": Pair(shows("input"), {"a.properties": "a=1\nb : two\n"}),
    "xml": Pair(shows("input"), {"a.xml": '<a x="1"><b>t</b><b/><c k="v">w</c></a>'}),
    "parser": Pair(shows("input"), {"a.conf": "a = 1\n"}, ("--parser", "toml")),
    # Where they differ on purpose: see docs/conftest.md
    "undefined-data": Pair(BANNED, {"a.yaml": "image: old:1\n"}, differs=(0, 2)),
    "nothing-judged": Pair(deny("input.a"), {"a.yaml": "[]\n"}, differs=(0, 3)),
    "bare-text": Pair(deny("input.a"), {"a.yaml": "just words\n"}, differs=(0, 2)),
    "only-remarks": Pair(deny("input.a"), {"a.yaml": "# off\n"}, differs=(0, 2)),
    "repeated-key": Pair(deny("input.a == 1"), {"a.yaml": "a: 1\na: 2\n"}, differs=(0, 2)),
    "unknown-namespace": Pair(
        deny("input.a"), {"a.yaml": "a: 1\n"}, ("-n", "nope"), differs=(0, 2)
    ),
    "other-namespace": Pair(SPACES["b.rego"], {"a.yaml": "a: 1\n"}, differs=(0, 1)),
    "unreadable": Pair(deny("input.a"), {"a.yaml": "a: [\n"}, differs=(1, 2)),
    "policy-broken": Pair("package main\ndeny contains {", {"a.yaml": "a: 1\n"}, differs=(1, 2)),
    "no-format": Pair(deny("input.a == 1"), {"a.conf": "a: 1\n"}, differs=(1, 1)),
    "boolean-deny": Pair(MAIN + "deny if input.a", {"a.yaml": "a: 1\n"}, differs=(0, 1)),
    "text-deny": Pair(MAIN + 'deny := "x" if input.a', {"a.yaml": "a: 1\n"}, differs=(0, 1)),
    "second-document": Pair(
        deny("input.a == 2"), {"a.yaml": "a: 1\n--- # next\na: 2\n"}, differs=(0, 1)
    ),
    "hcl": Pair(deny("input.a"), {"a.tf": "a = 1\n"}, differs=(1, 2)),
}
