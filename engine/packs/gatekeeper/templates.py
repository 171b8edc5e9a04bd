"""ConstraintTemplates, v1 and v1beta1, as what a constraint needs of them."""

import json
import re
from collections.abc import Mapping
from functools import cached_property
from typing import Final

from eidos.engine.digest import digest
from eidos.engine.documents.walking import Step
from eidos.engine.errors import Location, PolicyError
from eidos.engine.model.nearest import nearest
from eidos.engine.model.rule import Module, SyncedKind
from eidos.engine.packs.gatekeeper.parameters import ParameterSchema
from eidos.engine.packs.gatekeeper.rewriting import entry_module, library_module, package_of

GROUP: Final = "templates.gatekeeper.sh"
KIND: Final = "ConstraintTemplate"
_LEGACY: Final[Mapping[str, bool]] = {"v1": False, "v1beta1": True, "v1alpha1": True}
"""Versions of the template, and what legacySchema is where it is not said."""
_TARGET: Final = "admission.k8s.gatekeeper.sh"
_REGO: Final = "Rego"
_SYNC: Final = "metadata.gatekeeper.sh/requires-sync-data"
_TITLE: Final = "metadata.gatekeeper.sh/title"
_LABEL: Final = re.compile(r"[A-Za-z](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")


class Template:
    """A template, read and checked but for its Rego.

    Args:
        step: the document, or the entry of a list.
        text: the file, in which the Rego stands.

    Raises:
        PolicyError: it is not as it must be, or its Rego is in another language.
        DocumentError: a part of it has another shape.
    """

    def __init__(self, step: Step, text: str) -> None:
        self.step = step
        self._lines = text.split("\n")
        self.kind = self._kind()
        self.package = package_of(self.kind)
        source = self._source()
        self.v0 = source.get("version").optional() != "v1"
        self.entry = self._module(source.get("rego"))
        self.libraries = tuple(self._module(each) for each in source.get("libs").items())
        self.parameters = self._parameters()

    @property
    def location(self) -> Location:
        """Where it stands."""
        return self.step.document.location(self.step.path)

    @property
    def modules(self) -> tuple[Module, ...]:
        """Its Rego: the entry point first."""
        return (self.entry, *self.libraries)

    @cached_property
    def digest(self) -> str:
        """Content address of its Rego, whatever the line that it stands on."""
        return digest([self.kind, self.v0, [each.source.lstrip("\n") for each in self.modules]])

    @property
    def title(self) -> str:
        """What it asks, in few words."""
        return self._annotation(_TITLE) or self.kind

    @property
    def description(self) -> str:
        """What it asks, at length."""
        return self._annotation("description")

    @cached_property
    def synced(self) -> tuple[tuple[SyncedKind, ...], ...]:
        """What it needs in ``data.inventory``, by its annotation.

        Raises:
            PolicyError: the annotation cannot be read.
        """
        written = self._annotation(_SYNC)
        if not written:
            return ()
        try:
            wanted = json.loads(written.strip('"'))  # a list between quotes that are not escaped
            return tuple(tuple(_synced(kind) for kind in either) for either in wanted)
        except (KeyError, RecursionError, TypeError, ValueError) as error:
            raise PolicyError(
                f"the annotation {_SYNC} cannot be read",
                location=self.location,
                hint='It is a list of lists of {"groups": [], "versions": [], "kinds": []}.',
            ) from error

    def _kind(self) -> str:
        step = self.step
        version = step.get("apiVersion").text().rpartition("/")[2]
        if version not in _LEGACY:
            hint = nearest(version, _LEGACY)
            raise self._wrong(f"there is no version {version!r} of {KIND}", "apiVersion", hint=hint)
        kind = self._at("spec", "crd", "spec", "names", "kind").text()
        if not _LABEL.fullmatch(kind):
            raise self._wrong(
                f"{kind[:80]!r} cannot be a kind", *("spec", "crd", "spec", "names", "kind")
            )
        name = step.get("metadata").get("name").text()
        if name.lower() != kind.lower():
            raise self._wrong(
                f"the template is called {name}, and must be called as its kind, {kind.lower()}",
                *("metadata", "name"),
            )
        return kind

    def _source(self) -> Step:
        """Give what says the Rego: ``code`` goes before ``rego``, which means the same."""
        targets = list(self._at("spec", "targets").items())
        if len(targets) != 1:
            raise self._wrong(f"there are {len(targets)} targets, and one is wanted", "spec")
        (target,) = targets
        named = target.get("target").text()
        if named != _TARGET:
            raise self._wrong(
                f"there is no target {named[:80]!r}", "spec", hint=f"It is {_TARGET}."
            )
        engines = {each.get("engine").text(): each for each in target.get("code").items()}
        if target.value and target.map().get("rego"):
            return target
        if _REGO in engines:
            return engines[_REGO].get("source")
        found = ", ".join(engines) or "no Rego"
        raise self._wrong(
            f"the template {self.kind} is written in {found}, and eidos evaluates Rego only",
            "spec",
            hint="Give a template with 'engine: Rego', or leave this one out.",
        )

    def _parameters(self) -> ParameterSchema:
        validation = self._at("spec", "crd", "spec", "validation")
        version = str(self.step.map()["apiVersion"]).rpartition("/")[2]
        written = validation.map() if validation.value is not None else {}
        legacy = written.get("legacySchema")
        legacy = _LEGACY[version] if legacy is None else legacy is True
        schema = validation.get("openAPIV3Schema") if written else Step(validation.document, None)
        return ParameterSchema(schema, legacy=legacy)

    def _module(self, step: Step) -> Module:
        source = step.text()
        place = step.document.location(step.path)
        if step.path[-1] == "rego":
            return entry_module(step.document.title, self._placed(source, place), self.kind)
        file = f"{step.document.title}#libs[{step.path[-1]}]"
        return library_module(file, self._placed(source, place), self.kind)

    def _placed(self, source: str, place: Location) -> str:
        """Put empty lines before Rego so that its lines are those of the file."""
        at = place.line or 0
        stands = self._lines[at : at + source.rstrip("\n").count("\n") + 1]
        written = [line.strip() for line in source.rstrip("\n").split("\n")]
        return "\n" * at + source if [line.strip() for line in stands] == written else source

    def _at(self, *path: str) -> Step:
        step = self.step
        for key in path:
            found = step.get(key) if step.value is not None else None
            step = found or Step(step.document, None, (*step.path, key))
        return step

    def _annotation(self, name: str) -> str:
        found = self._at("metadata", "annotations").value
        value = found.get(name) if isinstance(found, dict) else None
        return value.strip() if isinstance(value, str) else ""

    def _wrong(self, message: str, *path: str, hint: str | None = None) -> PolicyError:
        place = self.step.document.location((*self.step.path, *path))
        return PolicyError(message, location=place, hint=hint)


def _synced(kind: Mapping[str, list[str]]) -> SyncedKind:
    return SyncedKind(*(tuple(map(str, kind[name])) for name in ("groups", "versions", "kinds")))
