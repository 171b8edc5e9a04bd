"""Secrets, planted everywhere, are found nowhere."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eidos.engine.digest import canonical
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.secrets import is_secret_name
from eidos.engine.model.snapshot import CollectorState, Subtype
from eidos.engine.ports import Fact
from eidos.engine.redacting import Redactor

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
