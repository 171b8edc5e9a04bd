import pytest

from eidos.engine.documents.scalars import plain


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("~", None),
        ("null", None),
        ("true", True),
        ("False", False),
        ("4", 4),
        ("-7", -7),
        ("+5", 5),
        ("0x1F", 31),
        ("0o17", 15),
        ("18446744073709551615", 18446744073709551615),
        ("1.5", 1.5),
        ("-0.25", -0.25),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("24.04", 24.04),
    ],
)
def test_core_schema_scalars_have_their_value(text: str, value: object) -> None:
    found = plain(text)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    "text",
    ["no", "on", "yes", "Off", "y", "2026-01-02", "12:30:45", "1_000", "580.82.07", "v1", "n", "-"],
)
def test_what_only_yaml_1_1_calls_a_value_stays_text(text: str) -> None:
    assert plain(text) == text


@pytest.mark.parametrize("text", ["1.10", "4.30", "1.0e", "007", "0755", "00", "-0", "5.", "1.0.0"])
def test_what_would_lose_source_text_stays_text(text: str) -> None:
    assert plain(text) == text


@pytest.mark.parametrize("text", [".inf", "-.INF", ".nan", "1e999"])
def test_numbers_that_json_cannot_say_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="JSON"):
        plain(text)


def test_very_long_numbers_stay_text() -> None:
    assert plain("9" * 5000) == "9" * 5000
