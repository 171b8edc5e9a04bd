"""Bundles that others signed without a key of their own, and every way in which it is wrong."""

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from copy import deepcopy
from datetime import timedelta
from functools import reduce
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from eidos.engine.digest import address, canonical
from fakes.attested import checked, messages, write_gated
from fakes.keys import write_keys
from fakes.registry import Hub
from fakes.shipped import Shell, alone, tree
from fakes.sigstore_services import services, token
from fakes.sigstore_world import GITHUB, MINUTES, SIGNED, WORKFLOW, World, b64

CLAIMS = ("provenance", "gate", "sbom")
OTHER = "https://github.com/acme/clusters/.github/workflows/review.yml@refs/heads/main"
ROOT = ("--trusted-root", "root.json")
WHO = ("--identity", WORKFLOW, "--issuer", GITHUB)
BELIEVE = (*WHO, *ROOT)
EVERY = ("--require", ",".join(CLAIMS))

Document = dict[str, Any]


@pytest.fixture(scope="module")
def world() -> World:
    return World()


@pytest.fixture
def shell(
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    world: World,
) -> Shell:
    monkeypatch.chdir(tmp_path)
    alone(tmp_path, monkeypatch)
    write_gated(tmp_path / "b")
    world.write_root(tmp_path / "root.json")
    return Shell(capsys)


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("the network is asked")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def said(shell: Shell, claim: str, place: str = "b") -> bytes:
    """The statement that is to be signed, as a user gets it."""
    return shell("bundle", "statement", place, claim).encode()


def put(document: Document, name: str = "gate", place: str = "b") -> Path:
    path = Path(place, "attestations", f"{name}.sigstore.json")
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(document))
    return path


def attested(shell: Shell, world: World, place: str = "b", **who: Any) -> None:
    """What a job leaves that signs all three statements, each with a certificate of its own."""
    for claim in CLAIMS:
        put(world.attest(said(shell, claim, place), world.leaf(**who)), claim, place)


# What counts ------------------------------------------------------------------------------------


@pytest.mark.usefixtures("offline")
def test_statements_of_others_count_as_those_of_keys(shell: Shell, world: World) -> None:
    before = address(Path("b/manifest.json").read_bytes())
    assert checked(shell, "b")["trust"] == "whole"
    attested(shell, world)
    found = checked(shell, "b", *BELIEVE, *EVERY, "--require", "gate=prod,policy=facts,1-of")
    assert (found["trust"], found["digest"], found["identities"]) == ("gated", before, 1)
    who = [{"identity": WORKFLOW, "issuer": GITHUB}]
    assert found["signers"] == {**dict.fromkeys(CLAIMS, who), "manifest": []}
    text = shell("bundle", "verify", "b", *BELIEVE)
    assert f"gate.sigstore.json: signed by {WORKFLOW} ({GITHUB})" in text


@pytest.mark.usefixtures("offline")
def test_who_signs_the_manifest_says_that_it_is_this_bundle(shell: Shell, world: World) -> None:
    put(world.sign(Path("b/manifest.json").read_bytes()), "plain")
    found = checked(shell, "b", *BELIEVE, "--require", "signed")
    assert found["trust"] == "signed"
    assert found["attestations"][0]["claim"] == "manifest"
    assert found["signers"]["manifest"] == [{"identity": WORKFLOW, "issuer": GITHUB}]
    checked(shell, "b", *BELIEVE, "--require", "gate", code=1)


def test_the_statement_is_the_one_that_keys_sign(shell: Shell, tmp_path: Path) -> None:
    from fakes.attested import envelope_of
    from fakes.attested import said as signed

    write_keys(tmp_path, "ec", "key")
    for claim in CLAIMS:
        statement = said(shell, claim)
        shell("bundle", "sign", "b", "--key", "key.pem")
        assert canonical(signed(envelope_of(Path("b"), claim))) == statement
        predicate = json.loads(shell("bundle", "statement", "b", claim, "--predicate"))
        assert predicate == json.loads(statement)["predicate"]
        shutil.rmtree("b/attestations")
    Path("b/install.sh").write_text("evil")
    shell("bundle", "statement", "b", "gate", code=2)


@pytest.mark.usefixtures("offline")
def test_older_forms_are_read_whatever_lies_behind_the_leaf(shell: Shell, world: World) -> None:
    """Versions 0.1 and 0.2 hold a chain; only its first certificate says who signed."""
    more = {"rawBytes": b64(world.leaf("mallory@example.com").der)}
    for version in ("0.1", "0.2"):
        document = world.attest(said(shell, "gate"))
        material = document["verificationMaterial"]
        chain = [material.pop("certificate"), *[more] * 200]
        document["mediaType"] = f"application/vnd.dev.sigstore.bundle+json;version={version}"
        material["x509CertificateChain"] = {"certificates": chain}
        put(document)
        assert checked(shell, "b", *BELIEVE, "--require", "gate")["signers"]["gate"]
        chain.reverse()
        put(document)
        found = checked(shell, "b", *BELIEVE, code=1)
        assert found["attestations"][0]["strangers"] == [f"mallory@example.com ({GITHUB})"]


@pytest.mark.parametrize(
    "expected",
    [
        "https://github.com/acme/clusters/.github/workflows/bundle.yml@refs/heads/*",
        "https://github.com/acme/**",
        "https://github.com/acme/clusters/.github/workflows/*@refs/**",
    ],
)
def test_identities_that_begin_alike_may_be_believed(
    shell: Shell, world: World, expected: str
) -> None:
    attested(shell, world)
    found = checked(shell, "b", "--identity", expected, "--issuer", GITHUB, *ROOT)
    assert found["signers"]["gate"] == [{"identity": WORKFLOW, "issuer": GITHUB}]


def test_keys_and_identities_are_counted_alike(shell: Shell, world: World, tmp_path: Path) -> None:
    write_keys(tmp_path, "ec", "key")
    attested(shell, world)
    both = (*BELIEVE, "--key", "key.pub")
    checked(shell, "b", *both, "--require", "2-of", code=1)
    shell("bundle", "sign", "b", "--key", "key.pem")
    found = checked(
        shell, "b", *both, *EVERY, "--require", "2-of", "--require", "signed-by=key.pub"
    )
    assert len(found["signers"]["gate"]) == 2
    checked(shell, "b", *both, "--require", f"signed-by={WORKFLOW}")
    checked(shell, "b", *both, "--require", f"2-of=key.pub+{WORKFLOW}")


def test_one_who_is_believed_counts_once(shell: Shell, world: World) -> None:
    attested(shell, world)
    for claim in CLAIMS:
        put(world.attest(said(shell, claim)), f"{claim}-again")
    two = (*BELIEVE, "--identity", OTHER)
    assert len(checked(shell, "b", *two)["signers"]["gate"]) == 1
    checked(shell, "b", *two, "--require", "2-of", code=1)
    for claim in CLAIMS:
        put(world.attest(said(shell, claim), world.leaf(OTHER)), f"{claim}-other")
    checked(shell, "b", *two, *EVERY, "--require", "2-of")
    # Whom one pattern means, is one who is believed, however many names they have.
    pattern = ("--identity", "https://github.com/acme/**", "--issuer", GITHUB, *ROOT)
    assert len(checked(shell, "b", *pattern)["signers"]["gate"]) == 2
    shell("bundle", "verify", "b", *pattern, "--require", "2-of", code=2)
    assert "can never hold" in shell.err
    # And whom two patterns mean, counts as the first.
    overlapping = (*pattern, "--identity", WORKFLOW)
    checked(shell, "b", *overlapping, "--require", "2-of", code=1)


def test_each_name_with_its_own_issuer(shell: Shell, world: World) -> None:
    attested(shell, world, identity="ci@example.com", issuer="https://id.example.com")
    names = ("--identity", WORKFLOW, "--identity", "ci@example.com")
    right = (*names, "--issuer", GITHUB, "--issuer", "https://id.example.com", *ROOT)
    assert checked(shell, "b", *right)["trust"] == "gated"
    turned = (*names, "--issuer", "https://id.example.com", "--issuer", GITHUB, *ROOT)
    assert checked(shell, "b", *turned, code=1)["trust"] == "whole"


def test_who_is_believed_may_stand_in_a_file(shell: Shell, world: World) -> None:
    attested(shell, world)
    Path("trust").mkdir()
    shutil.move("root.json", "trust/root.json")
    wanted: Document = {
        "apiVersion": "eidos.dev/v1",
        "kind": "BundleRequirements",
        "trustedRoot": "root.json",
        "identities": [
            {"name": "ci", "identity": WORKFLOW, "issuer": GITHUB},
            {"name": "review", "identity": OTHER, "issuer": GITHUB},
        ],
        "require": ["gate=prod", "signed-by=ci"],
    }

    def demand(code: int, *options: str, **changes: Any) -> None:
        Path("trust/r.yaml").write_text(json.dumps({**wanted, **changes}))
        shell("bundle", "verify", "b", "--requirements", "trust/r.yaml", *options, code=code)

    demand(0)
    demand(1, require=["signed-by=review"])
    demand(1, require=["2-of=ci+review"])
    demand(1, "--require", "2-of")
    demand(0, "--identity", "more@example.com", "--issuer", GITHUB)
    demand(2, "--trusted-root", "trust/root.json")
    assert "--trusted-root another" in shell.err
    for changes in (
        {"trustedRoot": None},
        {"identities": []},
        {"identities": [{"identity": WORKFLOW}]},
        {"identities": [{"identity": "**", "issuer": GITHUB}]},
        {"identities": [{"name": "a+b", "identity": WORKFLOW, "issuer": GITHUB}]},
        {"identities": [{**each, "name": "ci"} for each in wanted["identities"]]},
        {"require": ["signed-by=nobody"]},
    ):
        demand(2, **changes)
    del wanted["trustedRoot"]
    demand(2)
    assert "trustedRoot" in shell.err


# What is refused --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (WHO, "no trusted root is given"),
        (ROOT, "nobody who is to be believed under it"),
        (("--identity", WORKFLOW, *ROOT), "--identity needs --issuer"),
        (("--issuer", GITHUB, *ROOT), "--issuer needs --identity"),
        ((*BELIEVE, "--issuer", GITHUB), "1 identities and 2 issuers"),
        (("--identity", "", "--issuer", GITHUB, *ROOT), "is empty"),
        (("--identity", WORKFLOW, "--issuer", " ", *ROOT), "is empty"),
        (("--identity", "**", "--issuer", GITHUB, *ROOT), "would believe anybody"),
        (("--identity", "https://github.com/**", "--issuer", GITHUB, *ROOT), "believe anybody"),
        (("--identity", "https://*/acme/x", "--issuer", GITHUB, *ROOT), "believe anybody"),
        (("--identity", "ci@*", "--issuer", GITHUB, *ROOT), "would believe anybody"),
        (("--identity", WORKFLOW, "--issuer", "https://**", *ROOT), "is a pattern"),
        (("--sigstore", "root.json"), "nobody who is to be believed by one"),
        ((*WHO, "--trusted-root", "nowhere.json"), "cannot be read"),
        ((*WHO, "--trusted-root", "b/gate.json"), "is no trusted root that can be used"),
        ((*BELIEVE, "--sigstore", "nowhere.json"), "cannot be read"),
    ],
)
def test_who_is_believed_is_said_whole(shell: Shell, options: tuple[str, ...], named: str) -> None:
    shell("bundle", "verify", "b", *options, code=2)
    assert named in shell.err


@pytest.mark.parametrize("part", ["ctlogs", "tlogs", "certificateAuthorities"])
def test_a_root_that_lacks_a_part_is_none(shell: Shell, world: World, part: str) -> None:
    for root in ({**world.trusted_root(), part: []}, {**world.trusted_root(), part: [{}]}):
        Path("root.json").write_text(json.dumps(root))
        shell("bundle", "verify", "b", *BELIEVE, code=2)
        assert "is no trusted root that can be used" in shell.err


def test_it_says_what_to_install(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sigstore.verify", None)
    shell("bundle", "verify", "b", *BELIEVE, code=2)
    assert "pip install '.[keyless]'" in shell.err


def test_who_is_not_believed_changes_nothing(shell: Shell, world: World) -> None:
    attested(shell, world)
    false = {**json.loads(said(shell, "gate")), "predicate": {}}
    put(world.attest(canonical(false), world.leaf(OTHER)), "other")
    put(World().attest(canonical(false), World().leaf(OTHER)), "nowhere")
    put(world.sign(Path("b/manifest.json").read_bytes(), world.leaf(OTHER)), "plain")
    assert checked(shell, "b", *BELIEVE, *EVERY)["trust"] == "gated"
    assert checked(shell, "b")["trust"] == "whole"


def _stranger(**who: Any) -> Callable[[World, bytes], Document]:
    return lambda world, statement: world.attest(statement, world.leaf(**who))


def _public_key(world: World, statement: bytes) -> Document:
    document = world.attest(statement)
    material = document["verificationMaterial"]
    del material["certificate"]
    material["publicKey"] = {"hint": "x"}
    return document


def _garbage(world: World, statement: bytes) -> Document:
    document = world.attest(statement)
    document["verificationMaterial"]["certificate"]["rawBytes"] = b64(b"\x30\x03abc")
    return document


STRANGERS: dict[str, tuple[Callable[[World, bytes], Document], str]] = {
    "another identity": (_stranger(identity=OTHER), "review.yml"),
    "the same at another issuer": (
        _stranger(issuer="https://token.actions.example.com"),
        "token.actions.example.com",
    ),
    "an issuer that only begins so": (_stranger(issuer=GITHUB + ".example.com"), "example.com"),
    "two issuers": (_stranger(issuer_der="https://id.example.com"), "names nobody"),
    "a longer name": (_stranger(identity=WORKFLOW + "-not"), "main-not"),
    "a name with more before it": (_stranger(identity="https://x/?" + WORKFLOW), "https://x/?"),
    "another case": (_stranger(identity=WORKFLOW.replace("acme", "Acme")), "Acme"),
    "a line after the name": (_stranger(identity=WORKFLOW + "\n"), "names nobody"),
    "a name beyond all names": (_stranger(identity=WORKFLOW + "x" * 2000), "names nobody"),
    "two names": (
        _stranger(
            names=[
                x509.UniformResourceIdentifier(WORKFLOW),
                x509.RFC822Name("mallory@example.com"),
            ]
        ),
        "names nobody",
    ),
    "the name of a host": (_stranger(names=[x509.DNSName("github.com")]), "names nobody"),
    "a public key": (_public_key, "a public key"),
    "a certificate that is none": (_garbage, "names nobody"),
}


@pytest.mark.parametrize("who", STRANGERS)
@pytest.mark.usefixtures("offline")
def test_others_count_for_nothing(shell: Shell, world: World, who: str) -> None:
    make, named = STRANGERS[who]
    for claim in CLAIMS:
        put(make(world, said(shell, claim)), claim)
    found = checked(shell, "b", *BELIEVE, *EVERY, code=1)
    assert found["trust"] == "whole"
    assert all(named in each["strangers"][0] for each in found["attestations"])
    assert not any(each["holds"] for each in found["requirements"])
    checked(shell, "b", *BELIEVE, code=1)
    assert named in shell("bundle", "verify", "b", *BELIEVE, code=1)  # who mistyped a name sees it


# Tampering --------------------------------------------------------------------------------------

PROOF = "verificationMaterial.tlogEntries.0.inclusionProof"
ENTRY = "verificationMaterial.tlogEntries.0"


def within(document: Document, path: str) -> tuple[Any, Any]:
    """Give what holds a place of a document, and its key there."""
    parts: list[Any] = [int(each) if each.isdecimal() else each for each in path.split(".")]
    return reduce(lambda value, part: value[part], parts[:-1], document), parts[-1]


def changed(document: Document, path: str, value: Any) -> Document:
    found = deepcopy(document)
    holder, key = within(found, path)
    holder[key] = value
    return found


def without(document: Document, path: str) -> Document:
    found = deepcopy(document)
    holder, key = within(found, path)
    del holder[key]
    return found


Change = Callable[[World, Document, bytes], Document]


def sets(path: str, value: Any) -> Change:
    return lambda _, document, __: changed(document, path, value)


def drops(path: str) -> Change:
    return lambda _, document, __: without(document, path)


def takes(path: str, of: Callable[[World, bytes], Document]) -> Change:
    """Take one part of another bundle that is right in itself."""

    def change(world: World, document: Document, statement: bytes) -> Document:
        holder, key = within(of(world, statement), path)
        return changed(document, path, holder[key])

    return change


def made(**options: Any) -> Change:
    """Sign it again, otherwise; `at` is when the log says that it was."""
    at = options.pop("at", SIGNED)
    key = options.pop("signed_with", None)
    return lambda world, _, statement: world.attest(statement, world.leaf(**options), at, key=key)


def _elsewhere(_: World, __: Document, statement: bytes) -> Document:
    return World().attest(statement)


def _of_two_worlds(**parts: str) -> Change:
    """Our authority and logs, but for some that are somebody else's."""

    def change(world: World, _: Document, statement: bytes) -> Document:
        mixed = World()
        for name in {"fulcio", "ct", "rekor"} - set(parts):
            setattr(mixed, name, getattr(world, name))
        return mixed.attest(statement)

    return change


def _another_statement(world: World, _: Document, statement: bytes) -> Document:
    return world.attest(canonical({**json.loads(statement), "predicate": {}}))


def _another_subject(world: World, _: Document, statement: bytes) -> Document:
    subject = [{"name": "manifest.json", "digest": {"sha256": "0" * 64}}]
    return world.attest(canonical({**json.loads(statement), "subject": subject}))


def _another_manifest(world: World, _: Document, __: bytes) -> Document:
    return world.sign(b"another manifest")


def _another_manifest_that_claims_this(world: World, _: Document, __: bytes) -> Document:
    right = world.sign(Path("b/manifest.json").read_bytes())["messageSignature"]
    document = world.sign(b"another manifest")
    digest = right["messageDigest"]
    return changed(document, "messageSignature.messageDigest", digest)


def _both(world: World, document: Document, _: bytes) -> Document:
    return {**document, "messageSignature": world.sign(b"x")["messageSignature"]}


def _other_payload(_: World, statement: bytes) -> Document:
    return _.attest(statement + b" ")


TAMPERED: dict[str, tuple[Change, str]] = {
    "another authority and other logs": (_elsewhere, "failed to build timestamp certificate chain"),
    "another authority": (_of_two_worlds(fulcio=""), "failed to build timestamp certificate chain"),
    "another log of certificates": (_of_two_worlds(ct=""), "SCT"),
    "another log of signatures": (_of_two_worlds(rekor=""), "checkpoint: invalid signature"),
    "a certificate that no log promises": (made(sct=False), "signed certificate timestamp"),
    "a certificate for another purpose": (
        made(purpose=x509.ExtendedKeyUsageOID.CLIENT_AUTH),
        "code signing",
    ),
    "a certificate that had expired": (
        made(at=SIGNED + MINUTES + timedelta(seconds=1)),
        "not valid at validation time",
    ),
    "a certificate of the future": (
        made(at=SIGNED - timedelta(seconds=1)),
        "not valid at validation time",
    ),
    "another key than the certificate's": (
        made(signed_with=ec.generate_private_key(ec.SECP256R1())),
        "invalid signature",
    ),
    "a certificate over a key of another kind": (
        made(
            key=ed25519.Ed25519PrivateKey.generate(),
            signed_with=ec.generate_private_key(ec.SECP256R1()),
        ),
        "it cannot be read",
    ),
    "another certificate of the same": (
        takes("verificationMaterial.certificate", World.attest),
        "invalid signature",
    ),
    "no log entry": (sets("verificationMaterial.tlogEntries", []), "exactly one log entry"),
    "two log entries": (
        lambda _, document, __: changed(
            document,
            "verificationMaterial.tlogEntries",
            document["verificationMaterial"]["tlogEntries"] * 2,
        ),
        "exactly one log entry",
    ),
    "the entry of another signature": (
        takes(ENTRY, World.attest),
        "log entry signatures do not match",
    ),
    "the entry of another payload": (takes(ENTRY, _other_payload), "payload hash does not match"),
    "an entry that says something else": (
        sets(f"{ENTRY}.canonicalizedBody", b64(b'{"kind":"dsse","apiVersion":"0.0.1"}')),
        "invalid root hash",
    ),
    "an entry of another kind": (
        sets(f"{ENTRY}.kindVersion.kind", "hashedrekord"),
        "Unsupported DSSE log entry type",
    ),
    "another time of the log": (
        sets(f"{ENTRY}.integratedTime", str(int(SIGNED.timestamp()) + 60)),
        "SET: invalid inclusion promise",
    ),
    "a time of the log that is none": (sets(f"{ENTRY}.integratedTime", "x"), "integratedTime"),
    "a time beyond all times": (sets(f"{ENTRY}.integratedTime", "9" * 18), "that does not hold"),
    "no promise of the log": (drops(f"{ENTRY}.inclusionPromise"), "must contain an inclusion"),
    "another promise": (
        takes(f"{ENTRY}.inclusionPromise", World.attest),
        "SET: invalid inclusion promise",
    ),
    "no proof": (drops(PROOF), "inclusionProof"),
    "another place in the log": (sets(f"{PROOF}.logIndex", "0"), "invalid root hash"),
    "another size of the log": (sets(f"{PROOF}.treeSize", "9"), "inclusion proof has wrong size"),
    "another neighbour": (sets(f"{PROOF}.hashes", [b64(b"x" * 32)]), "invalid root hash"),
    "no neighbour": (sets(f"{PROOF}.hashes", []), "inclusion proof has wrong size"),
    "another top of the log": (sets(f"{PROOF}.rootHash", b64(b"x" * 32)), "invalid root hash"),
    "no checkpoint": (drops(f"{PROOF}.checkpoint"), "checkpoint"),
    "the checkpoint of another log": (
        takes(f"{PROOF}.checkpoint", lambda _, statement: World().attest(statement)),
        "Signature not found",
    ),
    "the checkpoint of another top": (
        takes(f"{PROOF}.checkpoint", _other_payload),
        "invalid root hash signature",
    ),
    "a checkpoint that nobody signed": (
        lambda _, document, __: changed(
            document,
            f"{PROOF}.checkpoint.envelope",
            within(document, f"{PROOF}.checkpoint.envelope")[0]["envelope"].partition("\n\n")[0]
            + "\n\n",
        ),
        "at least one signature",
    ),
    "another payload": (takes("dsseEnvelope.payload", _other_payload), "invalid signature"),
    "another signature": (
        takes("dsseEnvelope.signatures", World.attest),
        "invalid signature",
    ),
    "two signatures": (
        lambda _, document, __: changed(
            document, "dsseEnvelope.signatures", document["dsseEnvelope"]["signatures"] * 2
        ),
        "exactly one signature",
    ),
    "another type": (sets("dsseEnvelope.payloadType", "text/plain"), "and no statement"),
    "another statement, signed": (_another_statement, "not what this bundle gives, at predicate"),
    "a statement about another bundle": (_another_subject, "it is about sha256:0000"),
    "a signature over another manifest": (_another_manifest, "it is about sha256:"),
    "a signature over another manifest that claims this": (
        _another_manifest_that_claims_this,
        "Signature is invalid for input",
    ),
    "an envelope and a signature": (_both, "it holds not one signature"),
    "neither": (drops("dsseEnvelope"), "it holds not one signature"),
    "a version that there is not": (
        sets("mediaType", "application/vnd.dev.sigstore.bundle.v9+json"),
        "mediaType",
    ),
    "something else": (sets("mediaType", "application/json"), "it is no Sigstore bundle"),
    "something that nobody knows": (sets("verificationMaterial.more", 1), "more"),
    "no material": (drops("verificationMaterial"), "it is no Sigstore bundle"),
    "material that is none": (sets("verificationMaterial", [1]), "it is no Sigstore bundle"),
    "a certificate in other base64": (
        sets("verificationMaterial.certificate.rawBytes", "??"),
        "not in base64",
    ),
}


@pytest.mark.parametrize("how", TAMPERED)
@pytest.mark.usefixtures("offline")
def test_tampering_is_named_and_trust_never_rises(shell: Shell, world: World, how: str) -> None:
    attested(shell, world)
    change, named = TAMPERED[how]
    path = Path("b/attestations/gate.sigstore.json")
    put(change(world, json.loads(path.read_text()), said(shell, "gate")))
    for options in (BELIEVE, (*BELIEVE, *EVERY)):
        found = checked(shell, "b", *options, code=1)
        assert found["trust"] == "none"
        assert named in messages(found)
        assert not any(each["holds"] for each in found["requirements"])
    out = shell("bundle", "verify", "b", "-o", "json", code=(0, 1))
    assert json.loads(out)["trust"] in {"none", "whole"}


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("", "it is no Sigstore bundle"),
        ("{}", "it is no Sigstore bundle"),
        ("[" * 100_000, "it is no Sigstore bundle"),
        ('{"mediaType": "' + "x" * (16 << 20), "more than 16777216 bytes"),
    ],
)
def test_what_is_none_is_named(shell: Shell, world: World, content: str, named: str) -> None:
    attested(shell, world)
    Path("b/attestations/gate.sigstore.json").write_text(content)
    for options in ((), BELIEVE):
        found = checked(shell, "b", *options, code=1)
        assert found["trust"] == "none"
        assert named in messages(found)


def test_names_and_numbers_of_files_have_bounds(shell: Shell, world: World) -> None:
    attested(shell, world)
    document = json.loads(Path("b/attestations/gate.sigstore.json").read_text())
    for name in ("Gate", ".gate", "x" * 65, "a b"):
        path = put(document, name)
        assert "is not part of the bundle" in messages(checked(shell, "b", *BELIEVE, code=1))
        path.unlink()
    for number in range(254):
        put({}, f"n{number}")
    found = checked(shell, "b", *BELIEVE, code=1)
    assert "more than 256 attestations" in messages(found)


OTHERWISE = ('"integratedTime": "', '"integrated_time": "+')
"""As sigstore reads the time of the log as well, and no other reader does."""


@pytest.mark.parametrize("part", ["tlogs", "certificateAuthorities"])
def test_keys_that_were_given_up_vouch_for_nothing_newer(
    shell: Shell, world: World, part: str
) -> None:
    """A root keeps old keys for old signatures; who has found one must not sign anew."""
    attested(shell, world)
    root = world.trusted_root()
    [holder] = root[part]
    span = holder.get("publicKey", holder)["validFor"]
    span["end"] = (SIGNED - timedelta(seconds=1)).isoformat()
    Path("root.json").write_text(json.dumps(root))
    found = checked(shell, "b", *BELIEVE, code=1)
    assert "no authority or no log of the root was in use at that time" in messages(found)
    put(json.loads(json.dumps(world.attest(said(shell, "gate"))).replace(*OTHERWISE)))
    assert "was in use at that time" in messages(checked(shell, "b", *BELIEVE, code=1))
    span["end"] = SIGNED.isoformat()
    Path("root.json").write_text(json.dumps(root))
    assert checked(shell, "b", *BELIEVE)["trust"] == "gated"


def test_no_byte_that_counts_can_change(shell: Shell, world: World) -> None:
    """Flip bits throughout: it still holds only where no reader sees a difference."""
    attested(shell, world)
    path = Path("b/attestations/gate.sigstore.json")
    content = path.read_bytes()
    before = checked(shell, "b", *BELIEVE, "--require", "gate")
    for at in range(0, len(content), max(1, len(content) // 40)):
        flipped = bytearray(content)
        flipped[at] ^= 4
        path.write_bytes(flipped)
        found = json.loads(
            shell("bundle", "verify", "b", *BELIEVE, "--require", "gate", "-o", "json", code=(0, 1))
        )
        assert found["exitCode"] == 1 or found["signers"] == before["signers"], at


def test_who_takes_signatures_away_gains_nothing(shell: Shell, world: World) -> None:
    attested(shell, world)
    assert checked(shell, "b", *BELIEVE)["trust"] == "gated"
    Path("b/attestations/gate.sigstore.json").unlink()
    assert checked(shell, "b", *BELIEVE)["trust"] == "attested"
    checked(shell, "b", *BELIEVE, "--require", "gate", code=1)
    shutil.rmtree("b/attestations")
    found = checked(shell, "b", *BELIEVE, code=1)
    assert found["trust"] == "whole"
    assert found["requirements"][0]["because"] == "nobody who is believed signed anything"


# Beside, and on its way -------------------------------------------------------------------------


def test_what_does_not_lie_in_the_bundle_is_given_by_itself(shell: Shell, world: World) -> None:
    Path("gate.bundle").write_text(json.dumps(world.attest(said(shell, "gate"))))
    found = checked(shell, "b", *BELIEVE, "--sigstore", "gate.bundle", "--require", "gate")
    assert found["attestations"][0]["path"] == "gate.bundle"
    Path("gate.bundle").write_text(json.dumps(world.sign(b"something else")))
    found = checked(shell, "b", *BELIEVE, "--sigstore", "gate.bundle", code=1)
    assert "it is about sha256:" in messages(found)
    assert found["problems"][0]["location"] == "gate.bundle"


def test_sigstore_bundles_travel_with_the_bundle(shell: Shell, world: World, hub: Hub) -> None:
    place = hub.name("team/demo")
    bare = shell("bundle", "push", "b", f"{place}:v1")
    attested(shell, world)
    assert shell("bundle", "push", "b", f"{place}:v1") == bare  # the same artifact, more said of it
    shell("bundle", "pull", f"{place}:v1", "--to", "pulled")
    lists = [sorted(each[0] for each in tree(Path(name)).values()) for name in ("pulled", "b")]
    assert lists[0] == lists[1]
    for name in ("pulled", f"{place}:v1"):
        assert checked(shell, name, *BELIEVE, *EVERY)["trust"] == "gated"
    shell("bundle", "copy", f"{place}:v1", "oci-layout:carried.tar:v1")
    checked(shell, "oci-layout:carried.tar:v1", *BELIEVE, *EVERY)
    shell("bundle", "copy", f"{place}:v1", "oci-layout:alone:v1", "--no-referrers")
    assert checked(shell, "oci-layout:alone:v1", *BELIEVE, code=1)["trust"] == "whole"


def test_what_is_attached_is_found(shell: Shell, world: World, hub: Hub) -> None:
    """As others attach it, and whatever else somebody attaches."""
    write_gated(Path("other"), "a: 2\n")
    Path("gate.json").write_text(json.dumps(world.attest(said(shell, "gate"))))
    Path("other.json").write_text(json.dumps(world.attest(said(shell, "gate", "other"))))
    Path("none.json").write_text('{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json"}')
    attached = [each for name in ("gate", "other", "none") for each in ("--attach", f"{name}.json")]
    place = hub.name("team/demo") + ":v1"
    shell("bundle", "push", "b", place, *attached)
    listed = json.loads(shell("bundle", "list", place, "--with-referrers", "-o", "json"))
    assert "application/vnd.dev.sigstore.bundle.v0.3+json" in json.dumps(listed)
    found = checked(shell, place, *BELIEVE, "--require", "gate")
    assert len(found["attestations"]) == 1


def test_sigstore_bundles_lie_in_archives_too(shell: Shell, world: World) -> None:
    attested(shell, world)
    shell("bundle", "push", "b", "b.tar.gz")
    checked(shell, "b.tar.gz", *BELIEVE, *EVERY)
    assert json.loads(shell("bundle", "statement", "b.tar.gz", "gate"))
    shell("bundle", "pull", "b.tar.gz", "--to", "out")
    assert tree(Path("out")) == tree(Path("b"))


# cosign -----------------------------------------------------------------------------------------


def _cosign(*words: str) -> int:
    cosign = os.environ.get("EIDOS_TEST_COSIGN") or shutil.which("cosign")
    if cosign is None:
        pytest.skip("there is no cosign on the PATH, nor in EIDOS_TEST_COSIGN")
    done = subprocess.run(
        [cosign, *words, "--new-bundle-format", "--trusted-root", "root.json"],
        check=False,
        capture_output=True,
        text=True,
    )
    return done.returncode


def _cosign_holds(verb: str, path: Path, *words: str) -> bool:
    who = ("--certificate-identity", WORKFLOW, "--certificate-oidc-issuer", GITHUB)
    return _cosign(verb, "b/manifest.json", "--bundle", str(path), *who, *words) == 0


def _attestation_holds(shell: Shell, document: Document) -> bool:
    kind = json.loads(said(shell, "gate"))["predicateType"]
    return _cosign_holds("verify-blob-attestation", put(document), "--type", kind)


@pytest.mark.real
def test_cosign_believes_the_same(shell: Shell, world: World) -> None:
    """So what we take for a world of Sigstore is one to others as well."""
    assert _attestation_holds(shell, world.attest(said(shell, "gate")))
    assert _cosign_holds("verify-blob", put(world.sign(Path("b/manifest.json").read_bytes())))


OURS_ALONE = frozenset({"another statement, signed", "an entry of another kind"})
"""What only who knows bundles can refuse, and a kind that cosign reads in the entry alone."""


@pytest.mark.real
@pytest.mark.parametrize("how", [each for each in TAMPERED if each not in OURS_ALONE])
def test_cosign_refuses_the_same(shell: Shell, world: World, how: str) -> None:
    statement = said(shell, "gate")
    document = TAMPERED[how][0](world, world.attest(statement), statement)
    assert not _attestation_holds(shell, document)


@pytest.mark.real
def test_what_cosign_signs_without_a_key_is_believed(shell: Shell, world: World) -> None:
    Path("b/attestations").mkdir()
    with services(world) as url:
        ours = ("--fulcio-url", url, "--rekor-url", url, "--identity-token", token(), "--yes")
        for claim in CLAIMS:
            Path(f"{claim}.json").write_bytes(said(shell, claim))
            place = f"b/attestations/{claim}.sigstore.json"
            statement = ("--statement", f"{claim}.json", "--bundle", place)
            assert _cosign("attest-blob", *statement, *ours) == 0
        place = "b/attestations/plain.sigstore.json"
        assert _cosign("sign-blob", "b/manifest.json", "--bundle", place, *ours) == 0
    found = checked(shell, "b", *BELIEVE, *EVERY)
    assert (found["trust"], len(found["signers"]["manifest"])) == ("gated", 1)
