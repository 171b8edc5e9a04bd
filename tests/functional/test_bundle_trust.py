"""Signing a bundle, and every way in which what is signed may not be what is there."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from eidos.engine.bundling.attesting import envelope_path
from eidos.engine.digest import address, canonical
from eidos.engine.documents.reading import read_text
from eidos.engine.model.attestation import PAYLOAD_TYPE, Trust
from eidos.engine.model.claim import Claim
from eidos.engine.signing.envelopes import (
    Envelope,
    RawSignature,
    read_envelope,
    signed,
    write_envelope,
)
from eidos.engine.signing.keys import SigningKey, load_signer
from fakes.attested import (
    checked,
    envelope_of,
    gate,
    messages,
    recipe,
    reseal,
    rewritten,
    said,
    with_signatures,
    write_gated,
)
from fakes.keys import write_keys
from fakes.registry import Hub, Odd, registry
from fakes.shipped import Shell, alone, tree

CLAIMS = ("provenance", "gate", "sbom")
BELIEVE = ("--key", "key.pub")


@pytest.fixture
def shell(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Shell:
    monkeypatch.chdir(tmp_path)
    alone(tmp_path, monkeypatch)
    write_gated(tmp_path / "b")
    for name, kind in (("key", "ec"), ("second", "ed25519"), ("third", "rsa")):
        write_keys(tmp_path, kind, name)
    return Shell(capsys)


# Signing ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["key", "second", "third"])
def test_what_is_signed_is_believed_by_its_key(shell: Shell, key: str) -> None:
    before = address(Path("b/manifest.json").read_bytes())
    signer = shell("bundle", "sign", "b", "--key", f"{key}.pem")
    assert address(Path("b/manifest.json").read_bytes()) == before
    found = checked(
        shell, "b", "--key", f"{key}.pub", "--require", "gate,provenance,sbom,gate=prod"
    )
    assert found["trust"] == "gated"
    assert found["digest"] == before
    assert found["signers"] == {**{claim: [{"key": signer}] for claim in CLAIMS}, "manifest": []}
    assert all(each["counts"] for each in found["attestations"])


def test_a_statement_follows_from_the_bundle_alone(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree("b", "elsewhere/deep/b")
    shell("bundle", "sign", "b", "--key", "second.pem")
    monkeypatch.setenv("TZ", "Pacific/Kiritimati")
    shell("bundle", "sign", "elsewhere/deep/b", "--key", "second.pem")
    assert tree(Path("b")) == tree(Path("elsewhere/deep/b"))  # Ed25519 and RSA: every byte
    shell("bundle", "sign", "b", "--key", "third.pem")
    once = tree(Path("b"))
    shell("bundle", "sign", "b", "--key", "third.pem")
    assert tree(Path("b")) == once
    for claim in CLAIMS:
        statement = said(envelope_of(Path("b"), claim))
        subject = hashlib.sha256(Path("b/manifest.json").read_bytes()).hexdigest()
        assert statement["subject"] == [{"name": "manifest.json", "digest": {"sha256": subject}}]


def test_what_the_statements_say(shell: Shell) -> None:
    shell("bundle", "sign", "b", "--key", "key.pem")
    provenance = said(envelope_of(Path("b"), "provenance"))["predicate"]
    names = {each["name"] for each in provenance["buildDefinition"]["resolvedDependencies"]}
    assert {"recipe", "snapshot", "pack/facts@1.0.0", "lock/site/overlay.yaml"} <= names
    verdict = said(envelope_of(Path("b"), "gate"))["predicate"]
    assert verdict["timeCreated"] == "2026-11-24T00:00:00Z"  # the day that rules saw, no clock
    assert verdict["properties"] == ["EIDOS_GATE_PASSED"]
    decision = hashlib.sha256(Path("b/gate.json").read_bytes()).hexdigest()
    assert verdict["verifier"]["decision"]["digest"] == {"sha256": decision}
    bill = said(envelope_of(Path("b"), "sbom"))["predicate"]
    assert [each["name"] for each in bill["components"]] == ["demo-chart", "registry.example.com/a"]


def test_the_bill_of_materials_names_versions_and_digests(shell: Shell) -> None:
    pinned = "sha256:" + "a" * 64
    write_gated(
        Path("c"),
        f"""\
driver: {{repository: nvcr.io/nvidia, image: driver, version: 580.1}}
web: {{image: {{registry: r.example.com, repository: web, digest: "{pinned}"}}}}
sidecars: [{{image: "r.example.com:5000/side@{pinned}"}}, {{image: ""}}]
nothing: {{repository: only-where-from}}
""",
    )
    shell("bundle", "sign", "c", "--key", "key.pem")
    bill = said(envelope_of(Path("c"), "sbom"))["predicate"]
    found = {each["name"]: each for each in bill["components"]}
    assert found["nvcr.io/nvidia/driver"]["version"] == "580.1"
    assert found["r.example.com/web"]["hashes"] == [{"alg": "SHA-256", "content": "a" * 64}]
    assert found["r.example.com:5000/side"]["purl"].startswith("pkg:oci/side@sha256:aaaa")
    assert "only-where-from" not in found
    refs = [each["bom-ref"] for each in bill["components"]]
    assert len(set(refs)) == len(refs)
    assert {ref for each in bill["dependencies"] for ref in each.get("dependsOn", ())} == set(refs)


def test_an_encrypted_key_and_keys_of_the_environment(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_keys(tmp_path, "ec", "locked", passphrase="open sesame")  # noqa: S106 -- of a test
    shell("bundle", "sign", "b", "--key", "locked.pem", code=2)
    assert "encrypted" in shell.err
    Path("word").write_text("open sesame\n")
    Path("word").chmod(0o600)
    shell("bundle", "sign", "b", "--key", "locked.pem", "--passphrase-file", "word")
    monkeypatch.setenv("EIDOS_VERIFICATION_KEY", Path("locked.pub").read_text())
    assert checked(shell, "b")["trust"] == "gated"
    assert "sesame" not in "".join(str(each) for each in tree(Path("b")).values())


def test_what_is_not_whole_is_not_signed(shell: Shell) -> None:
    Path("b/install.sh").write_text("#!/bin/sh\nevil\n")
    shell("bundle", "sign", "b", "--key", "key.pem", code=2)
    assert not Path("b/attestations").exists()
    write_gated(Path("closed"), decision="failed")
    shell("bundle", "sign", "closed", "--key", "key.pem", code=2)
    assert "no gate let it through" in shell.err


@pytest.mark.parametrize("kind", ["p384", "rsa1024", "dsa"])
def test_keys_of_other_kinds_neither_sign_nor_verify(
    shell: Shell, tmp_path: Path, kind: str
) -> None:
    write_keys(tmp_path, kind, "odd")
    shell("bundle", "sign", "b", "--key", "odd.pem", code=2)
    assert "ECDSA on P-256, Ed25519 and RSA are taken" in shell.err
    shell("bundle", "verify", "b", "--key", "odd.pub", code=2)
    assert "ECDSA on P-256, Ed25519 and RSA are taken" in shell.err


# Levels and requirements ------------------------------------------------------------------------


def test_each_level_and_what_keeps_from_the_next(shell: Shell) -> None:
    assert checked(shell, "b")["trust"] == "whole"
    shell("bundle", "sign", "b", "--key", "key.pem")
    assert (
        checked(shell, "b")["reasons"][-1] == "no key or identity is given that could be believed"
    )
    assert checked(shell, "b", *BELIEVE)["trust"] == "gated"
    envelope_of(Path("b"), "gate").unlink()
    found = checked(shell, "b", *BELIEVE)
    assert found["trust"] == "attested"
    assert found["reasons"][-1].endswith("the decision of its gate")
    envelope_of(Path("b"), "provenance").unlink()
    assert checked(shell, "b", *BELIEVE)["trust"] == "signed"
    shutil.rmtree("b/attestations")
    assert checked(shell, "b", *BELIEVE, code=1)["trust"] == "whole"
    assert [each.rank for each in Trust] == list(range(len(Trust)))


def test_a_key_asks_for_a_signature(shell: Shell) -> None:
    """What takes every signature away must not make a bundle pass that was to be signed."""
    found = checked(shell, "b", *BELIEVE, code=1)
    assert found["requirements"] == [
        {
            "require": "signed",
            "holds": False,
            "because": "nobody who is believed signed anything",
        }
    ]


@pytest.mark.parametrize("claim", CLAIMS)
def test_an_attestation_that_is_gone_is_missed_where_it_is_required(
    shell: Shell, claim: str
) -> None:
    shell("bundle", "sign", "b", "--key", "key.pem")
    envelope_of(Path("b"), claim).unlink()
    found = checked(shell, "b", *BELIEVE, "--require", ",".join(CLAIMS), code=1)
    assert [each["require"] for each in found["requirements"] if not each["holds"]] == [claim]


@pytest.mark.parametrize(
    ("required", "holds"),
    [
        ("gate=prod", True),
        ("gate=dev", False),
        ("policy=facts", True),
        ("policy=facts@1.0.0", True),
        ("policy=facts@2.0.0", False),
        ("policy=other", False),
        ("max-age=100000d", True),
        ("max-age=1s", False),
        ("signed-by=key.pub", True),
        ("signed-by=second.pub", False),
        ("1-of", True),
        ("2-of", False),
        ("1-of=second.pub+key.pub", True),
        ("1-of=second.pub", False),
        ("replay", False),
    ],
)
def test_what_can_be_required(shell: Shell, required: str, holds: bool) -> None:
    shell("bundle", "sign", "b", "--key", "key.pem")
    both = (*BELIEVE, "--key", "second.pub")
    found = checked(shell, "b", *both, "--require", required, code=0 if holds else 1)
    asked = {each["require"]: each for each in found["requirements"]}
    assert asked[required]["holds"] is holds


def test_a_folder_called_like_a_pack_is_no_pack(shell: Shell) -> None:
    """Plain rules are known by their digest: whoever writes a checkout names its folders."""
    its_gate = gate(recipe())
    [pack] = its_gate["before"]["packs"]
    pack.update(name="gpu", version="0")
    write_gated(Path("plain"), before=its_gate["before"])
    shell("bundle", "sign", "plain", "--key", "key.pem")
    for required, holds in (("gpu", False), ("gpu@0", False), (f"gpu@{pack['digest']}", True)):
        wanted = ("--require", f"policy={required}")
        found = checked(shell, "plain", *BELIEVE, *wanted, code=0 if holds else 1)
        [held] = [each for each in found["requirements"] if "policy" in each["require"]]
        assert held["holds"] is holds
        assert holds or "known by its digest alone" in held["because"]


def test_rotation_two_of_three_and_each_key_once(shell: Shell) -> None:
    every = ("--key", "key.pub", "--key", "second.pub", "--key", "third.pub")
    shell("bundle", "sign", "b", "--key", "key.pem")
    shell("bundle", "sign", "b", "--key", "key.pem")  # ECDSA: another signature by the same key
    checked(shell, "b", *every, "--require", "gate,2-of", code=1)

    def twice(envelope: Envelope) -> Envelope:
        once = signed(envelope, load_signer(SigningKey(Path("key.pem")), {}))
        both = {*envelope.signatures, *once.signatures}
        assert len(both) == 2
        unnamed = [RawSignature("", each.content) for each in both]
        return with_signatures(envelope, *both, *unnamed)

    for claim in CLAIMS:
        rewritten(envelope_of(Path("b"), claim), twice)
    found = checked(shell, "b", *every, "--require", "gate,2-of", code=1)
    assert len(found["signers"]["gate"]) == 1
    shell("bundle", "sign", "b", "--key", "second.pem")
    found = checked(shell, "b", *every, "--require", "gate,sbom,2-of")
    assert len(found["signers"]["gate"]) == 2
    # Each statement that is required needs them both, not the two of them one each.
    rewritten(
        envelope_of(Path("b"), "sbom"),
        lambda each: with_signatures(each, *each.signatures[:1]),
    )
    checked(shell, "b", *every, "--require", "gate,2-of")
    checked(shell, "b", *every, "--require", "gate,sbom,2-of", code=1)


def test_what_must_hold_in_a_file(shell: Shell) -> None:
    shell("bundle", "sign", "b", "--key", "second.pem")
    Path("trust").mkdir()
    shutil.copy("key.pub", "trust/old.pub")
    shutil.copy("second.pub", "trust/new.pub")
    wanted = {
        "apiVersion": "eidos.dev/v1",
        "kind": "BundleRequirements",
        "keys": ["old.pub", "new.pub"],
        "require": ["gate=prod", "1-of"],
    }
    Path("trust/r.yaml").write_text(json.dumps(wanted))
    checked(shell, "b", "--requirements", "trust/r.yaml")
    checked(shell, "b", "--requirements", "trust/r.yaml", "--require", "2-of", code=1)
    shell("bundle", "verify", "b", "--requirements", "trust/r.yaml", "--require", "4-of", code=2)
    Path("trust/r.yaml").write_text(json.dumps({**wanted, "threshold": 1}))
    shell("bundle", "verify", "b", "--requirements", "trust/r.yaml", code=2)
    assert "threshold" in shell.err


@pytest.mark.parametrize(
    "required",
    ["", "gates", "gate=", "sbom=x", "max-age", "max-age=soon", "0-of", "2-of=", "signed-by"],
)
def test_what_cannot_be_required(shell: Shell, required: str) -> None:
    shell("bundle", "verify", "b", *BELIEVE, "--require", required, code=2)


@pytest.mark.parametrize("required", ["gate", "signed", "policy=facts", "signed-by=key.pub"])
def test_nothing_is_signed_for_who_believes_nobody(shell: Shell, required: str) -> None:
    shell("bundle", "verify", "b", "--require", required, code=2)
    assert "no key or identity is given" in shell.err


def test_keys_that_are_named_must_be_given(shell: Shell) -> None:
    shell("bundle", "verify", "b", *BELIEVE, "--require", "signed-by=second.pub", code=2)
    assert "no key or identity that is given is called 'second.pub'" in shell.err
    shell("bundle", "verify", "b", *BELIEVE, "--require", "2-of=key.pub+key.pub", code=2)
    assert "can never hold" in shell.err


def test_facts_without_a_time_are_of_no_age(shell: Shell) -> None:
    snapshot = {"digest": "sha256:" + "2" * 64, "cluster": "c1"}
    for name, time in (("none", None), ("future", "2999-01-01T00:00:00Z")):
        write_gated(Path(name), snapshot={**snapshot, "timestamp": time})
        found = checked(shell, name, "--require", "max-age=100000d", code=1)
        assert found["requirements"][0]["because"]


# Tampering --------------------------------------------------------------------------------------


def resigned(path: Path, **changes: Any) -> None:
    """Sign something else with the key that is believed, and call it as it must be called."""
    statement = {**said(path), **changes}
    envelope = Envelope(PAYLOAD_TYPE, canonical(statement))
    envelope = signed(envelope, load_signer(SigningKey(Path("key.pem")), {}))
    claim = next((each for each in Claim if path.name.startswith(each.value)), None)
    path.unlink()
    (path.parents[1] / envelope_path(envelope, claim)).write_bytes(write_envelope(envelope))


def flip(path: Path, at: int = -1) -> None:
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)


def older() -> None:
    """Envelopes of another tree, right in themselves, under their own names."""
    shutil.copytree("b", "older")
    Path("older/010-demo/values.yaml").write_text("image: old\n")
    shutil.rmtree("older/attestations")
    reseal(Path("older"))
    shutil.rmtree("b/attestations")
    _sign("older")
    shutil.copytree("older/attestations", "b/attestations")


def _sign(place: str) -> None:
    from eidos.engine.app.bundle_sign import bundle_sign

    bundle_sign(Path(place), SigningKey(Path("key.pem")), {})


def gate_swapped() -> None:
    """A decision that somebody wrote, in a bundle that was sealed again."""
    decision = json.loads(Path("b/gate.json").read_text())
    decision["gate"] = "lenient"
    Path("b/gate.json").write_text(json.dumps(decision))
    reseal(Path("b"))


def snapshot_swapped() -> None:
    decision = json.loads(Path("b/gate.json").read_text())
    decision["snapshot"]["timestamp"] = "2026-11-26T08:00:00Z"
    Path("b/gate.json").write_text(json.dumps(decision))
    reseal(Path("b"))


def by_another_key() -> None:
    """Who cannot sign for the key says that it did."""
    for claim in CLAIMS:

        def change(envelope: Envelope) -> Envelope:
            forged = signed(
                with_signatures(envelope), load_signer(SigningKey(Path("second.pem")), {})
            )
            name = envelope.signatures[0].keyid
            return with_signatures(envelope, RawSignature(name, forged.signatures[0].content))

        rewritten(envelope_of(Path("b"), claim), change)


def otherwise(sign: Callable[[Any, bytes], bytes], key: str) -> Callable[[], None]:
    """The right key, and a way of signing that is none of ours."""

    def change() -> None:
        private = load_pem_private_key(Path(f"{key}.pem").read_bytes(), None)
        name = load_signer(SigningKey(Path(f"{key}.pem")), {}).keyid
        for claim in CLAIMS:

            def changed(envelope: Envelope) -> Envelope:
                from securesystemslib.dsse import Envelope as Encoding

                content = Encoding(envelope.payload, envelope.payload_type, {}).pae()
                return with_signatures(envelope, RawSignature(name, sign(private, content)))

            rewritten(envelope_of(Path("b"), claim), changed)

    return change


def retyped(envelope: Envelope) -> Envelope:
    return Envelope("application/json", envelope.payload, envelope.signatures)


def reordered() -> None:
    manifest = json.loads(Path("b/manifest.json").read_text())
    manifest["files"] = dict(reversed(manifest["files"].items()))
    Path("b/manifest.json").write_text(json.dumps(manifest))


def lines_reordered() -> None:
    lines = Path("b/checksums.txt").read_text().splitlines(keepends=True)
    Path("b/checksums.txt").write_text("".join(reversed(lines)))


def listed() -> None:
    """An attestation that is a file of the manifest would lie in both worlds."""
    manifest = json.loads(Path("b/manifest.json").read_text())
    path = envelope_of(Path("b"))
    content = path.read_bytes()
    its = {"size": len(content), "digest": address(content)}
    manifest["files"][path.relative_to("b").as_posix()] = its
    Path("b/manifest.json").write_text(json.dumps(manifest))


def sparse(place: str) -> None:
    """Make a file as large as an attestation may be, of nothing."""
    with Path(place).open("wb") as file:
        file.truncate(16 << 20)


def linked() -> None:
    path = envelope_of(Path("b"))
    path.rename("moved")
    path.symlink_to(Path("moved").resolve())


TAMPERED: dict[str, tuple[Callable[[], object], str]] = {
    "one byte of a file": (
        lambda: flip(Path("b/010-demo/values.yaml"), 0),
        "values.yaml is altered",
    ),
    "one byte of the decision": (lambda: flip(Path("b/gate.json"), 5), "gate.json is altered"),
    "one byte of the recipe": (lambda: flip(Path("b/recipe.yaml"), 5), "recipe.yaml is altered"),
    "one byte of the manifest": (lambda: flip(Path("b/manifest.json"), 9), "manifest"),
    "one byte of the checksums": (
        lambda: flip(Path("b/checksums.txt"), 0),
        "checksums.txt does not",
    ),
    "one file more": (lambda: Path("b/more").write_text("x"), "more is not part of the bundle"),
    "one file less": (lambda: Path("b/install.sh").unlink(), "install.sh is missing"),
    "a file moved": (lambda: Path("b/install.sh").rename("b/run.sh"), "run.sh is not part"),
    "no longer executable": (lambda: Path("b/install.sh").chmod(0o644), "cannot be executed"),
    "manifest reordered": (reordered, "not written as eidos writes a manifest"),
    "checksums reordered": (lines_reordered, "checksums.txt does not say"),
    "a file more, sealed again": (
        lambda: (Path("b/more").write_text("x"), reseal(Path("b"))),
        "it is about sha256:",
    ),
    "a swapped decision": (gate_swapped, "it is about sha256:"),
    "another time of the facts": (snapshot_swapped, "it is about sha256:"),
    "an older signature over another tree": (older, "it is about sha256:"),
    "another key": (by_another_key, "and that key did not"),
    "ECDSA with SHA-512": (
        otherwise(lambda key, data: key.sign(data, ec.ECDSA(hashes.SHA512())), "key"),
        "and that key did not",
    ),
    "the payload's type": (
        lambda: rewritten(envelope_of(Path("b")), retyped),
        "of the type 'application/json', and no statement",
    ),
    "one byte of an envelope's signature": (
        lambda: rewritten(
            envelope_of(Path("b")),
            lambda each: with_signatures(
                each,
                RawSignature(each.signatures[0].keyid, each.signatures[0].content[:-1] + b"\0"),
            ),
        ),
        "and that key did not",
    ),
    "one byte of an envelope's payload": (
        lambda: rewritten(
            envelope_of(Path("b")),
            lambda each: Envelope(each.payload_type, each.payload + b" ", each.signatures),
        ),
        "it does not hold what its name says",
    ),
    "an envelope that is none": (lambda: envelope_of(Path("b")).write_text("{}"), "no envelope"),
    "an envelope that is empty": (lambda: envelope_of(Path("b")).write_text(""), "no envelope"),
    "base64 that is none": (
        lambda: envelope_of(Path("b")).write_text(
            '{"payloadType":"a","payload":"?","signatures":[]}'
        ),
        "not in base64",
    ),
    "deeper than anybody reads": (
        lambda: envelope_of(Path("b")).write_text("[" * 100_000),
        "no envelope",
    ),
    "more signatures than anybody reads": (
        lambda: rewritten(
            envelope_of(Path("b")),
            lambda each: with_signatures(each, *[each.signatures[0]] * 1025),
        ),
        "more than 1024 signatures",
    ),
    "more than anybody keeps in memory": (
        lambda: [sparse(f"b/attestations/{number}.sigstore.json") for number in range(5)],
        "have more than 67,108,864 bytes",
    ),
    "an envelope of another name": (
        lambda: envelope_of(Path("b")).rename("b/attestations/gate.dsse.json"),
        "gate.dsse.json is not part of the bundle",
    ),
    "something else beside envelopes": (
        lambda: Path("b/attestations/evil.sh").write_text("x"),
        "evil.sh is not part of the bundle",
    ),
    "an envelope that is a link": (linked, "is not part of the bundle"),
    "an envelope that is listed": (listed, "can be called 'attestations/"),
    "a statement of a kind under another name": (
        lambda: envelope_of(Path("b")).rename(
            str(envelope_of(Path("b"))).replace("/gate-", "/sbom-")
        ),
        "it does not hold what its name says",
    ),
    "a predicate of another bundle": (
        lambda: resigned(envelope_of(Path("b")), predicate={"properties": ["EIDOS_GATE_PASSED"]}),
        "what is signed is not what this bundle gives, at predicate",
    ),
    "a provenance that names other facts": (
        lambda: resigned(envelope_of(Path("b"), "provenance"), predicate={}),
        "what is signed is not what this bundle gives, at predicate.buildDefinition",
    ),
    "a bill that leaves something out": (
        lambda: resigned(
            envelope_of(Path("b"), "sbom"),
            predicate={**said(envelope_of(Path("b"), "sbom"))["predicate"], "components": []},
        ),
        "what is signed is not what this bundle gives, at predicate.components",
    ),
    "a statement of another version": (
        lambda: resigned(envelope_of(Path("b")), _type="https://in-toto.io/Statement/v0.1"),
        "no statement of in-toto",
    ),
    "a second subject, and not this one": (
        lambda: resigned(
            envelope_of(Path("b")), subject=[{"name": "x", "digest": {"sha256": "0" * 64}}, None]
        ),
        "it is about sha256:0000",
    ),
    "no subject": (lambda: resigned(envelope_of(Path("b")), subject=7), "it is about nothing"),
}


@pytest.mark.parametrize("how", TAMPERED)
def test_tampering_is_named_and_trust_never_rises(shell: Shell, how: str) -> None:
    shell("bundle", "sign", "b", "--key", "key.pem")
    change, named = TAMPERED[how]
    change()
    for options in ((), BELIEVE, (*BELIEVE, "--require", "gate,provenance,sbom")):
        if how in _UNSEEN_WITHOUT_KEYS and not options:
            continue
        found = checked(shell, "b", *options, code=1)
        assert found["trust"] == "none"
        assert named in messages(found)
        assert all(not each["holds"] for each in found["requirements"])


def test_no_byte_of_any_file_can_change(shell: Shell) -> None:
    """Flip bits throughout: what was required holds no more, whichever byte it is."""
    shell("bundle", "sign", "b", "--key", "key.pem")
    required = (*BELIEVE, "--require", "gate,provenance,sbom")
    for path in sorted(each for each in Path("b").rglob("*") if each.is_file()):
        content = path.read_bytes()
        last = len(content) - 1
        for at in {0, last // 3, last // 2, last * 4 // 5, last - 6, last - 4, last}:
            flip(path, at)
            found = checked(shell, "b", *required, code=1)
            assert found["trust"] != "gated", (path, at)
            path.write_bytes(content)
    checked(shell, "b", *required)


_UNSEEN_WITHOUT_KEYS = frozenset(
    {
        "another key",
        "ECDSA with SHA-512",
        "one byte of an envelope's signature",
        "a predicate of another bundle",
        "a provenance that names other facts",
        "a bill that leaves something out",
    }
)
"""Nobody can tell a signature without the key: then it counts for nothing either."""


def test_signatures_of_rsa_with_another_padding_do_not_count(shell: Shell) -> None:
    shell("bundle", "sign", "b", "--key", "third.pem")
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.MAX_LENGTH)
    otherwise(lambda key, data: key.sign(data, pss, hashes.SHA256()), "third")()
    found = checked(shell, "b", "--key", "third.pub", code=1)
    assert "and that key did not" in messages(found)


def test_who_is_not_believed_changes_nothing(shell: Shell) -> None:
    """A stranger's signature neither counts nor harms, whatever it says of this bundle."""
    shell("bundle", "sign", "b", "--key", "key.pem")
    shell("bundle", "sign", "b", "--key", "second.pem")
    statement = {**said(envelope_of(Path("b"))), "predicate": {"properties": []}}
    envelope = signed(
        Envelope(PAYLOAD_TYPE, canonical(statement)), load_signer(SigningKey(Path("third.pem")), {})
    )
    (Path("b") / envelope_path(envelope, Claim.GATE)).write_bytes(write_envelope(envelope))
    found = checked(shell, "b", *BELIEVE, "--require", "gate,provenance,sbom")
    assert found["trust"] == "gated"
    assert {len(each["strangers"]) for each in found["attestations"]} == {1}


def test_signatures_in_another_order_are_the_same(shell: Shell) -> None:
    for key in ("key", "second"):
        shell("bundle", "sign", "b", "--key", f"{key}.pem")
    path = envelope_of(Path("b"))
    document = json.loads(path.read_text())
    document["signatures"].reverse()
    path.write_text(json.dumps({"more": 1, **document}, indent=1))
    assert len(checked(shell, "b", *BELIEVE, "--key", "second.pub")["signers"]["gate"]) == 2


def test_a_signature_without_a_name_is_held_against_every_key(shell: Shell) -> None:
    """As cosign writes it: the name of the key is a hint, says the specification."""
    shell("bundle", "sign", "b", "--key", "key.pem")
    for claim in CLAIMS:
        rewritten(
            envelope_of(Path("b"), claim),
            lambda each: with_signatures(each, RawSignature("", each.signatures[0].content)),
        )
    assert checked(shell, "b", "--key", "second.pub", *BELIEVE)["trust"] == "gated"
    assert checked(shell, "b", "--key", "second.pub", code=1)["trust"] == "whole"


def test_what_cannot_be_looked_at_is_no_answer(shell: Shell) -> None:
    shell("bundle", "verify", "nowhere", code=2)
    shell("bundle", "verify", "b", "--key", "nowhere.pub", code=2)
    shell("bundle", "verify", "b", "--key", "key.pem", code=2)  # a private key
    Path("b.tar.gz").write_bytes(b"no archive")
    shell("bundle", "verify", "b.tar.gz", code=2)
    shell("bundle", "verify", "oci-layout:nowhere:v1", code=2)


# On their way -----------------------------------------------------------------------------------


def test_attestations_travel_with_the_bundle(shell: Shell, hub: Hub) -> None:
    shell("bundle", "sign", "b", "--key", "key.pem")
    place = hub.name("team/demo")
    bare = shell("bundle", "push", "b", f"{place}:v1")
    shell("bundle", "sign", "b", "--key", "second.pem")
    assert shell("bundle", "push", "b", f"{place}:v1") == bare  # the same artifact, more said of it
    shell("bundle", "pull", f"{place}:v1", "--to", "pulled")
    assert tree(Path("pulled")) == tree(Path("b"))
    both = (*BELIEVE, "--key", "second.pub", "--require", "gate,provenance,sbom,2-of")
    checked(shell, "pulled", *both)
    found = checked(shell, f"{place}:v1", *both)
    assert (found["place"], found["trust"]) == (f"{place}:v1", "gated")
    shell("bundle", "copy", f"{place}:v1", "oci-layout:carried.tar:v1")
    checked(shell, "oci-layout:carried.tar:v1", *both)
    shell("bundle", "copy", f"{place}:v1", "oci-layout:alone:v1", "--no-referrers")
    assert checked(shell, "oci-layout:alone:v1", *both, code=1)["trust"] == "whole"


@pytest.mark.parametrize("status", [403, 500, 503])
@pytest.mark.parametrize("where", ["/referrers/", "/manifests/sha256:", "/blobs/"])
def test_who_cannot_be_asked_for_signatures_has_not_said_that_there_are_none(
    shell: Shell, status: int, where: str
) -> None:
    with registry() as hub:
        shell("bundle", "sign", "b", "--key", "key.pem")
        place = hub.name("team/demo") + ":v1"
        digest = shell("bundle", "push", "b", place).rpartition("@")[2]
        layer = json.loads(hub.manifests["team/demo", digest][1])["layers"][0]["digest"]

        def fault(method: str, path: str) -> Odd | None:
            is_bundle = where != "/referrers/" and path.endswith((digest, layer))
            return Odd(status) if method == "GET" and where in path and not is_bundle else None

        hub.fault = fault
        shell("bundle", "verify", place, "--key", "key.pub", "--require", "gate", code=2)
        shell("bundle", "pull", place, "-o", "out", code=2)
        assert not Path("out").exists()


def test_the_signatures_of_strangers_push_nobody_out(shell: Shell, hub: Hub) -> None:
    place = hub.name("team/demo") + ":v1"
    shell("bundle", "sign", "b", "--key", "key.pem")
    path = envelope_of(Path("b"))
    junk = [RawSignature(f"{number:064x}", b"x") for number in range(1000)]
    write_gated(Path("bare"))
    for part in (junk[:500], junk[500:]):
        envelope = Envelope(PAYLOAD_TYPE, read_envelope(path.read_bytes()).payload, tuple(part))
        Path("junk.json").write_bytes(write_envelope(envelope))
        shell("bundle", "push", "bare", place, "--attach", "junk.json")
    shell("bundle", "push", "b", place)
    assert checked(shell, place, "--key", "key.pub", "--require", "gate")["trust"] == "gated"
    shell("bundle", "pull", place, "-o", "out")
    shell("bundle", "sign", "out", "--key", "second.pem")
    found = checked(shell, "out", "--key", "second.pub", "--require", "gate")
    assert found["trust"] == "gated"


def test_more_signatures_than_anybody_reads_are_told(shell: Shell, hub: Hub) -> None:
    place = hub.name("team/demo") + ":v1"
    shell("bundle", "sign", "b", "--key", "key.pem")
    payload = read_envelope(envelope_of(Path("b")).read_bytes()).payload
    write_gated(Path("bare"))
    for half in range(2):
        junk = (RawSignature(f"{half}{number:063x}", b"x") for number in range(800))
        Path("junk.json").write_bytes(write_envelope(Envelope(PAYLOAD_TYPE, payload, tuple(junk))))
        shell("bundle", "push", "bare", place, "--attach", "junk.json")
    shell("bundle", "verify", place, code=2)
    assert "more than 1024 signatures" in shell.err
    shell("bundle", "pull", place, "-o", "out", code=2)
    assert not Path("out").exists()


def test_more_than_anybody_keeps_in_memory_is_not_fetched(shell: Shell) -> None:
    with registry() as hub:
        place = hub.name("team/demo")
        digest = shell("bundle", "push", "b", f"{place}:v1").rpartition("@")[2]
        kind, content = hub.manifests["team/demo", digest]
        dsse = "application/vnd.dsse.envelope.v1+json"
        for number in range(5):
            said = f"sha256:{number:064x}"
            attached = {
                "schemaVersion": 2,
                "mediaType": kind,
                "artifactType": dsse,
                "config": hub.add(b"{}", dsse),
                "layers": [{"mediaType": dsse, "digest": said, "size": 16 << 20}],
                "subject": {"mediaType": kind, "digest": digest, "size": len(content)},
            }
            hub.put("team/demo", attached)
        shell("bundle", "verify", f"{place}:v1", code=2)
    assert "more than 67,108,864 bytes of attestations refer to sha256:" in shell.err


def test_anybody_may_attach_anything_and_nothing_comes_of_it(shell: Shell, hub: Hub) -> None:
    shell("bundle", "sign", "b", "--key", "key.pem")
    write_gated(Path("other"), "a: 2\n")
    shell("bundle", "sign", "other", "--key", "key.pem")
    Path("e1.json").write_text('{"payloadType":"x","payload":"?","signatures":[]}')
    Path("e2.json").write_text('{"payloadType":"application/json","payload":"","signatures":[]}')
    shutil.copy(envelope_of(Path("other")), "e3.json")
    attached = [word for name in ("e1", "e2", "e3") for word in ("--attach", f"{name}.json")]
    shell("bundle", "push", "b", hub.name("team/demo") + ":v1", *attached)
    shell("bundle", "pull", hub.name("team/demo") + ":v1", "--to", "pulled")
    assert tree(Path("pulled")) == tree(Path("b"))


def test_attestations_lie_in_archives_too(shell: Shell) -> None:
    shell("bundle", "push", "b", "b.tar.gz")
    signer = shell("bundle", "sign", "b.tar.gz", "--key", "second.pem")
    found = checked(shell, "b.tar.gz", "--key", "second.pub", "--require", "gate")
    assert found["signers"]["gate"] == [{"key": signer}]
    shell("bundle", "pull", "b.tar.gz", "--to", "out")
    shell("bundle", "sign", "b", "--key", "second.pem")
    assert tree(Path("out")) == tree(Path("b"))
    Path("out/gate.json").chmod(0o755)
    shell("bundle", "push", "out", "again.tar.gz", code=2)


def test_problems_in_an_archive_are_named_by_it(shell: Shell) -> None:
    shutil.copytree("b", "c")
    Path("c/more").write_text("x")
    subprocess.run(["tar", "czf", "c.tar.gz", "-C", "c", "."], check=True)
    found = checked(shell, "c.tar.gz", code=1)
    assert found["problems"][0]["location"] == "c.tar.gz/more"
    shell("bundle", "sign", "c.tar.gz", "--key", "key.pem", code=2)
    assert "c.tar.gz/more: more is not part of the bundle" in shell.err


# Examples ---------------------------------------------------------------------------------------

EXAMPLES = Path(__file__).parents[2] / "ci-examples" / "bundle-trust"


@pytest.mark.parametrize("name", ["sign-and-push.sh", "verify-and-apply.sh"])
def test_scripts_are_clean(name: str) -> None:
    command = [str(Path(sys.executable).parent / "shellcheck"), str(EXAMPLES / name)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def _script(name: str, *words: object, **environ: str) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return subprocess.run(
        [EXAMPLES / name, *map(str, words)],
        env={**os.environ, "PATH": path, **environ},
        capture_output=True,
        text=True,
        check=False,
    )


def test_only_what_holds_is_applied(shell: Shell) -> None:  # noqa: ARG001 -- where it is
    place = "oci-layout:shipped:v1"
    key = Path("key.pem").read_text()
    done = _script("sign-and-push.sh", "b", place, EIDOS_SIGNING_KEY=key)
    assert done.returncode == 0, done.stderr
    reference = done.stdout.strip()
    assert reference.startswith("oci-layout:shipped@sha256:")
    shutil.copy("key.pub", "ci.pub")
    Path("requirements.yaml").write_text(
        (EXAMPLES / "requirements.yaml")
        .read_text()
        .replace("max-age=30d", "max-age=100000d")
        .replace("policy=gpu", "policy=facts")
    )
    done = _script("verify-and-apply.sh", reference, "requirements.yaml", "c1")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "applied"), done.stderr
    done = _script("verify-and-apply.sh", reference, "requirements.yaml", "c2")
    assert done.returncode == 1  # another cluster's
    assert "applied" not in done.stdout
    shutil.copy("second.pub", "ci.pub")  # somebody else's key is believed now
    done = _script("verify-and-apply.sh", reference, "requirements.yaml", "c1")
    assert done.returncode == 1
    assert "applied" not in done.stdout
    gone = ("oci-layout:shipped:v9", "requirements.yaml", "c1")
    assert _script("verify-and-apply.sh", *gone).returncode == 2


@pytest.mark.parametrize("name", ["argo-cd.yaml", "flux.yaml", "requirements.yaml"])
def test_examples_are_documents(shell: Shell, name: str) -> None:
    text = (EXAMPLES / name).read_text()
    [document] = read_text(text, name)
    assert isinstance(document.value, dict)
    if name == "requirements.yaml":
        shell("validate", EXAMPLES / name)
    if name == "argo-cd.yaml":
        script = document.value["spec"]["template"]["spec"]["containers"][0]["args"][0]
        assert "eidos --no-config bundle verify" in script


def test_what_somebody_else_names_is_no_option() -> None:
    """A job that verifies --help is green."""
    lines = [line for each in EXAMPLES.iterdir() for line in each.read_text().splitlines()]
    named = [line for line in lines if "eidos" in line and "$reference" in line.lower()]
    assert len(named) == 3
    assert all('-- "$' in line for line in named)


# cosign -----------------------------------------------------------------------------------------


@pytest.mark.real
@pytest.mark.parametrize("key", ["key", "second", "third"])
@pytest.mark.parametrize("claim", CLAIMS)
def test_cosign_believes_what_we_sign(shell: Shell, key: str, claim: str) -> None:
    cosign = shutil.which("cosign")
    if cosign is None:
        pytest.skip("there is no cosign: .ci/cosign-part gets it; put its folder on PATH")
    shell("bundle", "sign", "b", "--key", f"{key}.pem")

    def verify(blob: str) -> int:
        done = subprocess.run(
            [
                *(cosign, "verify-blob-attestation", "--key", f"{key}.pub"),
                *("--signature", str(envelope_of(Path("b"), claim))),
                *("--type", said(envelope_of(Path("b"), claim))["predicateType"]),
                *("--insecure-ignore-tlog", blob),
            ],
            check=False,
            capture_output=True,
            text=True,
        )
        return done.returncode

    assert verify("b/manifest.json") == 0
    assert verify("b/gate.json") != 0


def test_envelopes_are_read_as_the_specification_has_them() -> None:
    for text in (b'{"payloadType":"a","payload":"-_8=","signatures":[{"sig":"-_8="}]}',):
        found = read_envelope(text)
        assert (found.payload, found.signatures[0].keyid) == (b"\xfb\xff", "")
    for bad in (b"", b"[]", b"{}", b'{"payloadType":1,"payload":"","signatures":[]}'):
        with pytest.raises(ValueError, match="envelope"):
            read_envelope(bad)
