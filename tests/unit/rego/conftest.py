"""Engines for the tests of this folder."""

from collections.abc import Iterator

import pytest

from eidos.engine.ports import RegoEngine
from eidos.engine.rego.embedded import EmbeddedEngine
from eidos.engine.rego.limits import EngineLimits


@pytest.fixture(scope="session")
def embedded() -> Iterator[EmbeddedEngine]:
    engine = EmbeddedEngine()
    yield engine
    engine.close()


@pytest.fixture(scope="session")
def hasty() -> Iterator[EmbeddedEngine]:
    """An engine with little patience and little memory, for hostile policies."""
    engine = EmbeddedEngine(workers=2, limits=EngineLimits(seconds=0.5, memory_bytes=256 << 20))
    yield engine
    engine.close()


@pytest.fixture
def engine(embedded: EmbeddedEngine) -> RegoEngine:
    """Each engine in turn: what they offer is one contract."""
    return embedded
