"""``eidos completion``."""

import click
from click.shell_completion import BashComplete, FishComplete, ShellComplete, ZshComplete

from eidos.engine.cli import root

_VARIABLE = "_EIDOS_COMPLETE"
"""What a shell asks eidos by; click derives it from the program's name."""
_SHELLS = {"bash": BashComplete, "zsh": ZshComplete, "fish": FishComplete}


@click.command()
@click.argument("shell", type=click.Choice([*_SHELLS]))
def command(shell: str) -> None:
    """Write a script with which SHELL completes commands, options and names.

    In bash, put into ~/.bashrc: source <(eidos completion bash). In zsh, put into ~/.zshrc, after
    compinit: source <(eidos completion zsh). In fish, once: eidos completion fish >
    ~/.config/fish/completions/eidos.fish
    """
    asked = _SHELLS[shell](root, {}, "eidos", _VARIABLE)
    click.echo(ShellComplete.source(asked))  # BashComplete's own starts bash for its version
