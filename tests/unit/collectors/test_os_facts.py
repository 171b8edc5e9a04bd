"""Operating system facts, from a machine made of files and from this one."""

import os
from pathlib import Path

import pytest

from eidos.collectors import _sysctl
from eidos.collectors.os_facts import collector
from eidos.engine.model.snapshot import CollectorState
from fakes.collected import Collected
from fakes.machines import gpu_node, machine
from fakes.permissions import binding


@pytest.fixture
def node(tmp_path: Path) -> Path:
    return gpu_node(tmp_path)


def test_repeated_kernel_arguments_keep_every_value_in_order(node: Path) -> None:
    grub = Collected(collector, node, "grub").facts["grub"]

    assert grub == {
        "BOOT_IMAGE": "/vmlinuz",
        "ro": "",
        "quiet": "",
        "hugepagesz": ["2M", "1G"],
        "hugepages": ["512", "2"],
        "dyndbg": "file x.c +p",
        "--": ["--token"],
    }


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ('"dyndbg=file drivers/x/* +p"', {"dyndbg": "file drivers/x/* +p"}),
        ('mod.opt="a b" ro', {"mod.opt": "a b", "ro": ""}),
        ('a="" b', {"a": "", "b": ""}),
        ('a="open to the end', {"a": "open to the end"}),
        ('"a b', {"a b": ""}),
        ('x="-- y" z', {"x": "-- y", "z": ""}),
        ("ro -- single", {"ro": "", "--": ["single"]}),
        ("ro -- --key s3cret -q --user=x 3", {"ro": "", "--": ["--key", "-q", "--user", "3"]}),
        ("ro --", {"ro": "", "--": []}),
    ],
)
def test_quotes_and_the_end_of_the_kernels_arguments(
    line: str, found: dict[str, object], tmp_path: Path
) -> None:
    root = machine(tmp_path, {"proc/cmdline": line + "\n"})

    assert Collected(collector, root, "grub").facts["grub"] == found


def test_settings_are_strings_as_read_and_volatile_ones_stand_apart(node: Path) -> None:
    found = Collected(collector, node, "sysctl", "sysctl-volatile")

    assert found.facts["sysctl"] == {
        "/proc/sys/kernel/randomize_va_space": "2",
        "/proc/sys/kernel/version": "#26-Ubuntu SMP Tue",
        "/proc/sys/net/ipv4/tcp_rmem": "4096\t131072\t6291456",
        "/proc/sys/sunrpc/transports/tcp": "1048576",
        "/proc/sys/sunrpc/transports/udp": "32768",
    }
    assert found.facts["sysctl-volatile"] == {
        "/proc/sys/fs/file-nr": "1\t0\t2",
        "/proc/sys/net/ipv4/conf/vethab12/rp_filter": "0",
    }


def test_secret_settings_are_named_and_never_read(node: Path) -> None:
    entry = Collected(collector, node, "sysctl").entry("sysctl")

    assert entry.status is CollectorState.REDACTED
    assert entry.keys == ("/proc/sys/net/ipv4/tcp_fastopen_key",)


def test_a_setting_that_blocks_does_not_stop_the_others(
    node: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_end, write_end = os.pipe()

    def read(path: Path) -> str:
        if path.name == "randomize_va_space":
            return os.read(read_end, 1).decode()  # blocks until the test is over
        return "1"

    monkeypatch.setattr(_sysctl, "PATIENCE", 3.0)  # enough for the others on a loaded machine
    monkeypatch.setattr(_sysctl, "read_text", read)
    try:
        found = Collected(collector, node, "sysctl")
    finally:
        os.write(write_end, b"x")
    partial = next(one for one in found.entries if one.status is CollectorState.PARTIAL)

    assert partial.keys == ("/proc/sys/kernel/randomize_va_space",)
    assert "/proc/sys/kernel/version" in found.facts["sysctl"]


def test_a_pipe_among_the_settings_is_no_setting(node: Path) -> None:
    os.mkfifo(node / "proc/sys/kernel/pipe")

    assert "/proc/sys/kernel/pipe" not in Collected(collector, node, "sysctl").facts["sysctl"]


def test_what_may_not_be_read_is_listed(node: Path) -> None:
    (node / "proc/sys/kernel/randomize_va_space").chmod(0o044)

    with binding():
        entry = Collected(collector, node, "sysctl").entry("sysctl")

    assert entry.status is CollectorState.PARTIAL
    assert entry.keys == ("/proc/sys/kernel/randomize_va_space",)


def test_modules_keep_what_older_tools_know_and_say_more(node: Path) -> None:
    facts = Collected(collector, node, "kmod", "modules").facts

    assert facts["kmod"] == {"nvidia": True, "overlay": True}
    assert facts["modules"]["nvidia"] == {
        "size": 56782848,
        "version": "580.82.07",
        "taint": "OE",
        "parameters": {"NVreg_OpenRmEnableUnsupportedGpus": "1"},
    }


def test_half_a_module_list_is_a_failure(tmp_path: Path) -> None:
    root = machine(tmp_path, {"proc/modules": "nvidia 56782848 12\nover"})

    found = Collected(collector, root, "kmod")

    assert found.state("kmod") is CollectorState.FAILED
    assert "kmod" not in found.facts


def test_a_kernel_without_modules_has_none(tmp_path: Path) -> None:
    root = machine(tmp_path, {"proc/version": "Linux"})

    assert Collected(collector, root, "kmod").facts["kmod"] == {}


def test_missing_files_are_failures_and_not_absence(tmp_path: Path) -> None:
    found = Collected(collector, tmp_path)

    assert found.state("grub") is CollectorState.FAILED
    assert found.state("sysctl") is CollectorState.FAILED
    assert found.state("release") is CollectorState.UNAVAILABLE
    assert found.state("mitigations") is CollectorState.UNAVAILABLE


def test_the_release_is_the_hosts_and_the_containers_stands_apart(node: Path) -> None:
    facts = Collected(collector, node, "release", "container-release").facts

    assert facts["release"] == {"NAME": "Ubuntu", "VERSION_ID": "24.04"}
    assert facts["container-release"] != facts["release"]


def test_the_machine_below(node: Path) -> None:
    subtypes = ("cpu", "memory", "memory-volatile", "mitigations", "security", "boot")
    facts = Collected(collector, node, *subtypes).facts

    assert facts["cpu"]["governors"] == ["performance"]
    assert facts["cpu"]["flags"] == ["fpu", "sse"]
    assert facts["memory"]["huge-pages"] == {"2048": 512}
    assert facts["memory"]["transparent-huge-pages"] == "madvise"
    assert facts["memory"]["numa"] == [
        {
            "node": 0,
            "cpus": "0-1",
            "distances": [10],
            "huge-pages": {"2048": 512},
        }
    ]
    assert facts["memory-volatile"] == {"node0-kib": 1000}
    assert facts["mitigations"] == {"meltdown": "Not affected"}
    assert facts["security"]["lsm"] == ["lockdown", "apparmor"]
    assert facts["security"]["swap"] == [
        {"device": "/dev/sda2", "kind": "partition", "size-kib": 1024}
    ]
    assert facts["boot"]["boot-time"] == "2023-11-14T22:14Z"


def test_what_cannot_be_read_is_not_said_to_be_absent(tmp_path: Path) -> None:
    found = Collected(collector, tmp_path, "security")

    assert found.facts["security"] == {}
    assert found.state("security") is CollectorState.PARTIAL
    unknown = {"lsm", "apparmor", "apparmor-profiles", "selinux", "lockdown", "swap", "limits"}
    assert set(found.entry("security").keys) == unknown | {"cgroup-version"}


def test_without_securityfs_nobody_knows_the_security_modules(node: Path) -> None:
    (node / "sys/kernel/security/lsm").unlink()
    (node / "proc/1").mkdir()
    (node / "proc/1/limits").write_text("Limit\n")
    (node / "sys/fs/cgroup").mkdir(parents=True)

    found = Collected(collector, node, "security")

    assert found.entry("security").keys == ("lockdown", "lsm")
    assert found.entry("security").reason == "securityfs is not mounted"
    assert found.facts["security"]["selinux"] == "disabled"
    assert found.facts["security"]["cgroup-version"] == 1


def test_selinux_that_is_active_elsewhere_is_not_disabled(node: Path) -> None:
    (node / "sys/fs/selinux").mkdir(parents=True)

    assert "selinux" in Collected(collector, node, "security").entry("security").keys


@pytest.mark.parametrize(
    ("subtype", "place", "key"),
    [
        ("boot", "sys/kernel/kexec_loaded", "kexec-loaded"),
        ("cpu", "sys/devices/system/cpu/isolated", "isolated"),
        ("memory", "sys/kernel/mm/ksm/run", "ksm"),
        ("mitigations", "sys/devices/system/cpu/vulnerabilities/l1tf", "l1tf"),
        ("modules", "sys/module/nvidia/srcversion", "nvidia"),
        ("security", "proc/sys/crypto/fips_enabled", "fips"),
    ],
)
def test_a_fact_that_cannot_be_read_is_named_and_spoils_no_other(
    subtype: str, place: str, key: str, node: Path
) -> None:
    before = Collected(collector, node, subtype)
    (node / place).mkdir(parents=True)  # there, and no file: reading it fails for root, too

    after = Collected(collector, node, subtype)

    assert key in after.entry(subtype).keys
    assert before.facts[subtype] == after.facts[subtype]


def test_this_very_machine_has_every_subtype_accounted_for() -> None:
    found = Collected(collector, Path("/"))

    said = set(found.facts) | {str(entry.subtype) for entry in found.entries}
    assert said >= set(collector.subtypes)
