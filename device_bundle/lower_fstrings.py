"""Lowers f-strings to `str.format`, which a device has."""

from __future__ import annotations

import ast
import re

from device_bundle.findings import Findings

#: Fill and align, sign, alternate form, zero, width, thousands comma, precision, type: what
#: MicroPython's own formatter understands. No `_` grouping, no `n`, no date formats.
_SPEC = re.compile(r"(.?[<>=^])?[-+ ]?#?0?\d*,?(\.\d+)?[bcdeEfFgGosxX%]?")
_CONVERSIONS = {-1: "", ord("r"): "!r", ord("s"): "!s"}


class FStrings(ast.NodeTransformer):
    """Rewrites every f-string; what cannot be rewritten becomes a finding."""

    def __init__(self, shown: str, findings: Findings) -> None:
        self._shown = shown
        self._findings = findings

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.expr:
        values: list[ast.expr] = []
        text = "".join(self._part(part, values) for part in node.values)
        if not values:
            lowered: ast.expr = ast.Constant(text.replace("{{", "{").replace("}}", "}"))
        else:
            form = ast.Attribute(ast.Constant(text), "format", ast.Load())
            lowered = ast.Call(form, values, [])
        return ast.fix_missing_locations(ast.copy_location(lowered, node))

    def _part(self, part: ast.expr, values: list[ast.expr]) -> str:
        if isinstance(part, ast.Constant):
            return str(part.value).replace("{", "{{").replace("}", "}}")
        if isinstance(part, ast.FormattedValue):
            values.append(self.visit(part.value))
            return "{" + self._conversion(part) + self._spec(part) + "}"
        raise TypeError(f"an f-string made of {ast.dump(part)}")

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
        if not _SPEC.fullmatch(spec):
            self._refuse(part, f"format specification {spec!r} is not supported", "format by hand")
        return f":{spec}" if spec else ""

    def _refuse(self, node: ast.AST, problem: str, advice: str) -> None:
        self._findings.add(self._shown, getattr(node, "lineno", 0), problem, advice)
