"""What relaxes the gate, of options and configuration together."""

from typing import Any

import click
import pytest

from eidos.engine.cli.opening import tell_relaxations
from eidos.engine.cli.options import PolicyOptions, takes
from eidos.engine.config.settings import Settings
from eidos.engine.errors import Location
from eidos.engine.model.policy import Relaxation


def told(*arguments: str, also: tuple[str, ...] = (), without: tuple[str, ...] = ()) -> list[str]:
    """Give what relaxes a command with these options, under a configuration that relaxes."""
    here = Location("eidos.yaml", 3)
    keys = ("packs", "enforcement.A-1", "limits.size", "ignore", "redact", "snapshot.cache-ttl")
    settings = Settings(relaxations=tuple(Relaxation(key, "x", here) for key in keys))

    @click.command()
    @takes("policy", PolicyOptions)
    def command(policy: PolicyOptions) -> Any:
        assert policy is not None
        return [str(each) for each in tell_relaxations(also, without)]

    found = command.main(list(arguments), "test", standalone_mode=False, obj={"settings": settings})
    assert isinstance(found, list)
    return found


def test_what_is_configured_counts_where_the_command_uses_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    every = [
        "packs: x in place of the default ones (eidos.yaml:3)",
        "enforcement.A-1: x (eidos.yaml:3)",
    ]
    every.append("limits.size: x (eidos.yaml:3)")

    assert told() == every
    assert capsys.readouterr().err.splitlines() == [f"relaxed: {each}" for each in every]
    assert told(also=("ignore",)) == [*every, "ignore: x (eidos.yaml:3)"]
    assert told(without=("packs",)) == every[1:]


def test_an_option_takes_the_place_of_what_is_configured() -> None:
    assert told("--pack", "gpu", "-p", "os")[:2] == [
        "packs: gpu in place of the default ones (--pack)",
        "packs: os in place of the default ones (--pack)",
    ]
    assert not [each for each in told("--pack", "gpu") if each.startswith("packs: x")]


@pytest.mark.parametrize(
    ("arguments", "relaxation"),
    [
        (["--rule", "A-1"], "rule: A-1 (--rule)"),
        (["--tag", "cis"], "tag: cis (--tag)"),
        (["--severity", "high"], "severity: high (--severity)"),
        (["--exclude-rule", "A-1"], "exclude-rule: A-1 (--exclude-rule)"),
        (["--params", "p.yaml"], "params: p.yaml (--params)"),
        (["--waivers", "w.yaml"], "waivers: w.yaml (--waivers)"),
        (["--fail-on", "low"], "fail-on: low (--fail-on)"),
        (["--allow-incomplete"], "allow-incomplete: true (--allow-incomplete)"),
        (
            ["--effective-time", "2026-11-01"],
            "effective-time: 2026-11-01T00:00:00Z (--effective-time)",
        ),
    ],
)
def test_an_option_that_relaxes_is_told_by_its_name(arguments: list[str], relaxation: str) -> None:
    assert relaxation in told(*arguments)


@pytest.mark.parametrize(
    "arguments", [["--fail-on", "info"], ["--severity", "info"], ["--engine", "light"]]
)
def test_an_option_that_relaxes_nothing_is_not_told(arguments: list[str]) -> None:
    assert told(*arguments) == told()
