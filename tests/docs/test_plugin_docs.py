"""Every block of the pages for writers of plugins runs, in order and in one folder a page.

Blocks that begin with ``# name.ext`` are files. Of ``sh`` blocks every line is run, ``cd`` changes
the folder for the lines after it, and what ``pip install`` would fetch is here already.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from ocpp_kernel.config import parse_config
from ocpp_kernel.hookspecs import SPECIFICATIONS
from ocpp_kernel.role_faults import ROLE_CLASSES

DOCS = Path(__file__).parents[2] / "docs"
PAGES = ("writing-plugins.md", "plugin-contract.md")
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
#: Commands that are not run: they would change the checkout.
UNTOUCHED = {
    "python tests/test_public_surface.py",
    "python tests/test_public_surface.py --released",
}


class Block(NamedTuple):
    """A fenced block; ``file`` is "" where it is none."""

    kind: str
    text: str
    file: str


def blocks(page: str) -> Iterator[Block]:
    for kind, text in FENCE.findall((DOCS / page).read_text(encoding="utf-8")):
        name = re.match(r"# ([\w.]+\.\w+)\n", text)
        yield Block(kind, text, name[1] if name else "")


class Reader:
    """Somebody who does what a page says."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.site = folder / "site"

    def follow(self, block: Block) -> None:
        if block.file:
            (self.folder / block.file).write_text(block.text, encoding="utf-8")
        elif block.kind == "python":
            self.run(sys.executable, "-c", block.text)
        elif block.kind == "sh":
            for line in block.text.splitlines():
                self.type(line)

    def type(self, line: str) -> None:
        words = shlex.split(line)
        if words[0] == "cd":
            self.folder /= words[1]
        elif words[:3] == ["pip", "install", "-e"]:
            pip = (sys.executable, "-m", "pip", "-q", "install", "--target", str(self.site))
            self.run(*pip, "--no-build-isolation", "--no-deps", "--no-index", ".")
        elif words[0] == "pytest" or words[:3] == ["python", "-m", "pytest"]:
            rest = words[words.index("pytest") + 1 :]
            quiet = ("-p", "no:cacheprovider", "-p", "no:asyncio")
            self.run(sys.executable, "-m", "pytest", *quiet, *rest)
        else:
            assert words[0] == "ocpp-kernel", line
            self.run(sys.executable, "-m", "ocpp_kernel", *words[1:])

    def run(self, *command: str) -> None:
        path = os.pathsep.join(filter(None, [str(self.site), os.environ.get("PYTHONPATH")]))
        done = subprocess.run(
            command,
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": path},
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
            timeout=300,
        )
        assert done.returncode == 0, f"{command[-1]}\n{done.stdout}\n{done.stderr}"


@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.parametrize("page", PAGES)
def test_a_reader_who_does_what_the_page_says_succeeds(page: str, tmp_path: Path) -> None:
    reader = Reader(tmp_path)
    for block in blocks(page):
        reader.follow(block)


@pytest.mark.parametrize("page", PAGES)
def test_no_block_is_passed_over(page: str) -> None:
    for block in blocks(page):
        if block.kind == "toml" and not block.file:
            assert parse_config(tomllib.loads(block.text)).require
        elif block.kind == "text" and not block.file:
            assert set(block.text.splitlines()) <= UNTOUCHED
        else:
            assert block.file or block.kind in ("python", "sh")


def test_the_pages_name_every_hook_a_plugin_would_look_for() -> None:
    text = "".join((DOCS / page).read_text(encoding="utf-8") for page in PAGES)
    hooks = {name for role in ROLE_CLASSES for name in dir(SPECIFICATIONS[role])}
    named = set(re.findall(r"ocpp_\w+", text)) & hooks
    told = {f"ocpp_{name}" for name in ("veto_start", "look_up_tag", "charging_limit", "driver")}
    assert told | {"ocpp_on_event", "ocpp_register_configuration"} <= named


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", (DOCS / page).read_text(encoding="utf-8")):
        assert (DOCS / target).exists(), target
