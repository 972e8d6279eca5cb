"""The project's own plugins bundle in every combination users are likely to choose."""

from __future__ import annotations

import importlib
import importlib.util
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from device_bundle.bundler import BundleResult, bundle
from device_bundle.targets import LIMITS
from ocpp_kernel.contracts import Action

IN_TREE = sorted(p.name for p in entry_points(group="ocpp_kernel") if "ocpp_plugins." in p.value)
CORE = "core_profile"
DRIVER = "simulated_ev"
PROFILES = [name for name in IN_TREE if name not in (CORE, DRIVER)]


def made(folder: Path, *names: str) -> BundleResult:
    lines = [f"{name} = {str(name in (CORE, DRIVER, *names)).lower()}" for name in IN_TREE]
    config = folder / "ocpp.toml"
    config.write_text("\n".join(["[profiles]", *lines]))
    return bundle(config, folder / "out")


def has_role(name: str) -> bool:
    return importlib.util.find_spec(f"ocpp_plugins.{name}.charge_point") is not None


def actions_of(name: str) -> set[str]:
    if importlib.util.find_spec(f"ocpp_plugins.{name}.messages") is None:
        return set()
    module = importlib.import_module(f"ocpp_plugins.{name}.messages")
    return {value.name for value in vars(module).values() if isinstance(value, Action)}


@pytest.fixture(scope="module")
def core(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return b"".join(file.text for file in made(tmp_path_factory.mktemp("core")).files)


@pytest.mark.parametrize("name", PROFILES)
def test_each_plugin_bundles_with_core(name: str, tmp_path: Path) -> None:
    result = made(tmp_path, name)
    assert result.plugins == tuple(sorted({CORE, DRIVER} | ({name} if has_role(name) else set())))


def test_all_plugins_together_keep_the_limits(tmp_path: Path) -> None:
    result = made(tmp_path, *IN_TREE)
    assert result.plugins == tuple(name for name in IN_TREE if has_role(name))
    assert len(result.files) <= LIMITS.files


@pytest.mark.parametrize("name", PROFILES)
def test_frm_029_a_disabled_profile_leaves_not_even_its_actions_names(
    name: str, core: bytes
) -> None:
    kept = {action for action in actions_of(name) - actions_of(CORE) if quoted(action) in core}
    assert not kept


def quoted(name: str) -> bytes:
    return b"'" + name.encode() + b"'"
