"""The site is built without a warning, and what is generated is complete."""

from __future__ import annotations

import csv
import html
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from ocpp_plugins.core_profile.messages import STANDARD_ACTIONS

from ocpp_kernel import errors, events, events_central
from ocpp_kernel.cli.app import cli
from ocpp_kernel.hookspecs import SPECIFICATIONS

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built site."""
    pytest.importorskip("sphinx", reason="the extra docs is not installed")
    built = tmp_path_factory.mktemp("site") / "html"
    command = [sys.executable, "-m", "sphinx", "-q", "-W", str(ROOT / "docs"), str(built)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return built


def text_of(site: Path, page: str) -> str:
    """A reference page without its tags."""
    source = (site / "reference" / f"{page}.html").read_text(encoding="utf-8")
    return html.unescape(re.sub(r"<[^>]+>", "", source[source.index("<h1>") :]))


def classes_of(module: ModuleType) -> list[str]:
    """The names of the classes a module defines."""
    return [n for n, v in vars(module).items() if getattr(v, "__module__", "") == module.__name__]


def test_every_message_is_there(site: Path) -> None:
    source = (site / "reference" / "messages.html").read_text(encoding="utf-8")
    found = set(re.findall(r"<h3>(\w+)<", source))
    assert len(found.intersection(STANDARD_ACTIONS)) == 28


def test_every_field_of_the_specification_is_there(site: Path) -> None:
    text = text_of(site, "messages")
    with (ROOT / "tests" / "data" / "messages.tsv").open(encoding="utf-8") as table:
        fields = {row["field"] for row in csv.DictReader(table, delimiter="\t")}
    missing = {field for field in fields if field != "-" and field.removesuffix("[]") not in text}
    assert not missing


@pytest.mark.parametrize(
    ("page", "names"),
    [
        ("hooks", [n for cls in SPECIFICATIONS.values() for n in dir(cls) if n[:5] == "ocpp_"]),
        ("errors", classes_of(errors)),
        ("events", classes_of(events) + classes_of(events_central)),
        ("commands", [f"ocpp-kernel {name}" for name in (*cli.commands, "schedule")]),
        ("settings", ["[charge_point]", "[central_system.reservation]", "require_boot"]),
        ("configuration-keys", ["HeartbeatInterval", "LocalAuthListMaxLength"]),
        ("driver", ["read_energy", "install_firmware", "max_current"]),
        ("requirements", [f"CORE-{number:03}" for number in (1, 136)]),
    ],
)
def test_what_the_code_offers_is_in_the_reference(site: Path, page: str, names: list[str]) -> None:
    text = text_of(site, page)
    assert names
    assert [name for name in names if name not in text] == []


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
