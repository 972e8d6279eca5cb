"""Every way a configuration can be wrong, and what the user is told."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec
import pytest

from device_bundle.runtime import settings as runtime
from ocpp_kernel.config import (
    Config,
    ConfigError,
    load_config,
    parse_config,
    password_bytes,
    plugin_settings,
)

FULL = """
[profiles]
core_profile = true
reservation = false

[plugins]
load = ["acme_ocpp", "./site_meter.py"]

[charge_point]
url = "wss://csms.example/ocpp"
identity = "CP007"
password = "hex:00ff"
data = "state"
lenient = true
speed = 60

[charge_point.core_profile]
vendor = "Acme"

[central_system]
host = "::1"
port = 0
identities = ["CP007"]
passwords = { CP007 = "hex:00ff" }
call_timeout = 5
ping_interval = 0
max_message = 65536
lenient = true

[central_system.core_profile]
heartbeat_interval = 300

[bundle]
target = "quecpython"
project = "wallbox"
version = "2.1.0"

[device]
watchdog = 0
"""


def written(folder: Path, text: str | bytes) -> Path:
    path = folder / "ocpp.toml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def refusal(folder: Path, text: str | bytes) -> str:
    """The error for a file, without the file's name, which must come first."""
    path = written(folder, text)
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    assert str(caught.value).startswith(f"{path}: ")
    return str(caught.value).removeprefix(f"{path}: ")


def test_a_full_file_is_read(tmp_path: Path) -> None:
    config = load_config(written(tmp_path, FULL))
    assert config.profiles == {"core_profile": True, "reservation": False}
    assert config.load == ["acme_ocpp", "./site_meter.py"]
    station, central = config.charge_point, config.central_system
    assert (station.url, station.identity) == ("wss://csms.example/ocpp", "CP007")
    assert (station.password, station.data, station.speed) == ("hex:00ff", "state", 60.0)
    assert station.lenient
    assert (central.host, central.port, central.identities) == ("::1", 0, ["CP007"])
    assert central.passwords == {"CP007": "hex:00ff"}
    assert (central.call_timeout, central.ping_interval) == (5.0, 0.0)
    assert (central.max_message, central.lenient) == (65536, True)
    assert (config.bundle.project, config.bundle.version) == ("wallbox", "2.1.0")
    assert (config.device.watchdog, config.device.console) == (0, True)
    assert config.plugin_table("charge_point", "core_profile") == {"vendor": "Acme"}
    assert config.plugin_table("central_system", "core_profile") == {"heartbeat_interval": 300}


def test_what_is_not_named_is_on_and_has_its_default(tmp_path: Path) -> None:
    config = load_config(written(tmp_path, ""))
    assert config.is_enabled("core_profile")
    assert config.central_system.host == "127.0.0.1"
    assert config.plugin_table("charge_point", "core_profile") == {}
    assert config.file == str(tmp_path / "ocpp.toml")
    assert Config().file == "(built-in configuration)"


def test_two_configurations_share_nothing() -> None:
    parse_config({"profiles": {"core_profile": False}})
    assert parse_config({}).profiles == {}
    assert parse_config({}).central_system.identities is not Config().central_system.identities


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    assert load_config(written(tmp_path, b"\xef\xbb\xbf[bundle]\n")).path is not None


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.toml: cannot be read: No such file"):
        load_config(tmp_path / "nowhere.toml")


def test_a_folder_in_place_of_a_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
        load_config(tmp_path)


def test_not_utf_8(tmp_path: Path) -> None:
    assert refusal(tmp_path, b"# caf\xe9\n") == "is not UTF-8 text"


def test_bad_toml_is_located_by_line(tmp_path: Path) -> None:
    told = refusal(tmp_path, "[profiles]\n\ncore_profile = yes\n")
    assert told.startswith("is not valid TOML: ")
    assert "line 3" in told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[profile]\n", '[profile] is not known; did you mean "profiles"?'),
        ("[charge-point]\n", '[charge-point] is not known; did you mean "charge_point"?'),
        ("profiles = true\n", "profiles must be a table: [profiles]"),
        (
            "[plugins]\nlaod = []\n",
            'plugins.laod is not known; did you mean "load"?',
        ),
        (
            "[charge_point]\nurll = 'ws://x'\n",
            'charge_point.urll is not known; did you mean "url"?',
        ),
        (
            "[central_system]\nprot = 1\n",
            'central_system.prot is not known; did you mean "port"?',
        ),
        (
            "[bundle]\nprojekt = 'x'\n",
            'bundle.projekt is not known; did you mean "project"?',
        ),
        (
            "[device]\nwatchdoc = 1\n",
            'device.watchdoc is not known; did you mean "watchdog"?',
        ),
        (
            "[bundle.core_profile]\n",
            "bundle.core_profile is not known; known are: image, lines, "
            "log, module, project, target, texts, url, usr_bytes, version",
        ),
    ],
)
def test_unknown_names_at_every_level(tmp_path: Path, text: str, told: str) -> None:
    assert refusal(tmp_path, text) == told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "[profiles]\nreservation = 'off'\n",
            "profiles.reservation must be true or false, not text",
        ),
        ("[plugins]\nload = 'acme'\n", 'plugins.load must be a list, as in ["..."], not text'),
        (
            "[plugins]\nload = [1]\n",
            "plugins.load[0] must be text in quotation marks, not a whole number",
        ),
        (
            "[charge_point]\nurl = 1\n",
            "charge_point.url must be text in quotation marks, not a whole number",
        ),
        ("[charge_point]\nspeed = 0\n", "charge_point.speed must be above 0"),
        (
            "[central_system]\nport = '9000'\n",
            "central_system.port must be a whole number, not text",
        ),
        ("[central_system]\nport = 65536\n", "central_system.port must be at most 65535"),
        ("[central_system]\nport = -1\n", "central_system.port must be at least 0"),
        (
            "[central_system]\ncall_timeout = 0\n",
            "central_system.call_timeout must be above 0",
        ),
        (
            "[central_system]\nlenient = 1\n",
            "central_system.lenient must be true or false, not a whole number",
        ),
        (
            "[central_system]\npasswords = { CP1 = 1 }\n",
            "central_system.passwords.CP1 must be text in quotation marks, not a whole number",
        ),
        (
            "[bundle]\nversion = 1.0\n",
            "bundle.version must be text in quotation marks, not a number",
        ),
        ("[device]\nconnect_timeout = 25\n", "device.connect_timeout must be at most 24"),
    ],
)
def test_wrong_types_and_values(tmp_path: Path, text: str, told: str) -> None:
    assert refusal(tmp_path, text) == told


def test_a_certificate_needs_its_key(tmp_path: Path) -> None:
    told = refusal(tmp_path, "[central_system]\ncertificate = 'a.pem'\n")
    assert told == (
        "central_system.certificate and central_system.private_key must be given together"
    )


@pytest.mark.parametrize("given", ["client_certificate", "client_key"])
def test_a_modules_certificate_needs_its_key(tmp_path: Path, given: str) -> None:
    told = refusal(tmp_path, f"[device]\n{given} = 'PEM'\n")
    assert told == "device.client_certificate and device.client_key must be given together"


@pytest.mark.parametrize("name", ["server_certificate_sha256", "file_server_certificate_sha256"])
def test_sec_015_a_pin_that_could_never_be_met(tmp_path: Path, name: str) -> None:
    for pin in ("abc", "g" * 64, "a" * 63, "sha256:" + "a" * 64):
        told = refusal(tmp_path, f"[device]\n{name} = '{pin}'\n")
        assert told == (
            f"device.{name}: {pin!r} must be 64 hexadecimal digits, with or without colons"
        )
    for pin in ("", "aB" * 32, ":".join(["0f"] * 32)):
        config = load_config(written(tmp_path, f"[device]\n{name} = '{pin}'\n"))
        assert getattr(config.device, name) == pin


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    assert load_config(written(tmp_path, "")).beside("a.pem") == tmp_path / "a.pem"
    assert Config().beside("a.pem") == Path("a.pem")


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("http://x", " is no WebSocket URL; it must begin with ws:// or wss://"),
        ("localhost:9000", " is no WebSocket URL; it must begin with ws:// or wss://"),
        ("", " is no WebSocket URL; it must begin with ws:// or wss://"),
        ("ws://", " names no host; write one behind the //"),
        ("ws://:9000/x", " names no host; write one behind the //"),
        ("ws://x/#a", ": a WebSocket URL has no '#' part; remove it"),
        ("ws://x:65536", ": the port must be a number up to 65535"),
        ("ws://x:port", ": the port must be a number up to 65535"),
    ],
)
def test_frm_001_a_url_that_cannot_be_connected_to(tmp_path: Path, url: str, fault: str) -> None:
    told = refusal(tmp_path, f'[charge_point]\nurl = "{url}"\n')
    assert told == f"charge_point.url: {url!r}{fault}"


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("[charge_point]\npassword = 'hex:0'\n", "charge_point.password"),
        ("[central_system]\npasswords = {CP1 = 'hex:xx'}\n", "central_system.passwords.CP1"),
    ],
)
def test_sec_005_a_password_that_is_no_hexadecimal(tmp_path: Path, text: str, where: str) -> None:
    told = refusal(tmp_path, text)
    assert told == f"{where}: a password after hex: must be pairs of hexadecimal digits"


def test_sec_005_passwords_are_bytes() -> None:
    assert password_bytes("s3cret") == b"s3cret"
    assert password_bytes("hex:00fF") == b"\x00\xff"


def test_device_settings_are_those_the_device_knows() -> None:
    """Written twice, since one of them becomes part of the bundle; kept the same here."""
    told = {"url", "identity", "password", "subprotocols", "target"}
    known = {name: getattr(runtime.Settings, name) for name in runtime.Settings.__annotations__}
    declared = msgspec.structs.asdict(Config().device)
    assert declared == {name: value for name, value in known.items() if name not in told}


class Settings:
    """As a plugin declares them."""

    vendor: str = "Example"
    connectors: int = 1
    limit: float = 1.5
    mode: Literal["fast", "slow"] = "fast"
    tags: tuple[str, ...] = ()


def settings_of(**given: object) -> Settings:
    config = parse_config({"charge_point": {"acme": given}}, Path("ocpp.toml"))
    return plugin_settings(config, "charge_point", "acme", Settings)


def test_a_plugins_settings_take_the_values_of_its_table() -> None:
    settings = settings_of(vendor="Acme", limit=2, mode="slow", tags=["a", "b"])
    assert (settings.vendor, settings.connectors, settings.mode) == ("Acme", 1, "slow")
    assert type(settings.limit) is float
    assert settings.tags == ("a", "b")
    assert Settings.vendor == "Example"


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"vender": "x"}, 'charge_point.acme.vender is not known; did you mean "vendor"?'),
        ({"connectors": "2"}, "charge_point.acme.connectors must be a whole number, not text"),
        (
            {"connectors": True},
            "charge_point.acme.connectors must be a whole number, not true or false",
        ),
        ({"mode": "xxx"}, "charge_point.acme.mode: 'xxx' is not known; known are: fast, slow"),
        ({"mode": "Slow"}, "charge_point.acme.mode: 'Slow' is not known; did you mean \"slow\"?"),
        (
            {"tags": ["a", 1]},
            "charge_point.acme.tags[1] must be text in quotation marks, not a whole number",
        ),
    ],
)
def test_a_plugins_settings_are_checked(given: dict[str, object], told: str) -> None:
    with pytest.raises(ConfigError) as caught:
        settings_of(**given)
    assert str(caught.value) == f"ocpp.toml: {told}"


def test_settings_a_subclass_inherits_are_known() -> None:
    class Own(Settings):
        extra: bool = False

    config = parse_config({"charge_point": {"acme": {"vendor": "Acme", "extra": True}}})
    settings = plugin_settings(config, "charge_point", "acme", Own)
    assert (settings.vendor, settings.extra) == ("Acme", True)


def test_a_plugin_without_settings_takes_none() -> None:
    class Nothing:
        pass

    config = parse_config({"charge_point": {"acme": {"vendor": "Acme"}}}, Path("ocpp.toml"))
    with pytest.raises(ConfigError, match=r"charge_point\.acme\.vendor is not known; known are: n"):
        plugin_settings(config, "charge_point", "acme", Nothing)
