"""Credentials: found where the container tools keep them, and never told."""

import base64
import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from eidos.engine.distributing.credentials import Credential, find_credential
from eidos.engine.errors import DistributionError

SECRET = "s3cr3t-pa55word"  # noqa: S105 -- of a test
ADA = Credential("ada", SECRET)
AUTH = {"auth": base64.b64encode(f"ada:{SECRET}".encode()).decode()}


def write(file: Path, said: Any) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(said if isinstance(said, str) else json.dumps(said))
    return file


def helper(folder: Path, name: str, script: str) -> None:
    program = folder / f"docker-credential-{name}"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(stat.S_IRWXU)


@pytest.mark.parametrize(
    ("place", "variables"),
    [
        ("a.json", {"REGISTRY_AUTH_FILE": "{}/a.json"}),
        ("d/config.json", {"DOCKER_CONFIG": "{}/d"}),
        ("run/containers/auth.json", {"XDG_RUNTIME_DIR": "{}/run"}),
        ("h/.config/containers/auth.json", {}),
        ("c/containers/auth.json", {"XDG_CONFIG_HOME": "{}/c"}),
        ("h/.docker/config.json", {}),
    ],
)
def test_every_usual_place(tmp_path: Path, place: str, variables: dict[str, str]) -> None:
    write(tmp_path / place, {"auths": {"h.io": AUTH}})
    environ = {"HOME": f"{tmp_path}/h", **{k: v.format(tmp_path) for k, v in variables.items()}}
    assert find_credential("h.io/a", environ) == ADA
    assert find_credential("other.io/a", environ) is None


@pytest.mark.parametrize(
    ("repository", "key"),
    [
        ("h.io:5000/a/b", "h.io:5000"),
        ("h.io/a/b", "https://h.io"),
        ("h.io/a/b", "https://h.io/v1/"),
        ("h.io/a/b", "h.io/a"),
        ("docker.io/a", "https://index.docker.io/v1/"),
    ],
)
def test_every_form_of_a_name(tmp_path: Path, repository: str, key: str) -> None:
    file = write(tmp_path / "a.json", {"auths": {key: AUTH}})
    assert find_credential(repository, {"REGISTRY_AUTH_FILE": str(file)}) == ADA


def test_the_nearest_path_goes_first(tmp_path: Path) -> None:
    auths = {"h.io": {"username": "all", "password": "p"}, "h.io/team": AUTH}
    file = write(tmp_path / "a.json", {"auths": auths})
    environ = {"REGISTRY_AUTH_FILE": str(file)}
    assert find_credential("h.io/team/app", environ) == ADA
    assert find_credential("h.io/teamster/app", environ) == Credential("all", "p")


def test_no_other_host_gets_it(tmp_path: Path) -> None:
    file = write(tmp_path / "a.json", {"auths": {"h.io": AUTH}})
    for other in ("h.io.evil.example/a", "evil.h.io/a", "h.io:444/a", "xh.io/a"):
        assert find_credential(other, {"REGISTRY_AUTH_FILE": str(file)}) is None


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ('{"Username":"ada","Secret":"s3cr3t-pa55word"}', ADA),
        ('{"Username":"<token>","Secret":"t"}', Credential(identity_token="t")),  # noqa: S106
        ("no json", None),
        ('{"Username":"ada"}', None),
    ],
)
@pytest.mark.parametrize("kind", ["credHelpers", "credsStore"])
def test_a_helper_is_asked(tmp_path: Path, kind: str, said: str, wanted: Credential | None) -> None:
    helper(tmp_path, "mine", f"read server; test \"$server\" = h.io && echo '{said}'")
    config = {"credHelpers": {"h.io": "mine"}} if kind == "credHelpers" else {"credsStore": "mine"}
    file = write(tmp_path / "config.json", {**config, "auths": {"h.io": {}}})
    environ = {"DOCKER_CONFIG": str(file.parent), "PATH": f"{tmp_path}:/usr/bin:/bin"}
    assert find_credential("h.io/a", environ) == wanted


def test_a_helper_that_fails_knows_nothing(tmp_path: Path) -> None:
    helper(tmp_path, "mine", "echo credentials not found in native keychain; exit 1")
    file = write(tmp_path / "config.json", {"credsStore": "mine"})
    environ = {"DOCKER_CONFIG": str(file.parent), "PATH": f"{tmp_path}:/usr/bin:/bin"}
    assert find_credential("h.io/a", environ) is None


@pytest.mark.parametrize(
    ("script", "seconds"),
    [
        ("sleep 600 & wait", 0.5),
        ("exec >&-; sleep 600", 0.5),
        (f"while :; do echo {SECRET}; sleep 0.05; done", 0.5),
        (f"exec yes {SECRET}", 600),  # ended by how much it writes, long before its time
    ],
)
def test_a_helper_without_end_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, seconds: float
) -> None:
    monkeypatch.setattr("eidos.engine.distributing.credentials._HELPER_SECONDS", seconds)
    pid = write(tmp_path / "pid", "")
    helper(tmp_path, "mine", f"echo $$ > {pid}; {script}")
    file = write(tmp_path / "config.json", {"credsStore": "mine"})
    environ = {"DOCKER_CONFIG": str(file.parent), "PATH": f"{tmp_path}:/usr/bin:/bin"}
    with pytest.raises(DistributionError, match="or writes without end") as refused:
        find_credential("h.io/a", environ)
    assert SECRET not in f"{refused.value} {refused.value.hint}"
    if leader := pid.read_text():
        with pytest.raises(ProcessLookupError):
            os.kill(int(leader), 0)


@pytest.mark.parametrize(
    "script",
    [
        f"echo {SECRET}; echo {SECRET} >&2; exit 1",
        "head -c 100000 /dev/zero",
        "printf '\\377\\376{'",
        "printf '[%.0s' $(seq 100000)",
        "echo '{\"Username\": [], \"Secret\": {}}' | tr -d '}'",
        "kill -9 $$",
        """echo '{"Username": "ada", "Secret": "\\ud800"}'""",
        ":",
    ],
)
def test_a_helper_that_says_nothing_of_use(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], script: str
) -> None:
    helper(tmp_path, "mine", script)
    file = write(tmp_path / "config.json", {"credHelpers": {"h.io": "mine"}})
    environ = {"DOCKER_CONFIG": str(file.parent), "PATH": f"{tmp_path}:/usr/bin:/bin"}
    assert find_credential("h.io/a", environ) is None
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ("no json " + SECRET, "is not JSON"),
        ("[]", "holds no credentials"),
        ({"auths": []}, None),
        ({"auths": ["x"]}, "no object at 'auths'"),
        ({"auths": {"h.io": {"auth": "%%%" + SECRET}}}, "damaged entry"),
        ({"auths": {"h.io": {"username": "ada", "password": 5}}}, "damaged entry"),
        ({"auths": {"h.io": {"username": "ada", "password": f"{SECRET}\ud800"}}}, "damaged entry"),
        ({"auths": {"h.io": {"identitytoken": [SECRET]}}}, "damaged entry"),
        ({"auths": {"h.io": {"registrytoken": f"{SECRET}\n"}}}, "damaged entry"),
        ({"auths": {"h.io": {"username": None, "password": None}}}, None),
        ({"credHelpers": {"h.io": "../../bin/sh"}}, "helper that cannot be"),
        ({"credHelpers": {"h.io": "x; rm -rf /"}}, "helper that cannot be"),
        ({"credsStore": "absent"}, "docker-credential-absent is not on PATH"),
    ],
)
def test_what_is_wrong_is_told_without_a_secret(
    tmp_path: Path, said: Any, wanted: str | None
) -> None:
    file = write(tmp_path / "a.json", said)
    environ = {"REGISTRY_AUTH_FILE": str(file), "PATH": "/nowhere"}
    if wanted is None:
        assert find_credential("h.io/a", environ) is None
        return
    with pytest.raises(DistributionError, match=wanted) as refused:
        find_credential("h.io/a", environ)
    assert SECRET not in f"{refused.value} {refused.value.hint}"


def test_a_named_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DistributionError, match="is not there"):
        find_credential("h.io/a", {"REGISTRY_AUTH_FILE": f"{tmp_path}/none"})


def test_an_empty_name_names_no_file(tmp_path: Path) -> None:
    write(tmp_path / ".docker/config.json", {"auths": {"h.io": AUTH}})
    environ = {"REGISTRY_AUTH_FILE": "", "DOCKER_CONFIG": "", "HOME": str(tmp_path)}
    assert find_credential("h.io/a", environ) == ADA


def test_a_credential_says_nothing_of_itself() -> None:
    assert SECRET not in f"{ADA!r} {ADA}"
