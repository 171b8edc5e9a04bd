"""Permissions that bind whoever runs the tests: root may read and write everywhere."""

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager

_VERSION = 0x20080522  # _LINUX_CAPABILITY_VERSION_3 of linux/capability.h: two words of each set
_OVERRIDES = 1 << 1 | 1 << 2  # CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH
_SET_SECUREBITS = 28  # PR_SET_SECUREBITS of linux/prctl.h
_NO_SETUID_FIXUP = 1 << 2  # of linux/securebits.h: access() asks by what is held now


@contextmanager
def binding() -> Iterator[None]:
    """Take from this thread what lets root pass over permissions; give it back at the end."""
    if os.geteuid() != 0:
        yield
        return
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(_VERSION, 0)
    sets = (ctypes.c_uint32 * 6)()  # effective, permitted, inheritable; twice
    assert libc.capget(header, sets) == 0, os.strerror(ctypes.get_errno())
    held = sets[0]
    sets[0] = held & ~_OVERRIDES
    assert libc.prctl(_SET_SECUREBITS, _NO_SETUID_FIXUP, 0, 0, 0) == 0
    assert libc.capset(header, sets) == 0, os.strerror(ctypes.get_errno())
    try:
        yield
    finally:
        sets[0] = held
        assert libc.capset(header, sets) == 0, os.strerror(ctypes.get_errno())
        assert libc.prctl(_SET_SECUREBITS, 0, 0, 0, 0) == 0
