"""``eidos completion``."""

import click
from click.shell_completion import BashComplete, FishComplete, ShellComplete, ZshComplete

from eidos.engine.cli import COMPLETE_VARIABLE, root

_SHELLS = {"bash": BashComplete, "zsh": ZshComplete, "fish": FishComplete}


@click.command()
@click.argument("shell", type=click.Choice([*_SHELLS]))
def command(shell: str) -> None:
    """Write a script with which SHELL completes commands, options and facts.

    In bash, put into ~/.bashrc: source <(eidos completion bash). In zsh, put into ~/.zshrc, after
    compinit: source <(eidos completion zsh). In fish, once: eidos completion fish >
    ~/.config/fish/completions/eidos.fish
    """
    asked = _SHELLS[shell](root, {}, "eidos", COMPLETE_VARIABLE)
    click.echo(ShellComplete.source(asked))  # BashComplete's own starts bash for its version
