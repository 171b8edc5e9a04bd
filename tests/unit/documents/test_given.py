"""What users hand over is read by what it is: ours by YAML 1.2, the rest as Kubernetes does."""

import pytest

from eidos.engine.documents.given import read_given
from eidos.engine.documents.limits import Limits
from eidos.engine.errors import DocumentError

ODD = "a: on\nb: 0644\nc: 1e+06\nd: 1.10\ne: =\n"
AS_KUBERNETES = {"a": True, "b": 420, "c": 1000000, "d": 1.1, "e": "="}
AS_OURS = {"a": "on", "b": "0644", "c": 1000000.0, "d": "1.10", "e": "="}


def values(text: str, name: str = "a.yaml") -> list[object]:
    return [document.value for document in read_given(text, name)]


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("apiVersion: v1\nkind: Pod\n", AS_KUBERNETES),
        ("apiVersion: longhorn.io/v1beta2\nkind: Snapshot\n", AS_KUBERNETES),
        ("remark: no eidos and no measurements\n", AS_KUBERNETES),
        ("", AS_KUBERNETES),
        ("apiVersion: eidos.dev/v1\nkind: Snapshot\n", AS_OURS),
        ("apiVersion: eidos.dev/v1\nkind: Waivers\n", AS_OURS),
        ("apiVersion: cns.nvidia.com/v1alpha1\n", AS_OURS),
        ('kind: "Snap\\u0073hot"\n', AS_OURS),  # a guess by text alone would miss it
        ("measurements: []\n", AS_OURS),
    ],
)
def test_the_kind_says_how_values_are_read(header: str, expected: dict[str, object]) -> None:
    (value,) = values(header + ODD)
    assert isinstance(value, dict)
    assert {key: value[key] for key in expected} == expected


def test_each_document_of_a_file_is_read_by_its_own_kind() -> None:
    ours, theirs = values(f"kind: Snapshot\n{ODD}---\nkind: Pod\n{ODD}")
    assert (ours, theirs) == ({"kind": "Snapshot", **AS_OURS}, {"kind": "Pod", **AS_KUBERNETES})


def test_whole_numbers_of_json_are_whole_where_it_is_not_ours() -> None:
    assert repr(values('{"a": 1.0, "b": 1e3, "c": 1.5}', "a.json")) == repr(
        [{"a": 1, "b": 1000, "c": 1.5}]
    )
    assert repr(values('{"kind": "Snapshot", "a": 1.0}')) == repr([{"kind": "Snapshot", "a": 1.0}])


def test_the_kind_may_come_last() -> None:
    assert values(f"{ODD}kind: Snapshot\n") == [{**AS_OURS, "kind": "Snapshot"}]


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("a.toml", "a = true\n[b]\nc = 1.0\n", {"a": True, "b": {"c": 1}}),
        ("a.ini", "top = 1\n[s]\na = 1\nb = T\nc = on\n", {"s": {"a": 1, "b": True, "c": "on"}}),
        (".env", "export A=1\nB='x y'\n", {"A": "1", "B": "x y"}),
        (".env.prod", "A: 1\n", {"A": "1"}),
        ("A.PROPERTIES", "a=1\n", {"a": "1"}),
        ("a.xml", "<a b='1'>t</a>", {"a": {"-b": "1", "#content": "t"}}),
    ],
)
def test_other_formats_are_read_by_the_name_of_the_file(
    name: str, text: str, value: object
) -> None:
    assert values(text, name) == [value]


def test_a_dockerfile_is_a_list_of_commands() -> None:
    ((commands,),) = values("# x\nFROM a AS b\nENV A=1\n", "Dockerfile.dev")
    assert [(each["Cmd"], each["Value"]) for each in commands] == [
        ("comment", ["x"]),
        ("from", ["a", "AS", "b"]),
        ("env", ["A", "1", "="]),
    ]


@pytest.mark.parametrize(
    ("name", "text", "said", "line"),
    [
        ("main.tf", "a = 1\n", "HCL 2", None),
        ("Jenkinsfile", "node {}\n", "Jenkinsfile", None),
        ("nginx.conf", "server {}\n", "nginx", None),
        ("a.jsonl", "{}\n{}\n", "JSON lines", None),
        ("a.toml", "a = \n", "TOML", 1),
        ("a.toml", "a = 2026-01-01\n", "without a zone", None),
        ("a.toml", "a = inf\n", "JSON can represent", None),
        ("a.ini", '[s]\na = "x"\n', "INI", 2),
        ("a.ini", "[s]\na = x ; remark\n", "INI", 2),
        (".env", "A=1\nB=$A\n", ".env", 2),
        (".env", "just words\n", ".env", 1),
        ("a.properties", "a=1\nb=${a}\n", ".properties", 2),
        ("a.xml", "<a>", "XML", 1),
        ("a.xml", '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', "XML", None),
        ("a.xml", "<a>t<b/></a>", "XML", None),
        ("Dockerfile", "FORM debian\n", "FORM", 1),
    ],
)
def test_what_conftest_would_read_otherwise_is_refused_by_name(
    name: str, text: str, said: str, line: int | None
) -> None:
    with pytest.raises(DocumentError, match=said) as caught:
        read_given(text, name)
    assert caught.value.location is not None
    assert caught.value.location.line == line
    assert caught.value.hint


@pytest.mark.parametrize("name", ["a.json", "a.yaml"])
def test_json_lines_are_told(name: str) -> None:
    with pytest.raises(DocumentError, match="JSON lines"):
        read_given('{"a": 1}\n{"a": 2}\n', name)


@pytest.mark.parametrize("opened", ["<a>", "a = ["])
def test_deep_documents_of_other_formats_are_bounded(opened: str) -> None:
    name = "a.xml" if opened == "<a>" else "a.toml"
    text = "<a>" * 90 + "</a>" * 90 if name == "a.xml" else "a = " + "[" * 90 + "]" * 90
    with pytest.raises(DocumentError, match="64 levels"):
        read_given(text, name, Limits())


def test_what_only_the_guessed_kind_refuses_is_read() -> None:
    """The text does not look like ours, and as Kubernetes reads it two keys are the same."""
    text = 'kind: "Snap\\u0073hot"\nyes: 1\non: 2\n'
    assert values(text) == [{"kind": "Snapshot", "yes": 1, "on": 2}]


@pytest.mark.parametrize("guessed", ["", "about: eidos\n"])
def test_what_its_own_kind_refuses_is_refused_whatever_the_guess(guessed: str) -> None:
    with pytest.raises(DocumentError, match="the key 'true' is there twice"):
        values(f"{guessed}kind: Pod\nyes: 1\non: 2\n")
