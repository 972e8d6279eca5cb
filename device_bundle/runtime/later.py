"""Lets go of modules that are loaded when they are needed. Portable.

A function may import functions and classes from a module of its own package: `import` in it runs
when it is called. On a module, the bundler puts what nothing else needs of them into a file of
their own, /usr/later_NAME, NAME being the last part of the imported module's name; what the rest
of the program uses as well stays with the rest. The file is read and its code on the heap from
the first call until `unload`, and for as long as anything holds an object of it. An update
replaces all files before the next start, so what is loaded always belongs to the program that
loads it. Whoever loads must reckon with MemoryError, and ImportError where the file is lost.
"""

from __future__ import annotations

import gc
from typing import Any

PREFIX = "later_"


def modules() -> dict[str, Any]:
    """What is loaded, by name; a bundle's own modules are called usr.NAME."""
    try:
        import usys as system  # noqa: PLC0415  # `sys` on older firmware
    except ImportError:
        import sys as system  # type: ignore[no-redef]  # noqa: PLC0415  # either of the two
    loaded: dict[str, Any] = system.modules
    return loaded


def unload(name: str) -> None:
    """Forget the file `name`, whether all of it was loaded or it failed half way."""
    loaded = modules()
    if loaded.pop("usr." + name, None) is None:
        return
    package = loaded.get("usr")
    if package is not None:
        # It holds the module as well, under a name that is not the bundler's to shorten.
        assign: Any = setattr
        assign(package, name, None)
    gc.collect()
