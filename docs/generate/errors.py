"""The errors a call can end with."""

from __future__ import annotations

from generate.markdown import code, documentation, table
from generate.source import classes_in
from ocpp_kernel import errors


def text() -> str:
    """One table, in the order of the source."""
    rows = [
        [
            code(cls.__name__),
            code(getattr(cls, "code", "")),
            code(cls.__bases__[0].__name__),
            documentation(cls),
        ]
        for cls in classes_in([errors], Exception)
    ]
    return table(["class", "code", "kind of", "meaning"], rows)
