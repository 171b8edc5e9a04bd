import pytest

from eidos.engine import schema
from eidos.engine.config.rows import SHOWING
from eidos.engine.errors import UsageError
from eidos.engine.report.registry import KINDS, REPORT

FORMATS = [(kind, name) for kind in KINDS for name in kind.formats]


@pytest.mark.parametrize(("kind", "name"), FORMATS, ids=lambda each: getattr(each, "name", each))
def test_every_format_that_is_named_can_be_had(kind: object, name: str) -> None:
    assert kind in KINDS
    assert callable(next(each for each in KINDS if each is kind).reporter(name))


def test_a_checkout_may_choose_any_format_that_is_ours() -> None:
    assert frozenset(REPORT.formats) == SHOWING


def test_packages_have_formats_of_documents_that_have_a_schema() -> None:
    known = schema.kinds()
    assert {kind.document for kind in KINDS} - {""} <= known.keys()
    assert [kind.name for kind in KINDS if not kind.document] == ["a document"]


def test_every_kind_is_for_people_and_for_programs() -> None:
    assert all("json" in kind.formats for kind in KINDS)
    assert len({kind.name for kind in KINDS}) == len(KINDS)


def test_an_unknown_format_names_the_nearest_or_all() -> None:
    with pytest.raises(UsageError, match="'junitxml' for a report") as caught:
        REPORT.reporter("junitxml")
    assert caught.value.hint == "Did you mean 'junit'?"
    with pytest.raises(UsageError) as caught:
        REPORT.reporter("?")
    assert caught.value.hint is not None
    assert "markdown" in caught.value.hint
