"""Everything that the linter looks for."""

from typing import Final

from eidos.engine.errors import Location
from eidos.engine.model.lint import Level, LintFinding, LintKind
from eidos.engine.model.nearest import nearest

_PAGE: Final = "docs/policy-lint.md"


def _kind(name: str, level: Level, title: str, *, excusable: bool = True) -> LintKind:
    return LintKind(name, level, title, f"{_PAGE}#{name}", excusable)


LOAD_REFUSED: Final = _kind(
    "load-refused",
    Level.ERROR,
    "The policy is refused when it is loaded, by every command.",
    excusable=False,
)
METADATA_INCOMPLETE: Final = _kind(
    "metadata-incomplete", Level.WARNING, "A rule does not say why it is, or what to do about it."
)
PLACEHOLDER_LEFT: Final = _kind(
    "placeholder-left", Level.WARNING, "A rule or pack still says what 'policy new' put there."
)
ID_FORM: Final = _kind("id-form", Level.WARNING, "The id of a rule will not last.")
DECLARED_UNREAD: Final = _kind(
    "declared-unread", Level.WARNING, "A rule declares what it never reads."
)
FACT_UNKNOWN: Final = _kind(
    "fact-unknown", Level.WARNING, "A rule declares a fact that no collector of eidos gives."
)
FACT_SCOPE: Final = _kind(
    "fact-scope", Level.ERROR, "A rule declares a fact that is never there in its scope."
)
APPLICABLE_UNSEEN: Final = _kind(
    "applicable-unseen", Level.ERROR, "'applicable' reads a fact that it never sees."
)
FINDING_PATH: Final = _kind(
    "finding-path", Level.WARNING, "A finding leads to a fact that the rule does not declare."
)
VERSION_AS_TEXT: Final = _kind(
    "version-as-text", Level.ERROR, "Versions are compared as text: 580.9 is after 580.126 then."
)
PREFIX_OPEN: Final = _kind(
    "prefix-open", Level.ERROR, "A prefix of an image or registry also fits a longer name."
)
REGEX_UNBOUNDED: Final = _kind(
    "regex-unbounded", Level.WARNING, "An expression is bound at neither end and fits anywhere."
)
FLOAT_EQUALITY: Final = _kind(
    "float-equality", Level.WARNING, "Fractions are compared for being equal."
)
VALUE_UNKNOWN: Final = _kind(
    "value-unknown", Level.ERROR, "A fact is compared with a text that it never is."
)
NEVER_HOLDS: Final = _kind(
    "never-holds", Level.ERROR, "A body can never hold, so that the rule can never fail."
)
TEST_VACUOUS: Final = _kind("test-vacuous", Level.ERROR, "A test cannot fail.")
TEST_UNKNOWN: Final = _kind(
    "test-unknown", Level.ERROR, "A test asks for a rule that there is not."
)
TEST_MISNAMED: Final = _kind(
    "test-misnamed", Level.ERROR, "Tests have a name by which nobody runs them as tests."
)
IMPORT_SHADOWED: Final = _kind(
    "import-shadowed", Level.ERROR, "A name hides an import of the same name."
)
IMPORT_UNUSED: Final = _kind("import-unused", Level.WARNING, "An import is not used.")
LOCAL_UNUSED: Final = _kind("local-unused", Level.WARNING, "A local name is not used.")
ARGUMENT_UNUSED: Final = _kind("argument-unused", Level.WARNING, "An argument is not used.")
STRICT: Final = _kind("strict", Level.WARNING, "OPA refuses it in its strict mode.")
IGNORE_UNREASONED: Final = _kind(
    "ignore-unreasoned", Level.ERROR, "An ignore comment gives no reason.", excusable=False
)
IGNORE_UNUSED: Final = _kind(
    "ignore-unused", Level.WARNING, "An ignore comment excuses nothing.", excusable=False
)
IGNORE_UNKNOWN: Final = _kind(
    "ignore-unknown", Level.ERROR, "An ignore comment names what there is not.", excusable=False
)

KINDS: Final = {each.id: each for each in list(globals().values()) if isinstance(each, LintKind)}
"""By id, in the order of this page."""
_WITHOUT_TREES: Final = frozenset(
    {
        *("load-refused", "metadata-incomplete", "placeholder-left", "id-form"),
        *("fact-unknown", "fact-scope", "test-misnamed"),
    }
)
NEED_TREES: Final = tuple(
    name for name in KINDS if name not in _WITHOUT_TREES and not name.startswith("ignore-")
)
"""Those that only OPA's syntax trees can tell."""
REGAL: Final = "regal/"
"""How ids of Regal's findings begin."""


def known_kind(name: str) -> str | None:
    """Give a hint where there is no such id; None where there is, or where Regal may have it."""
    if name in KINDS or name.startswith(REGAL):
        return None
    near = nearest(name, KINDS)
    return near if near.startswith("Did") else f"{_PAGE} lists what there is."


def found(
    kind: LintKind,
    message: str,
    place: tuple[str, int, int | None],
    hint: str | None = None,
    name: str | None = None,
) -> LintFinding:
    """Give a finding at a file, line and column, about a name if it is about one."""
    return LintFinding(kind, message, Location(*place), hint, name=name)
