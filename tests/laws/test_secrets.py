"""Secrets planted in every source are in nothing that eidos writes, keeps or says."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from eidos.engine.cli import console, root
from eidos.engine.documents.writing import to_json, to_yaml
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.snapshot import Metadata, Node, Snapshot
from eidos.engine.redacting import secret_names
from eidos.engine.report.registry import DOCUMENT, DRIFT, REPORT, Kind
from eidos.engine.store.sqlite.blobs import read_blob
from fakes.kube_api import KubeApi, serve
from fakes.kube_objects import made, pod, small_cluster
from fakes.machines import gpu_node, machine

X = "Zq7hunter2Zq7"
"""In every planted secret: where this is found, one leaked."""
HEX = "7Zq7hunter2Zq7a1b2c3d4e5f6a7b8c9d0e1f2a3b4c5d6e7f8a9b0c1d2e3f4a5b6c7d8e9f0"

SERVICES = {
    "github": f"ghp_{X}aaaaaaaaaaaaaaaaaaaaaaaa",
    "github-fine": f"github_pat_{X}aaaaaaaaaaaaaaaaa",
    "gitlab": f"glpat-{X}aaaaaaaaaaaa",
    "slack": f"xoxb-1234567890-{X}",
    "npm": f"npm_{X}aaaaaaaaaaaaaaaaaaaaaaa",
    "pypi": f"pypi-AgEIcHlwaS5vcmc{X}{'a' * 50}",
    "hugging-face": f"hf_{X}aaaaaaaaaaaaaaaaaaaaa",
    "ngc": f"nvapi-{X}aaaaaaaaa",
    "openai": f"sk-proj-{X}aaaaaaaaaaaaa",
    "anthropic": f"sk-ant-api03-{X}aaaaaaaaaa",
    "stripe": f"sk_live_{X}",
    "jwt": f"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIx.{X}",
    "gcp": f"AIza{X}{'a' * 22}",
    "aws": "AKIAZQ7HUNTERZQ7HUNT",
    "azure": f"abc8Q~{X}{'a' * 19}",
    "vault": f"hvs.{X}aaaaaaaaaaaaaa",
    "docker-hub": f"dckr_pat_{X}aaaaaaaaaaa",
    "crypt": f"$6$salt${X}aaaaaaaaaaaaa",
    "pem": f"-----BEGIN PRIVATE KEY-----\n{X}\n-----END PRIVATE KEY-----",
    "pgp": f"-----BEGIN PGP PRIVATE KEY BLOCK-----\n{X}\n-----END PGP PRIVATE KEY BLOCK-----",
}
NAMED = (
    *("PGPASS", "DB_PASS", "REGISTRY_AUTH", "clientKeyData", "psk", "auth", "NGC_API_KEY"),
    *("dockerconfigjson", "htpasswd", "accessKey", "sessionToken", "requirepass"),
    *("passphrase", "connectionString", "client-key-data", "masterKey"),
)
TEXTS = {
    "url": f"https://me:{X}@host/path",
    "option": f"serve --token {X} --port 80",
    "option-equals": f"serve --db-password={X}",
    "login": f"docker login -u me -p {X} nvcr.io",
    "curl-user": f"curl -u admin:{X} https://host/",
    "x-header": f"curl -H 'X-Api-Key: {X}' host",
    "authorization": f"Authorization: Token {X}",
    "bearer": f"use Bearer {X}",
    "cookie": f"Cookie: session={X}; a=b",
    "signature": f"https://store/file?sv=1&sig={X}",
    "amz": f"https://store/file?X-Amz-Credential=a/{X}&X-Amz-Signature={X}",
    "iscsi": f"iscsi:user:{X}@10.0.0.1::::iqn.2026-01.a:b",
    "dsn": f"user:{X}@tcp(db:3306)/x",
    "azure-storage": f"AccountName=a;AccountKey={X}==;EndpointSuffix=b",
    "yaml": f"user: me\npassword: {X}\n",
    "ini": f"[wifi]\npsk = {X}\n",
    "json": f'{{"auths": {{"nvcr.io": {{"auth": "{X}"}}}}}}',
    "escaped-json": f'config {{\\"password\\": \\"{X}\\"}} end',
    "netrc": f"machine host login me password {X}",
    "mysql": f"mysql -uroot -p{X} db",
}
LISTS: dict[str, list[Json]] = {
    "token": ["serve", "--token", X],
    "password": ["serve", "-p", X],
    "header": ["curl", "-H", f"X-Auth-Token: {X}"],
    "user": ["curl", "-u", f"me:{X}", "https://host"],
}
FACTS: dict[str, Json] = {
    **{f"service {name}": text for name, text in SERVICES.items()},
    **{f"text {name}": text for name, text in TEXTS.items()},
    **{f"list {name}": texts for name, texts in LISTS.items()},
    "named": dict.fromkeys(NAMED, X),
    "env": [{"name": name, "value": X} for name in NAMED],
    "nested": {"a": [{"b": {"password": X}}]},
    "object": {"kind": "Secret", "data": {"a": X}, "stringData": {"b": X}},
    "number": {"password": 72772772},
    f"key ghp_{X}aaaaaaaaaaaaaaaaaaaaaaaa": 1,
}
PLANTED = len(SERVICES) + len(TEXTS) + len(LISTS) + 2 * len(NAMED) + 6
LEAKS = (X, "AKIAZQ7HUNTERZQ7HUNT", "72772772")


def test_there_are_as_many_as_promised() -> None:
    assert PLANTED >= 60


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for all that is written, temporary files and the user's folders included."""
    for name in ("STATE", "CACHE", "CONFIG", "DATA"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / "work" / name.lower()))
    (tmp_path / "work/tmp").mkdir(parents=True)
    monkeypatch.setenv("TMPDIR", str(tmp_path / "work/tmp"))
    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "work"


def contents(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Give every file, and every value of every database, also as it was before compression."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield str(path), path.read_bytes()
        if path.suffix == ".db":
            yield from values(path)


def values(path: Path) -> Iterator[tuple[str, bytes]]:
    """Give what a database holds compressed, as it was before."""
    with closing(sqlite3.connect(path)) as connection:
        for (row,) in connection.execute("SELECT id FROM blobs").fetchall():
            yield f"{path}: blob {row}", read_blob(connection, row)


def assert_clean(folder: Path, said: str) -> None:
    found = [*contents(folder), ("what was said", said.encode())]
    for place, content in found:
        for leak in LEAKS:
            at = content.find(leak.encode())
            assert at < 0, (place, content[max(0, at - 120) : at + 40])


def run(*arguments: str | Path) -> int:
    return console.run(root, list(map(str, arguments)))


def every_format(kind: Kind[Any]) -> list[str]:
    formats = kind.formats
    return [part for name in formats for part in ("-o", f"{name}=out.{name}")]


def use(first: Path | str, second: Path | str) -> None:
    """Do with two snapshots what can be done, in every format."""
    db = ("--db", "e.db")
    assert run("check", first, second, *every_format(REPORT), *db) in {0, 1, 3}
    for name in DRIFT.formats:
        assert run("diff", first, second, "-o", f"{name}=drift.{name}") in {0, 1, 3}
    assert run("history", "show", "latest", *every_format(REPORT), *db) == 0
    assert run("history", "runs", "-o", "json", *db) == 0
    assert run("validate", first, second, "-o", "json=valid.json") in {0, 1}
    assert run("validate", first, second) in {0, 1}
    assert run("snapshot", "merge", first, second, "-o", "merged.yaml") in {0, 1}
    for form in DOCUMENT.formats:
        assert run("snapshot", "convert", first, "--format", form) == 0
        assert run("snapshot", "convert", first, "-o", f"out.{form}", "--format", form) == 0


def snapshot(node: str, **more: Json) -> Json:
    subtypes: list[Json] = [{"subtype": "smi", "data": {"driver": "580.82.07"}}]
    own: list[Json] = [
        {"type": "Other", "subtypes": [{"subtype": "facts", "data": {**FACTS, **more}}]},
        {"type": "GPU", "subtypes": subtypes},
        {
            "type": "OS",
            "subtypes": [
                {"subtype": "grub", "data": {"rd.luks.key": X, "systemd.setenv": f"A={X}"}},
                {"subtype": "sysctl", "data": {"/proc/sys/net/ipv4/tcp_fastopen_key": X}},
            ],
        },
        {
            "type": "SystemD",
            "subtypes": [
                {"subtype": "a.service", "data": {"Environment": [f"A={X}"]}},
                {"subtype": "b.service", "data": {"Environment": f"[A={X} 'B={X}' C=a {X}]"}},
            ],
        },
    ]
    return {
        "apiVersion": "eidos.dev/v1",
        "kind": "Snapshot",
        "metadata": {
            "cluster": "c",
            "labels": {"token": X, "note": f"ghp_{X}aaaaaaaaaaaaaaaaaaaaaaa"},
        },
        "nodes": [{"name": node, "measurements": own}],
        "collection": [
            {"type": "K8s", "status": "failed", "reason": f"GET https://u:{X}@host/ failed"}
        ],
    }


def test_in_a_snapshot_that_somebody_wrote(
    work: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = tmp_path / "1.yaml", tmp_path / "2.json"
    first.write_text(to_yaml(snapshot("n1")))
    second.write_text(
        to_json(snapshot("n1", changed=f"--token {X}1", driver=[X, "x"])).replace(
            f'"{X}",', '"ok",'
        )
    )

    use(first, second)

    said = capsys.readouterr()
    assert "secrets were taken out" in said.err
    assert_clean(work, said.out + said.err)


def test_in_what_rules_print(
    work: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rule, document = tmp_path / "print.rego", tmp_path / "1.yaml"
    rule.write_text(
        "package main\nimport rego.v1\ndeny contains msg if {\n"
        '\tsome name, text in input.facts\n\tprint(sprintf("%v=%v", [name, text]))\n'
        '\tmsg := "seen"\n}\n'
    )
    document.write_text(to_yaml({"facts": {**SERVICES, "DB_PASSWORD": X}}))

    db = ("--db", "eidos.db")
    assert run("check", "-p", rule, document, *every_format(REPORT), *db, "-v") == 1
    assert run("check", "-p", rule, document, "--no-memo", "-o", "json=report.json", *db) == 1
    assert run("history", "show", "latest", *every_format(REPORT), *db) == 0

    said = capsys.readouterr()
    assert "print.rego:5: " in Path("report.json").read_text()
    assert_clean(work, said.out + said.err)


def test_through_the_collectors(
    work: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("kubernetes")
    node = machine(
        gpu_node(tmp_path / "host"),
        {
            "proc/cmdline": f"ro rd.token={X} netroot=iscsi:u:{X}@h::::iqn systemd.setenv=A={X} "
            f"cifs=//x http://u:{X}@h/ psk={X} ds=nocloud;s=https://h/?sig={X}\n",
            "proc/sys/net/ipv4/tcp_fastopen_key": f"{X}\n",
            "proc/sys/kernel/core_pattern": f"|/bin/send --token {X}\n",
            "sys/module/nvidia/parameters/auth_token": f"{X}\n",
            "etc/os-release": f'NAME="Ubuntu"\nHOME_URL="https://u:{X}@host"\n',
            "etc/systemd/system/containerd.service": "[Service]\nExecStart=/usr/bin/containerd "
            f"--registry-token {X} -p {X}\nEnvironment=A={X} B={X}\nEnvironment='C={X} {X}'\n",
        },
    )
    env = [{"name": name, "value": X} for name in NAMED]
    with serve(KubeApi()) as api:
        small_cluster(api)
        plain: Json = {**FACTS, "toolkit": {"env": env}}
        api.add(made("nvidia.com/v1", "ClusterPolicy", "aaa", spec=plain))
        api.add(made("apps.nvidia.com/v1", "NIMService", "x", "nim", spec=plain, status=FACTS))
        annotations = {"annotations": {"a": X}}
        api.add(made("v1", "Namespace", "other", metadata=annotations))
        api.add(
            made("v1", "ConfigMap", "m", "nim", data={"a": X})
            if False
            else pod("p", f"u:{X}@nvcr.io/a")
        )
        api.configz["node-0"] = {"staticPodURLHeader": {"Authorization": [X]}, "x": plain}
        kubeconfig = api.kubeconfig(tmp_path)
        take = ("snapshot", "--root", node, "--kubeconfig", kubeconfig, "--node", "n1")
        assert run("--trust-project", *take, "-o", "1.yaml") in {0, 3}
        assert run("--trust-project", *take, "--no-cluster", "-o", "2.json") in {0, 3}
        local = (*take, "--no-cluster", "--filter", "os.grub,systemd")
        assert run("--trust-project", *local) in {0, 3}
        assert run("--trust-project", *local) in {0, 3}

    use("1.yaml", "2.json")

    said = capsys.readouterr()
    assert_clean(work, said.out + said.err)


@pytest.mark.parametrize("debug", [(), ("--debug",)])
@pytest.mark.parametrize(
    "text",
    [
        f"apiVersion: eidos.dev/v1\nkind: Snapshot\nmetadata: https://u:{X}@h/\n",
        f"kind: Snapshot\napiVersion: eidos.dev/v1\ncollection: [{{type: A, status: token={X}}}]\n",
        f"apiVersion: eidos.dev/v1\nkind: Snapshot\nmetadata: {{labels: {{token: [{X}]}}}}\n",
        f"apiVersion: ghp_{X}aaaaaaaaaaaaaaaaaaaaaaaa\nkind: Snapshot\n",
        f"a: 'password={X}'\n  b: [\n",
        f"password={X}: 1\npassword={X}: 2\n",
    ],
)
def test_in_errors(
    work: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    debug: tuple[str, ...],
    text: str,
) -> None:
    place = tmp_path / "bad.yaml"
    place.write_text(text)

    run(*debug, "check", place, "-o", "json", "--db", "e.db")
    run(*debug, "validate", place)
    run(*debug, "snapshot", "convert", place)
    run(*debug, "diff", place, place)

    said = capsys.readouterr()
    assert_clean(work, said.out + said.err)


def test_in_what_plain_rules_repeat_of_a_document(
    work: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rules = machine(
        tmp_path,
        {
            "rules/a.rego": "package main\n\nimport rego.v1\n\n"
            'deny contains msg if {\n\tmsg := sprintf("args: %s", [input.args])\n}\n\n'
            'deny contains {"msg": "whole", "actual": input} if input.env\n',
            "deployment.yaml": to_yaml(
                {"args": f"run --token={X}", "env": [{"name": "A_TOKEN", "value": X}]}
            ),
        },
    )
    options = ("-p", rules / "rules", rules / "deployment.yaml", "--db", "e.db")
    assert run("check", *options, *every_format(REPORT)) == 1
    assert run("check", *options, "-v") == 1

    said = capsys.readouterr()
    assert "args: run --token=[redacted]" in said.out
    assert_clean(work, said.out + said.err)
    assert os.path.exists("e.db")  # noqa: PTH110 -- what was looked through


# Names ------------------------------------------------------------------------------------------


def with_name(what: str, name: str) -> Json:
    node: dict[str, Json] = {"name": "n1", "measurements": []}
    measured: dict[str, Json] = {"type": "OS", "subtypes": [{"subtype": "kmod", "data": {}}]}
    document: dict[str, Json] = {
        "apiVersion": "eidos.dev/v1",
        "kind": "Snapshot",
        "metadata": {"cluster": "c1"},
        "nodes": [node],
    }
    if what == "node":
        node["name"] = name
    elif what == "gap":
        document["collection"] = [{"type": "OS", "node": name, "status": "failed"}]
    else:
        measured["subtypes"] = [{"subtype": name, "data": {}}]
        node["measurements"] = [measured]
    return document


@pytest.mark.parametrize("what", ["node", "subtype", "gap"])
def test_a_secret_in_a_name_is_refused_and_not_repeated(
    what: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = SERVICES["github"]
    file, db = tmp_path / "s.json", tmp_path / "h.db"
    file.write_text(to_json(with_name(what, f"a-{secret}")))
    for command, code in (
        (["check", str(file), "-p", "gpu", "--db", str(db)], 2),
        (["validate", str(file)], 1),
        (["snapshot", "convert", str(file)], 2),
    ):
        assert console.run(root, command) == code
        said = capsys.readouterr()
        assert "holds what looks like a secret" in said.out + said.err
        assert secret not in said.out + said.err
    assert secret.encode() not in (db.read_bytes() if db.exists() else b"")


def names_told(name: str) -> list[str]:
    snapshot = Snapshot(Metadata("c1"), (), (Node("n1", ()), Node(name, ())))
    return [what for what, _, _ in secret_names(snapshot)]


@pytest.mark.parametrize("service", SERVICES)
def test_every_form_is_found_in_a_name(service: str) -> None:
    assert names_told(SERVICES[service]) == ["node"]


@pytest.mark.parametrize(
    "name",
    [
        *("ip-10-0-160-248.ec2.internal", "gke-prod-pool-1-abcdef12-x7k2", "i-0123456789abcdef0"),
        *("aks-gpunp-12345678-vmss000000", "a1b2c3d4-e5f6-7890-abcd-ef0123456789", "key-server-01"),
        *("password-server-01.corp", "token-node-1", "0123456789abcdef" * 4, "vault-0", "dgx@rack"),
    ],
)
def test_names_of_clouds_and_people_are_no_secrets(name: str) -> None:
    assert names_told(name) == []
