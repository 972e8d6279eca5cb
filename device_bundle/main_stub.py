"""Makes main.py, which the firmware starts, of the runtime's template."""

from __future__ import annotations

from pathlib import Path

from device_bundle.render import shorten
from device_bundle.targets import Target
from ocpp_kernel.config import Config

_TEMPLATE = Path(__file__).parent / "runtime" / "main_template.py"
#: The level at which MicroPython drops line numbers, and the one at which it keeps them.
_BARE, _LINES = "opt_level(3)", "opt_level(2)"


def main_text(config: Config, target: Target) -> str:
    """The stub, with project name and version as literals, which merging tools look for."""
    text = _TEMPLATE.read_text(encoding="utf-8")
    for word, other in target.main_words.items():
        text = text.replace(word, other)
    text = text.replace('"@NAME@"', repr(config.bundle.project))
    text = text.replace('"@VERSION@"', repr(config.bundle.version))
    return shorten(text.replace(_BARE, _LINES) if config.bundle.lines else text)
