"""nvidia-smi's XML in the spellings of many drivers, healthy, broken and cut short."""

import string
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eidos.collectors._gpu_model import Gpus
from eidos.collectors._nvidia_smi_elements import DEVICE
from eidos.collectors.gpu import collector
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.snapshot import CollectorState
from fakes.collected import Collected
from fakes.smi_documents import BRANCHES, H200, Branch, document, gpu, parse_query

NEW = BRANCHES["580-blackwell"]
WORDS = (
    *("[Unknown Error]", "Unknown Error", "ERR!", "[GPU requires reset]", "GPU is lost"),
    *("[Insufficient Permissions]", "Not Found", "16\x0250", "\ufffd"),
)


def device(text: str, index: int = 0) -> Mapping[str, Json]:
    found = parse_query(text).stable()["devices"]
    assert isinstance(found, list)
    one = found[index]
    assert isinstance(one, dict)
    return one


def gaps(gpus: Gpus) -> dict[str, str]:
    return {**gpus.smi_missing(), **gpus.stable_missing(), **gpus.volatile_missing()}


def machine(root: Path, text: str, code: int = 0, errors: str = "") -> Path:
    """Lay out an nvidia-smi that answers its query, and nothing else."""
    folder = root / "usr/bin"
    folder.mkdir(parents=True)
    (folder / "query").write_text(text)
    (folder / "errors").write_text(errors)
    program = folder / "nvidia-smi"
    program.write_text(
        f'#!/bin/sh\n[ "$1" = -q ] || exit 1\n'
        f"cat {folder}/query\ncat {folder}/errors >&2\nexit {code}\n"
    )
    program.chmod(0o755)
    return root


@pytest.mark.parametrize("branch", BRANCHES.values(), ids=BRANCHES.keys())
def test_every_fact_is_told_absent_or_named(branch: Branch) -> None:
    gpus = parse_query(document(branch, gpu(branch)))
    named = set(gpus.stable_missing())

    assert all(any(key[8:].startswith(fact) for fact in branch.lacks) for key in named), named
    lacking = {f"devices.{fact}" for fact in branch.lacks}
    assert all(any(key.startswith(fact) for key in named) for fact in lacking), lacking - named
    assert all(branch.driver in why for why in gaps(gpus).values())
    assert not gpus.volatile_missing()
    assert not gpus.unread


@pytest.mark.parametrize("branch", BRANCHES.values(), ids=BRANCHES.keys())
def test_every_spelling_gives_the_same_facts(branch: Branch) -> None:
    text = document(branch, gpu(branch))
    found = device(text)
    now = parse_query(text).volatile()["GPU-00000000-0000-0000-0000-000000000000"]

    assert parse_query(text).smi()["driver"] == branch.driver
    assert found["power"] == {"limit-w": 650.0, "default-w": 700.0, "min-w": 200.0, "max-w": 700.0}
    assert isinstance(now, dict)
    assert now["power-w"] == 70.93
    assert now["clocks-event-reasons"] == ["gpu-idle"]
    for scope in ("volatile", "aggregate"):
        ecc = found["ecc"]
        assert isinstance(ecc, dict)
        assert ecc[scope] == {"corrected": 1, "uncorrected": 4}
    assert found.get("module-id", 2) == 2


def test_a_real_h200_has_no_gap_and_nothing_that_is_not_supported() -> None:
    gpus = parse_query(H200.read_text())
    found = device(H200.read_text())

    assert not gaps(gpus)
    assert not gpus.unread
    assert not {"fabric", "nvlink", "display-mode", "retired-pages"} & found.keys()
    assert found["recovery-action"] == "None"
    assert found["remapped-rows"] == {
        "correctable": 0,
        "uncorrectable": 0,
        "pending": False,
        "failure": False,
        "banks": {"max": 3072, "high": 0, "partial": 0, "low": 0, "none": 0},
    }


HAD = parse_query(document(NEW, gpu(NEW))).devices[0].facts
MADE_OF_SEVERAL = {"ecc.volatile.uncorrected": "ecc_errors/volatile/dram_uncorrectable"}


@pytest.mark.parametrize("fact", sorted({*MADE_OF_SEVERAL, *(HAD.keys() & DEVICE.keys())}))
def test_one_broken_value_loses_one_value(fact: str) -> None:
    """Whatever the fact is, such words in its place lose it, and only it, of that GPU."""
    before = parse_query(document(NEW, gpu(NEW), gpu(NEW, 1)))
    told = before.devices[1].facts.keys() - {fact}
    told -= {"mig.instances"} if fact == "mig.current" else set()
    for words in WORDS:
        sick: dict[str, object] = dict(gpu(NEW, 1))
        _put(sick, MADE_OF_SEVERAL.get(fact) or _place(fact, sick), words)

        after = parse_query(document(NEW, gpu(NEW), sick))  # type: ignore[arg-type]

        assert after.devices[1].facts.keys() == told
        assert set(after.devices[1].broken) == {fact}
        assert after.devices[0].facts == before.devices[0].facts
        named = {**after.stable_missing(), **after.volatile_missing()}
        key = fact[4:] if fact.startswith("now.") else f"devices[1].{fact}"
        assert any(name.endswith(key) for name in named), named


def _place(fact: str, described: Mapping[str, object]) -> str:
    if fact == "now.power-w":
        return "gpu_power_readings"

    def at(place: str) -> object:
        below: object = described
        for name in place.split("/"):
            below = below.get(name) if isinstance(below, Mapping) else None
        return below

    return next(place for place in DEVICE[fact][0] if isinstance(at(place), str))


def _put(tree: dict[str, object], place: str, words: str) -> None:
    if place == "gpu_power_readings":  # told twice, as average and as instant
        readings = tree[place]
        assert isinstance(readings, Mapping)
        tree[place] = {**readings, "average_power_draw": words, "instant_power_draw": words}
        return
    name, _, rest = place.partition("/")
    if not rest:
        tree[name] = words
        return
    below = tree[name]
    assert isinstance(below, Mapping)
    tree[name] = copy = dict(below)
    _put(copy, rest, words)


def test_a_word_that_is_neither_yes_nor_no_is_no_no() -> None:
    rows = {"remapped_row_pending": "Unknown Error", "remapped_row_failure": "Maybe"}
    gpus = parse_query(document(NEW, gpu(NEW, remapped_rows=rows)))

    assert {"remapped-rows.pending", "remapped-rows.failure"} <= gpus.devices[0].broken.keys()


def test_one_broken_part_breaks_the_sum() -> None:
    parts = {"sram_correctable": "1", "dram_correctable": "Unknown Error"}
    gpus = parse_query(document(NEW, gpu(NEW, ecc_errors={"volatile": parts, "aggregate": parts})))

    assert "ecc.volatile.corrected" in gpus.devices[0].broken


def test_a_gpu_that_answers_nothing_is_named_as_a_whole() -> None:
    sick = {name: "GPU is lost" for name in gpu(NEW, 1) if name != "uuid"}
    gpus = parse_query(document(NEW, gpu(NEW), {**sick, "uuid": "GPU-1"}))

    assert {key for key in gpus.stable_missing() if key.startswith("devices[")} == {"devices[1]"}
    assert "GPU is lost" in gpus.stable_missing()["devices[1]"]
    assert gpus.smi()["gpu-count"] == 2


def test_a_new_element_is_listed_and_spoils_nothing(tmp_path: Path) -> None:
    described = gpu(NEW, quantum_mode="On", power_mood={"mood": "good"})
    gpus = parse_query(document(NEW, described))

    assert gpus.unread == ("power_mood/mood", "quantum_mode")
    assert not gaps(gpus)
    found = Collected(collector, machine(tmp_path, document(NEW, described)), "devices")
    listed = [one for one in found.entries if one.status is CollectorState.OK]
    assert [one.keys for one in listed] == [gpus.unread]


def test_what_drivers_give_up_is_no_gap() -> None:
    given_up = ("display_mode", "applications_clocks")
    described = {name: value for name, value in gpu(NEW).items() if name not in given_up}

    assert not gaps(parse_query(document(NEW, described)))


def test_power_under_a_name_that_nobody_knows_is_a_gap() -> None:
    described = gpu(
        NEW, gpu_power_readings={"power_consumed": "70 W", "default_power_limit": "N/A"}
    )
    gpus = parse_query(document(NEW, described))

    assert "GPU-00000000-0000-0000-0000-000000000000.power-w" in gpus.volatile_missing()
    assert gpus.unread == ("gpu_power_readings/power_consumed",)


@pytest.mark.parametrize(
    "name",
    ["trainer \x02\x03 --name a&b", "</process_name></gpu><gpu>", "a < b > c", "&unknown; <!--"],
)
def test_names_of_processes_are_not_read(name: str) -> None:
    healthy = document(NEW, gpu(NEW), gpu(NEW, 1))
    processes = f"<processes>\n<process_name>{name}</process_name>\n</processes>\n"
    text = healthy.replace("</gpu>", f"{processes}</gpu>", 1)

    gpus = parse_query(text)

    assert gpus.stable() == parse_query(healthy).stable()
    assert not gaps(gpus)


@pytest.mark.parametrize("place", ["before", "between", "after"])
def test_warnings_are_told_and_the_rest_is_kept(place: str) -> None:
    healthy = document(NEW, gpu(NEW), gpu(NEW, 1))
    warning = "WARNING: infoROM is corrupted at gpu 0000:02:00.0\n"
    text = {
        "before": warning + healthy,
        "between": healthy.replace("<product_name>", f"{warning}<product_name>", 1),
        "after": healthy + warning,
    }[place]

    gpus = parse_query(text)

    assert gpus.stable() == parse_query(healthy).stable()
    assert gaps(gpus) == {"devices[1].inforom": warning.strip()}


def test_a_loose_warning_spoils_no_fact() -> None:
    gpus = parse_query("Warning: something\n" + document(NEW, gpu(NEW)))

    assert gaps(gpus) == {"warnings": "Warning: something"}


@pytest.mark.parametrize(
    "line",
    [
        "Unable to determine the device handle for GPU 0000:02:00.0: Unknown Error",
        "Unable to determine the device handle for GPU1: 0000:02:00.0: GPU is lost. Reboot",
    ],
)
def test_a_lost_gpu_stands_at_its_place(line: str, tmp_path: Path) -> None:
    text = document(NEW, gpu(NEW), gpu(NEW, 2)).replace(">2<", ">3<")
    root = machine(tmp_path, text, 15, line)

    found = Collected(collector, root, "smi", "devices")

    devices = found.facts["devices"]["devices"]
    assert isinstance(devices, list)
    assert devices[1] == {"index": 1, "pcie": {"bus-id": "00000000:02:00.0"}, "error": line}
    assert found.facts["smi"]["gpu-count"] == 3
    assert {"devices[1]", "warnings"} <= set(found.entry("devices").keys)
    assert line in str(found.entry("devices").reason)
    assert "code 15" in str(found.entry("devices").reason)


def test_no_document_is_a_failure_in_the_tools_words(tmp_path: Path) -> None:
    text = "Failed to initialize NVML: Driver/library version mismatch\nNVML library: 580.159\n"

    entry = Collected(collector, machine(tmp_path, text, 18), "smi").entry("smi")

    assert entry.status is CollectorState.FAILED
    assert "Driver/library version mismatch" in str(entry.reason)


def test_two_documents_of_one_driver_are_one_reading() -> None:
    once = document(NEW, gpu(NEW))
    gpus = parse_query(once[: len(once) // 2] + once)

    assert gpus.stable() == parse_query(once).stable()
    assert "2 documents" in gpus.stable_missing()["warnings"]


def test_a_driver_that_is_changed_meanwhile_is_no_reading() -> None:
    old = BRANCHES["570-hopper"]
    with pytest.raises(ValueError, match=r"570\.86\.15, then nvidia-smi 580\.159\.04"):
        parse_query(document(old, gpu(old)) + document(NEW, gpu(NEW)))


def test_mig_vgpu_and_grace() -> None:
    mig = {
        "mig_device": {
            "index": "0",
            "gpu_instance_id": "3",
            "compute_instance_id": "0",
            "device_attributes": {"shared": {"multiprocessor_count": "16"}},
            "fb_memory_usage": {"total": "9856 MiB", "used": "N/A"},
        }
    }
    sliced = gpu(
        NEW, mig_mode={"current_mig": "Enabled", "pending_mig": "Enabled"}, mig_devices=mig
    )
    sliced |= {"fb_memory_usage": {"total": "81559 MiB", "used": "N/A"}}
    guest = gpu(
        NEW,
        1,
        gpu_virtualization_mode={"virtualization_mode": "VGPU", "host_vgpu_mode": "N/A"},
        vgpu_software_licensed_product={"license_status": "Licensed"},
        pci={"pci_bus_id": "00000000:02:00.0", "replay_counter": "N/A"},
        ecc_mode="N/A",
        remapped_rows="N/A",
    )
    grace = gpu(NEW, 2, product_name="NVIDIA GB200", addressing_mode="ATS", c2c_mode="Enabled")
    text = document(NEW, sliced, guest, grace)

    assert device(text)["mig"] == {
        "current": "Enabled",
        "pending": "Enabled",
        "instances": [
            {
                "index": 0,
                "gpu-instance": 3,
                "compute-instance": 0,
                "memory-mib": 9856,
                "multiprocessors": 16,
            }
        ],
    }
    assert not {"remapped-rows"} & device(text, 1).keys()
    assert device(text, 2)["c2c-mode"] == "Enabled"
    assert {
        key.partition(".")[2].partition(".")[0] for key in parse_query(text).stable_missing()
    } == {"pcie"}


@given(st.integers(min_value=0))
def test_what_is_cut_short_is_said_and_never_believed(cut: int) -> None:
    """No value that stands before the cut changes, and no GPU disappears without a word."""
    whole = document(NEW, gpu(NEW), gpu(NEW, 1))
    before = parse_query(whole)
    text = whole[: cut % (len(whole.rstrip()))]
    try:
        after = parse_query(text)
    except ValueError as why:
        assert "nvidia-smi gave XML" in str(why)  # noqa: PT017
        return
    assert "devices" in after.stable_missing()
    for cut_off, complete in zip(after.devices, before.devices, strict=False):
        assert cut_off.facts.items() <= complete.facts.items()
        assert cut_off.facts.keys() == complete.facts.keys() or cut_off.error


@given(st.text(string.printable + "<>&/\x00\x02é", max_size=60), st.integers(min_value=0))
def test_nothing_that_stands_anywhere_ends_the_reading(noise: str, where: int) -> None:
    text = document(NEW, gpu(NEW))
    at = where % len(text)
    try:
        gpus = parse_query(text[:at] + noise + text[at:])
    except ValueError:
        return
    gpus.smi(), gpus.stable(), gpus.volatile(), gaps(gpus)
