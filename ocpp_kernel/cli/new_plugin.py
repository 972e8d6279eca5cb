"""``ocpp-kernel new-plugin``: a small, complete package that a plugin can grow from."""

from __future__ import annotations

import importlib.util
import keyword
import re
import shlex
import unicodedata
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from string import Template
from typing import NamedTuple

import click

from ocpp_kernel import CONTRACT
from ocpp_kernel.config import CentralSystemHost, ChargePointHost, Config
from ocpp_kernel.plugins import discover

TEMPLATES = f"{__package__}.plugin_template"
CHARGE_POINT = "charge-point"
CENTRAL_SYSTEM = "central-system"
BOTH = "both"
#: Characters a name may have; the files written keep their line length then.
LONGEST = 30
#: The version plugins made here ask for; it is the first with this contract.
_KERNEL = "0.1"


class Piece(NamedTuple):
    """A template, the file it becomes a part of, and the role it is for; "" for any."""

    file: str
    template: str
    role: str = ""


PIECES = (
    Piece("pyproject.toml", "pyproject.toml"),
    Piece("README.md", "README.md"),
    Piece("README.md", "README_charge_point.md", CHARGE_POINT),
    Piece("README.md", "README_central_system.md", CENTRAL_SYSTEM),
    Piece("ocpp.toml", "ocpp.toml"),
    Piece("ocpp.toml", "ocpp_charge_point.toml", CHARGE_POINT),
    Piece("ocpp.toml", "ocpp_central_system.toml", CENTRAL_SYSTEM),
    Piece("src/$name/__init__.py", "init.py"),
    Piece("src/$name/charge_point.py", "charge_point.py", CHARGE_POINT),
    Piece("src/$name/central_system.py", "central_system.py", CENTRAL_SYSTEM),
    Piece("tests/test_charge_point.py", "test_charge_point.py", CHARGE_POINT),
    Piece("tests/charge.scenario", "charge.scenario", CHARGE_POINT),
    Piece("tests/test_central_system.py", "test_central_system.py", CENTRAL_SYSTEM),
)


@click.command(short_help="Write a new plugin: a typed package with tests.")
@click.argument("name")
@click.option(
    "--role",
    type=click.Choice([CHARGE_POINT, CENTRAL_SYSTEM, BOTH]),
    default=BOTH,
    show_default=True,
    help="What the plugin runs in.",
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="The folder to write to. [default: NAME]",
)
def new_plugin(name: str, role: str, out: Path | None) -> None:
    """Write a new plugin: a typed package with tests, ready to be installed and bundled.

    NAME is that of the package and of the plugin, such as acme_display.
    """
    fault = name_fault(name)
    if fault:
        raise click.BadParameter(fault, param_hint="NAME")
    folder = Path(name) if out is None else out
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise click.BadParameter(
            f"{folder} is there already; give another folder with --out", param_hint="--out"
        )
    for path, text in files(name, role).items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    click.echo(f"written to {folder}; now:\n")
    for command in next_commands(folder):
        click.echo(f"    {command}")


def next_commands(folder: Path) -> tuple[str, ...]:
    """What to type next."""
    return (
        f"cd {shlex.quote(str(folder))} && pip install -e '.[test]'",
        "ocpp-kernel check ocpp.toml",
        "pytest",
    )


def files(name: str, role: str) -> dict[str, str]:
    """The texts of the new package by path."""
    values = {
        "name": name,
        "title": name.replace("_", " ").capitalize(),
        "camel": "".join(word.capitalize() for word in name.split("_")),
        "distribution": name.replace("_", "-"),
        "contract": str(CONTRACT),
        "kernel": _KERNEL,
    }
    made: dict[str, str] = {f"src/{name}/py.typed": ""}
    for piece in _pieces(role):
        path = Template(piece.file).substitute(values)
        source = resources.files(TEMPLATES) / f"{piece.template}.txt"
        text = Template(source.read_text(encoding="utf-8")).substitute(values)
        made[path] = made.get(path, "") + text
    return {path: text.rstrip("\n") + "\n" if text else "" for path, text in made.items()}


def _pieces(role: str) -> Iterator[Piece]:
    return (piece for piece in PIECES if not piece.role or role in (piece.role, BOTH))


def name_fault(name: str) -> str:
    """Why a plugin cannot be called that, and how it could be; "" if it can."""
    if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name):
        fault = "is no name of a package in lower case"
    elif len(name) > LONGEST:
        fault = f"is longer than {LONGEST} characters"
    elif keyword.iskeyword(name) or keyword.issoftkeyword(name):
        fault = "is a word of Python's own"
    elif name in (*ChargePointHost.__struct_fields__, *CentralSystemHost.__struct_fields__):
        fault = "is a setting in ocpp.toml, where the plugin's table would be"
    elif name == "tests":
        fault = "is the name of the folder for its tests"
    elif name in {found.name for found in discover(Config())}:
        fault = "is the name of a plugin that is installed"
    elif importlib.util.find_spec(name) is not None:
        fault = "is the name of a module that is installed"
    else:
        return ""
    return f"{name!r} {fault}; write {_better(name)} instead"


def _better(name: str) -> str:
    """A name like that one which will do."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    words = re.findall(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])", plain)
    made = "_".join(word.lower() for word in words)[: LONGEST - 5].strip("_")
    if not made or not made[0].isalpha():
        made = f"ocpp_{made or 'plugin'}"
    if made == name or name_fault(made):
        made = f"my_{made}"
    return made
