"""Finding and importing plugins: every way a plugin can be wrong, and that it stands alone."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ocpp_kernel.config import Config, ConfigError
from ocpp_kernel.plugins import (
    Found,
    PluginError,
    PluginSet,
    actions_of,
    discover,
    enabled,
    load,
    load_plugin,
)

MESSAGES = """
from typing import TypedDict
from ocpp_kernel.contracts import CENTRAL_SYSTEM, Action

class PokeRequest(TypedDict):
    depth: int

class PokeResponse(TypedDict):
    status: str

Poke = Action("{action}", PokeRequest, PokeResponse, sent_by=CENTRAL_SYSTEM)
"""

CHARGE_POINT = """
class ChargePoint:
    profile = "Poking"
    def __init__(self, station, settings):
        self.station = station
"""

CENTRAL = """
class CentralSystem:
    def __init__(self, central, settings):
        self.central = central
"""

INIT = "def __init__(self, host, settings): ...\n"

Install = Callable[..., None]
Module = Callable[[str, str], None]
Only = Callable[..., Config]


def names(loaded: PluginSet) -> list[str]:
    return [plugin.name for plugin in loaded.plugins]


def problem(config: Config, role: str = "charge_point") -> str:
    """The one thing that is wrong."""
    (text,) = load(config, role).problems
    return text


# Discovery.


def test_entry_points_of_other_distributions_are_found(site: Path, install: Install) -> None:
    install("acme-ocpp", acme="acme_ocpp", acme_meter="acme_ocpp.meter")
    found = {found.name: found for found in discover(Config())}
    assert found["acme"] == Found("acme", "acme_ocpp", "installed by acme-ocpp")
    assert found["acme_meter"].module == "acme_ocpp.meter"
    assert list(found) == sorted(found)


def test_the_plugins_that_come_along_are_found_the_same_way() -> None:
    found = {found.name: found for found in discover(Config())}
    assert found["core_profile"].module == "ocpp_plugins.core_profile"
    assert found["core_profile"].source == "installed by ocpp-kernel"


def test_a_name_offered_twice_is_a_problem_and_ours_is_used(
    site: Path, install: Install, module: Module, only: Only
) -> None:
    install("a-intruder", core_profile="intruder")
    module("intruder", CHARGE_POINT)
    found = {found.name: found for found in discover(Config())}
    assert found["core_profile"].module == "ocpp_plugins.core_profile"
    assert (
        "plugin core_profile: a-intruder offers one of that name too; the one installed by "
        "ocpp-kernel is used, uninstall one of them"
    ) in load(only(core_profile=True), "central_system").problems


def test_modules_and_files_are_found_where_the_configuration_says(tmp_path: Path) -> None:
    path = tmp_path / "ocpp.toml"
    config = Config(path=path, load=["acme.ocpp", "./site_meter.py", "plugins/door"])
    found = {found.name: found for found in discover(config)}
    assert found["ocpp"].module == "acme.ocpp"
    assert found["site_meter"].module == str(tmp_path / "site_meter.py")
    assert found["door"].module == str(tmp_path / "plugins" / "door")
    assert found["door"].source == f"{path}: plugins.load"


def test_a_loaded_plugin_must_not_take_a_known_name() -> None:
    with pytest.raises(ConfigError, match=r"named core_profile is there already \(installed by"):
        discover(Config(load=["acme.core_profile"]))


@pytest.mark.parametrize(
    ("config", "told"),
    [
        (
            Config(profiles={"reservatoin": False}),
            'profiles.reservatoin is not known; did you mean "reservation"?',
        ),
        (
            Config(settings={"charge_point": {"core_profil": {}}}),
            '[charge_point.core_profil] is not known; did you mean "core_profile"?',
        ),
    ],
)
def test_a_configured_plugin_that_is_not_there(config: Config, told: str) -> None:
    with pytest.raises(ConfigError) as caught:
        enabled(config)
    assert str(caught.value) == f"(built-in configuration): {told}"


# What may be a plugin.


def test_a_folder_brings_messages_and_the_role_that_runs(
    site: Path, module: Module, only: Only
) -> None:
    module("acme/messages", MESSAGES.format(action="Poke"))
    module("acme/charge_point", CHARGE_POINT)
    module("acme/central_system", CENTRAL)
    (plugin,) = load(only("acme"), "charge_point").plugins
    assert [action.name for action in plugin.actions()] == ["Poke"]
    assert plugin.role.profile == "Poking"
    assert "acme.central_system" not in sys.modules


def test_a_folder_may_lack_a_role(site: Path, module: Module, only: Only) -> None:
    module("acme/messages", MESSAGES.format(action="Poke"))
    loaded = load(only("acme"), "central_system")
    assert loaded.problems == []
    assert loaded.plugins[0].role is None


def test_a_single_module_may_hold_both_roles(site: Path, module: Module, only: Only) -> None:
    both = MESSAGES.format(action="Poke") + CHARGE_POINT + CENTRAL
    module("acme", both)
    for role, name in (("charge_point", "ChargePoint"), ("central_system", "CentralSystem")):
        (plugin,) = load(only("acme"), role).plugins
        assert plugin.role.__name__ == name
        assert [action.name for action in plugin.actions()] == ["Poke"]


def test_a_file_and_a_folder_beside_the_configuration(tmp_path: Path, only: Only) -> None:
    (tmp_path / "site-meter.py").write_text(CHARGE_POINT)
    (tmp_path / "door").mkdir()
    (tmp_path / "door" / "__init__.py").touch()
    (tmp_path / "door" / "messages.py").write_text(MESSAGES.format(action="Poke"))
    (tmp_path / "door" / "charge_point.py").write_text(f"from . import messages\n{CHARGE_POINT}")
    config = only("./site-meter.py", "./door")
    config.path = tmp_path / "ocpp.toml"
    loaded = load(config, "charge_point")
    assert loaded.problems == []
    assert names(loaded) == ["door", "site-meter"]
    assert [action.name for action in loaded.plugins[0].actions()] == ["Poke"]


def test_a_file_is_imported_once_for_both_roles(tmp_path: Path) -> None:
    path = tmp_path / "counted.py"
    path.write_text(MESSAGES.format(action="Poke"))
    first = load_plugin(Found("counted", str(path), "test"), "charge_point")
    second = load_plugin(Found("counted", str(path), "test"), "central_system")
    assert first.messages is second.messages


def test_files_of_one_name_in_two_places_are_two_plugins(tmp_path: Path) -> None:
    for action in ("One", "Two"):
        folder = tmp_path / action / "door"
        folder.mkdir(parents=True)
        (folder / "__init__.py").touch()
        (folder / "messages.py").write_text(MESSAGES.format(action=action))
        plugin = load_plugin(Found("door", str(folder), "test"), "charge_point")
        assert [found.name for found in plugin.actions()] == [action]


# What is switched off.


def test_a_disabled_plugin_is_not_imported(site: Path, module: Module, only: Only) -> None:
    module("acme_off", "raise RuntimeError('must not run')")
    module("acme_on", CHARGE_POINT)
    loaded = load(only("acme_off", "acme_on", acme_off=False), "charge_point")
    assert (names(loaded), loaded.problems) == (["acme_on"], [])
    assert "acme_off" not in sys.modules
    assert "acme_on" in sys.modules


# What can be wrong with one plugin; the others run all the same.


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


# What plugins need of each other.

REQUIRES = "class ChargePoint:\n    requires = ({names},)\n    " + INIT


def test_requirements_that_are_met(site: Path, module: Module, only: Only) -> None:
    module("acme", REQUIRES.format(names="'base'"))
    module("base", CHARGE_POINT)
    assert names(load(only("acme", "base"), "charge_point")) == ["acme", "base"]


def test_requirements_that_are_not_met_take_others_along(
    site: Path, module: Module, only: Only
) -> None:
    module("acme", REQUIRES.format(names="'base'"))
    module("base", REQUIRES.format(names="'cellar', 'core_profile'"))
    loaded = load(only("acme", "base"), "charge_point")
    assert names(loaded) == []
    assert sorted(loaded.problems) == [
        f"plugin acme: requires base, which cannot be used; mend that one ({site / 'acme.py'}:1)",
        f"plugin base: requires cellar, which is not installed; install it ({site / 'base.py'}:1)",
    ]


def test_a_plugin_without_the_role_meets_no_requirement(
    site: Path, module: Module, only: Only
) -> None:
    module("acme", REQUIRES.format(names="'base'"))
    module("base", MESSAGES.format(action="Poke"))
    loaded = load(only("acme", "base"), "charge_point")
    assert names(loaded) == ["base"]
    assert "requires base, which has no part for a charge point" in loaded.problems[0]


# Actions.


def test_an_action_defined_twice(site: Path, module: Module, only: Only) -> None:
    module("acme", MESSAGES.format(action="Poke"))
    module("rival", MESSAGES.format(action="Poke"))
    with pytest.raises(PluginError) as caught:
        actions_of(load(only("acme", "rival"), "charge_point"))
    assert str(caught.value) == (
        "action Poke is defined by plugins acme and rival; switch one of them off in [profiles]"
    )


def test_an_action_imported_from_another_plugin_is_the_same_one(
    site: Path, module: Module, only: Only
) -> None:
    module("acme", MESSAGES.format(action="Poke"))
    module("friend", f"from acme import Poke\n{CHARGE_POINT}")
    assert list(actions_of(load(only("acme", "friend"), "charge_point"))) == ["Poke"]


def test_a_required_hook_must_be_implemented_by_some_plugin(
    site: Path, module: Module, only: Only
) -> None:
    module("acme", REQUIRES.format(names="'ocpp_driver'"))
    loaded = load(only("acme"), "charge_point")
    assert loaded.problems == [
        "plugin acme: requires a plugin that implements ocpp_driver; switch one on in [profiles] "
        f"({site / 'acme.py'}:1)"
    ]
    module("base", CHARGE_POINT + "    def ocpp_driver(self):\n        return self\n")
    assert names(load(only("acme", "base"), "charge_point")) == ["acme", "base"]


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
