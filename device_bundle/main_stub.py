"""Makes /usr/main.py, which the firmware starts, of the runtime's template."""

from __future__ import annotations

from pathlib import Path

from device_bundle.render import shorten
from ocpp_kernel.config import Config

_TEMPLATE = Path(__file__).parent / "runtime" / "main_template.py"


def main_text(config: Config) -> str:
    """The stub, with project name and version as literals, which merging tools look for."""
    text = _TEMPLATE.read_text(encoding="utf-8")
    text = text.replace('"@NAME@"', repr(config.bundle.project))
    return shorten(text.replace('"@VERSION@"', repr(config.bundle.version)))
