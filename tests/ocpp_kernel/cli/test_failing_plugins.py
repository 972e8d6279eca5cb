"""Plugins that fail in every way, seen from outside: what is said, and that the others go on."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from ocpp_plugins.core_profile.messages import DataTransfer

from ocpp_kernel import CONTRACT, hookspecs
from ocpp_kernel.errors import RemoteError
from ocpp_kernel.hookspecs import Deprecated
from ocpp_kernel.testing import PluginPair

Run = Callable[..., Result]
Start = Callable[..., Any]

#: Line numbers below count from 1 in what ``role`` makes: the class is line 1, a member line 4.
WORKS = "class ChargePoint:\n    def __init__(self, station, settings):\n        pass\n"


def role(member: str) -> str:
    """A role class with one more member."""
    return f"{WORKS}    {member}\n"


CENTRAL = "from ocpp_kernel.contracts import on\nfrom ocpp_plugins.core_profile.messages import *\n"

#: What is written, what is said of it, and the line it names (None: the file alone).
FAULTS: dict[str, tuple[str, str, int | None]] = {
    "import": ("x = 1\n1 / 0\n", "fails when imported: ZeroDivisionError: division by zero", 2),
    "exit": ("raise SystemExit(3)", "fails when imported: SystemExit: 3", 1),
    "dependency": ("import not_there", "module not_there is not installed", None),
    "another kernel": (
        "from ocpp_kernel.hooks import Shiny",
        f"made for another version of ocpp-kernel than this one, whose contract is {CONTRACT}: "
        "upgrade one of them",
        1,
    ),
    "another kernel's module": (
        "import ocpp_kernel.shiny",
        "made for another version of ocpp-kernel",
        None,
    ),
    "hook": (
        role("def ocpp_vetostart(self, connector_id, id_tag): pass"),
        'hook ocpp_vetostart is not known; did you mean "ocpp_veto_start"?',
        4,
    ),
    "hook's arguments": (
        role("def ocpp_veto_start(self, connector): pass"),
        "ocpp_veto_start must take (connector_id, id_tag), not (connector)",
        4,
    ),
    "class": (WORKS.replace("ChargePoint", "Chargepoint"), "rename Chargepoint to ChargePoint", 0),
    "no role": ("x = 1", "neither a class ChargePoint nor CentralSystem nor any action; add", 0),
    "handler": (
        CENTRAL + role("@on(Reset)\n    def on_reset(self, station, request): pass"),
        "on_reset must take (request), not (station, request)",
        6,
    ),
    "handler's role": (
        CENTRAL + role("@on(Heartbeat)\n    def on_heartbeat(self, request): pass"),
        "on_heartbeat handles Heartbeat, which a charge point never receives; remove the handler",
        6,
    ),
    "__init__'s arguments": (
        "class ChargePoint:\n    pass\n",
        "ChargePoint must be made with (station, settings); see its __init__",
        1,
    ),
    "__init__": (
        WORKS.replace("pass", "1 / 0"),
        "fails when made: ZeroDivisionError: division by zero",
        3,
    ),
    "requires": (
        role('requires = ("heat_pump",)'),
        "requires heat_pump, which is not installed; install it",
        None,
    ),
    "requires what is off": (
        role('requires = ("reservation",)'),
        "requires reservation; switch it on in [profiles]",
        None,
    ),
    "newer contract": (
        role(f"contract = {CONTRACT + 1}"),
        f"was made for a newer ocpp-kernel: it needs contract {CONTRACT + 1}, this one has "
        f"{CONTRACT}; pip install --upgrade ocpp-kernel",
        1,
    ),
    "older contract": (
        role("contract = 0"),
        "was made for an older ocpp-kernel: it needs contract 0, this one has "
        f"1 to {CONTRACT}; install a newer version of the plugin",
        1,
    ),
    "contract": (role('contract = ">=1"'), "contract must be a whole number such as 1, not", 1),
    "collecting": (
        role("def ocpp_register_configuration(self): 1 / 0"),
        "ZeroDivisionError: division by zero",
        4,
    ),
}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "works.py").write_text(WORKS, encoding="utf-8")
    return tmp_path


def configure(folder: Path, *lines: str) -> None:
    """Both plugins, with these lines in ``[plugins]``."""
    text = ["[profiles]", "reservation = false", "[plugins]"]
    text += ["load = ['./broken.py', './works.py']", *lines]
    (folder / "ocpp.toml").write_text("\n".join(text), encoding="utf-8")


def broken(folder: Path, source: str, *lines: str) -> Path:
    configure(folder, *lines)
    path = folder / "broken.py"
    path.write_text(source, encoding="utf-8")
    return path


@pytest.mark.parametrize("fault", FAULTS)
def test_check_names_plugin_file_and_remedy_and_runs_the_others(
    fault: str, run: Run, here: Path
) -> None:
    source, told, line = FAULTS[fault]
    path = broken(here, source)
    result = run("check", "ocpp.toml")
    assert result.exit_code == 1
    (text,) = [line for line in result.stderr.splitlines() if "plugin broken: " in line]
    assert told in text
    if line is not None:
        assert f"({path}:{line})" in text if line else f"({path})" in text
    assert "works" in result.stdout.splitlines()[0]
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    "fault", [name for name in FAULTS if name not in ("__init__", "collecting")]
)
def test_plugins_lists_it_with_what_is_wrong(fault: str, run: Run, here: Path) -> None:
    source, told, _ = FAULTS[fault]
    broken(here, source)
    result = run("plugins", "--config", "ocpp.toml")
    assert result.exit_code == 0
    lines = {words[0]: line for line in result.output.splitlines() if (words := line.split())}
    assert told in lines["broken"]
    assert "charge point" in lines["works"]


def test_serve_and_station_start_without_an_optional_plugin(
    start: Start, here: Path, tmp_path: Path
) -> None:
    broken(here, "1 / 0")
    serve = start("serve", "--config", "ocpp.toml", "--port", "0")
    assert "plugin broken: " in serve.wait_for("plugin broken: ")
    url = serve.wait_for("listening on").split()[-1]
    station = start("station", "--config", "ocpp.toml", "--url", url.rstrip("/"), "--quiet")
    assert "plugin broken: " in station.wait_for("plugin broken: ")
    station.wait_for("BootAccepted")


@pytest.mark.parametrize("command", ["serve", "station", "check"])
@pytest.mark.parametrize("source", ["1 / 0", WORKS.replace("pass", "1 / 0")])
def test_a_required_plugin_that_is_broken_stops_the_start(
    command: str, source: str, run: Run, here: Path
) -> None:
    central = source.replace("ChargePoint", "CentralSystem").replace("station", "central")
    broken(here, f"{source}\n{central}", 'require = ["broken"]')
    result = run(command, *(["ocpp.toml"] if command == "check" else ["--config", "ocpp.toml"]))
    assert result.exit_code == 2
    (text,) = result.stderr.splitlines()
    assert text.startswith(
        "Error: ocpp.toml: plugins.require: without broken nothing starts: plugin broken: "
    )
    assert "ZeroDivisionError" in text


def test_a_required_plugin_may_lack_the_role_that_runs(run: Run, here: Path) -> None:
    broken(here, WORKS, 'require = ["broken"]')
    assert run("check", "ocpp.toml").exit_code == 0


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('require = ["brokn"]', 'plugins.require: brokn is not known; did you mean "broken"?'),
        (
            'require = ["reservation"]',
            "plugins.require: reservation is switched off in [profiles]; switch it on, or require "
            "it no longer",
        ),
        ("require = true", 'plugins.require must be a list, as in ["..."], not true or false'),
    ],
)
def test_requiring_what_is_not_there(line: str, told: str, run: Run, here: Path) -> None:
    broken(here, WORKS, line)
    result = run("check", "ocpp.toml")
    assert result.exit_code == 2
    assert f"Error: ocpp.toml: {told}" in result.stderr


# Two plugins that contradict each other: neither is broken, so there is no telling which to use.

POKE = """
from typing import TypedDict
from ocpp_kernel.contracts import BOTH, Action, on

class Poke(TypedDict):
    depth: int

{name} = Action("{name}", Poke, Poke, sent_by=BOTH)
"""


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        (
            CENTRAL + role("@on(Reset)\n    def on_reset(self, request): pass"),
            WORKS,
            "Reset is handled by plugins broken and core_profile; switch one of them off",
        ),
        (
            POKE.format(name="Poke"),
            POKE.format(name="Poke"),
            "action Poke is defined by plugins broken and works; switch one of them off",
        ),
        (
            role("def ocpp_driver(self): pass"),
            WORKS,
            "plugins broken and simulated_ev both implement ocpp_driver; switch one off",
        ),
    ],
)
def test_contradictions_stop_the_start_and_name_both(
    first: str, second: str, told: str, run: Run, here: Path
) -> None:
    broken(here, first)
    (here / "works.py").write_text(second)
    result = run("check", "ocpp.toml")
    assert result.exit_code == 2
    assert result.stderr.startswith(f"Error: {told}")


def test_a_name_that_is_taken_is_refused(run: Run, here: Path) -> None:
    (here / "core_profile.py").write_text(WORKS)
    (here / "ocpp.toml").write_text("[plugins]\nload = ['./core_profile.py']\n")
    result = run("check", "ocpp.toml")
    assert result.exit_code == 2
    assert "a plugin named core_profile is there already (installed by" in result.stderr
    assert "rename one of them" in result.stderr


def test_a_name_installed_twice_is_told(
    run: Run, here: Path, site: Path, install: Callable[..., None]
) -> None:
    install("z-rival", reservation="rival")
    (here / "ocpp.toml").touch()
    result = run("check", "ocpp.toml")
    assert result.exit_code == 1
    assert "plugin reservation: z-rival offers one of that name too" in result.stderr
    assert "uninstall one of them" in result.stderr


# While running.

RUNNING = """
from ocpp_kernel.configuration import Key
from ocpp_kernel.events import CablePlugged
from ocpp_kernel.hooks import DataTransferHandler

class ChargePoint:
    def __init__(self, station, settings):
        self.station = station
    def ocpp_on_event(self, event):
        if isinstance(event, CablePlugged):
            raise ValueError("no cable")
    def ocpp_veto_start(self, connector_id, id_tag):
        raise KeyError(id_tag)
    def ocpp_charging_limit(self, connector_id, at):
        raise OSError("no meter")
    def ocpp_register_data_transfer(self):
        return [DataTransferHandler("com.acme", None, self.handle)]
    def handle(self, message_id, data):
        return 1 / 0

class CentralSystem:
    def __init__(self, central, settings):
        pass
    def ocpp_accept_station(self, identity, password):
        if identity == "BAD":
            raise RuntimeError("no list")
        return ""
"""


@pytest.fixture
def pair(here: Path) -> Iterator[PluginPair]:
    (here / "broken.py").write_text(RUNNING, encoding="utf-8")
    importlib.invalidate_caches()
    pair = PluginPair("core_profile", "./broken.py", folder=here)
    pair.connect()
    yield pair


def warned(pair: PluginPair, where: str) -> str:
    (text,) = {text for text in pair.log.of("warning") if where in text}
    return text


def test_a_listener_that_raises_is_named_and_silences_nobody(pair: PluginPair, here: Path) -> None:
    pair.hardware.plug()
    assert warned(pair, "ocpp_on_event") == (
        "a plugin failed in ocpp_on_event: plugin broken: ValueError: no cable "
        f"({here / 'broken.py'}:11)"
    )
    assert pair.station.shared["connectors"][1].status == "Preparing"


def test_decisions_that_raise_are_named_and_fail_closed(pair: PluginPair, here: Path) -> None:
    pair.hardware.plug()
    pair.hardware.present("TAG")
    assert not pair.hardware.energised[1]
    assert f"plugin broken: KeyError: 'TAG' ({here / 'broken.py'}:13)" in warned(pair, "veto")
    assert pair.station.hooks.charging_limit(1, 0) == 0
    assert "plugin broken: OSError: no meter" in warned(pair, "charging_limit")
    assert pair.central.admit("BAD", None) == "a plugin failed to decide"
    assert "plugin broken: RuntimeError: no list" in warned(pair, "accept_station")


def test_a_handler_that_raises_is_named_and_answered_with_an_error(
    pair: PluginPair, here: Path
) -> None:
    with pytest.raises(RemoteError, match="InternalError"):
        pair.call(DataTransfer({"vendorId": "com.acme"}))
    assert warned(pair, "handler of").endswith(
        f"failed: plugin broken: ZeroDivisionError: division by zero ({here / 'broken.py'}:19)"
    )
    assert pair.call(DataTransfer({"vendorId": "other"})) == {"status": "UnknownVendorId"}


# Former names of hooks.


@pytest.fixture
def renamed(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if ``ocpp_veto_start`` had been called ``ocpp_may_start`` until the last version."""
    monkeypatch.setitem(
        hookspecs.DEPRECATED, "ocpp_may_start", Deprecated("ocpp_veto_start", until="0.9")
    )


OLD = role('def ocpp_may_start(self, connector_id, id_tag): return "closed"')


def test_a_deprecated_hook_works_and_warns_with_the_remedy(
    run: Run, here: Path, renamed: None
) -> None:
    broken(here, OLD)
    result = run("check", "ocpp.toml")
    assert result.exit_code == 0
    assert result.stderr == (
        "warning: plugin broken: ocpp_may_start goes away with ocpp-kernel 0.9; rename it to "
        "ocpp_veto_start\n"
    )
    pair = PluginPair("core_profile", "./broken.py", folder=here)
    assert pair.station.hooks.veto_start(1, "TAG") == "closed"
    assert "goes away with" in pair.log.of("warning")[0]


def test_a_deprecated_hook_is_checked_as_what_it_became(
    run: Run, here: Path, renamed: None
) -> None:
    broken(here, OLD.replace(", id_tag", ""))
    result = run("check", "ocpp.toml")
    assert "ocpp_may_start must take (connector_id, id_tag), not (connector_id)" in result.stderr


def test_a_device_takes_the_new_name_only(run: Run, here: Path, renamed: None) -> None:
    broken(here, OLD)
    result = run("check", "ocpp.toml", "--device")
    assert result.exit_code == 1
    assert "broken.py:4: ocpp_may_start goes away with ocpp-kernel 0.9" in result.stderr


def test_no_hook_is_deprecated_for_a_name_that_is_not_there() -> None:
    for name, deprecated in hookspecs.DEPRECATED.items():
        assert name.startswith("ocpp_")
        assert any(
            hasattr(spec, deprecated.replaced_by) for spec in hookspecs.SPECIFICATIONS.values()
        )


@pytest.mark.parametrize("contract", ["2", '">=1"'])
def test_a_device_refuses_another_contract_too(run: Run, here: Path, contract: str) -> None:
    broken(here, role(f"contract = {contract}"))
    assert run("check", "ocpp.toml", "--device").exit_code == 1
    from device_bundle.findings import BundleError
    from device_bundle.linker import link
    from ocpp_kernel.config import load_config
    from ocpp_kernel.plugins import enabled

    config = load_config("ocpp.toml")
    with pytest.raises(
        BundleError, match=r"plugin broken: (was made for a newer|contract must be)"
    ):
        link(config, enabled(config))
