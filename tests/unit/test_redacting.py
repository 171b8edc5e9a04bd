"""Secrets, planted everywhere, are found nowhere."""

import re
from pathlib import Path
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eidos.engine.digest import addressed, canonical
from eidos.engine.documents.finding import Source
from eidos.engine.documents.reading import read_documents
from eidos.engine.documents.snapshots import read_snapshot
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.secrets import is_secret_name, masked
from eidos.engine.model.snapshot import CollectorState, Subtype
from eidos.engine.ports import Fact
from eidos.engine.redacting import Redactor, Sweep

SECRET = "hunter2hunter2"  # noqa: S105  # planted


def redact(
    type_: str, subtype: str, data: dict[str, Json], redactor: Redactor | None = None
) -> tuple[dict[str, Json], tuple[str, ...]]:
    fact, record = (redactor or Redactor()).redact(Fact(type_, Subtype(subtype, data), "n"))
    assert record is None or record.status is CollectorState.REDACTED
    return dict(fact.subtype.data), record.keys if record else ()


@pytest.mark.parametrize(
    ("type_", "subtype", "data", "keys"),
    [
        ("OS", "grub", {"rd.token": SECRET}, ("rd.token",)),
        ("OS", "grub", {"rd.luks.key": ["a", SECRET]}, ("rd.luks.key",)),
        ("OS", "grub", {"systemd.set_credential": f"x:{SECRET}"}, ("systemd.set_credential",)),
        ("OS", "grub", {"ds": f"nocloud;s=http://me:{SECRET}@host/"}, ("ds",)),
        ("OS", "grub", {"systemd.setenv": f"API_TOKEN={SECRET}"}, ("systemd.setenv",)),
        ("SystemD", "a.service", {"Environment": [f"ANY={SECRET}"]}, ("Environment[0]",)),
        ("SystemD", "a.service", {"ExecStart": [f"/x --token {SECRET}"]}, ("ExecStart[0]",)),
        ("SystemD", "a.service", {"ExecStart": [f"/x --db-password={SECRET}"]}, ("ExecStart[0]",)),
        ("K8s", "policy", {"driver.licensing.password": SECRET}, ("driver.licensing.password",)),
        (
            "K8s",
            "policy",
            {"driver.env": f'[{{"name": "NGC_API_KEY", "value": "{SECRET}"}}]'},
            ("driver.env[0].value",),
        ),
        ("K8s", "cr", {"spec": {"auth": {"apiKey": SECRET}}}, ("spec.auth.apiKey",)),
        ("K8s", "cr", {"pem": f"-----BEGIN RSA PRIVATE KEY-----\n{SECRET}"}, ("pem",)),
        ("K8s", "cr", {"header": f"Authorization: Bearer {SECRET}"}, ("header",)),
        ("K8s", "cr", {"nvapi": f"use nvapi-{SECRET}{SECRET}"}, ("nvapi",)),
    ],
)
def test_planted_secrets_are_gone_and_their_keys_recorded(
    type_: str, subtype: str, data: dict[str, Json], keys: tuple[str, ...]
) -> None:
    clean, recorded = redact(type_, subtype, data)

    assert SECRET.encode() not in canonical(clean)
    assert recorded == keys


@pytest.mark.parametrize(
    "data",
    [
        {"iommu.passthrough": "1", "spec_store_bypass_disable": "on", "random.trust_cpu": "1"},
        {"ro": "", "token": "", "key": "1", "console": ["tty0", "ttyS0,115200n8"]},
    ],
)
def test_boot_arguments_that_are_no_secrets_stay(data: dict[str, Json]) -> None:
    assert redact("OS", "grub", data) == (data, ())


@pytest.mark.parametrize(
    "data",
    [
        {"taints": [{"key": "nvidia.com/gpu", "effect": "NoSchedule"}]},
        {"imagePullSecrets": ["ngc-secret"], "secretName": "ngc"},
        {"/proc/sys/kernel/keys/maxkeys": "200"},
        {"rules": [{"resources": ["secrets", "serviceaccounts/token"], "verbs": ["get"]}]},
        {"automountServiceAccountToken": False, "tokenReview": True},
        {"ref": "nvcr.io/nvidia/driver@sha256:" + "a" * 64},
    ],
)
def test_words_about_secrets_are_no_secrets(data: dict[str, Json]) -> None:
    assert redact("K8s", "x", data) == (data, ())


def test_the_users_own_patterns() -> None:
    redactor = Redactor(("gpu.devices.devices.serial",), (re.compile("acme-[0-9]+"),))
    data: dict[str, Json] = {"devices": [{"serial": "165", "uuid": "GPU-1", "note": "is acme-77"}]}

    clean, keys = redact("GPU", "devices", data, redactor)

    assert clean == {"devices": [{"uuid": "GPU-1", "note": "is [redacted]"}]}
    assert keys == ("devices[0].note", "devices[0].serial")


@given(st.text(min_size=1), st.text())
def test_any_text_can_be_looked_at(name: str, value: str) -> None:
    redact("OS", "grub", {name: value, "nested": {name: [value]}})
    is_secret_name(name)


@pytest.mark.parametrize(
    "name", ["snapshots/gb200.yaml", "gpu-h200/nvml.yaml", "gpu-h200/xml.yaml"]
)
def test_nothing_of_real_machines_is_a_secret(shared: Path, name: str) -> None:
    path = shared / "data" / name
    seen = addressed(read_snapshot(read_documents(Source(name, path))[0]).snapshot)

    assert Sweep().swept(seen) == (seen, ())


@pytest.mark.parametrize(
    "text",
    [
        "nvcr.io/nvidia/driver:580.82.07@sha256:" + "0a" * 32,
        "docker://nginx@sha256:" + "0a" * 32,
        "GPU-5f5c1a3e-3f1b-4d2e-8a3b-0123456789ab",
        "0123456789abcdef0123456789abcdef",
        "ssh://git@github.com/NVIDIA/eidos",
        "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
        "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----",
        "mkdir -p /var/lib/kubelet; run -p 8080:80 -u 1000:1000",
        "--authentication-token-webhook=true --client-ca-file=/etc/ca.crt --max-tokens 4096",
        "--token $(HF_TOKEN) --password=${PASSWORD} --api-key={{ .key }}",
        "registry.example.com:5000/team/app:1.2",
        "owner:joe@example.com",
        "basic configuration of the bearer",
    ],
)
def test_what_only_looks_like_a_secret_stays(text: str) -> None:
    assert masked(text) == text


@given(st.text(alphabet="ab-=:\"'\\ @/?&\n.{[-_~$1PpTt") | st.text())
def test_masking_again_changes_nothing(text: str) -> None:
    once = masked(text + " --token " + text)
    assert masked(once) == once


@pytest.mark.parametrize(
    "unit",
    [
        *(
            "a",
            "-",
            "a-",
            "eyJ-",
            "eyJa.",
            "SG.",
            "://",
            "://@",
            "iscsi:",
            'password="',
            "password='",
        ),
        *('password=\\"', "token: ", "-p ", "-u a:", "mysql -p", "Bearer ", "Authorization: "),
        *("-----BEGIN A KEY-----", "a:b@", "key", "?sig=", "a.a.", "cookie: ", "ghp_", "$6$", "Q~"),
    ],
)
def test_hostile_texts_take_linear_time(unit: str) -> None:
    def cost(count: int) -> float:
        text = unit * count
        started = process_time()
        masked(text)
        masked(text, prose=True)
        return process_time() - started

    small = 20_000 // len(unit)
    # Quadratic would be 64 times as much; the floor keeps small times from being compared.
    assert min(cost(8 * small) for _ in range(2)) < 24 * max(cost(small), 0.02)
