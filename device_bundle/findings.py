"""What the bundler refuses, and how it says so."""

from __future__ import annotations

from typing import NamedTuple


class Finding(NamedTuple):
    """One thing in the source a device cannot run, with the place to mend it."""

    path: str
    line: int
    problem: str
    advice: str = ""

    def __str__(self) -> str:
        advice = f"; {self.advice}" if self.advice else ""
        return f"{self.path}:{self.line}: {self.problem}{advice}"


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

    def include(self, other: Findings) -> None:
        """Take over what another collection holds."""
        self._found |= other._found

    def raise_if_any(self) -> None:
        """Raises BundleError naming every finding, in order of file and line."""
        if self._found:
            raise BundleError(*sorted(self._found))
