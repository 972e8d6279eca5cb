"""The picture of the charging profiles in ``examples/schedules``, drawn when the site is built."""

from __future__ import annotations

import contextlib
import io
import tempfile
from pathlib import Path

from generate.markdown import block
from ocpp_kernel.cli.app import cli

EXAMPLE = Path(__file__).parents[2] / "examples" / "schedules" / "night.json"


def text() -> str:
    """The picture as HTML, inside a frame that keeps its own background."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "night.svg"
        arguments = [str(EXAMPLE), "--out", str(out), "--from", "2026-01-01T00:00:00Z"]
        with contextlib.redirect_stdout(io.StringIO()):
            cli.main(["schedule", *arguments], standalone_mode=False)
        picture = out.read_text(encoding="utf-8")
    return block("{raw} html", f'<figure class="paper">{picture}</figure>')
