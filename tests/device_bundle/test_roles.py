"""What a role class may offer, and how faults in it are told."""

from __future__ import annotations

import textwrap
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest

from device_bundle.findings import BundleError
from device_bundle.linker import Linked, link
from ocpp_kernel.config import load_config
from ocpp_kernel.plugins import enabled

HEAD = """
from ocpp_kernel.contracts import BOTH, CENTRAL_SYSTEM, CHARGE_POINT, Action, on
from typing import TypedDict


class Empty(TypedDict):
    pass


In = Action("In", Empty, Empty, sent_by=CENTRAL_SYSTEM)
Out = Action("Out", Empty, Empty, sent_by=CHARGE_POINT)
"""

ROLE = """
class ChargePoint:
    profile = "Some"
    requires = ()

    def __init__(self, station, settings):
        pass
"""


def linked_with(folder: Path, *load: str) -> Linked:
    """What the linker makes of the plugins loaded, without those in the tree."""
    off = "\n".join(f"{point.name} = false" for point in entry_points(group="ocpp_kernel"))
    config = folder / "ocpp.toml"
    config.write_text(f"[profiles]\n{off}\n[plugins]\nload = {list(load)!r}\n")
    loaded = load_config(config)
    return link(loaded, enabled(loaded), folder)


@pytest.fixture
def linked(tmp_path: Path) -> Any:
    def make(**plugins: str) -> Linked:
        for name, text in plugins.items():
            tmp_path.joinpath(f"{name}.py").write_text(textwrap.dedent(text))
        return linked_with(tmp_path, *(f"./{name}.py" for name in plugins))

    return make


def refusal(linked: Any, **plugins: str) -> str:
    with pytest.raises(BundleError) as caught:
        linked(**plugins)
    return str(caught.value)


def method(text: str) -> str:
    return HEAD + ROLE + textwrap.indent(textwrap.dedent(text), "    ")


def test_routes_and_hooks_of_bases_count(linked: Any) -> None:
    base = """
        class Base:
            def __init__(self, station, settings):
                pass

            @on(In)
            def on_in(self, request):
                return {}

            def ocpp_on_event(self, event):
                pass

        class ChargePoint(Base):
            def ocpp_on_event(self, event):
                self.on_in({})
        """
    made = linked(one=HEAD + textwrap.dedent(base))
    (role,) = made.roles
    assert role.routes == {"In": "on_in"}
    assert role.hooks == ["ocpp_on_event"]


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("@on(Missing)\ndef on_in(self, request): pass", "@on takes an Action"),
        ("@on(In)\ndef on_in(self, station, request): pass", "on_in must take (request), not"),
        ("@on(In)\nasync def on_in(self, request): pass", "on_in must not be async"),
        ("async def ocpp_on_event(self, event): pass", "ocpp_on_event must not be async"),
        ("def ocpp_on_evnt(self, event): pass", 'did you mean "ocpp_on_event"?'),
        ("def ocpp_on_event(self, evt): pass", "ocpp_on_event must take (event), not (evt)"),
        (
            "@on(In)\ndef on_in(self, request): pass\n@on(In)\ndef other(self, request): pass",
            "In is handled by on_in and other",
        ),
    ],
)
def test_faults_have_file_and_line(linked: Any, source: str, problem: str) -> None:
    text = refusal(linked, one=method(source))
    assert text.startswith("one.py:")
    assert problem in text


def test_a_constructor_of_another_shape(linked: Any) -> None:
    text = refusal(
        linked, one="class ChargePoint:\n    def __init__(self, station):\n        pass\n"
    )
    assert text == "one.py:2: ChargePoint must be made with (station, settings)"
    text = refusal(linked, one="class ChargePoint:\n    pass\n")
    assert text == "one.py:1: ChargePoint must be made with (station, settings); add __init__"


def test_a_handler_of_what_is_never_received(linked: Any) -> None:
    text = refusal(linked, one=method("@on(Out)\ndef on_out(self, request): return {}"))
    assert "plugin one: on_out handles Out, which a charge point never receives" in text


def test_two_plugins_with_the_same_action_or_driver(linked: Any) -> None:
    driver = method("def ocpp_driver(self): return self")
    text = refusal(linked, one=driver.replace('"In"', '"A"').replace('"Out"', '"B"'), two=driver)
    assert text == (
        "hook ocpp_driver is handled by plugins one and two; switch one of them off in [profiles]"
    )
    assert "action In is defined twice" in refusal(linked, one=HEAD + ROLE, two=HEAD + ROLE)


def test_unmet_requirements(linked: Any) -> None:
    text = refusal(linked, one=ROLE.replace("requires = ()", 'requires = ("meter",)'))
    assert text == "plugin one: requires meter; switch it on in [profiles]"


def test_a_plugin_without_this_role_is_absent(linked: Any) -> None:
    only_central = "class CentralSystem:\n    pass\n"
    assert [role.plugin for role in linked(one=ROLE, two=only_central).roles] == ["one"]


def test_a_role_that_needs_the_firmware_is_read_not_imported(linked: Any) -> None:
    made = linked(one="import machine\n" + ROLE + "        machine.WDT(30)\n")
    assert [role.profile for role in made.roles] == ["Some"]


def test_messages_that_need_the_firmware_are_refused(linked: Any) -> None:
    text = refusal(linked, one="import machine\n" + HEAD + ROLE)
    assert "module machine is not installed" in text
    assert "messages.py" in text


def test_a_wrong_role_hides_nothing_else_that_is_wrong(linked: Any) -> None:
    faulty = """
        import json

        class ChargePoint:
            def __init__(self, station):
                self.text = json.dumps({})
        """
    faults = refusal(linked, one=faulty).splitlines()
    assert [fault.split(": ")[0] for fault in faults] == ["one.py:5", "one.py:6:21"]


def test_plugins_do_not_import_each_other(linked: Any) -> None:
    one = "from ocpp_plugin_two import read\n" + ROLE + "        read()\n"
    text = refusal(linked, one=one, two="def read():\n    return 1\n" + ROLE)
    assert "one.py:9:9: D504 one imports ocpp_plugin_two.read of another plugin; tell each" in text


FOLDER = {
    "__init__.py": "",
    "messages.py": HEAD,
    "charge_point.py": """
import machine

from .messages import In, on


class ChargePoint:
    def __init__(self, station, settings):
        self._watchdog = machine.WDT(30)

    @on(In)
    def on_in(self, request):
        self._watchdog.feed()
        return {}
""",
    "central_system.py": "import nowhere\n",
}


def write_folder(folder: Path) -> None:
    folder.mkdir()
    for name, text in FOLDER.items():
        folder.joinpath(name).write_text(text)


def test_an_installed_package_whose_role_needs_the_firmware(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_folder(tmp_path / "acme_meter")
    monkeypatch.syspath_prepend(tmp_path)
    made = linked_with(tmp_path, "acme_meter")
    assert [role.routes for role in made.roles] == [{"In": "on_in"}]
    assert "feed" in made.firmware_names


def test_a_folder_given_by_its_path(tmp_path: Path) -> None:
    write_folder(tmp_path / "meter")
    role = (
        FOLDER["charge_point.py"].replace("import machine\n", "").replace("machine.WDT(30)", "self")
    )
    tmp_path.joinpath("meter", "charge_point.py").write_text(role)
    made = linked_with(tmp_path, "./meter")
    assert [role.routes for role in made.roles] == [{"In": "on_in"}]


def test_a_role_module_without_its_class(tmp_path: Path) -> None:
    write_folder(tmp_path / "acme_empty")
    tmp_path.joinpath("acme_empty", "charge_point.py").write_text("LIMIT = 1\n")
    with pytest.raises(BundleError, match=r"charge_point.py:1: there is no class ChargePoint"):
        linked_with(tmp_path, "./acme_empty")
