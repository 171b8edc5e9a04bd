"""`dataclass` as the standard library means it, for a quarter of the time that it takes.

Python up to 3.12 compiles the source of six methods for each data class, one by one. A command
makes a hundred classes before it does anything, which took a fifth of a re-check. Here only
``__init__`` is compiled; the other methods are the same functions for every class.

Fields, defaults, ``field``, ``replace``, ``fields``, pickling and pattern matching are the standard
library's, and type checkers see its own decorator.
"""

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypeVar

_Class = TypeVar("_Class", bound=type)
_FACTORY = object()
"""Stands for an argument that was not given, where each instance gets a default of its own."""
_FieldOfAny = dataclasses.Field[Any]


def _dataclass(
    *, frozen: bool = False, slots: bool = False, kw_only: bool = False, eq: bool = True
) -> Callable[[_Class], _Class]:
    """Make a class a data class; see `dataclasses.dataclass`.

    Args:
        frozen: instances cannot be changed, and are hashed by their values.
        slots: instances have no ``__dict__``.
        kw_only: fields are given by name only.
        eq: instances are compared by their values.
    """

    def made(given: _Class) -> _Class:
        given.__doc__ = given.__doc__ or given.__name__  # else `dataclasses` reads the signature
        # `Any`, for type checkers see the standard decorator, see below.
        decorate: Any = dataclasses.dataclass(
            init=False, repr=False, eq=False, slots=slots, kw_only=kw_only
        )
        cls: _Class = decorate(given)
        every, own = dataclasses.fields(cls), vars(given)
        methods: dict[str, Any] = {"__init__": _init(cls, every), "__repr__": _repr}
        if eq:
            methods |= _comparing([each.name for each in every if each.compare], frozen=frozen)
        if frozen:
            methods |= {"__setattr__": _refuse_set, "__delattr__": _refuse_delete}
            methods |= {"__getstate__": _state, "__setstate__": _set_state} if slots else {}
        for name, method in methods.items():
            if name not in own:
                setattr(cls, name, method)
        return cls

    return made


def _init(cls: type, every: Sequence[_FieldOfAny]) -> Callable[..., None]:
    """Write and compile ``__init__``; it sets past ``__setattr__``, which may refuse."""
    space: dict[str, Any] = {"_FACTORY": _FACTORY, "_set": object.__setattr__}
    body = [_setting(each, space) for each in every]
    arguments = ["self", *_arguments(every)]
    source = f"def __init__({', '.join(arguments)}):\n" + "\n".join(body or [" pass"])
    exec(source, space)  # noqa: S102 -- made of the names of fields, as `dataclasses` does it
    init: Callable[..., None] = space["__init__"]
    init.__qualname__ = f"{cls.__qualname__}.__init__"
    init.__module__ = cls.__module__
    return init


def _arguments(every: Sequence[_FieldOfAny]) -> Iterator[str]:
    for each in every:
        if not each.kw_only:
            yield _argument(each)
    named = [_argument(each) for each in every if each.kw_only]
    if named:
        yield from ("*", *named)


def _argument(each: _FieldOfAny) -> str:
    if each.default_factory is not dataclasses.MISSING:
        return f"{each.name}=_FACTORY"
    return each.name if each.default is dataclasses.MISSING else f"{each.name}=_d_{each.name}"


def _setting(each: _FieldOfAny, space: dict[str, Any]) -> str:
    value = each.name
    if each.default is not dataclasses.MISSING:
        space[f"_d_{each.name}"] = each.default
    if each.default_factory is not dataclasses.MISSING:
        space[f"_f_{each.name}"] = each.default_factory
        value = f"_f_{each.name}() if {value} is _FACTORY else {value}"
    return f" _set(self, {each.name!r}, {value})"


def _comparing(names: Sequence[str], *, frozen: bool) -> dict[str, Any]:
    values = _values(names)

    def equal(self: object, other: object) -> Any:  # noqa: ANN401 -- it may be `NotImplemented`
        return (
            values(self) == values(other) if other.__class__ is self.__class__ else NotImplemented
        )

    def hashed(self: object) -> int:
        return hash(values(self))

    return {"__eq__": equal, "__hash__": hashed if frozen else None}


def _values(names: Sequence[str]) -> Callable[[object], tuple[Any, ...]]:
    if len(names) > 1:
        return attrgetter(*names)
    return lambda each: tuple(getattr(each, name) for name in names)


def _repr(self: Any) -> str:  # noqa: ANN401 -- any data class
    said = (f"{each.name}={getattr(self, each.name)!r}" for each in _shown(self))
    return f"{type(self).__qualname__}({', '.join(said)})"


def _shown(self: Any) -> Iterator[_FieldOfAny]:  # noqa: ANN401 -- any data class
    return (each for each in dataclasses.fields(self) if each.repr)


def _refuse_set(self: object, name: str, value: object) -> None:  # noqa: ARG001 -- Python's form
    raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_delete(self: object, name: str) -> None:  # noqa: ARG001 -- Python's form
    raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")


def _state(self: Any) -> list[Any]:  # noqa: ANN401 -- any data class
    return [getattr(self, each.name) for each in dataclasses.fields(self)]


def _set_state(self: Any, state: Sequence[Any]) -> None:  # noqa: ANN401 -- any data class
    for each, value in zip(dataclasses.fields(self), state, strict=True):
        object.__setattr__(self, each.name, value)


if TYPE_CHECKING:
    from dataclasses import dataclass
else:
    dataclass = _dataclass

__all__ = ["dataclass"]
