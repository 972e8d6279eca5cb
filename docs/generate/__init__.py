"""The reference pages' tables, made from the code whenever the site is built.

A page holds a line such as ``<!-- generated: messages -->``; this Sphinx extension puts the
Markdown of that part in its place before the page is read. ``python docs/generate`` prints one.
"""

from __future__ import annotations

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
    schedule,
    settings,
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
    "checklist": checklist.text,
    "schedule": schedule.text,
}
MARKER = re.compile(r"^<!-- generated: ([\w-]+) -->$", re.MULTILINE)


def expand(text: str) -> str:
    """The page with every marker replaced; raises KeyError for a part that is not known."""
    return MARKER.sub(lambda found: PARTS[found[1]](), text)


def _read(app: Sphinx, page: str, source: list[str]) -> None:
    source[0] = expand(source[0])
    if MARKER.search(source[0]):
        raise ValueError(f"{page}: a generated part holds a marker itself")


def _outdated(app: Sphinx, env: BuildEnvironment, *_: Any) -> Iterable[str]:
    """Pages with generated parts are read anew each time: what they show is not in them."""
    for page in env.all_docs:
        if MARKER.search(env.doc2path(page).read_text(encoding="utf-8")):
            yield page


def setup(app: Sphinx) -> dict[str, bool]:
    """What Sphinx calls."""
    app.connect("source-read", _read)
    app.connect("env-get-outdated", _outdated)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
