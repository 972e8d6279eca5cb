"""Leaves out log lines below the wanted level, and the sentences of protocol errors.

A text costs a device some 80 bytes of heap. `[bundle] log` and `texts` in ocpp.toml choose.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Sequence

from device_bundle.attributes import count_defined
from device_bundle.dialect import FIRMWARE_ATTRIBUTES
from device_bundle.program import Definition, Ref, Symbol, make_ref, refs, target
from device_bundle.trees import Transformer, walk

#: Levels of `station.log`, the least important first.
LEVELS = ("debug", "info", "warning", "error")

OCPP_ERROR = Symbol("ocpp_kernel.errors", "OcppError")
BAD_FRAME = Symbol("ocpp_kernel.frames", "BadFrame")
_TEXT_BUILTINS = ("str", "repr", "len", "type")
_PLAIN = (
    ast.Constant,
    ast.Name,
    ast.operator,
    ast.boolop,
    ast.unaryop,
    ast.cmpop,
    ast.expr_context,
)
_MADE = (
    ast.Attribute,
    ast.Subscript,
    ast.Slice,
    ast.Tuple,
    ast.BinOp,
    ast.BoolOp,
    ast.UnaryOp,
    ast.Compare,
    ast.IfExp,
)


def drop_logs(definitions: Sequence[Definition], level: str, firmware: set[str]) -> None:
    """Remove log statements below `level` ("none": all), and calls of what then does nothing.

    A statement whose arguments do more than make a text stays: it is work, not a remark. So does
    a call of what may be a method of the firmware; `firmware` are the names of those.
    """
    wanted = LEVELS[LEVELS.index(level) :] if level in LEVELS else ()
    unwanted = {known for known in LEVELS if known not in wanted}
    while True:
        idle = _idle(definitions) - firmware - FIRMWARE_ATTRIBUTES if unwanted else set()
        dropper = _Dropper(unwanted, idle)
        for definition in definitions:
            definition.node = dropper.visit(definition.node)
        if not dropper.count:
            return


class _Dropper(Transformer):
    def __init__(self, levels: set[str], idle: set[str]) -> None:
        self._levels = levels
        self._idle = idle
        self.count = 0

    def visit_Expr(self, node: ast.Expr) -> ast.stmt:
        call = node.value
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
            return node
        if call.keywords or not all(is_pure(part) for part in [call.func.value, *call.args]):
            return node
        first = call.args[0] if call.args else None
        remark = call.func.attr == "log" and isinstance(first, ast.Constant)
        if call.func.attr in self._idle or (
            remark and isinstance(first, ast.Constant) and first.value in self._levels
        ):
            self.count += 1
            return ast.copy_location(ast.Pass(), node)
        return node


def _idle(definitions: Sequence[Definition]) -> set[str]:
    """Methods without overrides that do nothing."""
    nodes = [node for definition in definitions for node in walk(definition.node)]
    defined = count_defined(nodes)
    return {
        part.name
        for definition in definitions
        if isinstance(definition.node, ast.ClassDef)
        for part in definition.node.body
        if isinstance(part, ast.FunctionDef)
        and defined[part.name] == 1
        and not part.decorator_list
        and all(isinstance(line, ast.Pass) for line in part.body)
    }


def is_pure(node: ast.AST) -> bool:
    """Whether evaluating `node` can do nothing but make a value."""
    if isinstance(node, ast.Call):
        makes_text = isinstance(node.func, ast.Name) and node.func.id in _TEXT_BUILTINS
        formats = isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Constant)
        if not makes_text and not formats:
            return False
        return not node.keywords and all(is_pure(part) for part in node.args)
    if isinstance(node, _PLAIN):
        return True
    return isinstance(node, _MADE) and all(is_pure(part) for part in ast.iter_child_nodes(node))


def shorten_texts(definitions: Sequence[Definition]) -> None:
    """Reduce the descriptions of protocol errors to the values in them.

    Their codes say what is wrong, the values where.
    """
    errors = _derived(definitions)
    for definition in definitions:
        definition.node = _Shortener(errors).visit(definition.node)


def merge_codes(definitions: Sequence[Definition]) -> None:
    """Make error classes that differ by their code only, and that nothing catches, their base."""
    codes = _mere_codes(definitions)
    for definition in definitions:
        definition.node = _Coder(codes).visit(definition.node)


def _derived(definitions: Sequence[Definition]) -> set[Symbol]:
    found = {OCPP_ERROR, BAD_FRAME}
    before = 0
    while before != len(found):
        before = len(found)
        for definition in definitions:
            bases = getattr(definition.node, "bases", [])
            if any(target(base) in found for base in bases):
                found.update(definition.symbols)
    return found


class _Shortener(Transformer):
    def __init__(self, errors: set[Symbol]) -> None:
        self._errors = errors

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        symbol = target(node.func)
        if symbol in self._errors and node.args:
            text = _values_of(node.args[0])
            if text is not None:
                alone = len(node.args) == 1 and not node.keywords and symbol != BAD_FRAME
                is_empty = isinstance(text, ast.Constant) and not text.value
                node.args[:1] = [] if alone and is_empty else [ast.copy_location(text, node)]
        return node


def _values_of(text: ast.expr) -> ast.expr | None:
    """A text with nothing but the values of its fields; None where it is no text with words."""
    if isinstance(text, ast.Constant) and isinstance(text.value, str):
        return ast.Constant("")
    values: list[ast.expr] | None = None
    if isinstance(text, ast.BinOp) and isinstance(text.left, ast.Constant):
        values = text.right.elts if isinstance(text.right, ast.Tuple) else None
    if values is None:
        return None
    values = [value for value in values if not isinstance(value, ast.Constant)]
    if not values:
        return ast.Constant("")
    if len(values) == 1:
        return ast.Call(ast.Name("str", ast.Load()), values, [])
    fields = ast.Constant(" ".join(["%s"] * len(values)))
    return ast.BinOp(fields, ast.Mod(), ast.Tuple(values, ast.Load()))


def _mere_codes(definitions: Sequence[Definition]) -> dict[Symbol, tuple[Symbol, str]]:
    """Error classes that are only ever made: their base, and the code they stand for."""
    made = Counter[Symbol]()
    named = Counter[Symbol]()
    for definition in definitions:
        named.update(ref.symbol for ref in refs(definition.node))
        for node in walk(definition.node):
            if isinstance(node, ast.Call) and not node.keywords and len(node.args) < 3:
                symbol = target(node.func)
                if symbol is not None and not any(isinstance(a, ast.Starred) for a in node.args):
                    made[symbol] += 1
    codes: dict[Symbol, tuple[Symbol, str]] = {}
    for definition in definitions:
        node = definition.node
        if not isinstance(node, ast.ClassDef) or len(node.bases) != 1:
            continue
        symbol, base = definition.symbols[0], target(node.bases[0])
        code = _only_code(node)
        if base is None or not base.module == symbol.module == OCPP_ERROR.module:
            continue
        if code and made[symbol] == named[symbol]:
            codes[symbol] = (base, code)
    return codes


def _only_code(node: ast.ClassDef) -> str:
    """The code of a class that consists of `code = "..."`, or ""."""
    if len(node.body) != 1 or not isinstance(node.body[0], ast.Assign):
        return ""
    place, value = node.body[0].targets[0], node.body[0].value
    is_code = isinstance(place, ast.Name) and place.id == "code"
    return str(value.value) if is_code and isinstance(value, ast.Constant) else ""


class _Coder(Transformer):
    def __init__(self, codes: dict[Symbol, tuple[Symbol, str]]) -> None:
        self._codes = codes

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        found = self._codes.get(target(node.func) or Symbol("", ""))
        if found is not None and isinstance(node.func, Ref):
            base, code = found
            node.func = make_ref(base, node.func, ast.Load(), node.func.taken)
            defaults: list[ast.expr] = [ast.Constant(""), ast.Constant(None)]
            node.args += [*defaults[len(node.args) :], ast.Constant(code)]
        return node
