"""Moves sentences that are only told to people into a file beside the program.

What a sentence is for is found by following it: through formatting, local names, parameters and
results to a log line, an error's description or a mere test. A sentence that goes anywhere else,
such as into a payload, a header or a comparison, stays in the program, which therefore does
everything it should where the file is lost.
"""

from __future__ import annotations

import ast
import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence

from device_bundle.attributes import defined_attributes, named_by_text
from device_bundle.dialect import FIRMWARE_ATTRIBUTES
from device_bundle.inline_body import bound_inside
from device_bundle.program import Definition, Symbol, make_ref, target
from device_bundle.trees import Transformer, walk

TOLD = Symbol("device_bundle.runtime.texts", "told")
#: Stands in `told` for the first line of the file.
MARK = "@MARK@"
#: What takes a text to tell it, by name without underscores.
_TELLERS = ("log", "report", "tell", "warn")
_ERRORS = ("Error", "Exception")
#: A shorter sentence takes no more room than the call that would replace it.
_SHORTEST = 13
_TEXT_BUILTINS = ("str", "repr")

#: A name in a function, or the result of one: told if everything done with it is.
_Place = tuple[str, object]
#: Places a value goes to from where it stands, all of which must be told; None for elsewhere.
_Goal = frozenset[_Place] | None
_NOWHERE: frozenset[_Place] = frozenset()


def call_texts(definitions: Sequence[Definition]) -> int:
    """Put calls of `told` in the place of sentences; returns how many were replaced.

    The calls hold the sentences themselves until `file_texts` has numbered them.
    """
    flow = _Flow(definitions)
    told = flow.told()
    count = 0
    for definition in definitions:
        mover = _Mover(flow, told)
        definition.node = mover.visit(definition.node)
        count += mover.count
    return count


def file_texts(definitions: Iterable[Definition]) -> bytes:
    """Number the sentences that `told` is called with; returns the file, or b"" for none.

    Its first line is a fingerprint of the others, so that no bundle reads another's file.
    """
    known = list(definitions)
    calls = [
        node
        for definition in known
        for node in walk(definition.node)
        if isinstance(node, ast.Call) and target(node.func) == TOLD
    ]
    texts = list(dict.fromkeys(str(_constant(call.args[0])) for call in calls))
    if not texts:
        return b""
    lines = [f"{text}\n".encode() for text in texts]
    mark = hashlib.sha256(b"".join(lines)).hexdigest()[:8] + "\n"
    places: dict[str, int] = {}
    at = len(mark)
    for text, line in zip(texts, lines, strict=True):
        places[text] = at
        at += len(line)
    for call in calls:
        call.args[0] = ast.copy_location(ast.Constant(places[_constant(call.args[0])]), call)
    for definition in known:
        if TOLD in definition.symbols:
            for node in walk(definition.node):
                if isinstance(node, ast.Constant) and node.value == MARK:
                    node.value = mark
    return mark.encode() + b"".join(lines)


def _constant(node: ast.AST) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


class _Flow:
    """Where values go in a program."""

    def __init__(self, definitions: Sequence[Definition]) -> None:
        self.parents: dict[int, ast.AST] = {}
        #: The function or method, not one nested in it, in which a node stands.
        self.inside: dict[int, ast.FunctionDef] = {}
        self._functions: dict[Symbol, ast.FunctionDef] = {}
        self._methods: defaultdict[str, list[ast.FunctionDef]] = defaultdict(list)
        self._results: dict[int, _Place] = {}
        self._errors: set[Symbol] = set()
        #: Attributes that may hold something other than the methods of that name.
        self._stored: set[str] = set()
        self._uses: defaultdict[_Place, list[_Goal]] = defaultdict(list)
        for definition in definitions:
            self._collect(definition)
        #: Classes without bases that are no bases either: their methods are all there are.
        self._alone = _alone(definitions)
        self._collect_errors(definitions)
        for definition in definitions:
            for node in walk(definition.node):
                self._note_use(node)

    def _collect(self, definition: Definition) -> None:
        node = definition.node
        for part in walk(node):
            self._stored.update(named_by_text(part))
            if not isinstance(part, ast.ClassDef):
                self._stored.update(defined_attributes(part))
            for child in ast.iter_child_nodes(part):
                self.parents[id(child)] = part
        if isinstance(node, ast.FunctionDef):
            self._functions[definition.symbols[0]] = node
            self._enter(node, ("result", definition.symbols[0]))
        elif isinstance(node, ast.ClassDef):
            for part in node.body:
                if isinstance(part, ast.FunctionDef):
                    self._methods[part.name].append(part)
                    self._enter(part, ("result", part.name))
                else:
                    self._stored.update(defined_attributes(part))

    def _enter(self, function: ast.FunctionDef, result: _Place) -> None:
        self._results[id(function)] = result
        for part in walk(function):
            self.inside[id(part)] = function

    def _collect_errors(self, definitions: Sequence[Definition]) -> None:
        before = -1
        while before != len(self._errors):
            before = len(self._errors)
            for definition in definitions:
                if any(self._is_error(base) for base in getattr(definition.node, "bases", [])):
                    self._errors.update(definition.symbols)

    def _is_error(self, node: ast.expr) -> bool:
        symbol = target(node)
        if symbol is None:
            return isinstance(node, ast.Name) and node.id.endswith(_ERRORS)
        return symbol in self._errors

    def _note_use(self, node: ast.AST) -> None:
        """What is done with a name, or with the result of a function."""
        function = self.inside.get(id(node))
        if type(node) is ast.Name and function is not None and isinstance(node.ctx, ast.Load):
            self._uses["name", (id(function), node.id)].append(self.goal(node))
        symbol = target(node)
        named = node.attr if isinstance(node, ast.Attribute) else symbol
        if named in self._functions or named in self._methods:
            call = self.parents.get(id(node))
            called = isinstance(call, ast.Call) and call.func is node
            self._uses["result", named].append(self.goal(call) if call and called else None)

    def told(self) -> set[_Place]:
        """The places all of whose uses are told."""
        told = set(self._uses)
        for goals in list(self._uses.values()):
            for goal in goals:
                told.update(goal or ())  # a name that nothing reads goes nowhere
        while True:
            wrong = {
                place
                for place in told
                if (place[0] == "result" and not self._uses[place])  # called from elsewhere
                or any(goal is None or not goal <= told for goal in self._uses[place])
            }
            if not wrong:
                return told
            told -= wrong

    def goal(self, node: ast.AST) -> _Goal:
        """Where the value of `node` goes."""
        while True:
            parent = self.parents.get(id(node))
            if parent is None or not _passes(parent, node):
                return self._end(parent, node)
            node = parent

    def _end(self, parent: ast.AST | None, node: ast.AST) -> _Goal:
        function = self.inside.get(id(node))
        if isinstance(parent, ast.If | ast.While | ast.IfExp) and parent.test is node:
            return _NOWHERE
        if isinstance(parent, ast.Expr) or _is_not(parent) or _asks_for_none(parent):
            return _NOWHERE
        if isinstance(parent, ast.Return) and function is not None:
            nested = self._is_nested(parent, function)
            return None if nested else frozenset((self._results[id(function)],))
        if isinstance(parent, ast.Assign) and function is not None and len(parent.targets) == 1:
            place = parent.targets[0]
            if type(place) is ast.Name:
                return frozenset((("name", (id(function), place.id)),))
        if isinstance(parent, ast.Call) and node in parent.args:
            return self._argument(parent, parent.args.index(node))
        return None

    def _is_nested(self, node: ast.AST, function: ast.FunctionDef) -> bool:
        while node is not function:
            node = self.parents[id(node)]
            if isinstance(node, ast.FunctionDef) and node is not function:
                return True
        return False

    def _argument(self, call: ast.Call, index: int) -> _Goal:
        """Where the argument of a call goes."""
        func = call.func
        if any(isinstance(part, ast.Starred) for part in call.args):
            return None
        if self._is_error(func):
            return _NOWHERE
        symbol = target(func)
        if symbol in self._functions and symbol is not None:
            return _parameters([self._functions[symbol]], index)
        if isinstance(func, ast.Attribute):
            if func.attr.strip("_") in _TELLERS:
                return _NOWHERE
            return _parameters(self._called(func), index + 1)
        return _NOWHERE if isinstance(func, ast.Name) and func.id == "isinstance" else None

    def _called(self, func: ast.Attribute) -> list[ast.FunctionDef]:
        """The methods `func` may be, bound to an object; none where it may be something else."""
        function = self.inside.get(id(func))
        methods = self._methods.get(func.attr, [])
        unbound = target(func.value) is not None  # `Class.method(object, ...)`
        if unbound or func.attr in self._stored or func.attr in FIRMWARE_ATTRIBUTES:
            methods = []
        if function is not None and isinstance(func.value, ast.Name) and function.args.args:
            owner = self.parents.get(id(function))
            if func.value.id == function.args.args[0].arg and owner in self._alone:
                return [part for part in methods if self.parents.get(id(part)) is owner]
        return methods


def _alone(definitions: Sequence[Definition]) -> set[ast.AST | None]:
    classes = [d for d in definitions if isinstance(d.node, ast.ClassDef)]
    bases = {target(base) for d in classes for base in getattr(d.node, "bases", [])}
    return {
        d.node for d in classes if not getattr(d.node, "bases", []) and d.symbols[0] not in bases
    }


def _passes(parent: ast.AST, node: ast.AST) -> bool:
    """Whether the text becomes part of what `parent` is."""
    if isinstance(parent, ast.BinOp):
        formats = isinstance(parent.op, ast.Mod) and _constant(parent.left) != ""
        return formats or isinstance(parent.op, ast.Add)
    if isinstance(parent, ast.IfExp):
        return node is not parent.test
    if isinstance(parent, ast.Call):
        return type(parent.func) is ast.Name and parent.func.id in _TEXT_BUILTINS
    if isinstance(parent, ast.Subscript):
        return isinstance(parent.slice, ast.Slice) and node is parent.value
    return isinstance(parent, ast.BoolOp | ast.Tuple)


def _is_not(node: ast.AST | None) -> bool:
    return isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)


def _asks_for_none(node: ast.AST | None) -> bool:
    return (
        isinstance(node, ast.Compare)
        and isinstance(node.ops[0], ast.Is | ast.IsNot)
        and isinstance(node.comparators[0], ast.Constant)
    )


def _parameters(functions: Sequence[ast.FunctionDef], index: int) -> _Goal:
    goal: set[_Place] = set()
    if not functions:
        return None
    for function in functions:
        names = function.args.args
        if index >= len(names) or function.decorator_list:
            return None
        goal.add(("name", (id(function), names[index].arg)))
    return frozenset(goal)


class _Mover(Transformer):
    """Replaces sentences that are told."""

    def __init__(self, flow: _Flow, told: set[_Place]) -> None:
        self._flow = flow
        self._told = told
        self.count = 0

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        if not isinstance(node.op, ast.Mod) or not self._is_told(node.left):
            return self.generic_visit(node)
        if isinstance(node.right, ast.Dict):  # whose values go by name
            node.right = self.visit(node.right)
            return node
        # Another single value is neither a tuple nor a dict: the check refuses what may be one.
        values = node.right.elts if isinstance(node.right, ast.Tuple) else [node.right]
        return self._call(node, _constant(node.left), [self.visit(value) for value in values])

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        if self._is_told(node):
            return self._call(node, _constant(node).replace("%", "%%"), [])
        return node

    def _is_told(self, node: ast.AST) -> bool:
        text = _constant(node)
        if len(text) < _SHORTEST or " " not in text or "\n" in text or not text.isascii():
            return False
        goal = self._flow.goal(node) if id(node) in self._flow.inside else None
        return goal is not None and goal <= self._told

    def _call(self, node: ast.expr, text: str, values: list[ast.expr]) -> ast.Call:
        self.count += 1
        bound = frozenset(bound_inside([self._flow.inside[id(node)]])[0])
        ref = make_ref(TOLD, node, ast.Load(), bound)
        sentence = ast.copy_location(ast.Constant(text), node)
        return ast.copy_location(ast.Call(ref, [sentence, *values], []), node)
