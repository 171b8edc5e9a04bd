"""The shared library's bundle owns only the tables it ships; packs may bring their own."""

import json

from fakes.packs import FOLDER

LIBRARY = FOLDER / "lib"


def test_the_library_owns_its_packages_and_each_of_its_tables() -> None:
    tables = [path for path in (LIBRARY / "tables").iterdir() if path.is_dir()]
    roots = json.loads((LIBRARY / ".manifest").read_text())["roots"]
    assert tables
    assert sorted(roots) == ["eidos/lib", *sorted(f"tables/{path.name}" for path in tables)]
