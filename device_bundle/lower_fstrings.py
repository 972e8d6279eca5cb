"""Lowers f-strings to `%` where that says the same, else to `str.format`."""

from __future__ import annotations

import ast
import re
from typing import NamedTuple

from device_bundle.findings import Findings

#: Fill and align, sign, alternate form, zero, width, thousands comma, precision, type: what
#: MicroPython's own formatter understands. No `_` grouping, no `n`, no date formats.
_SPEC = re.compile(r"(.?[<>=^])?[-+ ]?#?0?\d*,?(\.\d+)?[bcdeEfFgGosxX%]?")
_CONVERSIONS = {-1: "", ord("r"): "!r", ord("s"): "!s"}


def is_supported(spec: str) -> bool:
    """Whether a device's formatter understands this format specification."""
    return _SPEC.fullmatch(spec) is not None


class _Field(NamedTuple):
    conversion: str
    spec: str

    def percent(self) -> str | None:
        """The field for `%`; None where it would not refuse the same values."""
        if self.spec:
            return None
        return "%r" if self.conversion == "!r" else "%s"

    def braces(self) -> str:
        """The field for `str.format`."""
        return "{" + self.conversion + (f":{self.spec}" if self.spec else "") + "}"


class FStrings(ast.NodeTransformer):
    """Rewrites every f-string; what cannot be rewritten becomes a finding."""

    def __init__(self, shown: str, findings: Findings) -> None:
        self._shown = shown
        self._findings = findings

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.expr:
        parts: list[str | _Field] = []
        values: list[ast.expr] = []
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                values.append(self.visit(part.value))
                parts.append(_Field(self._conversion(part), self._spec(part)))
            else:
                parts.append(str(getattr(part, "value", "")))
        return ast.fix_missing_locations(ast.copy_location(_lowered(parts, values), node))

    def _conversion(self, part: ast.FormattedValue) -> str:
        if part.conversion not in _CONVERSIONS:
            self._refuse(part, "conversion !a in an f-string", "use !r")
        return _CONVERSIONS.get(part.conversion, "")

    def _spec(self, part: ast.FormattedValue) -> str:
        pieces = part.format_spec.values if isinstance(part.format_spec, ast.JoinedStr) else []
        if not all(isinstance(piece, ast.Constant) for piece in pieces):
            self._refuse(part, "a nested field in a format specification", "compute the text first")
            return ""
        spec = "".join(str(piece.value) for piece in pieces if isinstance(piece, ast.Constant))
        if not is_supported(spec):
            self._refuse(part, f"format specification {spec!r} is not supported", "format by hand")
            return ""
        return spec

    def _refuse(self, node: ast.AST, problem: str, advice: str) -> None:
        self._findings.refuse(self._shown, node, "D601", problem, advice)


def _lowered(parts: list[str | _Field], values: list[ast.expr]) -> ast.expr:
    if not values:
        return ast.Constant("".join(part for part in parts if isinstance(part, str)))
    fields = [part.percent() for part in parts if isinstance(part, _Field)]
    if None in fields:
        text = "".join(p.braces() if isinstance(p, _Field) else _doubled(p, "{}") for p in parts)
        return ast.Call(ast.Attribute(ast.Constant(text), "format", ast.Load()), values, [])
    text = "".join(
        str(part.percent()) if isinstance(part, _Field) else _doubled(part, "%") for part in parts
    )
    return ast.BinOp(ast.Constant(text), ast.Mod(), ast.Tuple(values, ast.Load()))


def _doubled(text: str, characters: str) -> str:
    for character in characters:
        text = text.replace(character, character * 2)
    return text
