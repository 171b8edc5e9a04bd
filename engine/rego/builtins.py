"""Built-in functions: what the embedded engine lacks, is given, and must not have.

The names are those of OPA's own list (``opa capabilities --current``, OPA 1.22), each tried against
gordon-to-regorus 0.13.
"""

from collections.abc import Callable, Mapping
from typing import Final

import regorus

FORBIDDEN: Final[Mapping[str, str]] = {
    "http.send": "reaches out to the network",
    "net.lookup_ip_addr": "reaches out to the network",
    "opa.runtime": "shows the machine that evaluates",
    "rand.intn": "answers differently each time",
    "uuid.rfc4122": "answers differently each time",
    "io.jwt.encode_sign": "answers differently each time",
    "io.jwt.encode_sign_raw": "answers differently each time",
}
"""What makes a verdict depend on more than its facts, or reaches out, and why."""

MISSING: Final = frozenset(
    """
    and assign div eq equal gt gte lt lte minus mul neq or plus rem
    cast_array cast_boolean cast_null cast_object cast_set cast_string set_diff
    crypto.parse_private_keys crypto.x509.parse_and_verify_certificates
    crypto.x509.parse_and_verify_certificates_with_options
    crypto.x509.parse_certificate_request crypto.x509.parse_certificates
    crypto.x509.parse_keypair crypto.x509.parse_rsa_private_key
    graphql.is_valid graphql.parse graphql.parse_and_verify graphql.parse_query
    graphql.parse_schema graphql.schema_is_valid
    internal.member_2 internal.member_3 internal.print internal.template_string internal.test_case
    io.jwt.decode io.jwt.decode_verify io.jwt.verify_eddsa
    io.jwt.verify_es256 io.jwt.verify_es384 io.jwt.verify_es512
    io.jwt.verify_hs256 io.jwt.verify_hs384 io.jwt.verify_hs512
    io.jwt.verify_ps256 io.jwt.verify_ps384 io.jwt.verify_ps512
    io.jwt.verify_rs256 io.jwt.verify_rs384 io.jwt.verify_rs512
    net.cidr_contains_matches net.cidr_merge providers.aws.sign_req regex.globs_match
    rego.metadata.chain rego.metadata.rule rego.parse_module strings.render_template
    uri.is_valid uri.parse
    """.split()
)
"""What OPA has and the embedded engine has not, with what we give it taken off."""

DEPRECATED: Final = frozenset(["all", "any", "net.cidr_overlap", "re_match"])
"""Gone from Rego v1, still there for v0."""

PRESENT: Final = frozenset(
    """
    abs array.concat array.reverse array.slice base64.decode base64.encode base64.is_valid
    base64url.decode base64url.encode base64url.encode_no_pad bits.and bits.lsh bits.negate
    bits.or bits.rsh bits.xor ceil concat contains count endswith floor format_int glob.match
    glob.quote_meta graph.reachable graph.reachable_paths hex.decode hex.encode indexof indexof_n
    intersection is_array is_boolean is_null is_number is_object is_set is_string json.filter
    json.is_valid json.marshal json.marshal_with_options json.match_schema json.patch json.remove
    json.unmarshal json.verify_schema lower max min net.cidr_contains net.cidr_expand
    net.cidr_is_valid numbers.range numbers.range_step object.filter object.get object.keys
    object.remove object.subset object.union object.union_n print product
    regex.find_all_string_submatch_n regex.find_n regex.is_valid regex.match regex.replace
    regex.split regex.template_match replace round semver.compare semver.is_valid sort split
    sprintf startswith strings.any_prefix_match strings.any_suffix_match strings.count
    strings.replace_n strings.reverse substring sum time.add_date time.clock time.date time.diff
    time.format time.now_ns time.parse_duration_ns time.parse_ns time.parse_rfc3339_ns
    time.weekday to_number trace trim trim_left trim_prefix trim_right trim_space trim_suffix
    type_name union units.parse units.parse_bytes upper urlquery.decode urlquery.decode_object
    urlquery.encode urlquery.encode_object uuid.parse walk yaml.is_valid yaml.marshal
    yaml.unmarshal
    """.split()
)
"""What the embedded engine brings along."""


def install(engine: regorus.Engine, now_ns: Callable[[], int]) -> None:
    """Give an engine the functions it lacks and the clock of the job; take away what is forbidden."""
    engine.add_extension("time.now_ns", 0, now_ns)
    for name, (arity, function) in _GIVEN.items():
        engine.add_extension(name, arity, function)
    for name, arity in (
        ("http.send", 1),
        ("opa.runtime", 0),
        ("rand.intn", 2),
        ("uuid.rfc4122", 1),
    ):
        engine.add_extension(name, arity, _refusal(name, arity))


def _refusal(name: str, arity: int) -> Callable[..., object]:
    def refuse(*_: object) -> object:
        raise ValueError(f"{name} is forbidden: it {FORBIDDEN[name]}")

    if arity == 0:
        return lambda: refuse()
    return refuse


def _text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{name} expects text")
    return value


def _digest(name: str) -> tuple[int, Callable[[object], str]]:
    def digest(value: object) -> str:
        import hashlib

        text = _text(f"crypto.{name}", value).encode()
        return hashlib.new(name, text, usedforsecurity=False).hexdigest()

    return 1, digest


def _hmac(name: str) -> tuple[int, Callable[[object, object], str]]:
    def code(value: object, key: object) -> str:
        import hmac

        text, secret = (_text(f"crypto.hmac.{name}", part).encode() for part in (value, key))
        return hmac.digest(secret, text, name).hex()

    return 2, code


def _hmac_equal(one: object, other: object) -> bool:
    import hmac

    pair = (_text("crypto.hmac.equal", part).encode() for part in (one, other))
    return hmac.compare_digest(*pair)


def _cidr_intersects(one: object, other: object) -> bool:
    from ipaddress import ip_network

    first, second = (
        ip_network(_text("net.cidr_intersects", part), strict=False) for part in (one, other)
    )
    return first.version == second.version and first.overlaps(second)


def _cidr_overlap(network: object, address: object) -> bool:
    from ipaddress import ip_network

    outer, inner = (
        ip_network(_text("net.cidr_overlap", part), strict=False) for part in (network, address)
    )
    return _contains(outer, inner)


def _contains(outer: object, inner: object) -> bool:
    from ipaddress import IPv4Network, IPv6Network

    if isinstance(outer, IPv4Network) and isinstance(inner, IPv4Network):
        return inner.subnet_of(outer)
    if isinstance(outer, IPv6Network) and isinstance(inner, IPv6Network):
        return inner.subnet_of(outer)
    return False


def _flatten(items: object) -> list[object]:
    if not isinstance(items, list):
        raise TypeError("array.flatten expects an array")
    flat: list[object] = []
    for item in items:
        flat.extend(item if isinstance(item, list) else [item])
    return flat


def _split_n(text: object, separator: object, count: object) -> list[str]:
    if not isinstance(count, int) or isinstance(count, bool):
        raise TypeError("strings.split_n expects a whole number")
    parts, mark = _text("strings.split_n", text), _text("strings.split_n", separator)
    if count == 0:
        return []
    if mark == "":
        head = list(parts) if count < 0 else list(parts[: count - 1])
        rest = "" if count < 0 else parts[count - 1 :]
        return [*head, rest] if rest else head
    return parts.split(mark, -1 if count < 0 else count - 1)


def _members(name: str, value: object) -> list[object]:
    if not isinstance(value, list | set | frozenset | tuple):
        raise TypeError(f"{name} expects an array or a set")
    return list(value)


def _re_match(pattern: object, value: object) -> object:
    """Ask the engine's own regular expressions, which are not Python's."""
    import msgspec

    engine = regorus.Engine()
    engine.add_policy(
        "re_match.rego", "package re\nmatch := regex.match(input.pattern, input.value)"
    )
    question = {"pattern": _text("re_match", pattern), "value": _text("re_match", value)}
    engine.set_input_json(msgspec.json.encode(question).decode())
    return engine.eval_rule("data.re.match")


_GIVEN: Mapping[str, tuple[int, Callable[..., object]]] = {
    "all": (1, lambda value: all(item is True for item in _members("all", value))),
    "any": (1, lambda value: any(item is True for item in _members("any", value))),
    "array.flatten": (1, _flatten),
    "crypto.hmac.equal": (2, _hmac_equal),
    "crypto.hmac.md5": _hmac("md5"),
    "crypto.hmac.sha1": _hmac("sha1"),
    "crypto.hmac.sha256": _hmac("sha256"),
    "crypto.hmac.sha512": _hmac("sha512"),
    "crypto.md5": _digest("md5"),
    "crypto.sha1": _digest("sha1"),
    "crypto.sha256": _digest("sha256"),
    "net.cidr_intersects": (2, _cidr_intersects),
    "net.cidr_overlap": (2, _cidr_overlap),
    "re_match": (2, _re_match),
    "strings.split_n": (3, _split_n),
}

AVAILABLE: Final = PRESENT | frozenset(_GIVEN)
"""Every function that a policy may call."""
