"""What only the source tells: comments beside attributes, signatures as they were written."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterable, Iterator
from types import ModuleType
from typing import Any, NamedTuple, cast

from generate.markdown import prose

NOTE = "#:"


class Attribute(NamedTuple):
    """An attribute with its annotation as source, and the comment that explains it."""

    name: str
    kind: str
    meaning: str


def attributes(cls: type) -> list[Attribute]:
    """The annotated attributes of a class, in order."""
    text = textwrap.dedent(inspect.getsource(cls))
    definition = cast(ast.ClassDef, ast.parse(text).body[0])
    return list(_attributes(definition.body, text.splitlines()))


def _attributes(body: list[ast.stmt], lines: list[str]) -> Iterator[Attribute]:
    for position, node in enumerate(body):
        if isinstance(node, ast.AnnAssign):
            after = body[position + 1] if position + 1 < len(body) else None
            meaning = note_above(lines, node.lineno) or _docstring(after)
            name, kind = ast.unparse(node.target), ast.unparse(node.annotation)
            yield Attribute(name, kind, prose(meaning))


def _docstring(node: ast.stmt | None) -> str:
    """The text of a string that stands alone, as one below an attribute does."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return str(node.value.value)
    return ""


def note_above(lines: list[str], number: int) -> str:
    """The ``#:`` comment directly above a line (counted from 1)."""
    found: list[str] = []
    for line in reversed(lines[: number - 1]):
        if not line.strip().startswith(NOTE):
            break
        found.insert(0, line.strip().removeprefix(NOTE).strip())
    return " ".join(found)


def notes_of(module: ModuleType) -> dict[str, str]:
    """The ``#:`` comments of a module's own names."""
    text = inspect.getsource(module)
    lines = text.splitlines()
    return {
        target.id: prose(note_above(lines, node.lineno))
        for node in ast.parse(text).body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def signature(function: Any) -> str:
    """``name(argument: type) -> type`` of a method as the source has it, without ``self``."""
    source = textwrap.dedent(inspect.getsource(function))
    definition = cast(ast.FunctionDef, ast.parse(source).body[0])
    arguments = ast.unparse(definition.args).removeprefix("self").removeprefix(", ")
    result = "" if definition.returns is None else f" -> {ast.unparse(definition.returns)}"
    return f"{definition.name}({arguments}){result}"


def classes_in(modules: Iterable[ModuleType], base: type) -> Iterator[type]:
    """The classes that modules define themselves, in order, derived from ``base``."""
    for module in modules:
        for value in vars(module).values():
            own = isinstance(value, type) and value.__module__ == module.__name__
            if own and issubclass(value, base) and value is not base:
                yield value
