"""Which place is meant, and which artifact of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eidos.engine.distributing.references import read_reference
from eidos.engine.errors import UsageError
from eidos.engine.model.artifact import Reference

DIGEST = "sha256:" + "a" * 64


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("oci://h.io/a/b:v1", Reference("oci", "h.io/a/b", "v1")),
        ("oci://localhost:5000/a", Reference("oci", "localhost:5000/a")),
        ("oci://[::1]:5000/a:1", Reference("oci", "[::1]:5000/a", "1")),
        (f"oci://h.io/a@{DIGEST}", Reference("oci", "h.io/a", None, DIGEST)),
        (f"oci://h.io/a:v1@{DIGEST}", Reference("oci", "h.io/a", "v1", DIGEST)),
        ("oci-layout:a/b.tar:v1", Reference("oci-layout", "a/b.tar", "v1")),
        ("oci-layout:/a/b", Reference("oci-layout", "/a/b")),
        ("s3://bucket/a/b:v1", Reference("s3", "bucket/a/b", "v1")),
        ("gs://bucket/a/", Reference("gs", "bucket/a")),
        ("az://container", Reference("az", "container")),
        ("a/b", Reference("path", "a/b")),
        ("./h.io/a:v1", Reference("path", "./h.io/a:v1")),
        ("/abs.d/a:v1", Reference("path", "/abs.d/a:v1")),
        ("out.d/a.tar.gz", Reference("path", "out.d/a.tar.gz")),
    ],
)
def test_what_is_meant(text: str, wanted: Reference) -> None:
    assert read_reference(text) == wanted
    assert read_reference(str(wanted)) == wanted


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("oci://ada:s3cr3t@h.io/a", "no user name and no password"),
        ("s3://key:s3cr3t@bucket/a", "no"),
        ("oci://h.io/A", "no name of a repository"),
        ("oci://h.io/a/../b", "no name of a repository"),
        ("oci://h.io/", "no place is named"),
        ("oci://h.io", "no place is named"),
        ("oci:///a", "no host"),
        ("oci://h io/a", "no host"),
        ("oci://h.io/a:", "no tag"),
        ("oci://h.io/a:-v", "no tag"),
        ("oci://h.io/a:" + "v" * 129, "no tag"),
        ("oci://h.io/" + "a" * 300, "no name of a repository"),
        ("oci://h.io/a@sha256:abc", "no digest"),
        ("oci://h.io/a@sha512:" + "a" * 128, "no digest"),
        ("https://h.io/a", "no places of the kind https://"),
        ("file:///etc/passwd", "no places of the kind file://"),
        ("h.io/a:v1", "is no place"),
        ("localhost:5000/a", "is no place"),
        ("", "no place is named"),
    ],
)
def test_what_is_none(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said) as refused:
        read_reference(text)
    assert "s3cr3t" not in f"{refused.value} {refused.value.hint}"


@given(st.text(max_size=80), st.sampled_from(["", "oci://", "s3://", "oci-layout:"]))
def test_any_text_is_read_or_refused(text: str, scheme: str) -> None:
    try:
        found = read_reference(scheme + text)
    except UsageError:
        return
    assert "\n" not in found.place or found.scheme != "oci"
