"""`python -m device_bundle.emulator BUNDLE`: run a bundle, its console in this terminal."""

from __future__ import annotations

import argparse
import sys
import tempfile

from device_bundle.emulator import EmulatorError, run
from device_bundle.emulator.strict import new_seed, strict_options


def main(arguments: list[str] | None = None) -> int:
    """Exit code: the program's, 0 after Ctrl-C, 2 for a mistake in the call."""
    parser = argparse.ArgumentParser(
        prog="python -m device_bundle.emulator",
        description="Run a bundle as a module would. Lines typed become operator commands.",
    )
    parser.add_argument("bundle", help="folder the bundler wrote")
    parser.add_argument("--data", help="folder that is the module's flash; kept between runs")
    parser.add_argument("--heap", default="512k", help="heap of the module (default: 512k)")
    parser.add_argument("--speed", type=float, default=1, help="emulated seconds per second")
    parser.add_argument("--strict", action="store_true", help="as unfriendly as any module")
    parser.add_argument("--seed", type=int, help="repeat the --strict run of this seed")
    options = parser.parse_args(arguments)
    if options.seed is not None and not options.strict:
        parser.error("--seed goes with --strict")
    chosen = {}
    if options.strict:
        seed = new_seed() if options.seed is None else options.seed
        print(f"strict, seed {seed}", file=sys.stderr)
        chosen = strict_options(seed)
    try:
        if options.data:
            return run(options.bundle, options.data, options.heap, options.speed, chosen)
        with tempfile.TemporaryDirectory(prefix="module-") as data:
            return run(options.bundle, data, options.heap, options.speed, chosen)
    except EmulatorError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 0


if __name__ == "__main__":
    sys.exit(main())
