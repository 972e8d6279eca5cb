"""Programs made at random print the same here and, bundled, under MicroPython.

They consist of what the passes take apart and put together again: functions and methods called
once or twice, objects that are parts of others, properties, closures that rebind a name, early
returns, handlers, and values read before and after calls that change them.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

import pytest

PROGRAMS = 24

_PRELUDE = """\
LIMIT = 3
OFFSET = LIMIT - 5


class Failed(Exception):
    pass


def say(value):
    print("say", value)
    return value


def check(value):
    if value % 3 == 0:
        raise ValueError(value)
    if value % 3 == 1:
        raise Failed(value)
    return value


def upto(count):
    while count > 0:
        yield count
        count -= 1
    print("end")
"""
_PART = """\
class Part:
    KIND = 4

    def __init__(self, x, y=OFFSET):
        self.level = x
        self.rest = y
        self.fixed = 6

    @property
    def half(self):
        return self.level // 2

    @half.setter
    def half(self, value):
        self.level = check(value) * 2
"""
_OWNER = """\
class Owner:
    def __init__(self, x, y=2):
        self.total = x
        self.part = Part(x, y)
        self.spare = Part(y)
"""
_SPECIAL = """\
class Special(Part):
    KIND = 5

    def __init__(self, x, y=1):
        super().__init__(x + 1)
        self.extra = y
"""
_MAIN = """\
def main():
    try:
        work()
    except (Failed, ValueError) as error:
        print("failed", error.args)
"""
#: Attributes by class; those of `_STORED` may be assigned.
_ATTRIBUTES = {
    "Part": ("level", "rest", "fixed", "half", "KIND"),
    "Special": ("level", "rest", "extra", "half", "KIND"),
    "Owner": ("total", "part.level", "part.half", "spare.rest", "spare.fixed"),
}
_STORED = ("level", "rest", "half", "extra", "total", "part.level", "part.half", "spare.rest")


@dataclass
class _Scope:
    """What can be named at a place."""

    numbers: list[str]
    objects: dict[str, str] = field(default_factory=dict)
    closures: list[str] = field(default_factory=list)
    #: Names that nothing may assign here, being those of an outer function.
    outer: set[str] = field(default_factory=set)
    depth: int = 0
    in_loop: bool = False

    def inner(self, *numbers: str, **changes: Any) -> _Scope:
        """For a block in it."""
        known = replace(self, numbers=[*self.numbers, *numbers], depth=self.depth + 1)
        known.objects, known.closures = dict(self.objects), list(self.closures)
        return replace(known, **changes)


class _Maker:
    """Makes one program; what is made may call what was made before it, so that all of it ends."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)  # noqa: S311  # the same programs every time
        self._number = 0
        self._functions: list[str] = []
        self._methods: list[tuple[str, str]] = []
        self._uncalled: list[str] = []

    def program(self) -> str:
        pieces = [_PRELUDE, self._function(), self._class(_PART, "Part")]
        pieces += [self._function(), self._class(_SPECIAL, "Special")]
        pieces += [self._class(_OWNER, "Owner"), self._function(), self._function()]
        work = ["def work():", "    owner, special = Owner(4), Special(3)"]
        scope = _Scope([], {"owner": "Owner", "special": "Special"})
        work += self._block(scope, "    ", 6)
        work += [f"    print({name}(2))" for name in self._functions if name in self._uncalled]
        return "\n\n".join([*pieces, "\n".join(work), _MAIN])

    def _fresh(self, kind: str) -> str:
        self._number += 1
        return f"{kind}{self._number}"

    def _class(self, text: str, name: str) -> str:
        for _ in range(2):
            method = self._fresh("method")
            text += "\n" + "\n".join(self._body(method, "    ", {"self": name}))
            self._methods.append((name, method))
            self._uncalled.append(method)
        return text

    def _function(self) -> str:
        name = self._fresh("function")
        lines = self._body(name, "", {})
        self._functions.append(name)
        self._uncalled.append(name)
        return "\n".join(lines)

    def _body(self, name: str, indent: str, objects: dict[str, str]) -> list[str]:
        scope = _Scope(["x", "y"], objects, ["call"])
        first = "".join(f"{known}, " for known in objects)
        lines = [f"{indent}def {name}({first}x, y=LIMIT, call=say):"]
        lines += self._block(scope, indent + "    ", self._random.randint(1, 3))
        return [*lines, f"{indent}    return {self._value(scope, 2)}"]

    def _value(self, scope: _Scope, depth: int) -> str:
        makers = [self._literal, self._name, self._name]
        if scope.objects:
            makers += [self._attribute] * 2
        if depth:
            makers += [self._operation, self._choice, self._said, self._collected, self._built]
            makers += [self._call] * 4
        return self._random.choice(makers)(scope, depth - 1)

    def _literal(self, scope: _Scope, depth: int) -> str:
        return self._random.choice(("0", "1", "2", "7", "LIMIT", "OFFSET"))

    def _name(self, scope: _Scope, depth: int) -> str:
        return self._random.choice(scope.numbers or ["LIMIT"])

    def _attribute(self, scope: _Scope, depth: int) -> str:
        name = self._random.choice(list(scope.objects))
        return f"{name}.{self._random.choice(_ATTRIBUTES[scope.objects[name]])}"

    def _operation(self, scope: _Scope, depth: int) -> str:
        sign = self._random.choice(("+", "-", "*", "and", "or", "<", "=="))
        return f"({self._value(scope, depth)} {sign} {self._value(scope, depth)})"

    def _choice(self, scope: _Scope, depth: int) -> str:
        first, test, last = (self._value(scope, depth) for _ in range(3))
        return f"({first} if {test} else {last})"

    def _said(self, scope: _Scope, depth: int) -> str:
        return f"say({self._value(scope, depth)})"

    def _collected(self, scope: _Scope, depth: int) -> str:
        name = self._fresh("item")
        inner = scope.inner(name)
        return f"sum([{self._value(inner, depth)} for {name} in range(2)])"

    def _built(self, scope: _Scope, depth: int) -> str:
        one, other = self._value(scope, depth), self._value(scope, depth)
        return self._random.choice(
            (f"[{one}, {other}][1]", f"len({{{one}: {other}}})", f"min({one}, {other})")
        )

    def _call(self, scope: _Scope, depth: int) -> str:
        callees = [*self._functions, *scope.closures * 2]
        for name, kind in scope.objects.items():
            for owner, method in self._methods:
                if owner == kind or (owner, kind) == ("Part", "Special"):
                    callees.append(f"{name}.{method}")
                elif (owner, kind) == ("Part", "Owner"):
                    callees.append(f"{name}.part.{method}")
        if not callees:
            return self._said(scope, depth)
        fresh = [name for name in callees if name.rpartition(".")[2] in self._uncalled]
        callee = self._random.choice(fresh or callees)
        if fresh:
            self._uncalled.remove(callee.rpartition(".")[2])
        if callee in scope.closures:
            return f"{callee}({self._value(scope, depth)})"
        more = ["", ", 1", ", y=2", *(f", call={closure}" for closure in scope.closures * 2)]
        return f"{callee}({self._value(scope, depth)}{self._random.choice(more)})"

    def _block(self, scope: _Scope, indent: str, length: int) -> list[str]:
        return [line for _ in range(length) for line in self._statement(scope, indent)]

    def _statement(self, scope: _Scope, indent: str) -> list[str]:
        makers = [self._assign, self._assign, self._print]
        if scope.objects:
            makers += [self._store, self._store, self._probe]
        if scope.depth < 2:
            makers += [self._branch, self._branch, self._loop, self._guard, self._closure]
        if scope.in_loop:
            makers.append(self._leave)
        return self._random.choice(makers)(scope, indent)

    def _assign(self, scope: _Scope, indent: str) -> list[str]:
        own = [name for name in scope.numbers if name not in scope.outer]
        if own and self._random.random() < 0.5:
            sign = self._random.choice(("=", "+=", "-="))
            return [f"{indent}{self._random.choice(own)} {sign} {self._value(scope, 2)}"]
        name = self._fresh("value")
        line = f"{indent}{name} = {self._value(scope, 3)}"
        scope.numbers.append(name)
        return [line]

    def _print(self, scope: _Scope, indent: str) -> list[str]:
        return [f"{indent}print({self._value(scope, 3)}, {self._value(scope, 1)})"]

    def _store(self, scope: _Scope, indent: str) -> list[str]:
        name = self._random.choice(list(scope.objects))
        stored = [part for part in _ATTRIBUTES[scope.objects[name]] if part in _STORED]
        sign = self._random.choice(("=", "+="))
        return [f"{indent}{name}.{self._random.choice(stored)} {sign} {self._value(scope, 2)}"]

    def _probe(self, scope: _Scope, indent: str) -> list[str]:
        """Reads what some of the objects lack."""
        name = self._random.choice(list(scope.objects))
        wanted = self._random.choice(("total", "extra", "fixed"))
        kind = self._random.choice(("AttributeError", "Exception"))
        return [
            f"{indent}try:",
            f"{indent}    print({name}.{wanted}, hasattr({name}, 'rest'))",
            f"{indent}except {kind}:",
            f"{indent}    print('lacks it')",
        ]

    def _branch(self, scope: _Scope, indent: str) -> list[str]:
        lines = [f"{indent}if {self._value(scope, 2)}:"]
        lines += self._block(scope.inner(), indent + "    ", 1)
        if self._random.random() < 0.4 and scope.numbers:
            lines.append(f"{indent}    return {self._value(scope, 1)}")
        if self._random.random() < 0.5:
            lines += [f"{indent}else:", *self._block(scope.inner(), indent + "    ", 1)]
        return lines

    def _loop(self, scope: _Scope, indent: str) -> list[str]:
        name = self._fresh("each")
        values = self._random.choice(("range(3)", f"upto({self._value(scope, 1)} % 3)"))
        inner = scope.inner(name, in_loop=True)
        return [f"{indent}for {name} in {values}:", *self._block(inner, indent + "    ", 2)]

    def _leave(self, scope: _Scope, indent: str) -> list[str]:
        word = self._random.choice(("break", "continue"))
        return [f"{indent}if {self._value(scope, 1)}:", f"{indent}    {word}"]

    def _guard(self, scope: _Scope, indent: str) -> list[str]:
        lines = [f"{indent}try:"]
        if self._random.random() < 0.5:
            lines += self._block(scope.inner(), indent + "    ", 1)
        word = self._random.choice(("return ", "")) if scope.numbers else ""
        lines += [f"{indent}    {word}check({self._value(scope, 1)})"]
        kind = self._random.choice(("ValueError", "(Failed, ValueError)"))
        lines += [f"{indent}except {kind} as error:", f"{indent}    print('caught', error.args)"]
        if self._random.random() < 0.4:
            inner = scope.inner(in_loop=False)
            lines += [f"{indent}finally:", f"{indent}    print({self._value(inner, 1)})"]
        return lines

    def _closure(self, scope: _Scope, indent: str) -> list[str]:
        """A function in the function, which often changes a name of it."""
        name, argument = self._fresh("closure"), self._fresh("argument")
        own = [known for known in scope.numbers if known not in scope.outer]
        inner = scope.inner(argument, closures=[], in_loop=False, outer={*scope.numbers})
        lines = [f"{indent}def {name}({argument}):"]
        if own:
            bound = self._random.choice(own)
            lines += [f"{indent}    nonlocal {bound}", f"{indent}    {bound} += {argument}"]
        lines += [f"{indent}    return {self._value(inner, 1)}"]
        scope.closures.append(name)
        return lines


@pytest.mark.parametrize("seed", range(PROGRAMS))
def test_a_program_made_at_random_does_the_same_on_a_device(sample: Any, seed: int) -> None:
    sample.assert_same(_Maker(seed).program())
