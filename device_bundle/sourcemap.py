"""Makes map.json: which line of the source every line of a bundle comes from.

    "sources"     paths of source files, within the packages they belong to
    "names"       qualified names of functions and classes in them
    "files"       by emitted file: "lines", by line number the places it comes from, and
                  "functions", by emitted name the places where they begin
    "attributes"  what the attributes and methods spelled so are called
    "globals"     what classes, functions and constants spelled so are called

A place is [source, line, last line, name], where source and name are positions in the lists.
Several statements may share a line of a bundle, and a function may hold what the bundler has moved
there from others: each place says where it is from.
"""

from __future__ import annotations

import ast
import json
from bisect import bisect_right
from collections.abc import Iterator, Sequence

from device_bundle.emit import Emitted
from device_bundle.link import spelled
from device_bundle.linker import Linked
from device_bundle.origins import origin
from device_bundle.program import Definition, Module

FILE = "map.json"
#: The name of what belongs to no function.
TOP = "<module>"

_Function = ast.FunctionDef | ast.Lambda
Place = tuple[int, int, int, int]


def source_map(linked: Linked, emitted: Emitted) -> bytes:
    """The text of map.json; the same for the same bundle, wherever it is made."""
    sources = _Sources(linked.files)
    files = {}
    for piece in emitted.pieces:
        file = _File(sources)
        body = [part.text for part in piece.definitions]
        line = emitted.texts[piece.name].count("\n") - sum(text.count("\n") for text in body)
        for definition in piece.definitions:
            file.add(definition, spelled(definition, emitted.names), line)
            line += definition.text.count("\n")
        files[f"{piece.name}.py"] = file.as_json()
    names = {
        spelling: str(symbol) for symbol, spelling in emitted.names.items() if symbol.name
    }
    text = json.dumps(
        {
            "sources": sources.paths,
            "names": sources.names,
            "files": files,
            "attributes": emitted.attributes,
            "globals": dict(sorted(names.items())),
        },
        separators=(",", ":"),
    )
    return text.encode() + b"\n"


class _Sources:
    """The source files, and what function each of their lines is in."""

    def __init__(self, modules: Sequence[Module]) -> None:
        self.paths = [module.place for module in modules]
        self.names: list[str] = [TOP]
        self._modules = modules
        self._starts: dict[int, list[tuple[int, int, str]]] = {}

    def place(self, node: ast.stmt | ast.expr) -> Place | None:
        """Where `node` comes from; None for what is in no source."""
        found = origin(node)
        if found is None:
            return None
        number, line = found
        last = line if hasattr(node, "body") else node.end_lineno or line
        return number, line, last, self._index(self._name(number, line))

    def _name(self, number: int, line: int) -> str:
        """The innermost function or class around a line."""
        if number not in self._starts:
            text = "\n".join(self._modules[number].lines)
            self._starts[number] = sorted(_spans(ast.parse(text), ""))
        spans = self._starts[number]
        for start, end, name in reversed(spans[: bisect_right(spans, (line, 1 << 30, ""))]):
            if start <= line <= end:
                return name
        return TOP

    def _index(self, name: str) -> int:
        if name not in self.names:
            self.names.append(name)
        return self.names.index(name)


def _spans(node: ast.AST, prefix: str) -> Iterator[tuple[int, int, str]]:
    """First line, last line and qualified name of every function and class."""
    for part in ast.iter_child_nodes(node):
        if isinstance(part, ast.FunctionDef | ast.ClassDef):
            name = f"{prefix}{part.name}"
            yield part.lineno, part.end_lineno or part.lineno, name
            yield from _spans(part, f"{name}.")
        else:
            yield from _spans(part, prefix)


class _File:
    """The places of one emitted file."""

    def __init__(self, sources: _Sources) -> None:
        self._sources = sources
        self._lines: dict[int, dict[Place, None]] = {}
        self._functions: dict[str, dict[Place, None]] = {}

    def add(self, definition: Definition, written: ast.stmt, before: int) -> None:
        """Note a definition that was made of `written` and stands after line `before`."""
        tree = ast.parse(definition.text)
        self._block(tree.body, [written], before, None)

    def as_json(self) -> dict[str, object]:
        """What map.json says of the file."""
        return {
            "lines": {str(line): list(self._lines[line]) for line in sorted(self._lines)},
            "functions": {name: list(self._functions[name]) for name in sorted(self._functions)},
        }

    def _block(
        self,
        emitted: Sequence[ast.stmt],
        written: Sequence[ast.stmt],
        before: int,
        around: Place | None,
    ) -> None:
        """Match the statements of a block with those they were made of, in order.

        Making a program shorter drops statements that do nothing, and never reorders them.
        """
        at = 0
        for statement in emitted:
            match = next(
                (i for i in range(at, len(written)) if type(written[i]) is type(statement)), None
            )
            if match is None:
                self._note(statement.lineno + before, around)
                continue
            at = match + 1
            self._statement(statement, written[match], before, around)

    def _statement(
        self, emitted: ast.stmt, written: ast.stmt, before: int, around: Place | None
    ) -> None:
        place = self._sources.place(written) or around
        self._note(emitted.lineno + before, place)
        if isinstance(emitted, ast.FunctionDef) and place is not None:
            self._functions.setdefault(emitted.name, {})[place] = None
        for lambda_place in _lambdas(written, self._sources):
            self._functions.setdefault("<lambda>", {})[lambda_place] = None
        for name in ("body", "orelse", "finalbody"):
            blocks = getattr(emitted, name, None), getattr(written, name, None)
            self._block(blocks[0] or [], blocks[1] or [], before, place)
        handlers = getattr(emitted, "handlers", []), getattr(written, "handlers", [])
        for new, old in zip(*handlers, strict=False):
            self._block(new.body, old.body, before, place)

    def _note(self, line: int, place: Place | None) -> None:
        if place is not None:
            self._lines.setdefault(line, {})[place] = None


def _lambdas(statement: ast.stmt, sources: _Sources) -> Iterator[Place]:
    """The lambdas in a statement's own expressions."""
    todo: list[ast.AST] = list(ast.iter_child_nodes(statement))
    while todo:
        node = todo.pop()
        if isinstance(node, ast.Lambda):
            place = sources.place(node)
            if place is not None:
                yield place
        if not isinstance(node, ast.stmt | ast.ExceptHandler):
            todo.extend(ast.iter_child_nodes(node))
