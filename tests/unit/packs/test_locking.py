"""Locks: what is written is read as the same, and no place leads elsewhere."""

from pathlib import PurePosixPath

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from eidos.engine.errors import DocumentError
from eidos.engine.packs.locking import Pulled, fault_of_pulled, read_lock, write_lock

_PLACES = st.builds(
    "{}{}".format,
    st.one_of(st.text(max_size=20), st.from_regex(r"[a-z./]{1,12}", fullmatch=True)),
    st.sampled_from([".tar.gz", ".tgz", ""]),
)
_REFERENCES = st.builds(
    "{}{}".format,
    st.sampled_from(["oci://", "s3://", "oci-layout:", "file://", ""]),
    st.one_of(st.text(max_size=20), st.from_regex(r"[a-z.]+/[a-z]+:[a-z0-9.]+", fullmatch=True)),
)
_DIGEST = "sha256:" + "0" * 64


@given(place=_PLACES, reference=_REFERENCES)
@example(place="a/../b.tgz", reference="oci://h/a")
@example(place="yes.tgz", reference="oci://h/a:1.0")
def test_a_lock_is_read_as_it_was_written_or_refused(
    tmp_path_factory: pytest.TempPathFactory, place: str, reference: str
) -> None:
    entry = Pulled(place, reference, _DIGEST)
    file = tmp_path_factory.mktemp("lock") / "eidos.lock"
    try:
        file.write_text(write_lock([], [entry]), encoding="utf-8")
        lock = read_lock(file)
    except (DocumentError, UnicodeEncodeError):
        assert fault_of_pulled(entry) is not None
        return
    assert lock.pulled == (entry,)
    assert fault_of_pulled(entry) is None
    parts = PurePosixPath(place).parts
    assert ".." not in parts
    assert not PurePosixPath(place).is_absolute()
    assert place.isprintable()
    assert reference.isascii()
    assert "@" not in reference
