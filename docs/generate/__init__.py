"""The reference pages' tables, made from the code whenever the site is built.

A page holds a line such as ``<!-- generated: messages -->``; this Sphinx extension puts the
Markdown of that part in its place before the page is read. ``python docs/generate`` prints one.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from generate import (
    checklist,
    commands,
    configuration_keys,
    driver,
    errors,
    happenings,
    hooks,
    messages,
    plugins,
    profiles,
    schedule,
    settings,
    simulated,
)

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

#: The parts by the name their marker has.
PARTS: dict[str, Callable[[], str]] = {
    "messages": messages.text,
    "enumerations": messages.enumerations,
    "configuration-keys": configuration_keys.text,
    "hooks": hooks.text,
    "station-events": happenings.of_stations,
    "central-events": happenings.of_central_systems,
    "transaction-record": happenings.transaction_record,
    "errors": errors.text,
    "settings": settings.of_plugins,
    "ocpp-toml": settings.of_the_file,
    "commands": commands.text,
    "driver": driver.text,
    "plugins": plugins.text,
    "profiles": profiles.text,
    "console": simulated.text,
    "checklist": checklist.text,
    "schedule": schedule.text,
}
MARKER = re.compile(r"^<!-- generated: ([\w-]+) -->$", re.MULTILINE)

#: A link from a page to a file of the repository that is no page.
OUTSIDE = re.compile(r"\[([^\]]+)\]\(\.\./[^)]*\)")


def without_links_outside(text: str) -> str:
    """What a page links to beside ``docs`` is there in the repository, but not on the site."""
    return OUTSIDE.sub(r"\1", text)


def expand(text: str) -> str:
    """The page with every marker replaced; raises KeyError for a part that is not known."""
    return MARKER.sub(lambda found: PARTS[found[1]](), text)


def _read(app: Sphinx, page: str, source: list[str]) -> None:
    if "/" not in page:
        source[0] = without_links_outside(source[0])
    source[0] = expand(source[0])
    if MARKER.search(source[0]):
        raise ValueError(f"{page}: a generated part holds a marker itself")


def _outdated(app: Sphinx, env: BuildEnvironment, *_: Any) -> Iterable[str]:
    """Pages with generated parts are read anew each time: what they show is not in them."""
    for page in env.all_docs:
        if MARKER.search(env.doc2path(page).read_text(encoding="utf-8")):
            yield page


def _skip(app: Sphinx, what: str, name: str, item: Any, skip: bool, options: Any) -> bool | None:
    """Handlers and hooks are not for applications to call."""
    hidden = hasattr(item, "ocpp_action") or name.startswith("ocpp_") or name == "settings"
    return True if hidden else None


def _shorten(
    app: Sphinx, what: str, name: str, item: Any, options: Any, signature: str | None, result: str
) -> tuple[str, str] | None:
    """A dataclass's fields are listed one by one; all in its signature would be a wall."""
    return ("", "") if dataclasses.is_dataclass(item) else None


def setup(app: Sphinx) -> dict[str, bool]:
    """What Sphinx calls."""
    app.connect("source-read", _read)
    app.connect("env-get-outdated", _outdated)
    app.connect("autodoc-skip-member", _skip)
    app.connect("autodoc-process-signature", _shorten)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
