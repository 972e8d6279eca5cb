"""Each rule refuses its example at its place, takes what is to be written instead, and is told."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

import pytest

from device_bundle.rule import Rule
from device_bundle.rules import GROUPS, RULES
from device_bundle.rules_page import page

ROOT = Path(__file__).parents[2]
#: Its example needs a second plugin; test_roles.py has one.
ELSEWHERE = "D504"
CODES = [code for code in RULES if code != ELSEWHERE]


def module(rule: Rule, text: str) -> str:
    """The example as a plugin has it: imports and layout at the top level, the rest in a method."""
    if rule.code == "D418" or (rule.code[1] in "56" and rule.code != "D601"):
        known = [name for name in ("read", "LIMIT", "B", "A") if f"{name}(" in text or name in text]
        return f"{text}\ndef main():\n    return {known[0] if known else None}\n"
    lines = text.splitlines()
    imports = [line for line in lines if line.startswith(("import ", "from "))]
    body = [line for line in lines if line not in imports]
    head = "\n".join([*imports, "def main(station, a, b, items, text):"])
    return head + "\n" + textwrap.indent("\n".join(body), "    ") + "\n"


@pytest.mark.parametrize("code", CODES)
def test_the_example_is_refused_and_the_remedy_taken(sample: Any, code: str) -> None:
    rule = RULES[code]
    sample.write(module(rule, rule.example))
    found = sample.findings()
    assert {finding.code for finding in found} == {code}, found
    assert all(finding.line and finding.column and finding.advice for finding in found)
    text = str(found[0])
    assert text.startswith(f"fixture/__init__.py:{found[0].line}:{found[0].column}: {code} ")
    sample.write(module(rule, rule.instead))
    assert sample.findings() == []


@pytest.mark.parametrize("code", RULES)
def test_codes_and_groups(code: str) -> None:
    rule = RULES[code]
    assert rule.code == code
    assert code[1] in GROUPS
    assert not rule.title.endswith(".")
    assert rule.remedy


def test_the_page_is_made_from_the_rules() -> None:
    path = ROOT / "docs" / "device-dialect.md"
    assert path.read_text(encoding="utf-8") == page(), (
        f"write it anew: python -m device_bundle.rules_page > {path.relative_to(ROOT)}"
    )
    for code in RULES:
        assert f"### {code} " in page()


def test_warnings_do_not_stop_a_bundle(sample: Any) -> None:
    sample.write("def main():\n    return sorted([2, 1], key=abs)\n")
    linked = sample.link()
    assert [finding.code for finding in linked.warnings] == ["D410"]
