"""Checks of calls: arguments a device's builtins, methods and firmware functions do not take."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator

from device_bundle import dialect
from device_bundle.check_context import Context, Refusal
from device_bundle.kinds import BYTEARRAY, DEQUE, DICT, SET, firmware_name
from device_bundle.lower_fstrings import is_supported
from device_bundle.lower_grammar import star_and_keywords_meet

_REPEATED = re.compile(r"(?<!\\)\{\d")
#: Builtins that look at each item of their first argument.
_ITERATING = ("list", "tuple", "iter", "sorted", "sum", "set", "any", "all", "min", "max")
#: Patterns are the first argument of these.
_REGEX = ("ure.compile", "ure.match", "ure.search")
#: Methods that look for something equal.
_SEEKING = ("remove", "index", "count")
_LEAST_STACK = 8192
_ENDS = ("startswith", "endswith")


class CallChecks:
    """`check` finds everything wrong with a call itself; the caller visits what is inside."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def check(self, node: ast.Call) -> Iterator[Refusal]:
        """By what is called: a builtin, the firmware's, a method."""
        if sum(keyword.arg is None for keyword in node.keywords) > 1:
            yield Refusal(node, "D108")
        if star_and_keywords_meet(node):
            yield Refusal(node, "D421")
        name = self._context.builtin(node.func)
        if name:
            yield from self._builtin(name, node)
            return
        name = firmware_name(node.func)
        if name:
            yield from self._firmware(name, node)
        elif isinstance(node.func, ast.Attribute):
            if node.func.attr in _SEEKING and any(map(self._context.is_method, node.args)):
                yield Refusal(node, "D422", f"{node.func.attr}() of a method")
            yield from self._method(node.func, node)

    def _builtin(self, name: str, node: ast.Call) -> Iterator[Refusal]:
        given = {keyword.arg for keyword in node.keywords}
        count = len(node.args)
        yield from self._keywords(name, node, given)
        if name == "next" and count > 1:
            yield Refusal(node, "D304")
        elif name in ("min", "max") and "default" in given:
            yield Refusal(node, "D305", f"{name}() with a default")
        elif name == "iter" and count > 1:
            yield Refusal(node, "D308")
        elif name == "pow" and count > 2:
            yield Refusal(node, "D309")
        elif name in ("isinstance", "issubclass") and count == 2:
            yield from self._isinstance(node.args[1])
        elif name in dialect.BY_NAME and count > 1 and not isinstance(node.args[1], ast.Constant):
            yield Refusal(node, "D310", f"{name}() with a computed name")
        elif name == "sorted":
            yield from self._sorted(node)
        if node.args:
            yield from self._first_argument(name, node)

    def _keywords(self, name: str, node: ast.Call, given: set[str | None]) -> Iterator[Refusal]:
        if name == "dict" or name not in dialect.BUILTINS or name.endswith(("Error", "Exception")):
            return
        for extra in sorted(filter(None, given - {*dialect.BUILTIN_KEYWORDS.get(name, ())})):
            yield Refusal(node, "D303", f"{name}() with {extra}")

    def _first_argument(self, name: str, node: ast.Call) -> Iterator[Refusal]:
        first = self._context.value(node.args[0])
        kind = self._context.kind(first)
        if name in _ITERATING and kind == DEQUE:
            yield Refusal(node, "D315")
        if name == "iter" and kind in (DICT, SET):
            yield Refusal(node, "D411")
        if name in ("len", "bool") and self._context.is_view(first):
            yield Refusal(node, "D324")
        value = first.value if isinstance(first, ast.Constant) else None
        if isinstance(value, str) and not value.isascii() and name in ("len", "ord"):
            yield Refusal(node, "D414")
        if name == "chr" and isinstance(value, int) and value > 127:
            yield Refusal(node, "D414", "chr() beyond ASCII", "write the character out")

    def _sorted(self, node: ast.Call) -> Iterator[Refusal]:
        """Keys that are tuples are taken to tell items apart; nobody can prove it of others."""
        for keyword in node.keywords:
            tells_apart = isinstance(keyword.value, ast.Lambda) and isinstance(
                keyword.value.body, ast.Tuple
            )
            if keyword.arg == "key" and not tells_apart:
                yield Refusal(node, "D410")

    def _isinstance(self, kinds: ast.expr) -> Iterator[Refusal]:
        kinds = self._context.value(kinds) or kinds
        if isinstance(kinds, ast.BinOp):
            yield Refusal(kinds, "D307")
        parts = kinds.elts if isinstance(kinds, ast.Tuple) else [kinds]
        names = {self._context.builtin(part) for part in parts}
        if "int" in names and "bool" not in names:
            yield Refusal(kinds, "D407")

    def _firmware(self, name: str, node: ast.Call) -> Iterator[Refusal]:
        most, advice = dialect.FIRMWARE_CALLS.get(name, (99, ""))
        if len(node.args) > most or (advice and node.keywords):
            yield Refusal(node, "D322", f"{name}() with more than it takes", advice)
        if name in dialect.CLOCKS or (name == "utime.localtime" and node.args):
            yield Refusal(node, "D412", f"{name}() is not the time on a device")
        first = self._context.value(node.args[0]) if node.args else None
        value = first.value if isinstance(first, ast.Constant) else None
        if name == "_thread.stack_size" and isinstance(value, int) and 0 < value < _LEAST_STACK:
            yield Refusal(node, "D321")
        if name in _REGEX and isinstance(value, str) and _REPEATED.search(value):
            yield Refusal(node, "D316")

    def _method(self, method: ast.Attribute, node: ast.Call) -> Iterator[Refusal]:
        name, first = method.attr, node.args[0] if node.args else None
        if name in self._context.own:
            return
        if self._context.kind(method.value) == BYTEARRAY and name not in dialect.BYTEARRAY_METHODS:
            yield Refusal(node, "D326", f".{name}() of a bytearray")
        elif name in ("from_bytes", "to_bytes") and _is_signed(node):
            yield Refusal(node, "D325", f"{name}() with a sign, or without a byte order")
        elif name in _ENDS and isinstance(self._context.value(first), ast.Tuple):
            yield Refusal(node, "D306", f"{name}() with a tuple")
        elif name in dialect.NO_KEYWORDS and node.keywords:
            yield Refusal(node, "D302", f"{name}() with keywords")
        elif name == "sort":
            yield from self._sorted(node)
        elif name == "popitem":
            yield Refusal(node, "D411")
        elif name == "acquire" and (len(node.args) > 1 or node.keywords):
            yield Refusal(node, "D319")
        elif name == "rsplit" and len(node.args) > 1 and isinstance(first, ast.Constant):
            if first.value is None:
                yield Refusal(node, "D312")
        elif name in ("encode", "decode"):
            yield from self._coded(name, node)
        elif name == "format":
            yield from self._format(method, node)

    def _coded(self, name: str, node: ast.Call) -> Iterator[Refusal]:
        first = self._context.value(node.args[0]) if node.args else None
        encoding = first.value if isinstance(first, ast.Constant) else None
        if isinstance(encoding, str) and encoding.lower() not in dialect.UTF8:
            yield Refusal(node, "D323", f"{name}() with {encoding}")
        elif len(node.args) > 1:
            yield Refusal(node, "D323", f"{name}() that is told what to do with errors")

    def _format(self, method: ast.Attribute, node: ast.Call) -> Iterator[Refusal]:
        template = self._context.value(method.value)
        if not (isinstance(template, ast.Constant) and isinstance(template.value, str)):
            return
        for _, field, spec, conversion in string.Formatter().parse(template.value):
            if field is None:
                continue
            if "." in field or "[" in field:
                yield Refusal(node, "D317", "a part of a value in a format")
            if "{" in (spec or ""):
                yield Refusal(node, "D317", "nested fields in a format")
            elif not is_supported(spec or "") or conversion not in (None, "r", "s"):
                yield Refusal(node, "D317", f"{_shown(field, spec, conversion)} in a format")


def _is_signed(node: ast.Call) -> bool:
    """Whether the call of `from_bytes` or `to_bytes` asks for a sign, or has less than it needs."""
    given = {keyword.arg for keyword in node.keywords}
    return "signed" in given or len(node.args) + len(given) < 2


def _shown(field: str, spec: str | None, conversion: str | None) -> str:
    """A field as it stands in the template."""
    return (
        "{" + field + (f"!{conversion}" if conversion else "") + (f":{spec}" if spec else "") + "}"
    )
