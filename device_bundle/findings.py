"""What the bundler refuses, and how it says so."""

from __future__ import annotations

import ast
from typing import NamedTuple

from device_bundle.origins import column
from device_bundle.rules import RULES


class Finding(NamedTuple):
    """One thing in the source a device cannot run, with the place to mend it.

    `column` counts from 1, 0 where only the line is known. `code` is that of the rule broken, empty
    for what is no matter of the dialect.
    """

    path: str
    line: int
    problem: str
    advice: str = ""
    code: str = ""
    column: int = 0

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}:{self.column}" if self.column else self.place
        code = f"{self.code} " if self.code else ""
        advice = f"; {self.advice}" if self.advice else ""
        return f"{place}: {code}{self.problem}{advice}"

    @property
    def place(self) -> str:
        """File and line."""
        return f"{self.path}:{self.line}"


class BundleError(Exception):
    """The bundle cannot be made; the text holds one line per reason."""

    def __init__(self, *reasons: str | Finding) -> None:
        super().__init__("\n".join(str(reason) for reason in reasons))
        self.reasons = reasons


class Findings:
    """Collects findings, so that one run reports them all."""

    def __init__(self) -> None:
        self._found: set[Finding] = set()

    def add(self, path: str, line: int, problem: str, advice: str = "") -> None:
        """Note a problem at `path`:`line`; the same one twice counts once."""
        self._found.add(Finding(path, line, problem, advice))

    def refuse(
        self, path: str, node: ast.AST, code: str, problem: str = "", advice: str = ""
    ) -> None:
        """Note that `node` breaks the rule `code`, whose words count where none are given."""
        rule = RULES[code]
        line = getattr(node, "lineno", 0)
        problem = problem or rule.title
        self._found.add(Finding(path, line, problem, advice or rule.remedy, code, column(node)))

    def include(self, other: Findings) -> None:
        """Take over what another collection holds."""
        self._found |= other._found

    @property
    def warnings(self) -> list[Finding]:
        """What may be right all the same, in order of file, line and column."""
        return sorted((found for found in self._found if _warns(found)), key=_place)

    def __bool__(self) -> bool:
        return bool(self._found)

    def raise_if_any(self) -> None:
        """Raises BundleError naming every finding but warnings, in order of their places."""
        refused = [found for found in self._found if not _warns(found)]
        if refused:
            raise BundleError(*sorted(refused, key=_place))


def _warns(finding: Finding) -> bool:
    return finding.code in RULES and RULES[finding.code].warns


def _place(finding: Finding) -> tuple[str, int, int, str]:
    return finding.path, finding.line, finding.column, finding.problem
