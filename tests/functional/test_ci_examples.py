"""The examples for CI systems: each is parsed, and each script in it is run as its system would."""

import json
import os
import re
import shlex
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import jsonschema
import pytest
import yaml

from eidos.engine import __version__
from fakes.attested import write_gated
from fakes.kube_api import KubeApi, serve
from fakes.kube_objects import small_cluster
from fakes.registry import registry
from fakes.sigstore_world import World

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "ci-examples"
SCHEMAS = ROOT / "tests" / "schemas"
SHIMS = {
    "eidos": """\
#!{python}
import os, sys
with open(os.environ["CALLS"], "a") as calls:
    print("eidos", *sys.argv[1:], file=calls)
shipping = {{"verify", "push", "copy", "statement"}} & {{*sys.argv[3:4]}}
if "check" in sys.argv[1:3] or ("bundle" in sys.argv[1:3] and not shipping):
    sys.argv += ["--effective-time", "2026-11-24"]
from eidos.engine.__main__ import main
main()
""",
    "pip": """\
#!/bin/sh
echo pip "$@" >> "$CALLS"
""",
    "python3": """\
#!/bin/sh
test "$1 $2" = "-m venv" && mkdir -p "$3/bin" && cp "$SHIMS/eidos" "$SHIMS/pip" "$3/bin/"
""",
}
"""In place of a fresh machine: the `eidos` of this checkout on a known day, and no network."""


INDEX = "https://pypi.example.com/simple"


class Script(NamedTuple):
    """A piece of shell as a CI system runs it."""

    text: str
    shell: tuple[str, ...] = ("sh", "-c")
    env: dict[str, str] = {}  # noqa: RUF012 -- never written to


class Machine(NamedTuple):
    """A folder with the snapshot to judge, and programs that stand for a fresh machine's."""

    folder: Path

    def run(self, script: Script, *words: str) -> subprocess.CompletedProcess[str]:
        shims = self.folder / "shims"
        env = {
            **os.environ,
            **script.env,
            "PATH": f"{shims}:{os.environ['PATH']}",
            "EIDOS_INDEX": INDEX,
            "CALLS": str(self.folder / "calls"),
            "SHIMS": str(shims),
        }
        return subprocess.run(
            [*script.shell, script.text, "script", *words],
            cwd=self.folder,
            env=env,
            capture_output=True,
            text=True,
            check=False,
        )

    def calls(self, program: str) -> list[str]:
        lines = (self.folder / "calls").read_text().splitlines()
        return [line for line in lines if line.startswith(f"{program} ")]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    shims = tmp_path / "shims"
    shims.mkdir()
    for name, text in SHIMS.items():
        (shims / name).write_text(text.format(python=sys.executable) if name == "eidos" else text)
        (shims / name).chmod(stat.S_IRWXU)
    (tmp_path / "manifests").mkdir()
    for name in ("cluster.yaml", "bundle-inputs.yaml", "manifests/train.yaml"):
        (tmp_path / name).write_text((EXAMPLES / name).read_text())
    return Machine(tmp_path)


def parsed(path: str) -> Any:
    return yaml.safe_load((EXAMPLES / path).read_text())


def github(_: Path) -> list[Script]:
    return github_steps(parsed("github-actions/policy.yml")["jobs"]["check"])


def github_steps(job: Any) -> list[Script]:
    shell = ("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c")
    env = {"GITHUB_STEP_SUMMARY": "step-summary.md"}
    return [Script(step["run"], shell, env) for step in job["steps"] if "run" in step]


def gitlab(_: Path) -> list[Script]:
    job = parsed("gitlab/.gitlab-ci.yml")["policy"]
    return [Script(line) for line in [*job["before_script"], *job["script"]]]


def jenkins(_: Path) -> list[Script]:
    text = (EXAMPLES / "jenkins" / "Jenkinsfile").read_text()
    return [Script(line) for line in re.findall(r"\bsh(?: |\(.*script: )'([^']+)'", text)]


def substituted(text: str, values: dict[str, str]) -> str:
    return re.sub(r"\$\(([a-z.-]+)\)", lambda match: values[match[1]], text)


def moved(text: str, folder: Path) -> str:
    """Put what the container has at fixed paths into the test's folder."""
    return text.replace("/tmp/eidos", str(folder / "venv")).replace("/snapshot/", f"{folder}/")  # noqa: S108 -- the example's


def tekton(folder: Path) -> list[Script]:
    spec = parsed("tekton/task.yaml")["spec"]
    given = {"index": INDEX}  # the only one without a default
    values = {
        f"params.{param['name']}": param.get("default", given.get(param["name"]))
        for param in spec["params"]
    }
    values |= {"results.decision.path": str(folder / "decision"), "workspaces.source.path": "."}
    [step] = spec["steps"]
    env = {each["name"]: substituted(each["value"], values) for each in step["env"]}
    assert "$(" not in step["script"], "values come as variables"
    return [Script(moved(step["script"], folder), env=env)]


def argo(folder: Path) -> list[Script]:
    pod = parsed("argo-cd/policy-check.yaml")["spec"]["template"]["spec"]
    [container] = pod["containers"]
    [script] = container["args"]
    return [Script(moved(script, folder), tuple(container["command"]))]


def pre_commit(_: Path) -> list[Script]:
    [repo] = parsed("pre-commit/.pre-commit-config.yaml")["repos"]
    return [
        Script(shlex.join([*shlex.split(hook["entry"]), "cluster.yaml"]))
        for hook in repo["hooks"]
        if re.search(hook["files"], "cluster.yaml")
    ]


class System(NamedTuple):
    """A CI system: its example, how to get its scripts, and what they leave."""

    files: tuple[str, ...]
    scripts: Callable[[Path], list[Script]]
    reports: tuple[str, ...] = ()
    installs: bool = True


SYSTEMS = {
    "github": System(
        ("github-actions/policy.yml",), github, ("eidos.sarif", "summary.md", "step-summary.md")
    ),
    "gitlab": System(("gitlab/.gitlab-ci.yml",), gitlab, ("eidos.xml", "codequality.json")),
    "jenkins": System(("jenkins/Jenkinsfile",), jenkins, ("eidos.xml", "eidos.md")),
    "tekton": System(("tekton/task.yaml",), tekton, ("eidos.json", "eidos.xml", "decision")),
    "argo": System(("argo-cd/policy-check.yaml",), argo),
    "pre-commit": System(("pre-commit/.pre-commit-config.yaml",), pre_commit, installs=False),
}


@pytest.fixture(params=SYSTEMS)
def system(request: pytest.FixtureRequest) -> System:
    return SYSTEMS[request.param]


def test_every_command_runs_and_only_the_verdict_fails(system: System, machine: Machine) -> None:
    results = [machine.run(script) for script in system.scripts(machine.folder)]
    for result in results[:-1]:
        assert result.returncode == 0, result.stdout + result.stderr
    assert results[-1].returncode == 1, results[-1].stderr
    said = "".join((EXAMPLES / name).read_text() for name in system.files)
    commands = re.findall(
        r"^(?! *(?:#|//)).*\beidos --no-config (?:check|validate)\b", said, re.MULTILINE
    )
    assert len(machine.calls("eidos")) == len(commands) > 0
    for name in system.reports:
        text = (machine.folder / name).read_text()
        assert "GPU-001" in text or text == "failed", name
    if system.installs:
        [install] = machine.calls("pip")
        assert install.endswith(f" --index-url {INDEX} eidos-policy=={__version__}")


def without_gpu_b(taken: Any) -> None:
    del taken["nodes"][1], taken["collection"][5:]


def without_gpu_facts(taken: Any) -> None:
    without_gpu_b(taken)
    del taken["nodes"][0]["measurements"][1], taken["collection"][2]


def without_kernel_line(taken: Any) -> None:
    without_gpu_b(taken)
    [system] = [each for each in taken["nodes"][0]["measurements"] if each["type"] == "OS"]
    system["subtypes"] = [each for each in system["subtypes"] if each["subtype"] != "grub"]


def unreadable(taken: Any) -> None:
    taken["nodes"] = "gone"


@pytest.mark.parametrize(
    ("change", "code"), [(without_gpu_b, 0), (without_gpu_facts, 3), (unreadable, 2)]
)
def test_every_decision_reaches_the_system(
    system: System, machine: Machine, change: Callable[[Any], None], code: int
) -> None:
    taken = yaml.safe_load((machine.folder / "cluster.yaml").read_text())
    change(taken)
    (machine.folder / "cluster.yaml").write_text(json.dumps(taken))
    scripts = [s for s in system.scripts(machine.folder) if "--no-config validate" not in s.text]
    result = [machine.run(script) for script in scripts][-1]
    assert result.returncode == code, result.stdout + result.stderr


def test_no_example_believes_a_file_of_the_checkout(system: System, machine: Machine) -> None:
    (machine.folder / "eidos.yaml").write_text(
        "packs: [./mine]\nfail-on: critical\noutput: tap=x\n"
    )
    results = [machine.run(script) for script in system.scripts(machine.folder)]
    assert results[-1].returncode == 1, results[-1].stderr
    assert not (machine.folder / "x").exists()


def test_every_eidos_in_an_example_reads_no_configuration() -> None:
    for file in {*EXAMPLES.rglob("*")} - {EXAMPLES / "cluster.yaml"}:
        said = file.read_text() if file.is_file() else ""
        verbs = "admit|check|validate|diff|snapshot|recipe|bundle|waiver"
        call = rf"^(?! *(?:#|//)).*\beidos (?:{verbs})\b"
        assert re.findall(call, said, re.MULTILINE) == [], file


def test_github_tells_findings_and_the_decision(machine: Machine) -> None:
    result = [machine.run(script) for script in github(machine.folder)][-1]
    assert re.search(r"::error file=cluster\.yaml,line=\d+", result.stdout)
    assert "::error::Policy is violated." in result.stdout


@pytest.mark.parametrize(("ahead", "status"), [(5, 1), (20, 0)])
def test_github_says_what_will_fail_when_waivers_end(
    ahead: int, status: int, machine: Machine
) -> None:
    (machine.folder / "waivers").mkdir()
    granted = (
        "eidos --no-config waiver add --rule GPU-001 --owner a --approver b --reason c "
        f"--until {ahead}d"
    )
    assert machine.run(Script(granted)).returncode == 0
    job = parsed("github-actions/waivers.yml")["jobs"]["report"]
    results = [machine.run(script) for script in github_steps(job)]
    assert [each.returncode for each in results] == [0, 0, status], results[-1].stderr
    assert ("::error::Something waived will fail" in results[-1].stdout) is bool(status)
    assert "GPU-001" in (machine.folder / "step-summary.md").read_text()


def collected(machine: Machine, kubeconfig: str) -> list[subprocess.CompletedProcess[str]]:
    """Run the steps of the job that asks the cluster itself until one fails, as its system does."""
    temp = machine.folder / "temp"
    temp.mkdir()
    env = {"RUNNER_TEMP": str(temp), "TMPDIR": str(temp), "KUBECONFIG_TEXT": kubeconfig}
    done = []
    for step in github_steps(parsed("github-actions/collect.yml")["jobs"]["check"]):
        done.append(machine.run(step._replace(env={**step.env, **env})))
        if done[-1].returncode != 0:
            break
    assert [each for each in temp.iterdir() if each.name != "cluster.yaml"] == []
    return done


def test_a_job_judges_what_the_cluster_says_and_no_file_of_a_pull_request(
    machine: Machine, tmp_path: Path
) -> None:
    pytest.importorskip("kubernetes")
    (machine.folder / "eidos.yaml").write_text("packs: [./mine]\nfail-on: critical\n")
    with serve(KubeApi()) as api:
        small_cluster(api)
        done = collected(machine, api.kubeconfig(tmp_path).read_text())
    said = done[-1].stdout
    assert [each.returncode for each in done[:2]] == [0, 0], done[-1].stderr
    assert (len(done), "K8S-017" in said, "demo-east-1" in said) == (3, True, True)
    assert "gpu-b" not in said  # of the cluster.yaml that lies there
    assert "not askable" not in said
    assert "K8S-017" in (machine.folder / "step-summary.md").read_text()


def test_a_job_that_cannot_ask_the_cluster_judges_nothing(machine: Machine, tmp_path: Path) -> None:
    pytest.importorskip("kubernetes")
    with serve(KubeApi()) as api:
        kubeconfig = api.kubeconfig(tmp_path).read_text()
    done = collected(machine, kubeconfig)
    assert [each.returncode for each in done] == [0, 3], done[-1].stderr


def admission(_: Path) -> list[Script]:
    return github_steps(parsed("github-actions/admission.yml")["jobs"]["admit"])


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (("", ""), 1),
        (("requests: {nvidia.com/gpu: 4}", "requests: {}"), 0),
        (("spec:", "spec: 7 #"), 2),
    ],
)
def test_manifests_are_judged_before_they_are_deployed(
    machine: Machine, change: tuple[str, str], code: int
) -> None:
    file = machine.folder / "manifests" / "train.yaml"
    file.write_text(file.read_text().replace(*change))
    *before, last = [machine.run(script) for script in admission(machine.folder)]
    assert [each.returncode for each in before] == [0]
    assert last.returncode == code, last.stdout + last.stderr
    if code == 1:
        assert re.search(r"::error file=manifests/train\.yaml,line=\d+", last.stdout)
        assert "::error::Policy refuses it." in last.stdout
        assert "ADM-001" in (machine.folder / "step-summary.md").read_text()


def test_tekton_results_name_the_decision(machine: Machine) -> None:
    for change, decision in ((without_gpu_b, "passed"), (unreadable, "error")):
        taken = parsed("cluster.yaml")
        change(taken)
        (machine.folder / "cluster.yaml").write_text(json.dumps(taken))
        [script] = tekton(machine.folder)
        machine.run(script)
        assert (machine.folder / "decision").read_text() == decision


def test_tekton_without_eidos_is_no_answer(machine: Machine) -> None:
    (machine.folder / "shims" / "pip").write_text("#!/bin/sh\nexit 1\n")
    [script] = tekton(machine.folder)
    assert machine.run(script).returncode != 0
    assert (machine.folder / "decision").read_text() == "error"


@pytest.mark.parametrize(
    ("schema", "example"),
    [
        ("github-workflow.json", "github-actions/policy.yml"),
        ("github-workflow.json", "github-actions/admission.yml"),
        ("github-workflow.json", "github-actions/bundle.yml"),
        ("github-workflow.json", "github-actions/collect.yml"),
        ("github-workflow.json", "github-actions/waivers.yml"),
        ("github-workflow.json", "bundle-trust/attest.yml"),
        ("github-workflow.json", "bundle-trust/verify.yml"),
        ("gitlab-ci.json", "gitlab/.gitlab-ci.yml"),
        ("gitlab-ci.json", "gitlab/bundle.gitlab-ci.yml"),
        ("gitlab-ci.json", "gitlab/push.gitlab-ci.yml"),
    ],
)
def test_example_keeps_the_published_schema(schema: str, example: str) -> None:
    document = parsed(example)
    if True in document:
        document["on"] = document.pop(True)  # YAML 1.1 takes `on` for a boolean
    wanted = json.loads((SCHEMAS / schema).read_text())
    jsonschema.validators.validator_for(wanted)(wanted).validate(document)


@pytest.mark.parametrize(
    ("name", "permissions"),
    [
        ("github-actions/admission", {"contents": "read"}),
        ("github-actions/policy", {"contents": "read", "security-events": "write"}),
        ("github-actions/bundle", {"contents": "write"}),
        ("github-actions/collect", {}),
        ("github-actions/waivers", {"contents": "read"}),
        (
            "bundle-trust/attest",
            {"contents": "read", "id-token": "write", "packages": "write"},
        ),
        ("bundle-trust/verify", {"contents": "read", "packages": "read"}),
    ],
)
def test_github_workflow_is_careful(name: str, permissions: dict[str, str]) -> None:
    workflow = parsed(f"{name}.yml")
    assert workflow["permissions"] == {}
    [job] = workflow["jobs"].values()
    assert job["permissions"] == permissions
    for step in job["steps"]:
        assert re.fullmatch(r"[\w-]+/[\w/-]+@[0-9a-f]{40}", step.get("uses", "a/b@" + "0" * 40))
        assert "${{" not in step.get("run", "")
        assert "cache" not in step.get("with", {})


def test_github_shows_findings_in_code_scanning() -> None:
    last = parsed("github-actions/policy.yml")["jobs"]["check"]["steps"][-1]
    assert last["with"]["sarif_file"] == "eidos.sarif"


def test_gitlab_keeps_reports_of_failed_jobs_and_no_cache() -> None:
    job = parsed("gitlab/.gitlab-ci.yml")["policy"]
    assert job["cache"] == []
    assert job["artifacts"]["when"] == "always"
    assert job["artifacts"]["reports"] == {"junit": "eidos.xml", "codequality": "codequality.json"}


def test_jenkinsfile_is_declarative_and_whole() -> None:
    text = (EXAMPLES / "jenkins" / "Jenkinsfile").read_text()
    code = re.sub(r"//.*|'[^']*'|\"[^\"]*\"", "", text)
    assert code.count("{") == code.count("}")
    assert code.count("(") == code.count(")")
    assert code.split()[:2] == ["pipeline", "{"]
    for section in ("agent", "stages", "stage", "steps", "post", "always"):
        assert re.search(rf"\b{section}\b", code), section
    assert "junit testResults: 'eidos.xml'" in text


def test_tekton_pipeline_and_task_fit() -> None:
    task, pipeline = parsed("tekton/task.yaml"), parsed("tekton/pipeline.yaml")
    for each in (task, pipeline):
        assert each["apiVersion"] == "tekton.dev/v1"
    policy, deploy = pipeline["spec"]["tasks"]
    assert policy["taskRef"]["name"] == task["metadata"]["name"]
    names = {param["name"] for param in task["spec"]["params"]}
    needed = {param["name"] for param in task["spec"]["params"] if "default" not in param}
    assert needed <= {param["name"] for param in policy["params"]} <= names
    assert deploy["runAfter"] == [policy["name"]]
    assert [each["name"] for each in task["spec"]["results"]] == ["decision"]


def test_argo_hook_runs_before_the_sync_and_has_its_snapshot() -> None:
    job, kustomization = parsed("argo-cd/policy-check.yaml"), parsed("argo-cd/kustomization.yaml")
    assert (job["apiVersion"], job["kind"]) == ("batch/v1", "Job")
    assert job["metadata"]["annotations"]["argocd.argoproj.io/hook"] == "PreSync"
    pod = job["spec"]["template"]["spec"]
    assert pod["restartPolicy"] == "Never"  # podFailurePolicy demands it
    [generated] = kustomization["configMapGenerator"]
    assert pod["volumes"][0]["configMap"]["name"] == generated["name"]
    assert generated["options"]["annotations"]["argocd.argoproj.io/sync-wave"] == "-1"
    [rule] = job["spec"]["podFailurePolicy"]["rules"]
    assert rule["onExitCodes"]["containerName"] == pod["containers"][0]["name"]


def test_argo_retries_when_eidos_cannot_be_installed(machine: Machine) -> None:
    (machine.folder / "shims" / "pip").write_text("#!/bin/sh\nexit 1\n")
    [script] = argo(machine.folder)
    assert machine.run(script).returncode == 2


def test_pre_commit_hooks_have_what_pre_commit_needs() -> None:
    [repo] = parsed("pre-commit/.pre-commit-config.yaml")["repos"]
    shared_hooks = parsed("pre-commit/.pre-commit-hooks.yaml")
    assert repo["hooks"] == shared_hooks
    for hook in shared_hooks:
        assert hook["language"] == "python"
        wanted = [f"--index-url={INDEX}", f"eidos-policy=={__version__}"]
        assert hook["additional_dependencies"] == wanted


def test_the_example_has_a_verdict_for_every_rule(machine: Machine) -> None:
    command = "eidos check cluster.yaml --no-record -o json"
    report = json.loads(machine.run(Script(command)).stdout)
    subjects = report["subjects"]
    asked = {verdict["rule"] for subject in subjects for verdict in subject["verdicts"]}
    assert asked == {rule["id"] for rule in report["rules"]}
    states = {
        subject["identity"]: {verdict["status"] for verdict in subject["verdicts"]}
        for subject in subjects
    }
    assert states["demo-east-1/gpu-a"] == {"pass", "skip"}
    assert states["demo-east-1/gpu-b"] == {"pass", "skip", "fail"}
    failed = [v["rule"] for s in subjects for v in s["verdicts"] if v["status"] == "fail"]
    assert sorted(failed) == ["GPU-001", "GPU-007", "GPU-008", "GPU-009", "K8S-005", "OS-005"]


# Bundles ----------------------------------------------------------------------------------------


def github_bundle() -> list[Script]:
    return github_steps(parsed("github-actions/bundle.yml")["jobs"]["bundle"])


def gitlab_bundle() -> list[Script]:
    job = parsed("gitlab/bundle.gitlab-ci.yml")["bundle"]
    return [Script(line) for line in [*job["before_script"], *job["script"]]]


PIPELINES = {
    "github": (github_bundle, "argocd/app-of-apps.yaml"),
    "gitlab": (gitlab_bundle, "flux/kustomization.yaml"),
}


@pytest.fixture
def deploy(machine: Machine) -> Path:
    """A checkout of the branch that Argo CD watches, as the workflow's second checkout gives it."""
    remote, checkout = machine.folder / "remote.git", machine.folder / "deploy"
    git("init", "--quiet", "--bare", "--initial-branch=deploy", str(remote))
    git("clone", "--quiet", str(remote), str(checkout))
    git("switch", "--quiet", "--orphan", "deploy", folder=checkout)
    who = ("-c", "user.name=x", "-c", "user.email=x@example.com")
    git(*who, "commit", "--quiet", "--allow-empty", "-m", "Bundles", folder=checkout)
    git("push", "--quiet", "origin", "deploy", folder=checkout)
    return remote


def git(*arguments: str, folder: Path | None = None) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=folder, check=True, capture_output=True, text=True
    )
    return done.stdout


def pipeline(machine: Machine, name: str) -> subprocess.CompletedProcess[str]:
    """Run the steps of a pipeline until one fails, as its system does."""
    done = None
    for script in PIPELINES[name][0]():
        done = machine.run(script)
        if done.returncode != 0:
            break
    assert done is not None
    return done


def change_snapshot(machine: Machine, change: Callable[[Any], None]) -> None:
    taken = yaml.safe_load((machine.folder / "cluster.yaml").read_text())
    change(taken)
    (machine.folder / "cluster.yaml").write_text(json.dumps(taken))


@pytest.mark.parametrize("name", PIPELINES)
@pytest.mark.usefixtures("deploy")
def test_a_pipeline_bundles_what_the_gate_lets_through(name: str, machine: Machine) -> None:
    change_snapshot(machine, without_gpu_b)
    done = pipeline(machine, name)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (machine.folder / "bundle" / PIPELINES[name][1]).is_file()
    assert [call.split()[2:4] for call in machine.calls("eidos")] == [
        ["recipe", "--snapshot"],
        ["bundle", "--recipe"],
        ["bundle", "verify"],
    ]


@pytest.mark.parametrize("name", PIPELINES)
@pytest.mark.parametrize(
    ("change", "code"),
    [(lambda _: None, 1), (without_gpu_facts, 1), (without_kernel_line, 3), (unreadable, 2)],
)
def test_a_pipeline_stops_at_a_closed_gate(
    name: str, change: Callable[[Any], None], code: int, machine: Machine, deploy: Path
) -> None:
    change_snapshot(machine, change)
    done = pipeline(machine, name)
    assert done.returncode == code, done.stdout + done.stderr
    assert not (machine.folder / "bundle").exists()
    assert git("log", "--format=%s", "deploy", folder=deploy).split() == ["Bundles"]


def test_github_commits_a_bundle_once(machine: Machine, deploy: Path) -> None:
    change_snapshot(machine, without_gpu_b)
    for _ in range(2):  # the same snapshot gives the same bytes, so that there is nothing to commit
        done = pipeline(machine, "github")
        assert done.returncode == 0, done.stdout + done.stderr
        shutil.rmtree(machine.folder / "bundle")
    assert len(git("log", "--format=%s", "deploy", folder=deploy).splitlines()) == 2
    kept = git("ls-tree", "-r", "--name-only", "deploy", folder=deploy).splitlines()
    assert "demo-east-1/argocd/app-of-apps.yaml" in kept
    assert "demo-east-1/manifest.json" in kept


def test_what_a_pipeline_pushes_is_where_argo_cd_looks(machine: Machine, deploy: Path) -> None:
    change_snapshot(machine, without_gpu_b)
    pipeline(machine, "github")
    place = parsed("bundle-inputs.yaml")["source"]
    parent = yaml.safe_load((machine.folder / "bundle/argocd/app-of-apps.yaml").read_text())
    source = parent["spec"]["source"]
    assert (source["repoURL"], source["targetRevision"]) == (place["url"], place["revision"])
    assert git("ls-tree", f"deploy:{source['path']}", folder=deploy)


# Shipping ---------------------------------------------------------------------------------------


def test_gitlab_pushes_what_it_bundled(machine: Machine) -> None:
    write_gated(machine.folder / "bundle")
    job = parsed("gitlab/push.gitlab-ci.yml")["push"]
    lines = "\n".join(["set -e", *job["before_script"], *job["script"]])
    with registry(auth="basic") as hub:
        env = {
            "CI_REGISTRY": hub.host,
            "CI_REGISTRY_IMAGE": f"{hub.host}/team/clusters",
            "CI_REGISTRY_USER": hub.user,
            "CI_REGISTRY_PASSWORD": hub.password,
            "CI_COMMIT_TAG": "v1.4.0",
            "TMPDIR": str(machine.folder),
        }
        done = machine.run(Script(lines, env=env))
        assert done.returncode == 0, done.stderr
        digest = hub.tags["team/clusters/bundle", "v1.4.0"]
        assert hub.password not in done.stdout + done.stderr + "".join(machine.calls("eidos"))
    assert (machine.folder / "bundle.digest").read_text().strip() == digest
    assert not list(machine.folder.glob("tmp.*"))


@pytest.mark.parametrize("name", ["carry-out.sh", "carry-in.sh"])
def test_scripts_for_the_air_gap_are_clean(name: str) -> None:
    command = [str(Path(sys.executable).parent / "shellcheck"), str(EXAMPLES / "air-gap" / name)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_a_bundle_crosses_the_air_gap_as_it_is_or_not_at_all(machine: Machine) -> None:
    write_gated(machine.folder / "bundle")
    out, into = ((EXAMPLES / "air-gap" / f"carry-{way}.sh").read_text() for way in ("out", "in"))

    def run(text: str, *words: str) -> int:
        return machine.run(Script(text, ("sh", "-c"), {}), *words).returncode

    with registry() as outside, registry() as inside:
        push = f"eidos --no-config bundle push bundle {outside.name('east')}:v1"
        assert run(push) == 0
        assert run(out, outside.name("east") + ":v1") == 0
        digest = (machine.folder / "bundle.digest").read_text().strip()
        target = inside.name("clusters/east") + ":v1"
        assert run(into, "bundle.tar", "sha256:" + "0" * 64, target) == 2
        assert not inside.tags
        assert run(into, "bundle.tar", digest, target) == 0
        assert inside.tags["clusters/east", "v1"] == digest == outside.tags["east", "v1"]


COSIGN = """\
#!{python}
import json, sys
sys.path.insert(0, {tests!r})
from pathlib import Path
from fakes.sigstore_world import World
given = dict(zip(sys.argv[1:], sys.argv[2:]))
assert sys.argv[1] == "attest-blob", sys.argv
world = World.load(Path("world.json"))
attested = world.attest(Path(given["--statement"]).read_bytes(), world.leaf({who!r}))
Path(given["--bundle"]).write_text(json.dumps(attested))
"""
"""In place of cosign, GitHub's identity and the public instance of Sigstore."""


@pytest.mark.parametrize(
    ("ref", "workflow", "code"),
    [
        ("refs/tags/v1.4.0", "attest.yml", 0),
        ("refs/heads/main", "attest.yml", 1),
        ("refs/tags/v1.4.0", "review.yml", 1),
    ],
)
def test_only_what_the_workflow_attested_is_taken(
    machine: Machine, ref: str, workflow: str, code: int
) -> None:
    world = World()
    world.save(machine.folder / "world.json")
    world.write_root(machine.folder / "trusted_root.json")
    who = f"https://github.com/acme/clusters/.github/workflows/{workflow}@{ref}"
    shim = machine.folder / "shims" / "cosign"
    shim.write_text(COSIGN.format(python=sys.executable, tests=str(ROOT / "tests"), who=who))
    shim.chmod(stat.S_IRWXU)
    wanted = (EXAMPLES / "bundle-trust" / "keyless-requirements.yaml").read_text()
    (machine.folder / "keyless-requirements.yaml").write_text(
        wanted.replace("max-age=30d", "max-age=100000d")
    )
    change_snapshot(machine, without_gpu_b)
    with registry() as hub:
        env = {
            "BUNDLE": hub.name("clusters/demo-east-1"),
            "REFERENCE": hub.name("clusters/demo-east-1") + ":v1.4.0",
            "GITHUB_REF_NAME": "v1.4.0",
            "GITHUB_ACTOR": "somebody",
            "TOKEN": "s3cr3t",
            "TMPDIR": str(machine.folder),
        }
        for name, status in (("attest", 0), ("verify", code)):
            [job] = parsed(f"bundle-trust/{name}.yml")["jobs"].values()
            steps = [each._replace(env=env) for each in github_steps(job)]
            done = [machine.run(each) for each in steps]
            said = "".join(each.stdout + each.stderr for each in done)
            assert [each.returncode for each in done[:-1]] == [0] * (len(done) - 1), said
            assert done[-1].returncode == status, said
            assert "s3cr3t" not in said
            assert not list(machine.folder.glob("tmp.*"))
    assert ("::error::The bundle is not what it has to be" in said) is bool(code)
