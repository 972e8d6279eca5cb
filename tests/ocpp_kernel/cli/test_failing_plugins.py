"""Plugins that cannot be used: what is said, and that the others go on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from ocpp_kernel import CONTRACT

Run = Callable[..., Result]
Start = Callable[..., Any]
Broken = Callable[..., Path]
Named = Callable[[str, str, int | None], None]

#: Line numbers below count from 1 in what ``role`` makes: the class is line 1, a member line 4.
WORKS = "class ChargePoint:\n    def __init__(self, station, settings):\n        pass\n"


def role(member: str) -> str:
    """A role class with one more member."""
    return f"{WORKS}    {member}\n"


CENTRAL = "from ocpp_kernel.contracts import on\nfrom ocpp_plugins.core_profile.messages import *\n"

POKE = """
from typing import TypedDict
from ocpp_kernel.contracts import BOTH, Action, on

class Poke(TypedDict):
    depth: int

{name} = Action("{name}", Poke, Poke, sent_by=BOTH)
"""

SETTINGS = WORKS.replace(":\n", ":\n    settings = S\n", 1)

#: What is written, what is said of it, and the line it names (None: the file alone).
FAULTS: dict[str, tuple[str, str, int | None]] = {
    "import": ("x = 1\n1 / 0\n", "fails when imported: ZeroDivisionError: division by zero", 2),
    "exit": ("raise SystemExit(3)", "fails when imported: SystemExit: 3", 1),
    "dependency": ("import not_there", "module not_there is not installed", 1),
    "no text": ("x = 1\0", "fails when imported: SyntaxError", None),
    "a name of the kernel elsewhere": (
        "from ocpp_kernel.dispatch import on",
        "cannot import name 'on' from 'ocpp_kernel.dispatch'",
        1,
    ),
    "a name of the kernel misspelt": (
        "from ocpp_kernel.events import BootAcepted",
        "; did you mean BootAccepted?",
        1,
    ),
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
    "requires": (
        role('requires = ("heat_pump",)'),
        "requires heat_pump, which is not installed; install it",
        1,
    ),
    "requires a misspelt plugin": (
        role('requires = ("core_profil",)'),
        'requires core_profil, which is not known; did you mean "core_profile"?',
        1,
    ),
    "requires a misspelt hook": (
        role('requires = ("ocpp_drivr",)'),
        'requires ocpp_drivr, which is not known; did you mean "ocpp_driver"?',
        1,
    ),
    "requires no name": (role("requires = (1,)"), "as texts; 1 is none", 1),
    "requires what is off": (
        role('requires = ("reservation",)'),
        "requires reservation; switch it on in [profiles]",
        1,
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
    "class that is none": ("ChargePoint = 3", "ChargePoint must be a class, not int", None),
    "function for a class": (
        "def ChargePoint(station, settings): pass",
        "ChargePoint must be a class, not function",
        1,
    ),
    "profile": (role("profile = 3"), "profile must be a name as in SupportedFeature", 1),
    "hook that yields": (
        role("def ocpp_on_event(self, event): yield"),
        "ocpp_on_event must not yield: hooks answer at once, with return",
        4,
    ),
    "hook of the other role": (
        role("def ocpp_accept_station(self, identity, password): pass"),
        "ocpp_accept_station is a hook of a central system; move it to the class CentralSystem",
        4,
    ),
    "hook that is no method": (
        role("ocpp_driver = None"),
        "ocpp_driver is named as a hook, but is no method; rename it",
        1,
    ),
    "two handlers": (
        POKE.format(name="Poke")
        + role("@on(Poke)\n    def one(self, request): pass")
        + "    @on(Poke)\n    def two(self, request): pass\n",
        "one and two both handle Poke; remove one",
        14,
    ),
    "settings' annotation": (
        f"from __future__ import annotations\nclass S:\n    most: nit = 1\n{SETTINGS}",
        "its settings cannot be used: NameError: name 'nit' is not defined; write a plain class",
        2,
    ),
    "settings' arguments": (
        f"class S:\n    def __init__(self, most): pass\n{SETTINGS}",
        "its settings cannot be used: TypeError: ",
        1,
    ),
    "settings that are frozen": (
        "from dataclasses import dataclass\n@dataclass(frozen=True)\nclass S:\n    most: int = 1\n"
        + SETTINGS,
        "its settings cannot be used: FrozenInstanceError: ",
        2,
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_check_names_plugin_file_and_remedy_and_runs_the_others(fault: str, named: Named) -> None:
    named(*FAULTS[fault])


@pytest.mark.parametrize("fault", FAULTS)
def test_plugins_lists_it_with_what_is_wrong(fault: str, run: Run, broken: Broken) -> None:
    source, told, _ = FAULTS[fault]
    broken(source)
    result = run("plugins", "--config", "ocpp.toml")
    assert result.exit_code == 0
    lines = {words[0]: line for line in result.output.splitlines() if (words := line.split())}
    assert told in lines["broken"]
    assert "charge point" in lines["works"]


def test_serve_and_station_start_without_an_optional_plugin(
    start: Start, broken: Broken, tmp_path: Path
) -> None:
    broken("1 / 0")
    serve = start("serve", "--config", "ocpp.toml", "--port", "0")
    assert "plugin broken: " in serve.wait_for("plugin broken: ")
    url = serve.wait_for("listening on").split()[-1]
    station = start("station", "--config", "ocpp.toml", "--url", url.rstrip("/"), "--quiet")
    assert "plugin broken: " in station.wait_for("plugin broken: ")
    station.wait_for("BootAccepted")


@pytest.mark.parametrize("command", ["serve", "station", "check"])
@pytest.mark.parametrize("source", ["1 / 0", WORKS.replace("pass", "1 / 0")])
def test_a_required_plugin_that_is_broken_stops_the_start(
    command: str, source: str, run: Run, broken: Broken
) -> None:
    central = source.replace("ChargePoint", "CentralSystem").replace("station", "central")
    broken(f"{source}\n{central}", 'require = ["broken"]')
    result = run(command, *(["ocpp.toml"] if command == "check" else ["--config", "ocpp.toml"]))
    assert result.exit_code == 2
    (text,) = result.stderr.splitlines()
    assert text.startswith(
        "Error: ocpp.toml: plugins.require: without broken nothing starts: plugin broken: "
    )
    assert "ZeroDivisionError" in text


def test_a_required_plugin_may_lack_the_role_that_runs(run: Run, broken: Broken) -> None:
    broken(WORKS, 'require = ["broken"]')
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
def test_requiring_what_is_not_there(line: str, told: str, run: Run, broken: Broken) -> None:
    broken(WORKS, line)
    result = run("check", "ocpp.toml")
    assert result.exit_code == 2
    assert f"Error: ocpp.toml: {told}" in result.stderr


# Two plugins that contradict each other: neither is broken, so there is no telling which to use.


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        (
            CENTRAL + role("@on(Reset)\n    def on_reset(self, request): pass"),
            WORKS,
            "Reset is handled by plugins core_profile and broken; switch one of them off",
        ),
        (
            POKE.format(name="Poke"),
            POKE.format(name="Poke"),
            "action Poke is defined by plugins broken and works; switch one of them off",
        ),
        (
            role("def ocpp_driver(self): pass"),
            role("def ocpp_driver(self): pass"),
            "plugins broken and works both implement ocpp_driver; switch one off in [profiles]",
        ),
    ],
)
def test_contradictions_stop_the_start_and_name_both(
    first: str, second: str, told: str, run: Run, here: Path, broken: Broken
) -> None:
    broken(first)
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


@pytest.mark.parametrize("contract", ["2", '">=1"'])
def test_a_device_refuses_another_contract_too(run: Run, broken: Broken, contract: str) -> None:
    broken(role(f"contract = {contract}"))
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
