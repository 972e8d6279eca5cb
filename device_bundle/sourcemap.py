"""Makes map.json: which line of the source every line of a bundle comes from.

    "sources"     paths of source files, within the packages they belong to
    "names"       qualified names of functions and classes in them, and of attributes
    "globals"     by spelling, what classes, functions and constants spelled so are called
    "files"       by emitted file:
        "lines"         by line number, the places it comes from
        "attributes"    by line number, the attributes in it by the spelling they have there
        "functions"     by emitted name, first and last line of each function called so

A place is [source, line, last line, name], where source and name are positions in the lists.
Several statements may share a line of a bundle, and a function may hold what the bundler has moved
there from others: each place says where it is from.
"""

from __future__ import annotations

import ast
import json
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from device_bundle.emit import Emitted
from device_bundle.link import spelled
from device_bundle.linker import Linked
from device_bundle.origins import origin
from device_bundle.program import Definition, Module
from device_bundle.trees import walk

FILE = "map.json"
#: The name of what belongs to no function, here and in a traceback.
TOP = "<module>"

Place = tuple[int, int, int, int]


def source_map(linked: Linked, emitted: Emitted) -> bytes:
    """The text of map.json; the same for the same bundle, wherever it is made."""
    sources = _Sources(linked.files)
    files = {}
    for piece in emitted.pieces:
        file = _File(sources)
        body = sum(part.text.count("\n") for part in piece.definitions)
        line = emitted.texts[piece.name].count("\n") - body
        for definition in piece.definitions:
            file.add(definition, emitted, line)
            line += definition.text.count("\n")
        files[f"{piece.name}.py"] = file.as_json()
    names: defaultdict[str, list[str]] = defaultdict(list)
    for symbol, spelling in sorted(emitted.names.items()):
        if symbol.name:
            names[spelling].append(str(symbol))
    whole = {
        "sources": sources.paths,
        "names": sources.names,
        "globals": dict(sorted(names.items())),
        "files": files,
    }
    return json.dumps(whole, separators=(",", ":")).encode() + b"\n"


class _Sources:
    """The source files, and what function each of their lines is in."""

    def __init__(self, modules: Sequence[Module]) -> None:
        self.paths = [module.place for module in modules]
        self.names: list[str] = []
        self._modules = modules
        self._indices: dict[str, int] = {}
        self._spans: dict[int, list[tuple[int, int, str]]] = {}

    def place(self, node: ast.stmt | ast.expr) -> Place | None:
        """Where `node` comes from; None for what is in no source."""
        found = origin(node)
        if found is None:
            return None
        number, line = found
        last = line if hasattr(node, "body") else node.end_lineno or line
        return number, line, last, self.index(self._name(number, line))

    def index(self, name: str) -> int:
        """The position of a name in `names`."""
        if name not in self._indices:
            self._indices[name] = len(self.names)
            self.names.append(name)
        return self._indices[name]

    def _name(self, number: int, line: int) -> str:
        """The innermost function or class around a line."""
        if number not in self._spans:
            text = "\n".join(self._modules[number].lines)
            self._spans[number] = sorted(_spans(ast.parse(text), ""))
        spans = self._spans[number]
        before = bisect_right(spans, line, key=lambda span: span[0])
        inside = (name for _, end, name in reversed(spans[:before]) if line <= end)
        return next(inside, TOP)


def _spans(node: ast.AST, prefix: str) -> Iterator[tuple[int, int, str]]:
    """First line, last line and qualified name of every function and class."""
    for part in ast.iter_child_nodes(node):
        if isinstance(part, ast.FunctionDef | ast.ClassDef):
            name = f"{prefix}{part.name}"
            yield part.lineno, part.end_lineno or part.lineno, name
            yield from _spans(part, f"{name}.")
        else:
            yield from _spans(part, prefix)


def _attributes(node: ast.AST) -> list[ast.AST]:
    return [part for part in walk(node) if isinstance(part, ast.Attribute)]


class _File:
    """The places of one emitted file."""

    def __init__(self, sources: _Sources) -> None:
        self._sources = sources
        self._lines: dict[int, dict[Place, None]] = {}
        self._attributes: dict[int, dict[str, dict[int, None]]] = {}
        self._functions: dict[str, list[tuple[int, int]]] = {}
        # Of the definition at hand: the lines before it, and its attributes' names in the source.
        self._before = 0
        self._names: Mapping[int, str] = {}

    def add(self, definition: Definition, emitted: Emitted, before: int) -> None:
        """Note a definition that stands after line `before`."""
        written = spelled(definition, emitted.names)
        pairs = zip(_attributes(definition.node), _attributes(written), strict=True)
        known = emitted.attributes
        self._names = {id(new): known[id(old)] for old, new in pairs if id(old) in known}
        self._before = before
        tree = ast.parse(definition.text)
        self._block(tree.body, [written], None)
        for node in walk(tree):
            if isinstance(node, ast.FunctionDef | ast.Lambda):
                name = node.name if isinstance(node, ast.FunctionDef) else "<lambda>"
                last = (node.end_lineno or node.lineno) + before
                self._functions.setdefault(name, []).append((node.lineno + before, last))

    def as_json(self) -> dict[str, object]:
        """What map.json says of the file."""
        attributes = {
            str(line): {name: list(found[name]) for name in sorted(found)}
            for line, found in sorted(self._attributes.items())
        }
        return {
            "lines": {str(line): list(places) for line, places in sorted(self._lines.items())},
            "attributes": attributes,
            "functions": dict(sorted(self._functions.items())),
        }

    def _block(
        self, emitted: Sequence[ast.stmt], written: Sequence[ast.stmt], around: Place | None
    ) -> None:
        """Match the statements of a block with those they were made of, in order.

        Making a program shorter drops statements that do nothing, and never reorders them.
        """
        at = 0
        for statement in emitted:
            rest = range(at, len(written))
            match = next((i for i in rest if type(written[i]) is type(statement)), None)
            if match is None:
                self._note(statement.lineno, around)
            else:
                at = match + 1
                self._statement(statement, written[match], around)

    def _statement(self, emitted: ast.stmt, written: ast.stmt, around: Place | None) -> None:
        place = self._sources.place(written) or around
        self._note(emitted.lineno, place)
        self._note_attributes(emitted.lineno, written)
        for name in ("body", "orelse", "finalbody"):
            self._block(getattr(emitted, name, []), getattr(written, name, []), place)
        handlers = getattr(emitted, "handlers", []), getattr(written, "handlers", [])
        for new, old in zip(*handlers, strict=True):
            self._block(new.body, old.body, place)

    def _note(self, line: int, place: Place | None) -> None:
        if place is not None:
            self._lines.setdefault(line + self._before, {})[place] = None

    def _note_attributes(self, line: int, written: ast.stmt) -> None:
        """The attributes in a statement's own expressions."""
        todo: list[ast.AST] = list(ast.iter_child_nodes(written))
        while todo:
            node = todo.pop()
            if isinstance(node, ast.stmt | ast.ExceptHandler):
                continue
            todo.extend(ast.iter_child_nodes(node))
            if isinstance(node, ast.Attribute) and id(node) in self._names:
                found = self._attributes.setdefault(line + self._before, {})
                index = self._sources.index(self._names[id(node)])
                found.setdefault(node.attr, {})[index] = None
