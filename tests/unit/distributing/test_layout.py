"""Image layouts: alike in a folder and in a tar, shared by many, and no entry of others lost."""

import json
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

import pytest

from eidos.engine.distributing.artifacts import (
    attached_artifact,
    bundle_artifact,
    pack_artifact,
    put_artifact,
)
from eidos.engine.distributing.checking import take_manifest, taken_blob
from eidos.engine.distributing.copying import copy_artifact
from eidos.engine.distributing.layout import Layout, TarLayout, open_layout
from eidos.engine.distributing.manifests import describe
from eidos.engine.errors import DistributionError, UsageError
from fakes.attested import write_gated
from fakes.shipped import ENVELOPE

PACK = pack_artifact(b"one", "r1", "p.tar.gz")
OTHER = pack_artifact(b"two", "r2", "p.tar.gz")


def filled(folder: Path) -> Layout:
    layout = open_layout(str(folder))
    put_artifact(layout, PACK, "v1")
    return layout


def test_what_is_put_is_got(tmp_path: Path) -> None:
    layout = filled(tmp_path / "l")
    stored = take_manifest(layout, "v1")
    assert stored.content == PACK.manifest.content
    assert take_manifest(layout, stored.descriptor.digest) == stored
    with taken_blob(layout, PACK.blobs[-1][0]) as content:
        assert content.read() == b"one"
    assert layout.tags() == ["v1"]
    assert layout.manifest("v2") is None


def test_a_tag_moves_only_where_it_may(tmp_path: Path) -> None:
    layout = filled(tmp_path / "l")
    put_artifact(layout, PACK, "v1")
    with pytest.raises(UsageError, match="would become"):
        put_artifact(layout, OTHER, "v1")
    assert take_manifest(layout, "v1").content == PACK.manifest.content
    put_artifact(layout, OTHER, "v1", move=True)
    assert take_manifest(layout, "v1").content == OTHER.manifest.content
    assert layout.manifest(PACK.manifest.descriptor.digest) is not None
    assert layout.tags() == ["v1"]


def test_two_tags_of_one_artifact(tmp_path: Path) -> None:
    layout = filled(tmp_path / "l")
    put_artifact(layout, PACK, "v2")
    put_artifact(layout, PACK)
    assert layout.tags() == ["v1", "v2"]


def test_a_tag_of_two_manifests_names_neither(tmp_path: Path) -> None:
    layout = filled(tmp_path / "l")
    put_artifact(layout, OTHER, "v2")
    file = tmp_path / "l" / "index.json"
    file.write_text(file.read_text().replace('"v2"', '"v1"'))
    with pytest.raises(DistributionError, match="the tag v1 names 2 manifests"):
        layout.manifest("v1")
    assert layout.manifest(OTHER.manifest.descriptor.digest) is not None


def test_many_who_write_at_once_lose_nothing(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        for number in range(16):
            pool.submit(put_artifact, open_layout(str(tmp_path / "l")), PACK, f"v{number}")
    assert len(open_layout(str(tmp_path / "l")).tags()) == 16


def test_what_refers_to_it(tmp_path: Path) -> None:
    layout = filled(tmp_path / "l")
    put_artifact(layout, attached_artifact(ENVELOPE, "e.json", PACK.manifest))
    (found,) = layout.referrers(PACK.manifest.descriptor.digest)
    assert found.artifact_type == "application/vnd.dsse.envelope.v1+json"
    assert layout.referrers(found.digest) == []


def test_entries_of_others_stay_as_they_are(tmp_path: Path) -> None:
    filled(tmp_path / "l")
    file = tmp_path / "l" / "index.json"
    document = json.loads(file.read_text())
    foreign = {
        "mediaType": "application/vnd.example+json",
        "digest": "sha256:" + "9" * 64,
        "size": 3,
        "platform": {"os": "linux", "architecture": "arm64"},
        "annotations": {"x": "y"},
    }
    document["manifests"].insert(0, foreign)
    file.write_text(json.dumps(document))
    layout = open_layout(str(tmp_path / "l"))
    put_artifact(layout, OTHER, "v2")
    assert json.loads(file.read_text())["manifests"][0] == foreign
    assert layout.tags() == ["v1", "v2"]


def test_a_tar_is_written_at_the_end_and_alike(tmp_path: Path) -> None:
    for name in ("a.tar", "b.tar"):
        tar = TarLayout(tmp_path / name)
        put_artifact(tar, PACK, "v1")
        assert not (tmp_path / name).exists()
        tar.keep()
        tar.close()
    assert (tmp_path / "a.tar").read_bytes() == (tmp_path / "b.tar").read_bytes()
    for tag in ("v2", "v3"):
        again = TarLayout(tmp_path / "a.tar")
        assert "v1" in again.tags()
        put_artifact(again, OTHER, tag)
        again.keep()
        assert again.tags()[-1] == tag
        again.close()
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a.tar", "b.tar"]


def test_a_copy_with_what_refers_to_what_refers_to_it(tmp_path: Path) -> None:
    source = filled(tmp_path / "a")
    first = attached_artifact(ENVELOPE, "e.json", PACK.manifest)
    second = attached_artifact(b'{"bomFormat":"CycloneDX"}', "s.json", first.manifest)
    for each in (first, second):
        put_artifact(source, each)
    target = open_layout(str(tmp_path / "b"))
    done = copy_artifact(source, take_manifest(source, "v1"), target, "v1")
    assert done.referrers == 2
    assert target.manifest(second.manifest.descriptor.digest) == source.manifest(
        second.manifest.descriptor.digest
    )
    alone = open_layout(str(tmp_path / "c"))
    copy_artifact(source, take_manifest(source, "v1"), alone, "v1", referrers=False)
    assert alone.referrers(PACK.manifest.descriptor.digest) == []


# Bad input --------------------------------------------------------------------------------------


def test_an_altered_blob(tmp_path: Path) -> None:
    layout = filled(tmp_path / "l")
    blob = PACK.blobs[-1][0]
    place = tmp_path / "l" / "blobs" / "sha256" / blob.digest[7:]
    for content, said in (
        (b"oNe", "its digest differs"),
        (b"on", "2 instead of 3"),
        (b"onee", "more than 3"),
    ):
        place.write_bytes(content)
        with pytest.raises(DistributionError, match=said), taken_blob(layout, blob):
            pytest.fail("it was given")


def test_an_altered_manifest(tmp_path: Path) -> None:
    layout = filled(tmp_path / "l")
    digest = PACK.manifest.descriptor.digest
    (tmp_path / "l" / "blobs" / "sha256" / digest[7:]).write_bytes(OTHER.manifest.content)
    with pytest.raises(DistributionError, match="another content"):
        take_manifest(layout, "v1")


def test_a_blob_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    layout = filled(tmp_path / "l")
    (tmp_path / "mine").write_bytes(b"one")
    blob = PACK.blobs[-1][0]
    place = tmp_path / "l" / "blobs" / "sha256" / blob.digest[7:]
    place.unlink()
    place.symlink_to(tmp_path / "mine")
    with pytest.raises(DistributionError, match="cannot be read"), taken_blob(layout, blob):
        pytest.fail("it was given")


@pytest.mark.parametrize(
    "index",
    [
        *("", "[]", "{}", '{"manifests":[{}]}', '{"manifests":[1]}', '{"manifests":5}'),
        *('{"manifests":[],"Manifests":[]}', '{"manifests":[],"manifests":[]}', "[" * 100_000),
    ],
)
def test_an_index_that_is_none(tmp_path: Path, index: str) -> None:
    (tmp_path / "l").mkdir()
    (tmp_path / "l" / "index.json").write_text(index)
    with pytest.raises(DistributionError, match="is no image layout"):
        open_layout(str(tmp_path / "l")).tags()


def test_a_tar_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "l.tar").write_bytes(b"hello" * 1000)
    with pytest.raises(DistributionError, match="no tar"):
        TarLayout(tmp_path / "l.tar")


def test_a_file_is_no_layout(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("x")
    with pytest.raises(UsageError, match="is no folder"):
        open_layout(str(tmp_path / "f"))


def test_a_blob_that_would_be_too_large(tmp_path: Path) -> None:
    blob = describe(b"one", "application/x")
    huge = type(blob)(blob.media_type, blob.digest, 1 << 39)
    with (
        pytest.raises(DistributionError, match="would have"),
        taken_blob(filled(tmp_path / "l"), huge),
    ):
        pytest.fail("it was given")


def test_a_bundle_has_the_same_bytes_in_any_order() -> None:
    from eidos.engine.bundling.trees import sealed
    from eidos.engine.documents.archives import archive
    from eidos.engine.model.bundle import File

    files = sealed([File("b", b"2"), File("a", b"1", is_executable=True)])
    one = bundle_artifact(files, archive(files))
    other = bundle_artifact(files[::-1], archive(files[::-1]))
    assert one == other
    assert BytesIO(one.manifest.content).read().count(b"T00:") == 0


def test_a_bundle_that_changes_after_it_was_verified(tmp_path: Path) -> None:
    from eidos.engine.distributing.artifacts import read_tree

    folder = write_gated(tmp_path / "b")
    (folder / "gate.json").write_bytes(b"{}")
    with pytest.raises(DistributionError, match="changes while it is read"):
        read_tree(folder)
