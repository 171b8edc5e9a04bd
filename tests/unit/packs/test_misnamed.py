"""Files with cases, and rules like tests, that nobody runs."""

import pytest

from eidos.engine.packs.misnamed import misnamed_cases, misnamed_rules

CASES = b"apiVersion: eidos.dev/v1\nkind: PolicyCases\ncases: []\n"
ANY = b"cases:\n- name: x\n"


@pytest.mark.parametrize(
    ("name", "content", "right"),
    [
        ("driver_case.yaml", CASES, "driver_cases.yaml"),
        ("driver-cases.yaml", CASES, "driver_cases.yaml"),
        ("driver.cases.yml", CASES, "driver_cases.yml"),
        ("driver_test_cases.json", b'{"kind":"PolicyCases"}', None),
        ("driver.json", b'{"kind":"PolicyCases"}', "driver_cases.json"),
        ("driver_Cases.yaml", CASES, "driver_cases.yaml"),
        ("driver_tests.yaml", CASES, "driver_tests_cases.yaml"),
        ("cases.yaml", CASES, "policy_cases.yaml"),
        ("gpu/cases.yaml", CASES, "gpu_cases.yaml"),
        ("driver_case.yaml", ANY, "driver_cases.yaml"),
        ("driver_case.yaml", b"kind: PolicyCase\n", "driver_cases.yaml"),
        ("list.yaml", b"- kind: 'PolicyCases'\n", "list_cases.yaml"),
        ("driver_cases.yaml", CASES, None),
        ("driver.yaml", ANY, None),
        ("showcase.yaml", ANY, None),
        ("case.yaml", b"x: 1\n", None),
        ("notes.md", CASES, None),
        ("data.yaml", b"mankind: PolicyCases\n", None),
    ],
)
def test_files_that_hold_cases_and_are_not_called_so(
    name: str, content: bytes, right: str | None
) -> None:
    found = list(misnamed_cases({name: content}, "p/"))
    assert [each.hint for each in found] == ([f"Call it {right}."] if right else [])
    assert [str(each.location) for each in found] == [f"p/{name}:1"] * bool(right)


def test_the_name_that_is_told_is_right() -> None:
    for name in ("a-b_case.yaml", "x.y.yml", "cases.json"):
        [found] = misnamed_cases({name: CASES})
        right = (found.hint or "").removeprefix("Call it ").removesuffix(".")
        assert list(misnamed_cases({right: CASES})) == []


def test_rules_that_read_like_tests() -> None:
    like = ["tests_old", "testOld", "test1", "Test_old", "TEST_old", "todo_old", "skip_old"]
    other = ["test_old", "todo_test_old", "tested", "testing", "test", "contest_x", "deny", "todo"]
    assert list(misnamed_rules([*other, *like])) == like
