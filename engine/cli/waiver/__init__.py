"""``eidos waiver``."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

from eidos.engine.app.waiver_report import WaiverRequest
from eidos.engine.cli import LazyGroup
from eidos.engine.cli.options import EngineOptions, Option, configured_settings
from eidos.engine.errors import UsageError
from eidos.engine.records import dataclass

FOLDER = "waivers"
"""Where waivers are looked for, and written, where nobody says where they are."""

command = LazyGroup(
    "waiver",
    package="eidos.engine.cli.waiver",
    verbs={
        "add": "Write a waiver to a file, after checking that it is allowed.",
        "list": "Show every waiver and its state.",
        "report": "What waivers waive, and what will fail when they end.",
        "revoke": "End a waiver before its day; it stays in its file.",
    },
    help="Violations that someone accepts, for a time and for a reason.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class WaiverOptions(EngineOptions):
    """Where waivers are, and which rules there are beside the shipped ones."""

    waivers: Annotated[tuple[str, ...], Option(setting="waivers")]
    packs: Annotated[tuple[str, ...], Option(setting="packs")]

    @property
    def rules(self) -> WaiverRequest:
        """Which rules there are, and how long they may be waived."""
        return WaiverRequest(packs=self.packs, terms=configured_settings().waiver_terms)

    @property
    def request(self) -> WaiverRequest:
        """What is asked for, at whatever time."""
        return replace(self.rules, files=self.files)

    @property
    def files(self) -> tuple[str, ...]:
        """The files and folders; `FOLDER` where none is named.

        Raises:
            UsageError: none is named, and there is no such folder.
        """
        if self.waivers or Path(FOLDER).is_dir():
            return self.waivers or (FOLDER,)
        raise UsageError(
            f"no waivers are named, and there is no folder {FOLDER} here",
            hint="Name a file or folder with --waivers; 'eidos waiver add' makes one.",
        )

    @property
    def place(self) -> Path:
        """The one place where a waiver is written.

        Raises:
            UsageError: several are named, or what is no place to write to.
        """
        if len(self.waivers) > 1:
            raise UsageError(
                f"a waiver is written to one place, not to {', '.join(self.waivers)}",
                hint="Name one file or folder with --waivers.",
            )
        place = self.waivers[0] if self.waivers else FOLDER
        if place == "-" or ("*" in place and not Path(place).exists()):
            hint = "Name a file, or a folder such as waivers/."
            raise UsageError(f"a waiver cannot be written to {place}", hint=hint)
        return Path(place)
