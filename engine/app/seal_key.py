"""The key that seals remembered verdicts: given by the environment, or made once and kept.

It lies in the user's configuration folder, away from any database: who can write into a database
must not be able to make up what it remembers.
"""

import os
import secrets
import stat
import tempfile
from collections.abc import Mapping
from pathlib import Path

from eidos.engine.errors import ConfigError
from eidos.engine.folders import open_to_others, user_folder

VARIABLE = "EIDOS_SEAL_KEY"
_BYTES = 32
"""Of a key that we make, written as hexadecimal digits."""
_SHORTEST = 32
"""Characters; as hexadecimal digits they still are 128 bits."""
_LONGEST = 4096
"""Characters; a file that holds more is something else."""
_NEW = f"Make one with: export {VARIABLE}=$(openssl rand -hex {_BYTES})"


def key_file(environ: Mapping[str, str]) -> Path:
    """Give where the key is kept that no environment gives."""
    return user_folder("config", environ) / "seal.key"


def find_key(environ: Mapping[str, str]) -> bytes | None:
    """Give the key; None where there is none.

    Raises:
        ConfigError: it is too short to be one, or others may have read or put it there.
    """
    given = environ.get(VARIABLE, "").strip()
    if given:
        return _checked(given, VARIABLE, _NEW)
    return _read(key_file(environ))


def make_key(environ: Mapping[str, str]) -> bytes:
    """Give the key of the file, made if it is not there; of many who make it at once, one does.

    Raises:
        ConfigError: it cannot be trusted; see `find_key`.
        OSError: no file can be made there.
    """
    path = key_file(environ)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=".seal.", dir=path.parent)  # mode 0600
    made = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(f"{secrets.token_hex(_BYTES)}\n")
            file.flush()
            os.fsync(file.fileno())
        _publish(made, path)
    finally:
        made.unlink()
    key = _read(path)
    if key is None:
        raise FileNotFoundError(2, "it was deleted at once", str(path))
    return key


def _publish(made: Path, path: Path) -> None:
    """Give a whole file its name, unless another process was first."""
    try:
        path.hardlink_to(made)
    except FileExistsError:
        return


def _read(path: Path) -> bytes | None:
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        descriptor = os.open(path, flags)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        if not os.path.lexists(path):  # a home that is another's
            return None
        raise _distrusted(path, f"cannot be read as a file of yours ({error.strerror})") from error
    try:
        _refuse_others(path, os.fstat(descriptor))
        text = os.read(descriptor, _LONGEST + 1).decode(errors="replace").strip()
    finally:
        os.close(descriptor)
    return _checked(
        text, str(path), f"Remove it, and a new one is made, or name one in {VARIABLE}."
    )


def _refuse_others(path: Path, state: os.stat_result) -> None:
    """See that nobody else can have read the key, or put it there."""
    if not stat.S_ISREG(state.st_mode):
        raise _distrusted(path, "is not a file")
    if state.st_uid != os.geteuid():
        raise _distrusted(path, "belongs to another user")
    if state.st_mode & 0o077:
        raise _distrusted(path, f"is open to others (mode {stat.S_IMODE(state.st_mode):04o})")
    door = open_to_others(path.parent.resolve() / path.name)
    if door is not None:
        raise _distrusted(path, f"can be replaced by others, who may write to {door}")


def _distrusted(path: Path, why: str) -> ConfigError:
    return ConfigError(
        f"the key of the seals, {path}, {why}: what is sealed with it cannot be believed",
        hint="Remove it and see to its folder: a new key (mode 0600) is made, and verdicts are "
        f"evaluated once more. Or name a key in {VARIABLE}.",
    )


def _checked(text: str, where: str, hint: str) -> bytes:
    if not _SHORTEST <= len(text) <= _LONGEST:
        raise ConfigError(
            f"{where} holds no key: it has {len(text)} characters, not {_SHORTEST} to {_LONGEST}",
            hint=hint,
        )
    return text.encode()
