"""What the parent and its worker processes say to each other.

A frame is four bytes of length, big-endian, and a MessagePack message. Inputs, data and answers
travel as JSON text, so that the worker need not take them apart.
"""

import struct
from typing import Final

import msgspec

HEADER_BYTES: Final = 4
PROGRESS: Final = struct.Struct("<qddd")
"""The shared page: the call at work, -1 for none; when it began by the monotonic clock and by the
worker's processor time; the processor time that it may take. All in seconds."""


class Source(msgspec.Struct, array_like=True, frozen=True):
    """One module."""

    file: str
    text: str


class Bundle(msgspec.Struct, array_like=True, frozen=True):
    """A program that the worker is to keep under its key."""

    key: str
    modules: list[Source]
    data: str
    v0: bool


class Question(msgspec.Struct, array_like=True, frozen=True):
    """A query and the place of its input in its task's inputs."""

    query: str
    input: int


class Evaluate(msgspec.Struct, array_like=True, frozen=True, tag="evaluate"):
    """Ask a program that the worker has."""

    key: str
    questions: list[Question]
    inputs: list[str]
    now_ns: int
    guarded: bool = False


class Analyse(msgspec.Struct, array_like=True, frozen=True, tag="analyse"):
    """Read modules without running them."""

    modules: list[Source]
    every_function: bool = False
    """Functions of OPA that the light engine does not serve may be called."""
    v0: bool | None = None
    """Their dialect; None to find out."""


class Call(msgspec.Struct, array_like=True, frozen=True):
    """A task with the number that its reply will carry."""

    id: int
    task: Evaluate | Analyse


class Batch(msgspec.Struct, array_like=True, frozen=True):
    """Calls to be answered in order, after programs are forgotten and learned."""

    forget: list[str]
    learn: list[Bundle]
    calls: list[Call]


class Fault(msgspec.Struct, array_like=True, frozen=True):
    """Why there is no answer, and where in the policy."""

    message: str
    file: str = ""
    line: int = 0
    column: int = 0
    hint: str = ""


class Facts(msgspec.Struct, array_like=True, frozen=True):
    """What reading one module told; see `eidos.engine.ports.ModuleFacts`."""

    file: str
    package: str
    rules: dict[str, int]
    imports: list[str]
    reads_time: bool
    v0: bool
    inputs: dict[str, int] = {}


class Reply(msgspec.Struct, array_like=True, frozen=True):
    """What became of a call; None in `values` is an undefined answer."""

    id: int
    values: list[bytes | None] = []
    facts: list[Facts] = []
    prints: list[str] = []
    fault: Fault | None = None


_ENCODER = msgspec.msgpack.Encoder()


def pack(message: Batch | list[Reply]) -> bytes:
    """Give the frame of a message."""
    body = _ENCODER.encode(message)
    return len(body).to_bytes(HEADER_BYTES, "big") + body
