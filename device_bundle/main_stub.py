"""Makes main.py, which the firmware starts, of the runtime's template."""

from __future__ import annotations

from pathlib import Path

from device_bundle.render import shorten
from device_bundle.targets import Target
from ocpp_kernel.config import Config

_RUNTIME = Path(__file__).parent / "runtime"
_START = "\n_main()\n"
#: The level at which MicroPython drops line numbers, and the one at which it keeps them.
_BARE, _LINES = "opt_level(3)", "opt_level(2)"


def main_text(config: Config, target: Target, updates: bool = False) -> str:
    """The stub, with project name and version as literals, which merging tools look for.

    updates: whether this bundle installs others, so that the stub must be able to undo that.
    """
    text = (_RUNTIME / "main_template.py").read_text(encoding="utf-8")
    if updates:
        trial = (_RUNTIME / "trial_template.py").read_text(encoding="utf-8")
        text = text.removesuffix(_START) + trial + _START
    for word, other in target.main_words.items():
        text = text.replace(word, other)
    text = text.replace('"@NAME@"', repr(config.bundle.project))
    text = text.replace('"@VERSION@"', repr(config.bundle.version))
    return shorten(text.replace(_BARE, _LINES) if config.bundle.lines else text)
