"""The pieces the generated reference is made of."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest

DOCS = Path(__file__).parents[2] / "docs"


class Example:
    """An example."""

    plain: int = 1
    #: Said above,
    #: on two lines.
    above: str = "a"
    below: str = ""
    """Said below."""

    def method(self, first: int, second: str = "x") -> str | None:
        """Returns nothing."""


@pytest.fixture
def generate(monkeypatch: pytest.MonkeyPatch) -> Any:
    """``generate(name)`` imports a module of docs/generate."""
    monkeypatch.syspath_prepend(str(DOCS))
    return lambda name="": importlib.import_module(f"generate.{name}" if name else "generate")


def test_roles_become_code(generate: Any) -> None:
    prose = generate("markdown").prose
    assert prose("See :meth:`~a.b.Session.close` and ``x``.") == "See `close` and `x`."
    assert prose("One.\n\n    Two.") == "One.\n\nTwo."
    assert prose(None) == ""


def test_cells_stay_in_their_row(generate: Any) -> None:
    table = generate("markdown").table(["a", "b"], [["x | y", "two\nlines"]])
    assert table == "| a | b |\n| --- | --- |\n| x \\| y | two lines |\n"


def test_attributes_have_the_comment_that_explains_them(generate: Any) -> None:
    found = generate("source").attributes(Example)
    assert [(each.name, each.kind, each.meaning) for each in found] == [
        ("plain", "int", ""),
        ("above", "str", "Said above, on two lines."),
        ("below", "str", "Said below."),
    ]


def test_signatures_are_as_written(generate: Any) -> None:
    text = generate("source").signature(Example.method)
    assert text == "method(first: int, second: str='x') -> str | None"


def test_own_documentation_only(generate: Any) -> None:
    class Silent(Example):
        pass

    documentation = generate("markdown").documentation
    assert documentation(Example) == "An example."
    assert documentation(Silent) == ""


def test_a_marker_is_replaced_and_an_unknown_one_refused(generate: Any) -> None:
    expand = generate().expand
    assert "| `Ignored` |" in expand("# Errors\n\n<!-- generated: errors -->\n")
    assert expand("no marker") == "no marker"
    with pytest.raises(KeyError, match="nonsense"):
        expand("<!-- generated: nonsense -->")


def test_links_to_files_of_the_repository_stay_as_text(generate: Any) -> None:
    text = "See [`site_meter`](../examples/plugins/site_meter) and [hooks](reference/hooks.md)."
    found = generate().without_links_outside(text)
    assert found == "See `site_meter` and [hooks](reference/hooks.md)."


def test_every_part_is_on_some_page(generate: Any) -> None:
    pages = "\n".join(page.read_text(encoding="utf-8") for page in DOCS.rglob("*.md"))
    for part in generate().PARTS:
        assert f"\n<!-- generated: {part} -->\n" in pages, part


def test_enumerations_keep_their_names(generate: Any) -> None:
    """A field's values lead to the name they were declared with."""
    text = generate("messages").text()
    assert "| `status` | [RegistrationStatus](enumerations.md#registrationstatus) | yes |" in text
    assert "| `meterValue[].sampledValue[].value` | text | yes |" in text
    assert "| `csChargingProfiles.chargingSchedule.chargingSchedulePeriod[].limit` |" in text
