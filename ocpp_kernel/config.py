"""``ocpp.toml``: which profiles and plugins run, and what each is told.

    [profiles]                    # true or false by plugin name; unnamed ones are on
    reservation = false
    [plugins]
    load = ["acme_ocpp", "./site_meter.py"]     # further modules, or files beside this one
    require = ["site_meter"]      # without these nothing starts; others may fail
    [charge_point]
    url = "ws://127.0.0.1:9000"
    identity = "CP001"
    [charge_point.core_profile]   # the plugin's own settings in this role
    [central_system]
    [central_system.core_profile]
    [bundle]                      # what the bundler makes
    [device]                      # how a module runs it

A mistake raises :class:`ConfigError`, which names the file, the key and the nearest valid
spelling.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, get_type_hints

import msgspec
from msgspec import Meta

from ocpp_kernel import config_values
from ocpp_kernel.config_values import Unfit, fitting
from ocpp_kernel.transports.identity import check_endpoint

T = TypeVar("T")


class ConfigError(Exception):
    """The configuration cannot be used as it is; the text says where and what to do."""


class ChargePointHost(msgspec.Struct, forbid_unknown_fields=True):
    """``[charge_point]``: how this charge point connects."""

    url: str = "ws://127.0.0.1:9000"
    #: On a module, an empty one stands for its IMEI.
    identity: str = "CP001"
    #: Basic authentication: text, or ``hex:`` and the bytes of an AuthorizationKey.
    password: str = ""
    #: A file of the certificates trusted with wss://; empty trusts those the system does.
    trust: str = ""
    #: A folder where state survives a restart; empty keeps it in memory only.
    data: str = ""
    #: Simulated seconds per real second.
    speed: Annotated[float, Meta(gt=0)] = 1.0
    #: Whether unknown fields in messages are let through, and null where a field may be absent.
    lenient: bool = False


class CentralSystemHost(msgspec.Struct, forbid_unknown_fields=True):
    """``[central_system]``: where stations connect, and which may."""

    #: The address to listen on; ``0.0.0.0`` and ``::`` are all of this computer's.
    host: str = "127.0.0.1"
    #: The port to listen on; 0 takes any free one.
    port: Annotated[int, Meta(ge=0, le=65535)] = 9000
    #: A file of the certificate, as PEM; with it stations connect by wss:// only.
    certificate: str = ""
    #: A file of the certificate's key, as PEM without a password.
    private_key: str = ""
    #: Identities that may connect; empty admits any.
    identities: list[str] = []
    #: Passwords by identity: text, or ``hex:`` and bytes. A station named here must send its own.
    passwords: dict[str, str] = {}
    #: Seconds a station may take to answer a CALL.
    call_timeout: Annotated[float, Meta(gt=0)] = 30.0
    #: Seconds between pings to a station; 0 sends none.
    ping_interval: Annotated[float, Meta(ge=0)] = 60.0
    #: Largest message accepted, in bytes.
    max_message: Annotated[int, Meta(ge=1)] = 4 * 1024 * 1024
    #: Whether unknown fields in messages are let through, and null where a field may be absent.
    lenient: bool = False


class BundleSettings(msgspec.Struct, forbid_unknown_fields=True):
    """``[bundle]``: what the bundler makes."""

    #: The firmware: ``quecpython``, ``quecpython-1.28``, ``plain`` or ``micropython``.
    target: str = "quecpython"
    #: The Quectel module, such as ``EG915U``; the bundle is then held against its flash.
    module: str = ""
    #: Bytes of /usr where the module is none of those known; 0 leaves the size unchecked.
    usr_bytes: Annotated[int, Meta(ge=0)] = 0
    #: What the module's console shows at power-up, and merging tools look for in main.py.
    project: str = "ocpp"
    #: Of this bundle; charge points tell it as firmwareVersion, and updates are told apart by it.
    version: Annotated[str, range(1, 51)] = "1.0.0"
    #: What is installed and sent over the air: ``auto`` is the compiled form where there is one.
    image: Literal["auto", "py", "mpy"] = "auto"
    #: Where the files of an update will be served; goes into bulk_download.json.
    url: str = ""
    #: Keeps line numbers, and one statement a line: tracebacks then say where, for more heap.
    lines: bool = False
    #: The least important log lines that reach a module; ``none`` leaves all out. What a plugin
    #: answers to a typed command stays. ``error`` saves about 1.5 KB of heap, ``none`` 3 KB.
    log: Literal["debug", "info", "warning", "error", "none"] = "info"
    #: ``file`` keeps sentences for people (log lines, descriptions of errors) in the file
    #: ``texts.txt``, where they are read when they are told. ``full`` keeps them in the program,
    #: at some 30 KB of heap; ``short`` does too, but reduces the errorDescription of refused
    #: messages to the field or value concerned.
    texts: Literal["file", "short", "full"] = "file"


class DeviceSettings(msgspec.Struct, forbid_unknown_fields=True):
    """``[device]``: what only a module running a bundle is told; times are in seconds.

    Each is explained in :mod:`device_bundle.runtime.settings`.
    """

    client_certificate: str = ""
    client_key: str = ""
    server_certificate_sha256: str = ""
    file_server_certificate_sha256: str = ""
    connect_timeout: Annotated[int, Meta(ge=1, le=24)] = 10
    ping_interval: Annotated[int, Meta(ge=0)] = 60
    pong_timeout: Annotated[int, Meta(ge=1)] = 20
    retry_minimum: Annotated[int, Meta(ge=1)] = 5
    retry_maximum: Annotated[int, Meta(ge=1)] = 300
    stable_after: Annotated[int, Meta(ge=0)] = 60
    message_limit: Annotated[int, Meta(ge=1024)] = 16384
    recovery_after: Annotated[int, Meta(ge=0)] = 300
    recovery_maximum: Annotated[int, Meta(ge=1)] = 3600
    recovery_restart: bool = True
    recovery_while_charging: bool = False
    least_memory: Annotated[int, Meta(ge=0)] = 16384
    watchdog: Annotated[int, Meta(ge=0)] = 120
    data_folder: str = "/usr/ocpp_data"
    trial_time: Annotated[int, Meta(ge=60)] = 1800
    wlan_name: str = ""
    wlan_password: str = ""
    console: bool = True


class Config(msgspec.Struct):
    """A whole configuration; :func:`load_config` reads one."""

    path: Path | None = None
    profiles: dict[str, bool] = {}
    load: list[str] = []
    #: Plugins without which nothing starts.
    require: list[str] = []
    charge_point: ChargePointHost = msgspec.field(default_factory=ChargePointHost)
    central_system: CentralSystemHost = msgspec.field(default_factory=CentralSystemHost)
    bundle: BundleSettings = msgspec.field(default_factory=BundleSettings)
    device: DeviceSettings = msgspec.field(default_factory=DeviceSettings)
    #: The plugins' own tables: role -> plugin name -> settings.
    settings: dict[str, dict[str, dict[str, Any]]] = {}

    @property
    def file(self) -> str:
        """The file's name as messages give it."""
        return str(self.path) if self.path is not None else "(built-in configuration)"

    def beside(self, path: str) -> Path:
        """A path the file gives, which is relative to where the file is."""
        return (self.path.parent if self.path is not None else Path()) / path

    def is_enabled(self, name: str) -> bool:
        """Whether the plugin of that name is to run."""
        return self.profiles.get(name, True)

    def cautions(self) -> list[str]:
        """What is allowed but seldom meant, a sentence each."""
        central = self.central_system
        if central.passwords and not central.identities:
            return [
                f"{self.file}: central_system.passwords: stations that are not named there are "
                "admitted without a password; name all that may connect in identities"
            ]
        return []

    def plugin_table(self, role: str, name: str) -> dict[str, Any]:
        """The settings given to a plugin in a role; empty if none are."""
        return self.settings.get(role, {}).get(name, {})


_SHA256 = re.compile("[0-9a-fA-F]{64}")
_TABLES = ("profiles", "plugins", "charge_point", "central_system", "bundle", "device")


def load_config(path: str | Path) -> Config:
    """Reads a configuration file; raises :class:`ConfigError`."""
    path = Path(path)
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: is not UTF-8 text") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: is not valid TOML: {error}") from None
    return parse_config(data, path)


def parse_config(data: dict[str, Any], path: Path | None = None) -> Config:
    """Makes a configuration of a parsed file; raises :class:`ConfigError`."""
    config = Config(path=path)
    for name, table in data.items():
        if name not in _TABLES:
            raise ConfigError(unknown(config.file, f"[{name}]", name, _TABLES))
        if not isinstance(table, dict):
            raise ConfigError(f"{config.file}: {name} must be a table: [{name}]")
    for name, value in data.get("profiles", {}).items():
        config.profiles[name] = _typed(config, f"profiles.{name}", value, bool)
    _read_plugins(config, data.get("plugins", {}))
    for role, host in (("charge_point", ChargePointHost), ("central_system", CentralSystemHost)):
        own, plugins = _split(host, data.get(role, {}))
        setattr(config, role, _typed(config, role, own, host))
        config.settings[role] = plugins
    config.bundle = _typed(config, "bundle", data.get("bundle", {}), BundleSettings)
    config.device = _typed(config, "device", data.get("device", {}), DeviceSettings)
    _check_values(config)
    return config


def _check_values(config: Config) -> None:
    """What types alone do not tell."""
    station, central = config.charge_point, config.central_system
    if bool(central.certificate) != bool(central.private_key):
        raise ConfigError(
            f"{config.file}: central_system.certificate and central_system.private_key "
            "must be given together"
        )
    try:
        check_endpoint(station.url)
    except ValueError as error:
        raise ConfigError(f"{config.file}: charge_point.url: {error}") from None
    if config.bundle.url and not config.bundle.url.startswith(("http://", "https://")):
        raise ConfigError(
            f"{config.file}: bundle.url: {config.bundle.url!r} must begin with http:// or https://"
        )
    _check_device(config)
    passwords = {"charge_point.password": station.password}
    for identity, password in central.passwords.items():
        passwords[f"central_system.passwords.{identity}"] = password
    for where, password in passwords.items():
        try:
            password_bytes(password)
        except ConfigError as error:
            raise ConfigError(f"{config.file}: {where}: {error}") from None


def _check_device(config: Config) -> None:
    """What a module would find out only when it connects, and then never could."""
    device = config.device
    if bool(device.client_certificate) != bool(device.client_key):
        raise ConfigError(
            f"{config.file}: device.client_certificate and device.client_key must be given together"
        )
    for name in ("server_certificate_sha256", "file_server_certificate_sha256"):
        digits = getattr(device, name)
        if digits and _SHA256.fullmatch(digits.replace(":", "")) is None:
            raise ConfigError(
                f"{config.file}: device.{name}: {digits!r} must be 64 hexadecimal digits, with or "
                "without colons"
            )


def _split(host: Any, table: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """A role's own settings, and the tables of its plugins."""
    fields = host.__struct_fields__
    own = {k: v for k, v in table.items() if k in fields or not isinstance(v, dict)}
    return own, {k: v for k, v in table.items() if k not in own}


def _read_plugins(config: Config, table: dict[str, Any]) -> None:
    for key, value in table.items():
        if key not in ("load", "require"):
            raise ConfigError(unknown(config.file, f"plugins.{key}", key, ["load", "require"]))
        setattr(config, key, _typed(config, f"plugins.{key}", value, list[str]))


def _typed(config: Config, where: str, value: Any, kind: type[T]) -> T:
    try:
        return fitting(where, value, kind)
    except Unfit as error:
        raise ConfigError(f"{config.file}: {error}") from None


def unknown(file: str, where: str, name: str, known: Iterable[str]) -> str:
    """The sentence for a name that a file gives and nobody knows, with the nearest known one."""
    return f"{file}: {config_values.unknown(where, name, known)}"


def plugin_settings(config: Config, role: str, name: str, cls: type[T]) -> T:
    """A plugin's ``Settings`` with the values of its table; raises :class:`ConfigError`.

    ``cls`` declares each setting as an annotated attribute with its default; bounds are those of
    :mod:`ocpp_kernel.config_values`.
    """
    settings = cls()
    known = get_type_hints(cls, include_extras=True)
    for key, value in config.plugin_table(role, name).items():
        where = f"{role}.{name}.{key}"
        if key not in known:
            if hasattr(cls, key):
                raise ConfigError(f"{config.file}: {where}: {cls.__qualname__} says no type for it")
            raise ConfigError(unknown(config.file, where, key, known))
        setattr(settings, key, _typed(config, where, value, known[key]))
    return settings


def password_bytes(text: str) -> bytes:
    """A configured password as the bytes that travel; raises ConfigError for bad ``hex:``."""
    if not text.startswith("hex:"):
        return text.encode()
    try:
        return bytes.fromhex(text[4:])
    except ValueError:
        raise ConfigError("a password after hex: must be pairs of hexadecimal digits") from None
