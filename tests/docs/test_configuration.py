"""The table of docs/configuration.md is what the rows say; EIDOS_UPDATE_GOLDEN=1 writes it anew."""

import os
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import click

from eidos.engine.cli import root
from eidos.engine.cli.options import SettingOption
from eidos.engine.config.rows import SETTINGS, Setting

PAGE = Path(__file__).parents[2] / "docs" / "configuration.md"
START = "<!-- made of engine/config/rows.py -->\n"


def options(command: click.Command, path: str = "") -> Iterator[tuple[str, str, str]]:
    """Give key, command and option of every option whose default is a setting."""
    context = click.Context(command)
    for each in command.params:
        if isinstance(each, SettingOption):
            yield each.setting, path, max(each.opts, key=len)
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None
            yield from options(found, f"{path} {name}".strip())


def rendered() -> str:
    """Write the table, a row a setting."""
    used: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for key, command, option in options(root):
        used[key][option].append(command)
    heads = ("setting", "kind", "default", "variable", "option of", "what it says", "trust")
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for setting in SETTINGS:
        given = (f"`{name}` of {', '.join(of)}" for name, of in used[setting.key].items())
        cells = (
            f"`{setting.key}`",
            _kind(setting),
            "" if setting.default is None else f"`{str(setting.default).lower()}`",
            f"`{setting.variable}`" if setting.variable else "",
            "; ".join(given),
            setting.help,
            f"{setting.trust}: {setting.why}",
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _kind(setting: Setting) -> str:
    names = {"ignores": "list of patterns or rules", "tables": "map of maps", "mapping": "map"}
    kind = "path" if setting.path and setting.kind == "text" else setting.kind
    values = ", ".join(setting.choices)
    return f"{names.get(kind, kind)}{f' ({values})' if values else ''}"


def test_the_table_says_what_the_rows_say() -> None:
    before, _, table = PAGE.read_text().partition(START)
    if os.environ.get("EIDOS_UPDATE_GOLDEN"):
        PAGE.write_text(f"{before}{START}{rendered()}")
        return
    assert table == rendered(), "run again with EIDOS_UPDATE_GOLDEN=1"


def test_every_setting_with_flags_is_the_default_of_an_option_of_some_command() -> None:
    used = {key for key, _, _ in options(root)}
    assert {setting.key for setting in SETTINGS if setting.flags} - used <= NOT_YET


NOT_YET = {"engine", "opa-binary"}
"""Settings whose options come with `PolicyOptions`."""
