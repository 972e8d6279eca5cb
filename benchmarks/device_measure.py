"""Measures a bundle on MicroPython: bytes allocated per message and per turn of the main loop."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

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


def made(folder: Path, port: int = 9000, *, readable: bool = False) -> BundleResult:
    """A bundle of every plugin there is.

    `readable` keeps names and methods, so that a probe finds what it calls. What moving code and
    shorter names save per message is not counted then: the figures are what a bundle takes at most.
    """
    config = folder / "ocpp.toml"
    config.write_text(CONFIG.format(port=port), encoding="utf-8")
    return bundle(config, folder / "bundle", readable=readable)


def allocations() -> dict[str, tuple[int, ...]]:
    """What the probe counted: by name, bytes and, for messages, those of JSON alone.

    Raises MeasureError, or what bundling raises.
    """
    with tempfile.TemporaryDirectory(prefix="module-") as folder:
        root = Path(folder, "module")
        result = made(Path(folder), readable=True)
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
