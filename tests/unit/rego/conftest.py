"""Engines for the tests of this folder."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from eidos.engine.ports import RegoEngine
from eidos.engine.rego.light import LightEngine
from eidos.engine.rego.limits import EngineLimits
from eidos.engine.rego.opa.engine import OpaEngine
from fakes.opa_server import opa_binary


@pytest.fixture(scope="session")
def light() -> Iterator[LightEngine]:
    engine = LightEngine()
    yield engine
    engine.close()


@pytest.fixture(scope="session")
def hasty() -> Iterator[LightEngine]:
    """An engine with little patience and little memory, for hostile policies."""
    engine = LightEngine(workers=2, limits=EngineLimits(seconds=0.5, memory_bytes=256 << 20))
    yield engine
    engine.close()


@pytest.fixture(scope="session")
def opa() -> Iterator[OpaEngine]:
    with closing(OpaEngine(Path(opa_binary()))) as engine:
        yield engine


@pytest.fixture(scope="session")
def hasty_opa() -> Iterator[OpaEngine]:
    limits = EngineLimits(seconds=0.5, memory_bytes=256 << 20)
    with closing(OpaEngine(Path(opa_binary()), limits)) as engine:
        yield engine


_REAL = pytest.mark.real


@pytest.fixture(params=["light", pytest.param("opa", marks=_REAL)])
def engine(request: pytest.FixtureRequest) -> RegoEngine:
    """Each engine in turn: what they offer is one contract."""
    chosen: RegoEngine = request.getfixturevalue(request.param)
    return chosen


@pytest.fixture(params=["hasty", pytest.param("hasty_opa", marks=_REAL)])
def hasty_engine(request: pytest.FixtureRequest) -> RegoEngine:
    """Each engine with little patience and little memory."""
    chosen: RegoEngine = request.getfixturevalue(request.param)
    return chosen
