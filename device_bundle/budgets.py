"""What the last release's bundle of every plugin took, to hold a new one against.

    python -m device_bundle.budgets            # measure now, and compare
    python -m device_bundle.budgets --write    # make these the figures of this release

A release is made with the second; the figures are kept in last_release.json beside this file.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, entry_points, version
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from device_bundle.findings import BundleError
from ocpp_kernel.config import ConfigError

if TYPE_CHECKING:
    from device_bundle.bundler import BundleResult

LAST_RELEASE = Path(__file__).with_name("last_release.json")
_DISTRIBUTION = "ocpp-kernel"
_OWN = "ocpp_plugins."


class Figures(NamedTuple):
    """Bytes of .py, of .mpy, and of heap after importing on a 64-bit MicroPython."""

    python: int
    compiled: int
    heap: int


@dataclass(frozen=True)
class Release:
    """The figures of one release."""

    version: str
    plugins: tuple[str, ...]
    total: Figures
    #: By plugin, and for kernel, runtime and what the bundler itself writes.
    packages: dict[str, Figures]


def last_release(path: Path = LAST_RELEASE) -> Release:
    """The figures that were written last; raises BundleError where they cannot be read."""
    try:
        data = json.loads(path.read_bytes())
        packages = {name: Figures(*sizes) for name, sizes in data["packages"].items()}
        return Release(data["version"], tuple(data["plugins"]), Figures(*data["total"]), packages)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise BundleError(
            f"{path}: cannot be read; make it with: python -m device_bundle.budgets --write"
        ) from None


def as_json(result: BundleResult, name: str) -> bytes:
    """The figures of a bundle as last_release.json has them."""
    shares = {s.package: (s.python, s.compiled, s.heap) for s in result.shares}
    data = {
        "version": name,
        "plugins": list(result.plugins),
        "total": (result.total, result.total_compiled, result.heap),
        "packages": shares,
    }
    return json.dumps(data, indent=2).encode() + b"\n"


def measure() -> BundleResult:
    """Bundle the project's own plugins; raises as `bundle` does."""
    from device_bundle.bundler import bundle  # noqa: PLC0415  # which prints what this module reads

    off = [p.name for p in entry_points(group="ocpp_kernel") if not p.value.startswith(_OWN)]
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder, "ocpp.toml")
        config.write_text("\n".join(["[profiles]", *(f"{name} = false" for name in off)]))
        return bundle(config, Path(folder, "bundle"))


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit code: 0 done, 1 failed, 2 wrong usage."""
    parser = argparse.ArgumentParser(
        prog="python -m device_bundle.budgets",
        description="Sizes of a bundle of every plugin, compared with the last release's.",
    )
    parser.add_argument("--write", action="store_true", help="make them this release's figures")
    given = parser.parse_args(arguments)
    try:
        result = measure()
        if given.write:
            LAST_RELEASE.write_bytes(as_json(result, _version()))
        from device_bundle.sizes import print_sizes  # noqa: PLC0415  # needs rich

        print_sizes(result)
    except (BundleError, ConfigError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _version() -> str:
    try:
        return version(_DISTRIBUTION)
    except PackageNotFoundError:
        return "(not installed)"


if __name__ == "__main__":
    sys.exit(main())
