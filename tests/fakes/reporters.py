"""Formats of others, importable, since a new process has to find them."""

import ctypes
import json
import os
import sys
import time
from collections.abc import Mapping
from typing import Any

HOSTILE = "\x1b[2J\u202e::error::\r\n::warning::x\n##[error]y\tz\ud800\n"
"""What would move a cursor, turn text or give orders."""


def echo(document: Mapping[str, Any]) -> str:
    """Write the document again, and print beside it."""
    sys.stdout.write("noise\n")
    sys.stderr.write("noise\n")
    return json.dumps(document)


def hostile(_: object) -> str:
    return HOSTILE


def raises(_: object) -> str:
    raise KeyError(os.environ["ODD_TOKEN"])


def exits(_: object) -> str:
    raise SystemExit(0)


def breaks(_: object) -> str:
    raise BrokenPipeError


def leaves(_: object) -> str:
    os._exit(0)


def crashes(_: object) -> str:
    ctypes.string_at(0)
    return ""


def number(_: object) -> Any:
    return 5


def late(document: Mapping[str, Any]) -> Any:
    """Fail for the second of many."""
    return "first\n" if "b.yaml" in document["current"]["name"] else None


def hangs(_: object) -> str:
    while True:
        time.sleep(60)


nothing = 5
