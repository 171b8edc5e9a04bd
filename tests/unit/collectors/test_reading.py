"""Reading small files: never half of one."""

import os
from pathlib import Path

import pytest

from eidos.collectors._reading import SIZE_LIMIT, read_text


def test_what_is_too_large_is_no_text_and_not_its_beginning(tmp_path: Path) -> None:
    file = tmp_path / "modules"
    file.write_bytes(b"a" * SIZE_LIMIT)
    assert len(read_text(file)) == SIZE_LIMIT
    os.truncate(file, SIZE_LIMIT + 1)
    with pytest.raises(OSError, match="more than 1 MiB"):
        read_text(file)
