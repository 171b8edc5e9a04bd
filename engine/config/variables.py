"""Every variable of the environment that eidos reads, and those that only look like one."""

from collections.abc import Iterator, Mapping

from eidos.engine.config.rows import BY_VARIABLE

OTHER_VARIABLES = (
    "EIDOS_CONFIG",
    "EIDOS_OPA_CA",
    "EIDOS_OPA_TOKEN",
    "EIDOS_SEAL_KEY",
    "EIDOS_SIGNING_KEY",
    "EIDOS_SIGNING_PASSPHRASE",
    "EIDOS_VERIFICATION_KEY",
)
"""Those that are no setting: secrets, and where settings are read."""
_OF_OTHERS = (
    "EIDOS_BENCH_",
    "EIDOS_CHANGE_",  # what a program of `snapshot --watch` is told; it may run eidos
    "EIDOS_INDEX",  # where the examples for CI install eidos from
    "EIDOS_PORT",  # Kubernetes tells pods so of a service that is called eidos,
    "EIDOS_SERVICE_",  # and so
    "EIDOS_TEST_",
    "EIDOS_UPDATE_",
)
"""How the names of variables begin that others read."""


def unknown_variables(environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Give each variable that is called as ours are and that nothing reads, with a hint.

    Args:
        environ: the environment; only names are given back, since values may be secret.
    """
    ours = [name for name in environ if name.upper().startswith("EIDOS_")]
    known = (*BY_VARIABLE, *OTHER_VARIABLES)
    for name in ours:
        if name not in known and not name.startswith(_OF_OTHERS):
            from eidos.engine.model.nearest import nearest

            yield name, nearest(name, known)
