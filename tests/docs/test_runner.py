"""Pages that are wrong are found to be."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ECHO = "```python\nprint('one')\nprint('two at 12:00:00')\n```\n"
SERVER = """<!-- runs on: ready -->
```python
print("ready")
print("you said", input())
```
<!-- typed: 1 -->
```text
hello
```
"""


@pytest.fixture
def run(page: Any, read: Callable[[Path], list[Any]], tmp_path: Path) -> Callable[[str], None]:
    """Runs the blocks of a page with this text."""

    def run(text: str) -> None:
        file = tmp_path / "page.md"
        file.write_text(text, encoding="utf-8")
        for block in read(file):
            page.take(block)

    return run


@pytest.mark.parametrize(
    "text",
    [
        ECHO + "<!-- output -->\n```text\none\ntwo at 23:59:59\n```\n",
        ECHO + "<!-- output -->\n```text\ntwo ...\n```\n",
        SERVER + "<!-- output: 1 -->\n```text\nyou said ...\n```\n",
        "<!-- fails: 3 -->\n```python\nraise SystemExit(3)\n```\n",
        "<!-- not run: no such program -->\n```sh\nmake coffee\n```\n",
        '```python\n"""mine.py: has A."""\n\nA = 1\n```\n```python\nimport mine\n\nmine.A\n```\n',
        "1. In a list\n\n   ```toml\n   [profiles]\n   ```\n",
        "```toml\n# pyproject.toml\n[project]\nname = 'x'\n```\n",
        "```{note}\nThis is no code.\n```\n",
        "```mermaid\nneither is this\n```\n",
    ],
)
def test_a_page_that_is_right(run: Callable[[str], None], text: str) -> None:
    run(text)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (ECHO + "<!-- output -->\n```text\ntwo at 12:00:00\none\n```\n", "'one' was not printed"),
        (ECHO + "<!-- output -->\n```text\ntwo\n```\n", "'two' was not printed"),
        (SERVER + "<!-- output: 1 -->\n```text\nyou said goodbye\n```\n", "was not printed"),
        ("```sh\nmake coffee\n```\n", "make is none of"),
        ("```sh\nocpp-kernel nonsense\n```\n", "No such command"),
        ("<!-- fails: 3 -->\n```python\nraise SystemExit(4)\n```\n", "== 3"),
        ("<!-- not run: -->\n```sh\nmake coffee\n```\n", "make is none of"),
        ("<!-- runs on: never -->\n```python\nprint(1)\n```\n", "never\nwas not printed"),
    ],
)
def test_a_page_that_is_wrong(run: Callable[[str], None], text: str, why: str) -> None:
    with pytest.raises((AssertionError, pytest.fail.Exception)) as failed:
        run(text)
    assert why in str(failed.value)


@pytest.mark.parametrize(
    "text",
    [
        "```toml\n[profils]\n```\n",
        "```json\n{'a': 1}\n```\n",
        "<!-- not run: for another machine -->\n```python\ndef :\n```\n",
        '```python\n"""mine.py: says a."""\nA = (\n```\n',
    ],
)
def test_a_block_that_cannot_be_read(run: Callable[[str], None], text: str) -> None:
    with pytest.raises(Exception, match=r"profils|property name|invalid syntax|never closed"):
        run(text)
