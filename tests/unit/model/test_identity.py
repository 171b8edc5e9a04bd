"""Whom a pattern means, and whom it must never mean."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eidos.engine.errors import UsageError
from eidos.engine.model.identity import Identity, distinct, expected_identity, paired

ISSUER = "https://id.example.com"
OWNER = "https://github.com/acme/"


@pytest.mark.parametrize(
    ("pattern", "name", "matches"),
    [
        (f"{OWNER}a@refs/heads/main", f"{OWNER}a@refs/heads/main", True),
        (f"{OWNER}a@refs/heads/main", f"{OWNER}a@refs/heads/mainx", False),
        (f"{OWNER}a@refs/heads/main", f"x{OWNER}a@refs/heads/main", False),
        (f"{OWNER}a.b", f"{OWNER}axb", False),  # a dot is a dot
        (f"{OWNER}*", f"{OWNER}a", True),
        (f"{OWNER}*", f"{OWNER}", True),
        (f"{OWNER}*", f"{OWNER}a/b", False),
        (f"{OWNER}*", f"{OWNER}a@b", False),
        (f"{OWNER}**", f"{OWNER}a/b@c", True),
        (f"{OWNER}***", f"{OWNER}a/b@c", True),
        (f"{OWNER}**", "https://github.com/acmeevil/a", False),
        (f"{OWNER}**", f"https://github.com/evil/?{OWNER}a", False),
        (f"{OWNER}a@refs/tags/v*", f"{OWNER}a@refs/tags/v1.2", True),
        (f"{OWNER}a@refs/tags/v*", f"{OWNER}b@refs/tags/v1.2", False),
        (f"{OWNER}**", f"{OWNER}a\nb", False),
        (f"{OWNER}**", f"{OWNER}" + "a" * 3000, False),
        ("*@example.com", "ci@example.com", True),
        ("*@example.com", "ci@sub.example.com", False),
        ("*@example.com", "ci@evil.com/@example.com", False),
        ("*@example.com", "a@b@example.com", False),
        ("ci-*@example.com", "ci-1@example.com", True),
    ],
)
def test_a_pattern_means_all_of_a_name(pattern: str, name: str, matches: bool) -> None:
    expected = expected_identity(pattern, ISSUER)
    assert expected.matches(Identity(name, ISSUER)) is matches
    assert not expected.matches(Identity(name, f"{ISSUER}/"))


@pytest.mark.parametrize(
    "pattern",
    [
        "*",
        "**",
        "https://**",
        "https://*/acme/x",
        "https://github.com/**",
        "https://github.com/*/x",
        "https://github.com/acme*/x",
        "https://github.com/acme**",
        "*@*",
        "a@*.example.com",
        "user*",
        "*://github.com/acme/x",
    ],
)
def test_a_pattern_never_means_anybody(pattern: str) -> None:
    with pytest.raises(UsageError, match="would believe anybody"):
        expected_identity(pattern, ISSUER)


@given(st.text(alphabet="ab*/@.:", max_size=12), st.text(alphabet="ab/@.:\n", max_size=12))
def test_whatever_matches_keeps_what_is_literal(rest: str, tail: str) -> None:
    expected = expected_identity(OWNER + rest, ISSUER)
    found = Identity(OWNER + tail, ISSUER)
    if expected.matches(found):
        literal = [part for part in (OWNER + rest).split("*") if part]
        assert all(part in found.name for part in literal)
        assert found.name.startswith(literal[0])
        assert rest.endswith("*") or found.name.endswith(literal[-1])
        assert "\n" not in found.name


def test_many_stars_end() -> None:
    expected = expected_identity(OWNER + "**a" * 500 + "**b*c", ISSUER)
    assert not expected.matches(Identity(OWNER + "a" * 1900, ISSUER))
    assert expected.matches(Identity(OWNER + "a" * 1900 + "bc", ISSUER))


def test_options_are_paired_in_their_order() -> None:
    assert [each.id for each in paired(["a", "b"], [ISSUER])] == [f"a ({ISSUER})", f"b ({ISSUER})"]
    assert [each.issuer for each in paired(["a", "b"], ["i", "j"])] == ["i", "j"]
    assert paired([], []) == ()
    for names, issuers in ((["a"], []), ([], ["i"]), (["a", "b", "c"], ["i", "j"])):
        with pytest.raises(UsageError):
            paired(names, issuers)


def test_the_same_is_believed_once() -> None:
    one, labelled = expected_identity("a", ISSUER), expected_identity("a", ISSUER, "ci")
    assert distinct([one, labelled]) == (one,)
    with pytest.raises(UsageError, match="two identities are called 'ci'"):
        distinct([labelled, expected_identity("b", ISSUER, "ci")])
