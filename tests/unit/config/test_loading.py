"""Settings and where they come from."""

import os
from pathlib import Path

import pytest

from eidos.engine.config import load_settings
from eidos.engine.config.loading import Files, read_layers
from eidos.engine.config.rows import BY_VARIABLE
from eidos.engine.errors import ConfigError

TRUSTING = Files(trust_project=True)


@pytest.fixture
def own(tmp_path: Path) -> dict[str, str]:
    """Give an environment with a configuration of the user."""
    path = tmp_path / "home/eidos/config.yaml"
    path.parent.mkdir(parents=True)
    path.write_text("db: ./mine.db\nfail-on: low\nsnapshot: {cluster: home, labels: {a: '1'}}\n")
    return {"XDG_CONFIG_HOME": str(tmp_path / "home")}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    path = tmp_path / "work/eidos.yaml"
    path.parent.mkdir()
    path.write_text(
        "fail-on: high\nwaivers: [w.yaml]\npacks: [gpu, ./mine]\noutput: text\n"
        "snapshot:\n  cache-ttl: 1m30s\n  root: host\n  labels: {b: '2'}\n"
        "params: {GPU-001: {x: 1}}\n"
    )
    below = tmp_path / "work/deep/er"
    below.mkdir(parents=True)
    return below


def test_variables_over_user_over_project_over_defaults(own: dict[str, str], project: Path) -> None:
    settings = load_settings(
        project, {**own, "EIDOS_SNAPSHOT_CLUSTER": "env", "EIDOS_PACKS": "a,b"}, TRUSTING
    )

    root = project.parents[1]
    assert settings.fail_on == "low"
    assert settings.packs == ("a", "b")
    assert settings.snapshot.cluster == "env"
    assert settings.snapshot.cache_ttl == 90.0
    assert settings.snapshot.timeout == 300.0
    assert settings.snapshot.labels == {"a": "1", "b": "2"}
    assert settings.db == root.parent / "home/eidos/mine.db"
    assert settings.waivers == (str(root / "w.yaml"),)
    assert settings.snapshot.root == root / "host"
    assert settings.output == ("text",)
    assert settings.params == {"GPU-001": {"x": 1}}
    assert str(settings.origin("waivers")) == f"{root / 'eidos.yaml'}:2"
    assert str(settings.origin("fail-on")) == f"{root.parent / 'home/eidos/config.yaml'}:2"
    assert str(settings.origin("snapshot.cluster")) == "EIDOS_SNAPSHOT_CLUSTER"
    assert "snapshot.timeout" not in settings.origins


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a file of another user")
def test_a_file_that_another_user_left_in_a_shared_folder_decides_nothing(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    below = shared / "work"
    below.mkdir(parents=True)
    shared.chmod(0o1777)
    (shared / "eidos.yaml").write_text("allow-incomplete: true\n")
    assert load_settings(below, {}, TRUSTING).allow_incomplete is True
    os.chown(shared / "eidos.yaml", 12345, 12345)
    assert load_settings(below, {}, TRUSTING).allow_incomplete is False


def test_nothing_configured_is_all_defaults(tmp_path: Path) -> None:
    settings = load_settings(tmp_path, {"HOME": str(tmp_path)})

    assert (settings.db, settings.fail_on, settings.origins) == (None, "info", {})


@pytest.mark.parametrize(
    ("text", "line", "sentence"),
    [
        ("a: 1", 1, "there is no setting 'a'"),
        ("db: x\nfail-on: bad", 2, "must be one of"),
        ("snapshot:\n  filter: os", 2, "must be a list"),
        ("snapshot:\n  cache-ttl: soon", 2, "not a duration such as"),
        ("limits: {depth: 0}", 1, "at least 1"),
        ("allow-incomplete: maybe", 1, "true or false"),
        ("enforcement:\n  GPU-001: maybe", 2, "must be one of"),
        ("db: ''", 1, "must not be empty"),
        ("redact-text:\n- a\n- '['", 3, "not a regular expression"),
        ("gates:\n  x:\n    requires: [gpu]", 3, "names no type and subtype"),
        ("- list", 1, "a map of settings"),
    ],
)
def test_each_fault_has_its_line(tmp_path: Path, text: str, line: int, sentence: str) -> None:
    (tmp_path / "eidos.yaml").write_text(text + "\n")

    with pytest.raises(ConfigError, match=sentence) as caught:
        load_settings(tmp_path, {"HOME": str(tmp_path)})

    assert caught.value.location is not None
    assert caught.value.location.line == line


def test_all_faults_are_found_at_once(tmp_path: Path) -> None:
    (tmp_path / "eidos.yaml").write_text("a: 1\nfail-on: bad\nsnapshot: {b: 2}\n")

    (layer,) = read_layers(tmp_path, {"HOME": str(tmp_path)})

    assert len(layer.problems) == 3


@pytest.mark.parametrize(
    ("variable", "text"),
    [("EIDOS_FAIL_ON", "bad"), ("EIDOS_ALLOW_INCOMPLETE", "maybe"), ("EIDOS_LIMITS_SIZE", "big")],
)
def test_a_wrong_variable_is_named(tmp_path: Path, variable: str, text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_settings(tmp_path, {"HOME": str(tmp_path), variable: text})

    assert str(caught.value).startswith(variable)


@pytest.mark.parametrize("variable", sorted(BY_VARIABLE))
@pytest.mark.parametrize("empty", ["", " "])
def test_an_empty_variable_takes_nothing_back(
    variable: str, empty: str, own: dict[str, str], project: Path
) -> None:
    file = Path(own["XDG_CONFIG_HOME"]) / "eidos/config.yaml"
    file.write_text(
        "locked: true\nrequire-askable: true\nverification-keys: [a.pub]\npacks: [gpu]\n"
    )
    without = load_settings(project, own, TRUSTING)
    assert load_settings(project, {**own, variable: empty}, TRUSTING) == without


def test_what_tightens_and_is_taken_back_is_told(own: dict[str, str], project: Path) -> None:
    file = Path(own["XDG_CONFIG_HOME"]) / "eidos/config.yaml"
    file.write_text("require-askable: true\n")
    (project / "eidos.yaml").write_text("locked: true\n")

    def told(**variables: str) -> list[str]:
        return [str(each) for each in load_settings(project, {**own, **variables}).relaxations]

    assert told() == []
    assert told(EIDOS_LOCKED="1") == []
    assert told(EIDOS_LOCKED="0", EIDOS_REQUIRE_ASKABLE="off") == [
        "locked: false (EIDOS_LOCKED)",
        "require-askable: false (EIDOS_REQUIRE_ASKABLE)",
    ]
    file.write_text("locked: false\n")
    assert told() == [f"locked: false ({file}:1)"]
