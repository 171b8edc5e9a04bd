"""Data for plain rules: ``data.yaml`` beside them, and what ``--data`` names."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path, PurePosixPath

from eidos.engine.documents.finding import STDIN, find_sources
from eidos.engine.documents.limits import Limits
from eidos.engine.documents.reading import decode as decode_document
from eidos.engine.documents.reading import read_bytes, read_json, read_yaml
from eidos.engine.documents.scalars import YamlRules
from eidos.engine.errors import Location, PolicyError, UsageError
from eidos.engine.model.jsonvalue import Json
from eidos.engine.packs.files import PolicyFiles, decode

_BESIDE = frozenset({"data.yaml", "data.yml", "data.json"})
"""What OPA takes for data in a bundle; every other file beside a policy is something else."""


def data_beside(files: PolicyFiles) -> dict[str, Json]:
    """Give the data that lies beside modules, below the names of the folders it is in.

    Raises:
        PolicyError: two files say the same, or one holds no single map.
        DocumentError: one is no YAML or JSON.
    """
    return _joined_data(files, lambda name: PurePosixPath(name).name in _BESIDE)


def data_in(files: PolicyFiles) -> dict[str, Json]:
    """Give all data in a folder, as ``opa eval -d`` does; see `data_beside`."""
    return _joined_data(files, lambda _: True)


def _joined_data(files: PolicyFiles, is_data: Callable[[str], bool]) -> dict[str, Json]:
    return joined(
        _below(PurePosixPath(name).parts[:-1], _map(decode(content, name), name))
        for name, content in sorted(files.data.items())
        if is_data(name)
    )


def read_data(paths: Iterable[str], limits: Limits) -> dict[str, Json]:
    """Read what ``--data`` names, as conftest does: files, and folders searched for YAML and JSON.

    What is in a folder is found below the names of the folders in it: ``-d policy`` makes
    ``policy/exceptions/my.yaml`` ``data.exceptions``.

    Raises:
        EidosError: a path names nothing or cannot be read, two files say the same, or one holds no
            single map.
    """
    return joined(each for path in paths for each in _read(path, limits))


def _read(path: str, limits: Limits) -> Iterable[dict[str, Json]]:
    if path == STDIN:
        raise UsageError("data cannot come from standard input", hint="Name a file or a folder.")
    for source in find_sources([path]):
        text = decode_document(read_bytes(source, limits), source.name)
        assert source.path is not None  # noqa: S101 -- it is not standard input
        inner = source.path.relative_to(path).parts[:-1] if Path(path).is_dir() else ()
        yield _below(inner, _map(text, source.name, limits))


def _map(text: str, name: str, limits: Limits = Limits()) -> dict[str, Json]:  # noqa: B008 - frozen
    """Read data as OPA's loader does."""
    documents = read_json(text, name, limits, YamlRules.OPA) or read_yaml(
        text, name, limits, YamlRules.OPA
    )
    value = documents[0].value
    if len(documents) == 1 and isinstance(value, dict):
        return value
    raise PolicyError(
        "data for policies must be one document that is a map",
        location=Location(name),
        hint="Put a key in front of it, by which policies name it.",
    )


def _below(folders: Iterable[str], value: dict[str, Json]) -> dict[str, Json]:
    for folder in reversed([*folders]):
        value = {folder: value}
    return value


def joined(layers: Iterable[Mapping[str, Json]]) -> dict[str, Json]:
    """Join maps, and the maps in them.

    Raises:
        PolicyError: two of them say different things under one key.
    """
    whole: dict[str, Json] = {}
    for layer in layers:
        _join(whole, layer, ())
    return whole


def _join(whole: dict[str, Json], layer: Mapping[str, Json], path: tuple[str, ...]) -> None:
    for key, value in layer.items():
        known = whole.get(key)
        if isinstance(value, dict) and isinstance(known, dict | None):
            inner = whole[key] = dict(known or {})
            _join(inner, value, (*path, key))
        elif key in whole and known != value:
            name = ".".join((*path, key))
            raise PolicyError(
                f"two files of data say different things of data.{name}",
                hint="Keep one of them.",
            )
        else:
            whole[key] = value


def has_path(data: object, path: str) -> bool:
    """Say whether data has a dotted path; keys may have dots in them.

    What a path says of a list (``data.list.name``, whatever stands between) is taken for there.
    """
    if not path or isinstance(data, list):
        return True
    if not isinstance(data, Mapping):
        return False
    return any(
        path == key or (path.startswith(f"{key}.") and has_path(value, path[len(key) + 1 :]))
        for key, value in data.items()
    )
