"""What each profile offers to an application of the central system."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import re
from collections.abc import Iterator
from types import ModuleType
from typing import Any

from generate.installed import installed, modules_below
from generate.markdown import block, documentation
from generate.source import classes_in

ROLE = "central_system"
#: A line of a docstring that is code.
_CODE = re.compile(r"^\s*(\w[\w.,() \"']* = |await )")


def text() -> str:
    """A section for each plugin with a central system."""
    return "\n".join(
        f"## {plugin.profile}\n\n{_section(_module(plugin.roles[ROLE].role))}"
        for plugin in installed()
        if plugin.roles[ROLE].role is not None
    )


def _module(role: type) -> ModuleType:
    """The module, or package, an application imports the role's names from."""
    outer = role.__module__.rpartition(".")[0]
    return importlib.import_module(outer if outer.endswith(ROLE) else role.__module__)


def _section(module: ModuleType) -> str:
    parts = [*_paragraphs(module), *(_class(module, cls) for cls in _offered(module))]
    return "\n\n".join(parts) + "\n"


def _paragraphs(module: ModuleType) -> Iterator[str]:
    for paragraph in documentation(module).split("\n\n"):
        is_code = any(_CODE.match(line) for line in paragraph.splitlines())
        yield block("python", inspect.cleandoc(paragraph)) if is_code else paragraph


def _offered(module: ModuleType) -> list[type]:
    """Its classes, the role first; neither events nor settings, which have pages of their own."""
    names = getattr(module, "__all__", None)
    known: list[Any] = list(classes_in(modules_below(module), object))
    found = [cls for cls in known if not issubclass(cls, tuple) and cls.__name__[0] != "_"]
    offered = [
        cls
        for cls in found
        if cls.__name__ != "Settings" and (names is None or cls.__name__ in names)
    ]
    return sorted(offered, key=lambda cls: cls.__name__ != "CentralSystem")


def _class(module: ModuleType, cls: type) -> str:
    options = "\n   :undoc-members:" if dataclasses.is_dataclass(cls) else ""
    return block("{eval-rst}", f".. autoclass:: {module.__name__}.{cls.__name__}{options}")
