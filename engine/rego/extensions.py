"""Built-in functions that the embedded engine is given, and those that are taken away from it."""

from collections.abc import Callable, Mapping

import regorus

from eidos.engine.rego.builtins import FORBIDDEN


def install(engine: regorus.Engine, now_ns: Callable[[], int]) -> None:
    """Give an engine what it lacks and the clock of the job; take away what is forbidden."""
    engine.add_extension("time.now_ns", 0, now_ns)
    for name, (arity, function) in _GIVEN.items():
        engine.add_extension(name, arity, function)
    for name, arity in _TAKEN_AWAY.items():
        engine.add_extension(name, arity, _refusal(name))


def _refusal(name: str) -> Callable[..., object]:
    def refuse(*_: object) -> object:
        raise ValueError(f"{name} is forbidden: it {FORBIDDEN[name]}")

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


def _count(text: object, part: object) -> int:
    """Count as OPA does; the engine's own counts overlaps and panics on empty text."""
    return _text("strings.count", text).count(_text("strings.count", part))


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
    "strings.count": (2, _count),
}

_TAKEN_AWAY = {"http.send": 1, "opa.runtime": 0, "rand.intn": 2, "uuid.rfc4122": 1}
"""What is forbidden and the engine has, with the number of arguments."""
