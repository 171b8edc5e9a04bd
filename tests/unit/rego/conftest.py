"""Engines for the tests of this folder."""

from collections.abc import Iterator

import pytest

from eidos.engine.ports import RegoEngine
from eidos.engine.rego.light import LightEngine
from eidos.engine.rego.limits import EngineLimits
from eidos.engine.rego.server import OpaServerEngine
from fakes.opa_server import opa_server


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
def opa_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with opa_server(tmp_path_factory.mktemp("opa")) as url:
        yield url


@pytest.fixture(scope="session")
def opa_engine(opa_url: str) -> Iterator[OpaServerEngine]:
    pytest.importorskip("opa_client")
    engine = OpaServerEngine(opa_url)
    yield engine
    engine.close()


@pytest.fixture(params=["light", pytest.param("opa", marks=pytest.mark.real)])
def engine(request: pytest.FixtureRequest) -> RegoEngine:
    """Each engine in turn: what they offer is one contract."""
    chosen: RegoEngine = request.getfixturevalue(
        "light" if request.param == "light" else "opa_engine"
    )
    return chosen
