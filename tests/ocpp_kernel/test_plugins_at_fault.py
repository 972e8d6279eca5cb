"""What can be wrong with one plugin, and how it is told; the others run all the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from ocpp_kernel.config import Config
from ocpp_kernel.plugins import Found, PluginError, load, load_plugin

from .conftest import CENTRAL, CHARGE_POINT, INIT, MESSAGES, Install, Module, Only, names


def problem(config: Config, role: str = "charge_point") -> str:
    """The one thing that is wrong."""
    (text,) = load(config, role).problems
    return text


def test_one_broken_plugin_does_not_hide_the_others(
    site: Path, module: Module, install: Install, only: Only
) -> None:
    install("a-broken", a_broken="a_broken", gone="not_there_at_all")
    module("a_broken", "1 / 0")
    module("z_works", CHARGE_POINT)
    config = only("z_works", a_broken=True, gone=True)
    loaded = load(config, "charge_point")
    assert names(loaded) == ["z_works"]
    assert len(loaded.problems) == 2


def test_a_plugin_that_raises_is_named_with_the_line(
    site: Path, module: Module, only: Only
) -> None:
    module("acme", "x = 1\nx / 0\n")
    assert problem(only("acme")) == (
        "plugin acme: (plugins.load): fails when imported: "
        f"ZeroDivisionError: division by zero ({site / 'acme.py'}:2)"
    )


def test_a_plugin_that_is_no_python(site: Path, module: Module, only: Only) -> None:
    module("acme", "def broken(:\n")
    assert problem(only("acme")) == (
        "plugin acme: (plugins.load): fails when imported: "
        f"SyntaxError: invalid syntax ({site / 'acme.py'}:1)"
    )


def test_an_action_by_its_name_is_told_where_it_is_written(
    site: Path, module: Module, only: Only
) -> None:
    module("acme", "from ocpp_kernel.contracts import on\n\n@on('Reset')\ndef reset(): ...\n")
    assert problem(only("acme")) == (
        "plugin acme: (plugins.load): fails when imported: "
        "TypeError: @on takes an action that some messages module defines, not 'Reset' "
        f"({site / 'acme.py'}:3)"
    )


@pytest.mark.parametrize(
    ("declared", "told"),
    [
        (
            "requires = 'core_profile'",
            "requires must be a tuple of names such as ('core_profile',)",
        ),
        ("settings = {'a': 1}", "settings must be a class with an annotated attribute for each"),
    ],
)
def test_attributes_of_the_wrong_kind(module: Module, only: Only, declared: str, told: str) -> None:
    made = "    def __init__(self, station, settings): ...\n"
    module("acme", f"class ChargePoint:\n    {declared}\n{made}")
    assert told in problem(only("acme"))


def test_a_plugin_that_leaves_the_program_at_import(site: Path, module: Module, only: Only) -> None:
    module("acme", "raise SystemExit(3)")
    assert "plugin acme: " in problem(only("acme"))
    assert "SystemExit: 3" in problem(only("acme"))


def test_a_missing_dependency_is_named(site: Path, module: Module, only: Only) -> None:
    module("acme", "import surely_not_installed.part")
    assert problem(only("acme")).endswith(
        f": module surely_not_installed is not installed ({site / 'acme.py'}:1); install it"
    )


def test_a_missing_module_is_named(site: Path, only: Only) -> None:
    assert problem(only("acme_gone")).endswith(": module acme_gone is not there; install it")


def test_a_class_in_the_place_of_its_module_is_told(site: Path, only: Only) -> None:
    found = Found("acme", "acme.charge_point:ChargePoint", "installed by acme")
    with pytest.raises(
        PluginError, match=r"must name a module or package only: write acme\.charge"
    ):
        load_plugin(found, "charge_point")


def test_a_missing_file_is_named(tmp_path: Path, only: Only) -> None:
    config = only("./gone.py")
    config.path = tmp_path / "ocpp.toml"
    assert problem(config).endswith(f"there is no file {tmp_path / 'gone.py'}")


def test_a_file_that_is_no_python_file(tmp_path: Path, only: Only) -> None:
    (tmp_path / "notes.txt").touch()
    config = only("./notes.txt")
    config.path = tmp_path / "ocpp.toml"
    assert problem(config).endswith(f"{tmp_path / 'notes.txt'} is no Python file")


def test_a_file_that_fails_is_tried_anew(tmp_path: Path) -> None:
    path = tmp_path / "fixed.py"
    path.write_text("1 / 0")
    found = Found("fixed", str(path), "test")
    with pytest.raises(PluginError):
        load_plugin(found, "charge_point")
    path.write_text(CHARGE_POINT + "# now of another length\n")
    assert load_plugin(found, "charge_point").role is not None


def test_a_role_module_without_its_class(site: Path, module: Module, only: Only) -> None:
    module("acme/charge_point", "class Chargepoint:\n    pass\n")
    assert problem(only("acme")) == (
        "plugin acme: acme.charge_point has no class ChargePoint; rename Chargepoint to "
        f"ChargePoint ({site / 'acme' / 'charge_point.py'})"
    )


def test_a_module_that_is_no_plugin(site: Path, module: Module, only: Only) -> None:
    module("acme", "x = 1")
    assert problem(only("acme")) == (
        "plugin acme: acme has neither a class ChargePoint nor CentralSystem nor any action; "
        f"add one ({site / 'acme.py'})"
    )


def test_a_folder_that_is_no_plugin(site: Path, module: Module, only: Only) -> None:
    module("acme/other", "x = 1")
    assert problem(only("acme")) == (
        "plugin acme: acme has none of the modules messages, charge_point, central_system; "
        f"add one ({site / 'acme' / '__init__.py'})"
    )


ROLE_FAULTS = [
    (
        "charge_point",
        "def __init__(self): ...",
        "ChargePoint must be made with (station, settings); see its __init__",
    ),
    (
        "central_system",
        "__init__ = object.__init__",
        "CentralSystem must be made with (central, settings); see its __init__",
    ),
    (
        "charge_point",
        "def ocpp_vetostart(self, connector_id, id_tag): ...",
        'acme (charge_point): hook ocpp_vetostart is not known; did you mean "ocpp_veto_start"?',
    ),
    (
        "central_system",
        "def ocpp_veto_start(self, connector_id, id_tag): ...",
        "ocpp_veto_start is a hook of a charge point; move it to the class ChargePoint (",
    ),
    (
        "charge_point",
        "def ocpp_veto_start(self, connector, tag): ...",
        "ocpp_veto_start must take (connector_id, id_tag), not (connector, tag)",
    ),
    (
        "charge_point",
        "def ocpp_on_event(self): ...",
        "ocpp_on_event must take (event), not ()",
    ),
    (
        "charge_point",
        "async def ocpp_on_event(self, event): ...",
        "ocpp_on_event must not be async: hooks answer at once",
    ),
    (
        "charge_point",
        "ocpp_on_event = 1",
        "ocpp_on_event is named as a hook, but is no method; rename it",
    ),
    (
        "charge_point",
        "@on(Poke)\n    def on_poke(self, station, request): ...",
        "on_poke must take (request), not (station, request)",
    ),
    (
        "charge_point",
        "@on(Poke)\n    async def on_poke(self, request): ...",
        "on_poke must not be async: it has to run on a device too; return a Deferred",
    ),
    (
        "central_system",
        "@on(Poke)\n    def on_poke(self, station, request): ...",
        "on_poke handles Poke, which a central system never receives; remove the handler",
    ),
]


@pytest.mark.parametrize(("role", "member", "told"), ROLE_FAULTS)
def test_a_role_class_with_a_fault(
    module: Module, role: str, member: str, told: str, only: Only
) -> None:
    name = {"charge_point": "ChargePoint", "central_system": "CentralSystem"}[role]
    source = MESSAGES.format(action="Poke") + "\nfrom ocpp_kernel.contracts import on\n"
    module("acme", f"{source}\nclass {name}:\n    {INIT}    {member}\n")
    loaded = load(only("acme"), role)
    assert loaded.plugins == []
    assert loaded.problems[0].startswith(f"plugin acme: {told}")


def test_a_central_handler_takes_the_station_and_may_be_async(
    site: Path, module: Module, only: Only
) -> None:
    source = MESSAGES.format(action="Poke").replace("CENTRAL_SYSTEM", "CHARGE_POINT")
    module(
        "acme",
        f"{source}\nfrom ocpp_kernel.contracts import on\n"
        f"class CentralSystem:\n    {INIT}"
        "    @on(Poke)\n"
        "    async def on_poke(self, station, request): ...\n",
    )
    assert load(only("acme"), "central_system").problems == []


# Messages of a plugin's own.


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("depth: int", "depth: complex", "PokeRequest: field depth: a contract has no words for"),
        ("depth: int", 'depth: "Deep"', "PokeRequest: name 'Deep' is not defined"),
        ("PokeRequest, PokeResponse", "dict, PokeResponse", "dict: <class 'dict'> is not a Typed"),
    ],
)
def test_messages_that_cannot_be_validated(
    site: Path, module: Module, only: Only, before: str, after: str, told: str
) -> None:
    module("acme", MESSAGES.format(action="Poke").replace(before, after) + CHARGE_POINT)
    text = problem(only("acme"))
    assert text.startswith(f"plugin acme: action Poke: {told}")
    assert f"({site / 'acme.py'}:5)" in text or "dict" in after


def test_a_sender_that_is_none(site: Path, module: Module, only: Only) -> None:
    module("acme", MESSAGES.format(action="Poke").replace("sent_by=CENTRAL_SYSTEM", "sent_by='us'"))
    assert "action Poke: sent_by is one of charge_point, " in problem(only("acme"))


def test_a_role_module_that_is_misnamed(site: Path, module: Module, only: Only) -> None:
    module("acme/charge_pont", CHARGE_POINT)
    module("acme/central_system", CENTRAL)
    told = problem(only("acme"))
    assert told == f"plugin acme: rename {site / 'acme' / 'charge_pont.py'} to charge_point.py"
