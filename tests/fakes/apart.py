"""What runs in a process of its own, importable, since a new process has to find it."""

import os
import signal
from multiprocessing.connection import Connection

from eidos.engine.isolating import said


def answers(pipe: Connection, what: object) -> None:
    pipe.send_bytes(said(what))


def gives(pipe: Connection, content: bytes) -> None:
    pipe.send_bytes(content)


def kills_itself(_: Connection) -> None:
    os.kill(os.getpid(), signal.SIGTERM)


def says_where_it_is(pipe: Connection) -> None:
    pipe.send_bytes(said([os.getpid(), os.getpgid(0)]))
