"""What the commands share that sign with a key of the user's, or believe keys."""

from pathlib import Path
from typing import Annotated, TypeAlias

from eidos.engine.cli.options import Option
from eidos.engine.model.identity import ExpectedIdentity, paired
from eidos.engine.records import dataclass
from eidos.engine.signing.keys import SigningKey

Passphrase: TypeAlias = Annotated[
    Path | None,
    Option(
        "--passphrase-file",
        "What opens the key; default: EIDOS_SIGNING_PASSPHRASE.",
        metavar="FILE",
    ),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyOptions:
    """Which key signs."""

    key: Annotated[
        Path | None,
        Option("--key", "Private key, PEM; default: in EIDOS_SIGNING_KEY.", metavar="FILE"),
    ] = None
    passphrase_file: Passphrase = None

    @property
    def signing_key(self) -> SigningKey:
        """Where the key is, and what opens it."""
        return SigningKey(self.key, self.passphrase_file)


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityOptions:
    """Who is believed without a key, under which root."""

    identities: Annotated[
        tuple[str, ...],
        Option(
            "--identity",
            "Whom a certificate must name (* and ** stand for anything); repeatable.",
            metavar="WHO",
        ),
    ] = ()
    issuers: Annotated[
        tuple[str, ...],
        Option("--issuer", "Who must vouch for that name; once, or for each.", metavar="URL"),
    ] = ()
    trusted_root: Annotated[
        Path | None,
        Option(
            "--trusted-root",
            "Sigstore's trusted_root.json, which certificates are held against.",
            metavar="FILE",
        ),
    ] = None

    @property
    def expected(self) -> tuple[ExpectedIdentity, ...]:
        """Who that is; see `paired`."""
        return paired(self.identities, self.issuers)
