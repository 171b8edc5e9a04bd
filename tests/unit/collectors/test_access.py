"""A kubeconfig that cannot be used is a reason, whatever is wrong with it."""

from pathlib import Path

import pytest

from eidos.collectors._kube.access import Credentials, connected
from eidos.collectors._kube.errors import CredentialsError

pytest.importorskip("kubernetes", reason="the extra k8s is not installed")

GOOD = """\
apiVersion: v1
kind: Config
current-context: c
contexts: [{name: c, context: {cluster: c, user: u}}]
clusters: [{name: c, cluster: {server: "https://127.0.0.1:1"}}]
users: [{name: u, user: {token: t}}]
"""


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[",
        b"\xff\xfe\x00",
        b"text",
        b"- a\n- b\n",
        b"users: 3",
        GOOD.replace("current-context: c", "current-context: none").encode(),
        GOOD.replace("context: {cluster: c, user: u}", "context: 7").encode(),
        GOOD.replace("clusters: [", "clusters: 5 #").encode(),
        GOOD.replace('"https://127.0.0.1:1"', "[1]").encode(),
        GOOD.replace("server:", "certificate-authority-data: '%%%', server:").encode(),
        GOOD.replace("server:", "certificate-authority: /none, server:").encode(),
        GOOD.replace("token: t", "client-certificate-data: ===").encode(),
        GOOD.replace("users: [{name: u", "users: [{name: other").encode(),
    ],
)
def test_what_is_wrong_is_a_reason_and_no_crash(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "kubeconfig"
    path.write_bytes(content)
    refused = (CredentialsError, OSError)  # some of it the client takes, and finds no server
    with pytest.raises(refused), connected(Credentials(str(path))) as connection:
        connection.get("/version", "application/json", 10.0)


def test_the_reason_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "kubeconfig"
    path.write_text("[")
    with pytest.raises(CredentialsError, match="kubeconfig cannot be used"):
        connected(Credentials(str(path))).__enter__()


def test_a_good_one_is_used(tmp_path: Path) -> None:
    path = tmp_path / "kubeconfig"
    path.write_text(GOOD)
    with connected(Credentials(str(path))) as connection, pytest.raises(OSError, match="refused"):
        connection.get("/version", "application/json", 10.0)
