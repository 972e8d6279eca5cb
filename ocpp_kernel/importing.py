"""Importing a plugin's modules; what fails becomes a sentence with file, line and remedy."""

from __future__ import annotations

import difflib
import importlib
import importlib.util
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from ocpp_kernel import CONTRACT
from ocpp_kernel.config_values import is_path
from ocpp_kernel.failures import described, origin
from ocpp_kernel.role_faults import PluginError

#: Where plugins find what they import, for those who look in the wrong place.
_GIVES_OUT = tuple(
    f"{__package__}.{module}"
    for module in (
        "contracts",
        "events",
        "events_central",
        "hooks",
        "configuration",
        "errors",
        "station",
        "session",
        "central",
        "store",
        "timestamps",
        "driver",
        "seams",
        "testing",
    )
)


@dataclass(frozen=True)
class Found:
    """A plugin that is there, imported or not; ``module`` is an import name or a file."""

    name: str
    module: str
    source: str
    #: Distributions that offer another plugin of this name, which is not used.
    rivals: tuple[str, ...] = ()
    #: Whether it comes with this package; of two that claim the same, such a one has it.
    own: bool = False


def import_module(found: Found, module: str) -> ModuleType:
    """Imports a plugin, or a module of it; raises :class:`PluginError`."""
    where = f"plugin {found.name}: ({found.source})"
    if ":" in module and not is_path(module):
        named = module.partition(":")[0]
        raise PluginError(f"{where}: {module} must name a module or package only: write {named}")
    try:
        if is_path(module):
            return _import_path(where, found.name, Path(module))
        return importlib.import_module(module)
    except PluginError:
        raise
    except ModuleNotFoundError as error:
        missing = error.name or str(error)
        if missing == module:
            raise PluginError(f"{where}: module {missing} is not there; install it") from error
        remedy = _hint(error) or "; install it"
        raise PluginError(
            f"{where}: module {missing} is not installed {origin(error)}{remedy}"
        ) from error
    # A plugin may fail in any way, and even leave, as a script does; that must not end the others.
    except (Exception, SystemExit) as error:
        raise PluginError(
            f"{where}: fails when imported: {described(error)}{_hint(error)}"
        ) from error


def _hint(error: BaseException) -> str:
    """What to do about an import of something this package does not have, or not there."""
    name = error.name if isinstance(error, ImportError) else None
    if name is None or name.partition(".")[0] != __package__:
        return ""
    wanted = re.match(r"cannot import name '(\w+)'", str(error))
    return (_elsewhere(wanted[1], name) if wanted is not None else "") or (
        f"; it was made for another version of ocpp-kernel than this one, whose contract is "
        f"{CONTRACT}: upgrade one of them"
    )


def _elsewhere(name: str, module: str) -> str:
    """Where a name is that a module lacks, or how it is spelt there; "" if neither."""
    for where in _GIVES_OUT:
        if getattr(importlib.import_module(where), name, None) is not None:
            return f"; {name} is in {where}"
    near = difflib.get_close_matches(name, vars(sys.modules[module]), 1, 0.8)
    return f"; did you mean {near[0]}?" if near else ""


def _import_path(where: str, plugin: str, path: Path) -> ModuleType:
    """Imports a file, or a folder with ``__init__.py``, once for each place."""
    file = path / "__init__.py" if path.is_dir() else path
    if not file.is_file():
        raise PluginError(f"{where}: there is no file {file}")
    name = module_of(plugin)
    known = sys.modules.get(name)
    if known is not None and known.__file__ == str(file):
        return known
    spec = importlib.util.spec_from_file_location(
        name, file, submodule_search_locations=[str(path)] if path.is_dir() else None
    )
    if spec is None or spec.loader is None:
        raise PluginError(f"{where}: {file} is no Python file")
    _forget(name)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        _forget(name)
        raise
    return module


def module_of(plugin: str) -> str:
    """The name under which a plugin's file, or folder, is imported."""
    return f"ocpp_plugin_{plugin}"


def _forget(name: str) -> None:
    """Takes a module and what is in it out of the modules known."""
    for known in [n for n in sys.modules if n == name or n.startswith(f"{name}.")]:
        del sys.modules[known]


def import_part(found: Found, package: ModuleType, part: str) -> ModuleType | None:
    """Imports a module of a plugin's folder; None where it has none. Raises as the above."""
    name = f"{package.__name__}.{part}"
    if importlib.util.find_spec(name) is None:
        return None
    return import_module(found, name)
