"""What facts are, and which values of them say nothing."""

import pytest

from eidos.engine.model.facts import FactAddress
from eidos.engine.model.facttypes import KINDS, FactType
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.nearest import nearest
from eidos.engine.vocabulary import vocabulary

SHA = "sha256:" + "a" * 64
IMAGE: dict[str, Json] = {"registry": "nvcr.io", "repository": "nvidia/driver", "tag": "580.82.07"}

READABLE: list[tuple[str, Json]] = [
    ("gpu.smi.driver", "580.173.02"),
    ("gpu.smi.driver", "535.104"),
    ("gpu.smi.gpu-count", 8),
    ("gpu.smi.gpu-count", "8"),
    ("gpu.smi.gpu-count", 8.0),
    ("gpu.smi.gpu.model", "Tesla T4"),
    ("gpu.smi.gpu.model", "NVIDIA RTX PRO 6000 Blackwell Server Edition"),
    ("gpu.smi.gpu.product-architecture", "Ada Lovelace"),
    ("gpu.smi.gpu.gsp-firmware-version", "N/A"),
    ("gpu.smi.gpu.display-mode", "Requested functionality has been deprecated"),
    ("os.grub.nokaslr", ""),
    ("os.grub.nokaslr", True),
    ("os.grub.console", ["tty0", "ttyS0,115200n8"]),
    ("os.grub.panic", "-1"),
    ("os.grub.spec-store-bypass-disable", "prctl"),
    ("os.kmod.nvidia", {"size": 1}),
    ('os.sysctl["/proc/sys/fs/file-max"]', "18446744073709551615"),
    ('os.sysctl["/proc/sys/kernel/perf_event_paranoid"]', "-1"),
    ('os.sysctl["/proc/sys/kernel/hotplug"]', ""),
    ('os.sysctl["/proc/sys/kernel/osrelease"]', "6.6.87.2-microsoft-standard-WSL2"),
    ('os.sysctl["/proc/sys/kernel/osrelease"]', "5.14.0-427.el9.x86_64+64k"),
    ('os.sysctl["/proc/sys/kernel/osrelease"]', "6.6.0+"),
    ("os.release.PRETTY_NAME", "openSUSE Leap 15.6"),
    ("k8s.server.version", "v1.33.5-gke.1172000"),
    ("k8s.node.provider", "self-managed"),
    ("k8s.node.os-image", "Container-Optimized OS from Google"),
    ("k8s.node.container-runtime-name", "cri-o"),
    ("k8s.policy.driver.version", SHA),
    ("k8s.policy.driver.upgradePolicy.maxUnavailable", "25%"),
    ("k8s.policy.devicePlugin.env", [{"name": "A", "value": ""}]),
    ("k8s.policy.driver.certConfig.name", ""),
    ("k8s.policy.daemonsets.labels.app.kubernetes.io/version", "N/A"),
    ("k8s.image.driver", f"580.82.07@{SHA}"),
    ("k8s.image.containers", [{**IMAGE, "digest": SHA, "role": "init"}]),
    ('systemd["containerd.service"].LimitMEMLOCK', 2**64 - 1),
    ('systemd["containerd.service"].LimitMEMLOCK', float(2**64)),
    ('systemd["containerd.service"].TasksMax', "infinity"),
    ('systemd["crio.service"].Anything', []),
]

UNREADABLE: list[tuple[str, Json]] = [
    ("gpu.smi.driver", "N/A"),
    ("gpu.smi.driver", "580.82.07 "),
    ("gpu.smi.driver", None),
    ("gpu.smi.driver", 580.82),
    ("gpu.smi.gpu-count", -1),
    ("gpu.smi.gpu-count", True),
    ("gpu.smi.gpu-count", 7.5),
    ("gpu.smi.gpu-count", 2**70),
    ("gpu.smi.gpu.model", "N/A"),
    ("gpu.smi.gpu.model", "nvidia h100"),
    ("gpu.smi.gpu.model", ["NVIDIA H100"]),
    ("gpu.smi.gpu.product-architecture", "HOPPER"),
    ("gpu.smi.gpu.persistence-mode", "[Unknown Error]"),
    ("gpu.smi.gpu.gsp-firmware-version", "[N/A]"),
    ("gpu.smi.gpu.vbios-version", {}),
    ("os.grub.nokaslr", []),
    ("os.grub.nokaslr", None),
    ("os.grub.nokaslr", "N/A"),
    ("os.grub.nokaslr", {}),
    ("os.grub.mitigations", [["off"]]),
    ("os.grub.mitigations", ["off", None]),
    ("os.grub.mitigations", "OFF"),
    ("os.grub.mitigations", "off\u200b"),
    ("os.grub.mitigations", ""),
    ("os.kmod.nouveau", False),
    ("os.kmod.nouveau", 0),
    ('os.sysctl["/proc/sys/kernel/kptr_restrict"]', "99999999999"),
    ('os.sysctl["/proc/sys/kernel/kptr_restrict"]', ""),
    ('os.sysctl["/proc/sys/kernel/osrelease"]', "6.8.0-1018-nvidia-64K"),
    ("os.release.ID", "Ubuntu"),
    ("os.release.VERSION_ID", 24.04),
    ("k8s.server.version", "unknown"),
    ("k8s.node.provider", ""),
    ("k8s.node.os-image", "ubuntu 24.04"),
    ("k8s.node.container-runtime-name", "Containerd"),
    ("k8s.policy.driver.enabled", "maybe"),
    ("k8s.policy.driver.enabled", {}),
    ("k8s.policy.driver", {"enabled": "false"}),
    ("k8s.policy.driver.repository", "nvcr.io/nvidia "),
    ("k8s.policy.mig.strategy", "Mixed"),
    ("k8s.policy.toolkit.env", ["A=b"]),
    ("k8s.policy.toolkit.env", [["A", "b"]]),
    ("k8s.policy.toolkit.env", [{"name": "A", "value": ["false"]}]),
    ("k8s.policy.toolkit.env", "[{"),
    ("k8s.policy.toolkit.env", []),
    ("k8s.policy.driver.upgradePolicy.maxParallelUpgrades", "-1"),
    ("k8s.image.driver", "N/A"),
    ("k8s.image.driver", ""),
    ("k8s.image.containers", []),
    ("k8s.image.containers", [None]),
    ("k8s.image.containers", [{**IMAGE, "tag": "N/A"}]),
    ("k8s.image.containers", [{**IMAGE, "tag": None}]),
    ("k8s.image.containers", [{**IMAGE, "digest": "sha256:"}]),
    ("k8s.image.containers", [{**IMAGE, "repository": "nvidia/driver "}]),
    ("k8s.image.containers", [{**IMAGE, "repository": "NVIDIA/driver"}]),
    ("k8s.image.containers", [{"repository": "nvidia/driver", "tag": "1"}]),
    ("k8s.image.containers", [{"registry": "nvcr.io", "repository": "nvidia/driver"}]),
    ('systemd["containerd.service"].LoadState', "[Unknown Error]"),
    ('systemd["containerd.service"].LoadState', "Loaded"),
    ('systemd["containerd.service"].LimitMEMLOCK', -1),
    ('systemd["containerd.service"].LimitMEMLOCK', "-1"),
    ('systemd["containerd.service"].LimitMEMLOCK', 2**70),
    ('systemd["containerd.service"].OOMScoreAdjust', "N/A"),
]


def reason(path: str, value: Json) -> str | None:
    address = FactAddress.parse(path)
    assert address.key is not None
    data = {address.key: value}
    known = vocabulary().unreadable(address, data)
    assert (known is None) == (vocabulary().unreadable(address.whole, data) is None)
    return known


def named(rows: list[tuple[str, Json]]) -> list[str]:
    return [f"{number}-{path}" for number, (path, _) in enumerate(rows)]


@pytest.mark.parametrize(("path", "value"), READABLE, ids=named(READABLE))
def test_what_real_machines_say_can_be_read(path: str, value: Json) -> None:
    assert reason(path, value) is None


@pytest.mark.parametrize(("path", "value"), UNREADABLE, ids=named(UNREADABLE))
def test_what_says_nothing_cannot_be_read(path: str, value: Json) -> None:
    assert "is unreadable: " in str(reason(path, value))


def test_a_reason_leads_to_the_value() -> None:
    images: list[Json] = [IMAGE, {**IMAGE, "tag": "x" * 500}]
    assert reason("k8s.image.containers", images) == (
        f"k8s.image.containers[1].tag is unreadable: '{'x' * 59}…' is no image tag"
    )
    assert vocabulary().unreadable(
        FactAddress.parse("nodes.gpu.smi.driver"), {"driver": "N/A"}, " on node a"
    ) == ("gpu.smi.driver on node a is unreadable: 'N/A' is no version")


@pytest.mark.parametrize(
    "data",
    [{}, {"containers": [IMAGE], "web": "1.2"}, {"web": "1.2", "containers": None}],
    ids=["none", "both", "both-empty"],
)
def test_images_are_read_whole_or_not_at_all(data: dict[str, Json]) -> None:
    for path in ("k8s.image", "k8s.image.containers", "k8s.image.web"):
        assert vocabulary().unreadable(FactAddress.parse(path), data) is not None


def test_one_unreadable_fact_makes_the_subtype_unreadable_and_no_other_fact() -> None:
    data: dict[str, Json] = {"driver": "580.1", "gpu.model": "N/A"}
    known = vocabulary()
    assert known.unreadable(FactAddress.parse("gpu.smi"), data) == (
        """gpu.smi["gpu.model"] is unreadable: 'N/A' is no text of the right form"""
    )
    assert known.unreadable(FactAddress.parse("gpu.smi.driver"), data) is None
    assert known.unreadable(FactAddress.parse("gpu.smi.cuda-version"), data) is None


def test_equal_data_of_two_subtypes_are_two_questions() -> None:
    data: dict[str, Json] = {"version": "what"}
    known = vocabulary()
    assert known.unreadable(FactAddress.parse("os.security"), data) is None
    assert known.unreadable(FactAddress.parse("k8s.server"), data) is not None


def test_what_we_have_no_name_for_is_taken_as_it_is() -> None:
    assert vocabulary().unreadable(FactAddress.parse("acme.rack.slot"), {"slot": None}) is None


def test_names_are_spelled_as_the_table_does() -> None:
    known = vocabulary()
    assert known.spelling("OS", "Sysctl") == "sysctl"
    assert known.spelling("os", "sysctl") is None
    assert known.spelling("SystemD", "Kubelet.service") == "kubelet.service"
    assert known.spelling("SystemD", "mine.service") is None
    assert known.spelling("Acme", "rack") is None


def test_the_table_helps_with_a_misspelt_fact() -> None:
    assert nearest("gpu.smi.drivr", vocabulary().known_facts()) == "Did you mean 'gpu.smi.driver'?"


def test_every_row_is_of_a_kind_and_says_what_it_is() -> None:
    def rows(kind: FactType) -> list[FactType]:
        below = [*kind.fields.values(), *([kind.of] if kind.of else [])]
        return [kind, *(row for each in below for row in rows(each))]

    for subtypes in vocabulary().types.values():
        for subtype in subtypes.values():
            assert subtype.about
            assert all(kind.about for kind in subtype.facts.values())
            assert {row.kind for kind in subtype.facts.values() for row in rows(kind)} <= KINDS


def every_type() -> list[FactType]:
    rows = (row for subtypes in vocabulary().types.values() for row in subtypes.values())
    found = [kind for row in rows for kind in row.facts.values()]
    for kind in found:
        found += [*kind.fields.values(), *([kind.of] if kind.of else [])]
    return found


def test_samples_are_of_their_type() -> None:
    for kind in every_type():
        assert [value for value in kind.samples if kind.fault(value) is not None] == []


@pytest.mark.parametrize(("path", "value"), UNREADABLE, ids=named(UNREADABLE))
def test_what_cannot_be_read_has_a_place(path: str, value: Json) -> None:
    address = FactAddress.parse(path)
    data = {str(address.key): value}
    blots = vocabulary().blots(address, data)
    assert blots
    assert all(blot.at[:1] in ((), (address.key,)) for blot in blots)


@pytest.mark.parametrize(("path", "value"), READABLE, ids=named(READABLE))
def test_what_can_be_read_has_none(path: str, value: Json) -> None:
    address = FactAddress.parse(path)
    assert vocabulary().blots(address, {str(address.key): value}) == ()


def test_every_place_that_cannot_be_read_is_given() -> None:
    devices: list[Json] = [{"uuid": "a", "pcie": {"width": "N/A"}}, "lost", {"index": 1}]
    blots = vocabulary().blots(FactAddress.parse("gpu.devices"), {"devices": devices})
    assert {blot.at for blot in blots} == {
        ("devices", 0, "pcie", "width"),
        ("devices", 0, "pcie", "width-max"),
        ("devices", 1),
        ("devices", 2, "uuid"),
    }
