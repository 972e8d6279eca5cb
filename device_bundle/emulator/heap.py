"""How much heap a bundle keeps once it runs.

The program is started as `Emulator` starts it, in a module of its own that is thrown away. It
connects to the central system it is configured for, so this is for bundles of a test.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from device_bundle.emulator import EmulatorError, command, environment, find_interpreter, upload

_BOOT = "boot.py"
_PROBE = "heap_probe.py"
# Readings after the program has booted before one counts: what booting left over is gone by then.
_SETTLE = 2


def measure(bundle: str | Path, heap: int, is_booted: Callable[[], bool], speed: float = 30) -> int:
    """Bytes kept on the heap after boot, as the 64-bit interpreter of this computer counts them.

    heap: bytes the program has. is_booted() tells when the program has booted; it is asked every
    five emulated seconds. Raises EmulatorError if the program ends, or does not boot.
    """
    with tempfile.TemporaryDirectory(prefix="module-") as root:
        upload(Path(bundle) / "usr", Path(root))
        arguments = command(find_interpreter(), heap, Path(root))
        probe = [argument.replace(_BOOT, _PROBE) for argument in arguments]
        with subprocess.Popen(  # noqa: S603  # our interpreter, our arguments
            probe,
            env=environment({"speed": speed}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        ) as process:
            try:
                return _read(process, is_booted)
            finally:
                process.kill()


def _read(process: subprocess.Popen[str], is_booted: Callable[[], bool]) -> int:
    lines: list[str] = []
    settled = 0
    for line in process.stdout or ():
        lines.append(line.rstrip())
        words = line.split()
        if len(words) != 2 or words[0] != "heap":
            continue
        settled += is_booted()
        if settled > _SETTLE:
            return int(words[1])
        if len(lines) > 1000:
            break
    tail = "\n".join(lines[-20:])
    raise EmulatorError(f"the program did not boot while its heap was measured:\n{tail}")
