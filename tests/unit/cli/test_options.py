"""Groups of options as typed dataclasses."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import click
import pytest

from eidos.engine.cli.options import Option, PolicyOptions, takes
from eidos.engine.config.settings import Origin, Settings, SnapshotSettings
from eidos.engine.errors import ConfigError, Location
from eidos.engine.model.rule import Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Other:
    exclude: Annotated[tuple[str, ...], Option("--exclude")] = ()
    labels: Annotated[tuple[str, ...], Option(setting="snapshot.labels")]
    timeout: Annotated[float, Option(setting="snapshot.timeout")]
    count: Annotated[int, Option("--count")] = 3
    quiet: Annotated[bool, Option("-q --quiet")] = False


def taken(*arguments: str, settings: Settings | None = None) -> tuple[PolicyOptions, Other]:
    @click.command()
    @takes("policy", PolicyOptions)
    @takes("other", Other)
    def command(policy: PolicyOptions, other: Other) -> Any:
        return policy, other

    found = command.main(list(arguments), "test", standalone_mode=False, obj={"settings": settings})
    assert isinstance(found, tuple)
    return found


def test_nothing_said_gives_the_defaults_of_fields_and_settings() -> None:
    policy, other = taken()

    assert policy == PolicyOptions(
        packs=(),
        waivers=(),
        fail_on=Severity.INFO,
        allow_incomplete=False,
        require_askable=False,
        effective_time=None,
        engine="auto",
        opa_url=None,
        opa_binary=None,
        locked=False,
        verification_keys=(),
    )
    assert other == Other(labels=(), timeout=300.0)


def test_each_type_is_read_as_what_it_is() -> None:
    policy, other = taken(
        *("-p", "gpu", "--pack", "./mine", "--fail-on", "high", "--allow-incomplete"),
        *("--effective-time", "2026-11-01", "--engine", "light", "--opa-binary", "bin/opa"),
        *("--exclude-rule", "A", "--exclude", "B", "--timeout", "1m30s", "-q", "--count", "4"),
    )

    assert policy.packs == ("gpu", "./mine")
    assert (policy.fail_on, type(policy.fail_on)) == (Severity.HIGH, Severity)
    assert policy.allow_incomplete
    assert policy.effective_time == datetime(2026, 11, 1, tzinfo=UTC)
    assert (policy.engine, policy.opa_binary) == ("light", Path("bin/opa"))
    assert (policy.exclude, other.exclude) == (("A",), ("B",))
    assert (other.timeout, other.quiet, other.count) == (90.0, True, 4)


def test_the_configuration_goes_before_the_default_and_after_the_command_line() -> None:
    settings = Settings(
        packs=("gpu",),
        fail_on=Severity.HIGH,
        allow_incomplete=True,
        snapshot=SnapshotSettings(labels={"env": "prod"}, timeout=5.0),
        origins=dict.fromkeys(
            ("packs", "fail-on", "allow-incomplete", "snapshot.labels.env"),
            Origin("project", Location("eidos.yaml", 1)),
        ),
    )

    policy, other = taken("--fail-on", "low", settings=settings)

    assert (policy.packs, policy.fail_on) == (("gpu",), Severity.LOW)
    assert policy.allow_incomplete
    assert other.labels == ("env=prod",)
    assert other.timeout == 300.0, "nobody said it"


def test_a_setting_that_a_command_refuses_is_told_with_its_place() -> None:
    here = Origin("project", Location("eidos.yaml", 7))
    settings = Settings(packs=("gpu", "no-such"), origins={"packs": here})

    with pytest.raises(ConfigError, match=r"^eidos.yaml:7: 'packs.1': there is no policy pack"):
        taken(settings=settings)
    assert taken("--pack", "gpu", settings=settings)[0].packs == ("gpu",)


def test_a_command_may_name_an_option_otherwise() -> None:
    @click.command()
    @takes("policy", PolicyOptions, {"exclude": "--exclude --exclude-rule"})
    def command(policy: PolicyOptions) -> Any:
        return policy.exclude

    given = ["--exclude", "A", "--exclude-rule", "B"]
    assert command.main(given, "test", standalone_mode=False) == ("A", "B")


@pytest.mark.parametrize("given", [["--fail-on", "bad"], ["--engine", "x"], ["--count", "x"]])
def test_a_value_that_is_none_is_refused(given: list[str]) -> None:
    with pytest.raises(click.BadParameter, match=given[1]):
        taken(*given)
