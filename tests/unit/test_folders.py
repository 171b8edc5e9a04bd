import os
from pathlib import Path

import pytest

from eidos.engine.folders import user_folder


@pytest.mark.parametrize("chosen", ["", "here", "./here"])
def test_a_relative_folder_is_ignored_as_the_standard_says(chosen: str) -> None:
    environ = {"XDG_STATE_HOME": chosen, "HOME": "/home/me"}
    assert user_folder("state", environ) == Path("/home/me/.local/state/eidos")


def test_the_chosen_folder_counts() -> None:
    assert user_folder("cache", {"XDG_CACHE_HOME": "/var/c"}) == Path("/var/c/eidos")
    home = Path(os.path.expanduser("~"))  # noqa: PTH111 -- as the code does
    assert user_folder("cache", {"XDG_CACHE_HOME": "~/c"}) == home / "c/eidos"
