"""What a kept snapshot is good for."""

from pathlib import Path

import pytest

from eidos.engine.app.cache import cache_key
from eidos.engine.app.snapshot import Request


@pytest.mark.parametrize("way", ["option", "variable", "home"])
def test_another_current_context_is_another_question(
    way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``kubectl config use-context`` must not lead to the facts of the cluster before."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("KUBECONFIG", raising=False)
    file = tmp_path / ".kube/config"
    file.parent.mkdir()
    if way == "variable":
        monkeypatch.setenv("KUBECONFIG", f"/no/such/file:{file}")
    request = Request("n1", options={"K8s": {"kubeconfig": str(file)}} if way == "option" else {})
    none = cache_key(request)
    file.write_text("current-context: staging\n")
    staging = cache_key(request)
    file.write_text("current-context: production\n")
    assert len({none, staging, cache_key(request)}) == 3
