"""Who signed a pack, and whether it is as it was signed."""

from eidos.engine.errors import ExitCode, Problem
from eidos.engine.model.attestation import Signatory
from eidos.engine.model.gate import Gate
from eidos.engine.records import dataclass


@dataclass(frozen=True, slots=True)
class SignOptions:
    """What a signature says beside the files."""

    scope: str = ""
    """What it is for; verifiers ask for the same."""
    algorithm: str | None = None
    """The key's own when None."""
    key: str | None = None
    """How the signature names the key; the id of the key when None."""
    prefix: str = ""
    """Comes before each name: OPA names files of a folder by the path that it is given."""


@dataclass(frozen=True, slots=True)
class Signature:
    """What was signed."""

    place: str
    signer: str
    """The id of the key: SHA-256 of its public half in DER."""
    scope: str
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SignatureCheck:
    """What became of holding a pack against its signature."""

    place: str
    signer: Signatory | None
    """Who signed; None where none of those who are believed did."""
    files: int
    """How many the signature has; an archive that is signed as it is counts as one."""
    problems: tuple[Problem, ...] = ()
    """Why it does not hold."""

    @property
    def exit_code(self) -> ExitCode:
        """0 it is what was signed, 1 it is not."""
        return Gate().outcome(failed=bool(self.problems)).exit_code
