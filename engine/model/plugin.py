"""A plug-in, as it is listed."""

from eidos.engine.records import dataclass


@dataclass(frozen=True, slots=True)
class PluggedIn:
    """One collector."""

    name: str
    """Measurement type in lower case, or the plug-in's name when it is broken."""
    reads: str | None = None
    """``local`` or ``cluster``; None when it is broken."""
    subtypes: tuple[str, ...] = ()
    error: str | None = None
    """Why it could not be loaded."""
    origin: str = ""
    """The package that brings it, with its version."""


@dataclass(frozen=True, slots=True)
class PluggedPart:
    """A bundler, a deployer, a place or a format."""

    name: str
    """Of its entry point: a scheme of places, kind and format of a reporter (``Report.acme``)."""
    origin: str
    """The package that brings it, with its version."""
    offers: tuple[str, ...] = ()
    """What it does beyond its name: the components that a bundler renders."""
    error: str | None = None
    """Why it cannot be used."""


@dataclass(frozen=True, slots=True)
class PluggedPack:
    """A policy pack of a Python package."""

    name: str
    origin: str
    """The package that brings it, with its version."""
    folder: str | None = None
    """None where it is broken."""
    error: str | None = None
    """Why it cannot be used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plugged:
    """All that is plugged in."""

    collectors: tuple[PluggedIn, ...] = ()
    packs: tuple[PluggedPack, ...] = ()
    bundlers: tuple[PluggedPart, ...] = ()
    deployers: tuple[PluggedPart, ...] = ()
    places: tuple[PluggedPart, ...] = ()
    reporters: tuple[PluggedPart, ...] = ()

    @property
    def parts(self) -> tuple[tuple[str, PluggedIn | PluggedPack | PluggedPart], ...]:
        """Give each with what it is, in the order in which they are listed."""
        groups: dict[str, tuple[PluggedIn | PluggedPack | PluggedPart, ...]] = {
            "collector": self.collectors,
            "pack": self.packs,
            "bundler": self.bundlers,
            "deployer": self.deployers,
            "place": self.places,
            "reporter": self.reporters,
        }
        return tuple((kind, each) for kind, group in groups.items() for each in group)

    @property
    def is_whole(self) -> bool:
        """Whether nothing of it is broken."""
        return not any(each.error for _, each in self.parts)
