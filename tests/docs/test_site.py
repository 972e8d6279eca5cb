"""The site is built without a warning, and what is generated is complete."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from ocpp_plugins.core_profile.messages import STANDARD_ACTIONS

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built site."""
    pytest.importorskip("sphinx", reason="the extra docs is not installed")
    html = tmp_path_factory.mktemp("site") / "html"
    command = [sys.executable, "-m", "sphinx", "-q", "-W", str(ROOT / "docs"), str(html)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return html


def headings(page: Path) -> set[str]:
    return set(re.findall(r"<h[23]>([\w-]+)<", page.read_text(encoding="utf-8")))


def test_every_message_is_there(site: Path) -> None:
    found = headings(site / "reference" / "messages.html")
    assert len(found.intersection(STANDARD_ACTIONS)) == 28


def test_nothing_is_fetched_from_elsewhere(site: Path) -> None:
    """Neither scripts nor styles, fonts or pictures."""
    fetched = re.compile(
        r'<(?:script|img|link rel="(?:stylesheet|preload)")[^>]*(?:src|href)="(http[^"]*)'
    )
    for page in site.rglob("*.html"):
        assert fetched.findall(page.read_text(encoding="utf-8")) == [], page


def test_links_between_pages_lead_somewhere(site: Path) -> None:
    """Sphinx checks what it resolves itself; this takes what a browser would."""
    ids = {
        page: set(re.findall(r'\bid="([^"]+)"', page.read_text(encoding="utf-8")))
        for page in site.rglob("*.html")
    }
    for page in ids:
        for link in re.findall(r'href="([^":?]+)"', page.read_text(encoding="utf-8")):
            path, _, anchor = link.partition("#")
            target = (page.parent / path).resolve() if path else page
            assert target.exists(), f"{page.name}: {link}"
            if anchor and target.suffix == ".html":
                assert anchor in ids[target], f"{page.name}: {link}"
