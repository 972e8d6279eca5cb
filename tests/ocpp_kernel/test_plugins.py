"""Finding and importing plugins: where they come from, what may be one, what they need."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from ocpp_kernel.config import Config, ConfigError
from ocpp_kernel.plugins import (
    Found,
    PluginError,
    actions_of,
    discover,
    enabled,
    load,
    load_plugin,
)

from .conftest import CENTRAL, CHARGE_POINT, INIT, MESSAGES, Install, Module, Only, names

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
