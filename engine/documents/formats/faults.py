"""Why a text is not read as the format it is named after."""


class FormatError(Exception):
    """The text is not in the format, or conftest's parser would read it differently.

    Args:
        problem: goes on after "this is read as TOML, and".
        line: where, counted from 1; None where nobody knows.
    """

    def __init__(self, problem: str, line: int | None = None) -> None:
        super().__init__(problem)
        self.line = line
