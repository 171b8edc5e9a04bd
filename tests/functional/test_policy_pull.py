"""A lock says where packs were pulled from, and one command brings exactly those again."""

import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes.policies import DRIVER_RULE, write_pack
from fakes.registry import Hub, registry
from fakes.shipped import NO_DIGEST, Shell, alone

SNAPSHOT = """\
apiVersion: eidos.dev/v1
kind: Snapshot
metadata: {cluster: c1, timestamp: "2026-11-23T10:00:00Z"}
nodes:
  - name: n1
    measurements:
      - {type: GPU, subtypes: [{subtype: smi, data: {driver: "590.1"}}]}
      - {type: OS, subtypes: [{subtype: grub, data: {}}]}
"""
PLACE = "policies/acme.tar.gz"
CHECK = ("check", "s.yaml", "-p", PLACE, "--locked", "--no-record")


@pytest.fixture
def shell(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Shell:
    """Where a pack t lies outside of the project that pulls it."""
    alone(tmp_path, monkeypatch)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "own"))
    write_pack(tmp_path / "t", a=DRIVER_RULE)
    project = tmp_path / "project"
    (project / "policies").mkdir(parents=True)
    (project / "s.yaml").write_text(SNAPSHOT)
    monkeypatch.chdir(project)
    return Shell(capsys)


@pytest.fixture
def hub() -> Iterator[Hub]:
    with registry() as found:
        yield found


def pushed(shell: Shell, hub: Hub, tag: str = "1.0.0", *options: str) -> str:
    """Push the pack as it is, and give its digest."""
    shell("policy", "pack", "../t", "-o", f"../{tag}.tar.gz", "--force")
    reference = shell("policy", "push", f"../{tag}.tar.gz", f"{hub.name('acme')}:{tag}", *options)
    return reference.rpartition("@")[2]


def noted(shell: Shell, hub: Hub, tag: str = "1.0.0", *options: str) -> None:
    shell("policy", "pull", f"{hub.name('acme')}:{tag}", "-o", PLACE, "--lock", *options)


def test_a_fresh_checkout_gets_its_packs_with_one_command(shell: Shell, hub: Hub) -> None:
    digest = pushed(shell, hub)
    Path("policies").rmdir()
    noted(shell, hub)
    assert "noted in" in shell.err
    shell(*CHECK, code=2)  # a lock that says of no pack lets none judge
    shell("policy", "lock")
    lock = Path("eidos.lock").read_text()
    for said in (f"place: {PLACE}", f"reference: {hub.name('acme')}:1.0.0", f"digest: {digest}"):
        assert said in lock
    assert f"source: {PLACE}/packs/t" in lock
    shell("validate", "eidos.lock")
    shell(*CHECK)
    held = Path(PLACE).read_bytes()
    shutil.rmtree("policies")
    shell("policy", "lock", code=2)
    assert "policy pull --locked" in shell.err
    assert shell("policy", "pull", "--locked") == f"{hub.name('acme')}@{digest}"
    assert Path(PLACE).read_bytes() == held
    shell(*CHECK)
    shell("policy", "lock")
    shell("policy", "pull", "--locked")  # what is there already stays
    assert Path("eidos.lock").read_text() == lock


def test_a_tag_that_moved_brings_nothing_else(shell: Shell, hub: Hub) -> None:
    pushed(shell, hub)
    noted(shell, hub)
    shell("policy", "lock")
    held = Path(PLACE).read_bytes()
    Path(PLACE).unlink()
    (Path("../t") / "a.rego").write_text(DRIVER_RULE.replace("too old", "so old"))
    pushed(shell, hub, "1.0.0", "--move-tag")
    shell("policy", "pull", "--locked")
    assert Path(PLACE).read_bytes() == held
    shell(*CHECK)


def test_a_new_version_is_looked_at_before_it_judges(shell: Shell, hub: Hub) -> None:
    pushed(shell, hub)
    noted(shell, hub)
    shell("policy", "lock")
    (Path("../t") / "a.rego").write_text(DRIVER_RULE.replace("too old", "so old"))
    digest = pushed(shell, hub, "1.1.0")
    shell("policy", "pull", f"{hub.name('acme')}:1.1.0", "-o", PLACE, "--lock", code=2)
    assert "1.1.0" not in Path("eidos.lock").read_text()  # something else lies there
    noted(shell, hub, "1.1.0", "--force")
    shell(*CHECK, code=2)
    assert "has the digest" in shell.err
    shell("policy", "lock", code=1)
    assert "digest sha256:" in shell.err
    shell("policy", "lock", "--update")
    assert Path("eidos.lock").read_text().count("reference:") == 1
    assert f"digest: {digest}" in Path("eidos.lock").read_text()
    shell(*CHECK)


def test_a_reference_lets_nothing_judge(shell: Shell, hub: Hub) -> None:
    """Neither a reference nor a project's lock allows what the user's does not."""
    shell("policy", "lock", "--user")
    pushed(shell, hub)
    noted(shell, hub)
    shell("policy", "lock")
    asked = len(hub.asked)
    shell(*CHECK, code=2)
    assert "own/eidos/eidos.lock: the pack 't'" in shell.err
    shell("check", "s.yaml", "--locked", "--no-record", code=(0, 1, 3))
    assert len(hub.asked) == asked  # and nothing is fetched unasked


def test_a_registry_that_gives_something_else(shell: Shell, hub: Hub) -> None:
    pushed(shell, hub)
    noted(shell, hub)
    lock = Path("eidos.lock").read_text()
    Path(PLACE).unlink()
    place = next(key for key in hub.manifests if key[0] == "acme")
    kind, content = hub.manifests[place]
    hub.manifests[place] = (kind, content.replace(b"1", b"2"))
    shell("policy", "pull", "--locked", code=2)
    assert not Path(PLACE).exists()
    hub.manifests.clear()
    shell("policy", "pull", "--locked", code=2)
    assert Path("eidos.lock").read_text() == lock


def test_what_lies_there_is_not_replaced_unasked(shell: Shell, hub: Hub) -> None:
    pushed(shell, hub)
    noted(shell, hub)
    held = Path(PLACE).read_bytes()
    Path(PLACE).write_bytes(b"mine")
    shell("policy", "pull", "--locked", code=2)
    assert Path(PLACE).read_bytes() == b"mine"
    shell("policy", "pull", "--locked", "--force")
    assert Path(PLACE).read_bytes() == held


def test_a_link_in_a_checkout_leads_nowhere(shell: Shell, hub: Hub, tmp_path: Path) -> None:
    pushed(shell, hub)
    noted(shell, hub)
    shutil.rmtree("policies")
    for link, target in (("policies", tmp_path), (PLACE, tmp_path / "gone.tar.gz")):
        Path(link).parent.mkdir(exist_ok=True)
        Path(link).symlink_to(target)
        shell("policy", "pull", "--locked", code=2)
        assert "leads out of the folder of the lock" in shell.err
        Path(link).unlink()
    assert not (tmp_path / "acme.tar.gz").exists()
    assert not (tmp_path / "gone.tar.gz").exists()


ENTRY = {"place": PLACE, "reference": "oci://h.example.com/acme:1", "digest": NO_DIGEST}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("reference", "file:///etc/passwd"),
        ("reference", "http://h.example.com/acme"),
        ("reference", "oci-layout:/srv/layout:1"),
        ("reference", "../layout"),
        ("reference", "oci://ada:secret@h.example.com/acme:1"),
        ("reference", f"oci://h.example.com/acme@{NO_DIGEST}"),
        ("reference", "oci://h.example.com/acme:1\\u001b[31m"),
        ("reference", "oci://h.example.com/ac me:1"),
        ("reference", "oci://h.example.com/\\u0430cme:1"),
        ("reference", "oci://h.example.com/ACME:1"),
        ("reference", "oci://-o/acme:1"),
        ("place", "../acme.tar.gz"),
        ("place", "/etc/acme.tar.gz"),
        ("place", "policies/../../acme.tar.gz"),
        ("place", "policies/acme"),
        ("place", ".git/hooks/post-checkout"),
        ("place", "a\\\\b.tar.gz"),
        ("place", "a\\nb.tar.gz"),
        ("place", ""),
        ("digest", "sha512:00"),
        ("digest", "latest"),
    ],
)
def test_a_hostile_lock_is_refused(shell: Shell, field: str, value: str) -> None:
    entry = "".join(f'    {key}: "{each}"\n' for key, each in {**ENTRY, field: value}.items())
    head = "apiVersion: eidos.dev/v1\nkind: Lock\npacks: []\npulled:\n  -\n"
    Path("eidos.lock").write_text(head + entry)
    shell("policy", "pull", "--locked", code=2)
    assert "secret" not in shell.err
    assert "\x1b" not in shell.err
    assert sorted(path.name for path in Path().rglob("*")) == ["eidos.lock", "policies", "s.yaml"]


def test_one_place_is_pulled_from_one_reference(shell: Shell) -> None:
    entry = "".join(f'    {key}: "{each}"\n' for key, each in ENTRY.items())
    head = "apiVersion: eidos.dev/v1\nkind: Lock\npacks: []\npulled:\n"
    Path("eidos.lock").write_text(f"{head}  -\n{entry}  -\n{entry}")
    shell("policy", "pull", "--locked", code=2)
    assert "is there twice" in shell.err


def test_what_no_lock_can_say_is_not_pulled(shell: Shell, hub: Hub) -> None:
    pushed(shell, hub)
    reference = f"{hub.name('acme')}:1.0.0"
    shell("policy", "pull", reference, "-o", "../acme.tar.gz", "--lock", code=2)
    assert "does not lie below" in shell.err
    shell("policy", "pull", reference, "-o", "acme", "--lock", code=2)
    assert "not called as an archive" in shell.err
    shell("policy", "copy", reference, "oci-layout:l:1")
    shell("policy", "pull", "oci-layout:l:1", "-o", PLACE, "--lock", code=2)
    assert "no registry" in shell.err
    assert not Path("eidos.lock").exists()
    assert not Path(PLACE).exists()


@pytest.mark.parametrize(
    "words",
    [
        ["oci://h.example.com/a:1", "--locked"],
        ["--locked", "-o", PLACE],
        ["--locked", "--lock"],
        ["--locked", "--digest-file", "d"],
        ["--lock"],
        ["oci://h.example.com/a:1"],
        ["-o", PLACE],
    ],
)
def test_what_does_not_go_together(shell: Shell, words: list[str]) -> None:
    shell("policy", "pull", *words, code=2)
    assert "Write: eidos policy pull" in shell.err


def test_a_lock_without_references_pulls_nothing(shell: Shell) -> None:
    shell("policy", "lock")
    shell("policy", "pull", "--locked", code=2)
    assert "--lock" in shell.err


def test_a_reference_in_place_of_a_pack_is_told_the_command_that_gets_it(
    shell: Shell, hub: Hub
) -> None:
    pushed(shell, hub)
    shell("check", "s.yaml", "-p", f"{hub.name('acme')}:1.0.0", "--no-record", code=2)
    _, _, command = shell.err.rpartition(": eidos ")
    shell(*shlex.split(command))
    assert "noted in" in shell.err
    shell("check", "s.yaml", "-p", "acme.tar.gz", "--no-record")


DIGEST = f"sha256:{'0' * 64}"
OCI = "oci://r.example.com:5000/a/b"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (
            ["check", "-p", f"{OCI}:1@{DIGEST}"],
            f"pull {OCI}:1 --expect {DIGEST} -o b.tar.gz --lock",
        ),
        (["check", "-p", f"{OCI}@{DIGEST}"], f"policy pull {OCI}@{DIGEST} -o b.tar.gz\n"),
        (["check", "-p", OCI], f"policy pull {OCI}:TAG -o b.tar.gz --lock"),
        (["check", "-p", "oci-layout:./x:1"], "policy pull oci-layout:./x:1 -o x.tar.gz\n"),
        (["check", "-p", "s3://bucket/a/b:1"], "policy pull s3://bucket/a/b:1 -o b.tar.gz --lock"),
        (["check", "-p", "https://h/b.tgz"], "curl -fLo b.tar.gz https://h/b.tgz"),
        (["check", "-p", "oci://h/$(id):1"], "policy pull 'oci://h/$(id)':1 -o pack.tar.gz"),
        (["policy", "verify", f"{OCI}:1", "--key", "k"], f"policy pull {OCI}:1 -o b.tar.gz"),
        (["policy", "show", f"{OCI}:1"], f"policy pull {OCI}:1 -o b.tar.gz"),
        (["bundle", "diff", f"{OCI}:1", "old"], f"eidos bundle pull {OCI}:1 -o b\n"),
        (
            ["bundle", f"{OCI}:1", "--snapshot", "s.yaml", "--to", "x"],
            f"bundle pull {OCI}:1 -o b\n",
        ),
        (["check", "--recipe", f"{OCI}:1", "s.yaml"], f"eidos bundle pull {OCI}:1 -o b\n"),
        (["check", "s3://bucket/s.yaml"], "from files and standard input alone: download it first"),
        (["check", "--params", "https://h/p.yaml", "s.yaml"], "curl -fLo p.yaml https://h/p.yaml"),
        (["recipe", "--snapshot", "s.yaml", "--data", OCI], "from folders of this machine alone"),
    ],
)
def test_what_lies_elsewhere_is_told_how_to_get_it(
    shell: Shell, arguments: list[str], told: str
) -> None:
    said = shell(*arguments, code=2) + shell.err
    assert told in said
    assert "no such file" not in said
