"""``eidos policy``."""

from eidos.engine.cli import LazyGroup

command = LazyGroup(
    "policy",
    package="eidos.engine.cli.policy",
    verbs={
        "backtest": "What packs would have said of all that is recorded.",
        "copy": "Copy a pack with what refers to it.",
        "diff": "What a new version of a pack changes.",
        "docs": "Write pages about rules, and the matrix of controls.",
        "eval": "Evaluate a query, and say why it is so.",
        "fmt": "Format Rego as OPA does.",
        "lint": "Look for mistakes in policy.",
        "list": "List packs and rules.",
        "list-remote": "List the packs of a registry.",
        "lock": "Write down which packs may judge.",
        "new": "Start a pack, or a rule in one, with tests that pass.",
        "pack": "Make an OPA bundle of packs.",
        "pull": "Get an OPA bundle from a registry.",
        "push": "Put an OPA bundle into a registry.",
        "quality": "Which rules do nothing, and which mistakes no test notices.",
        "show": "Show everything that rules say of themselves.",
        "sign": "Sign a pack or a bundle.",
        "test": "Run the tests of policy, and say what of it they saw.",
        "verify": "Say whether a pack or a bundle is as it was signed.",
    },
    help="Policy packs.",
)
