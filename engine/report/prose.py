"""Running text from rules: where it may be broken and where it must not."""

from collections.abc import Iterator


def paragraphs(text: str) -> Iterator[tuple[str, bool]]:
    """Give the paragraphs of a text, and whether each is a command that must stay whole.

    Line ends in a rule's metadata mean nothing, except that the line after one that ends with a
    colon is something to type.
    """
    running: list[str] = []
    was_introduced = False
    for line in filter(None, map(str.strip, text.split("\n"))):
        if was_introduced:
            yield " ".join(running), False
            yield line, True
            running, was_introduced = [], False
        else:
            running.append(line)
            was_introduced = line.endswith(":")
    if running:
        yield " ".join(running), False
