"""`python -m device_bundle.rules_page` prints docs/device-dialect.md: every rule of the gate."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping

from device_bundle import dialect
from device_bundle.rule import Rule
from device_bundle.rules import GROUPS, RULES

_HEAD = """# What a device can run

A charge point for a QuecPython module is written in Python 3.11, typed, and rewritten by the
bundler into what MicroPython 1.12 understands. What cannot be rewritten is refused, with file,
line, column, the code of the rule and the remedy. `ocpp-kernel check --device PLUGIN` checks a
plugin of your own the same way, and lists everything it finds at once.

Only code that reaches a device counts: `messages.py`, `central_system.py` and whatever a charge
point never calls may be anything.

Rewritten without a word: annotations, `typing` and docstrings (dropped), f-strings, `NamedTuple`
(a namedtuple), `TypedDict` (a dict), positional-only parameters, stars inside lists, tuples and
calls, `raise ... from` (the cause is dropped), `assert` (dropped), types in brackets behind a
class, dicts whose keys and values would be evaluated in another order.

Not refused, and different all the same: the texts of exceptions (`str(KeyError("a"))` is `a`), how
floats are rounded when they become text (`"%.1f" % 0.25` is `0.3`), the `__name__` of a module, and
`type(x).__name__` of a class of the program that is no exception, which is short. They are for
people to read; compare nothing with them.

<!-- Made by python -m device_bundle.rules_page -->
"""

#: Rules that each cover a list of words, with the advice for each.
_WORDS: dict[str, tuple[str, Mapping[str, str]]] = {
    "D201": ("Module", dialect.MISSING_MODULES),
    "D202": ("Builtin", dialect.MISSING_BUILTINS),
    "D204": ("Name", dialect.MISSING_MEMBERS),
    "D209": ("Module", dialect.UNSAFE_MODULES),
    "D301": ("Attribute", dialect.MISSING_ATTRIBUTES),
    "D322": ("Function", {name: advice for name, (_, advice) in dialect.FIRMWARE_CALLS.items()}),
    "D401": ("Method", dialect.IGNORED_METHODS),
}


def page() -> str:
    """The text of docs/device-dialect.md."""
    return "\n".join([_HEAD, *_sections()])


def _sections() -> Iterator[str]:
    for group, title in GROUPS.items():
        yield f"## {title}\n"
        for rule in RULES.values():
            if rule.code[1] == group:
                yield _section(rule)


def _section(rule: Rule) -> str:
    kind = " (a warning)" if rule.warns else ""
    text = (
        f"### {rule.code} {_sentence(rule.title)}{kind}\n\n"
        f"```python\n{rule.example}\n```\n\n"
        f"{_sentence(rule.remedy)}:\n\n"
        f"```python\n{rule.instead}\n```\n"
    )
    if rule.code in _WORDS:
        text += "\n" + _table(*_WORDS[rule.code])
    return text


def _table(head: str, words: Mapping[str, str]) -> str:
    """Words with the same advice share a row."""
    rows: dict[str, list[str]] = {}
    for word, advice in words.items():
        rows.setdefault(advice, []).append(f"`{word}`")
    lines = [f"| {', '.join(names)} | {advice} |" for advice, names in rows.items()]
    return "\n".join([f"| {head} | Instead |", "|---|---|", *lines, ""])


def _sentence(text: str) -> str:
    """With a capital, unless it begins with code."""
    first = text.partition(" ")[0].rstrip(",:")
    return text[:1].upper() + text[1:] if first.replace("-", "").isalpha() else text


if __name__ == "__main__":
    sys.stdout.write(page())
