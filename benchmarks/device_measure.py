"""Measures a bundle on MicroPython: bytes allocated per message and per turn of the main loop."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

from device_bundle.bundler import BundleResult, bundle
from device_bundle.emulator import command, environment, find_interpreter, upload

PROBE = Path(__file__).with_name("device_probe.py")
#: Bytes; with the collector off nothing is given back.
HEAP = 8 * 1024 * 1024

CONFIG = """
[charge_point]
url = "ws://127.0.0.1:{port}"
identity = "WALLBOX-1"

[charge_point.core_profile]
vendor = "Example"
model = "Wallbox 11"

[charge_point.simulated_ev]
connectors = 1
"""


class MeasureError(Exception):
    """The probe failed; its output follows."""


@contextmanager
def readable() -> Iterator[None]:
    """Bundles made inside keep names and methods, so that a probe finds what it calls.

    What inlining and shorter names save per message is not counted then: the figures are what a
    bundle takes at most.
    """
    with (
        patch("device_bundle.optimise.flatten", lambda program, definitions, firmware: None),
        patch("device_bundle.optimise.fix_parameters", lambda program, definitions, firmware: 0),
        patch("device_bundle.optimise.fold_copies", lambda definitions: 0),
        patch("device_bundle.optimise.inline", lambda program, definitions, firmware: 0),
        patch("device_bundle.optimise.inline_short", lambda program, definitions, firmware: 0),
        patch("device_bundle.emit.shorten_names", lambda definitions, kept: None),
        patch("device_bundle.emit._short", lambda linked: set()),
        patch("device_bundle.emit.MOST_FILE_BYTES", 96 * 1024),
        patch("device_bundle.bundler.MOST_BYTES", 1024 * 1024),
    ):
        yield


def made(folder: Path, port: int = 9000) -> BundleResult:
    """A bundle of every plugin there is."""
    config = folder / "ocpp.toml"
    config.write_text(CONFIG.format(port=port), encoding="utf-8")
    return bundle(config, folder / "bundle")


def allocations() -> dict[str, tuple[int, ...]]:
    """What the probe counted: by name, bytes and, for messages, those of JSON alone.

    Raises MeasureError, or what bundling raises.
    """
    with tempfile.TemporaryDirectory(prefix="module-") as folder:
        root = Path(folder, "module")
        with readable():
            result = made(Path(folder))
        upload(result.out / "usr", root)
        (root / "usr" / "main.py").write_bytes(PROBE.read_bytes())
        done = subprocess.run(
            command(find_interpreter(), HEAP, root),
            env=environment({}),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    lines = done.stdout.splitlines()
    if not lines or lines[-1] != "end":
        raise MeasureError(done.stdout + done.stderr)
    fields = [line.split("\t") for line in lines]
    return {
        name: tuple(int(number) for number in numbers)
        for kind, name, *numbers in (parts for parts in fields if parts[0] == "bytes")
    }
