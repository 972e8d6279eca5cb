"""Every target: what it compiles to, what it refuses, and stock MicroPython running a bundle."""

from __future__ import annotations

import ast
import asyncio
import binascii
import hashlib
import importlib
import ssl
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from ocpp_plugins.core_profile.messages import GetConfiguration

from device_bundle.bundler import BundleResult, bundle
from device_bundle.findings import BundleError
from device_bundle.runtime.handshake import HandshakeError
from device_bundle.targets import MODULES, TARGETS, flash_of, form_of, target_of
from ocpp_kernel.build import build_central
from ocpp_kernel.config import BundleSettings, Config, ConfigError
from ocpp_kernel.transports.websocket_server import WebSocketServer

RUNTIME = Path(__file__).parents[2] / "device_bundle" / "runtime"
DATA = Path(__file__).parent / "runtime" / "data"
#: Stands in a bundle for the port, which is known only once a server listens; as many digits.
PORT = b"65017"
PATIENCE = 300

STOCK = """
[profiles]
firmware_mgmt = false
local_auth_list = false
remote_trigger = false
reservation = false
smart_charging = false
[charge_point]
url = "{scheme}://localhost:65017/ocpp"
[bundle]
target = "micropython"
"""

#: Runs main.py as a stock board does at power-up: nothing of QuecPython is there.
#: The port's own rename mixes two paths up on a mounted folder.
BOOT = """
import os, sys
host = os.VfsPosix()
class Os:
    def __getattr__(self, name):
        return getattr(os, name)
    def rename(self, old, new):
        host.rename({root!r} + old, {root!r} + new)
os.umount("/")
os.mount(os.VfsPosix({root!r}), "/")
os.chdir("/")
sys.path[:] = ["", ".frozen"]
sys.modules["uos"] = Os()
import main
"""


def configured(**values: Any) -> Config:
    return Config(bundle=BundleSettings(**values))


def test_the_nearest_target_is_named() -> None:
    assert target_of(configured()).name == "quecpython"
    with pytest.raises(ConfigError, match='did you mean "micropython"'):
        target_of(configured(target="micropyton"))


@pytest.mark.parametrize(
    ("target", "image", "form"),
    [("quecpython", "auto", "mpy"), ("quecpython", "py", "py"), ("plain", "auto", "py")],
)
def test_the_form_that_is_installed(target: str, image: str, form: str) -> None:
    config = configured(target=target, image=image)
    assert form_of(config, target_of(config)) == form


def test_plain_has_no_compiled_form() -> None:
    config = configured(target="plain", image="mpy")
    with pytest.raises(ConfigError, match=r'bundle\.image: target plain has no "mpy"'):
        form_of(config, target_of(config))


def test_the_flash_of_a_module() -> None:
    assert flash_of(configured()) == 0
    assert flash_of(configured(module="eg915u")) == MODULES["EG915U"] == 384 * 1024
    assert flash_of(configured(module="EC600U", usr_bytes=500_000)) == 500_000
    with pytest.raises(ConfigError, match=r'did you mean "EG915U"\?; for any other .*usr_bytes'):
        flash_of(configured(module="EG915"))


def public(path: Path, name: str) -> dict[str, str]:
    """The public functions of a module or class, with their arguments."""
    tree: ast.AST = ast.parse(path.read_text())
    if name:
        tree = next(n for n in ast.walk(tree) if isinstance(n, ast.ClassDef) and n.name == name)
    return {
        part.name: " ".join(argument.arg for argument in part.args.args)
        for part in ast.iter_child_nodes(tree)
        if isinstance(part, ast.FunctionDef)
        and (part.name == "__init__" or not part.name.startswith("_"))
    }


@pytest.mark.parametrize(("module", "name"), [("board", "Board"), ("tls", "")])
def test_what_stands_for_a_module_has_the_same_interface(module: str, name: str) -> None:
    for target in TARGETS.values():
        if module in target.replaced:
            ours = public(RUNTIME / target.replaced[module], name)
            theirs = public(RUNTIME / f"{module}.py", name)
            assert {key: ours.get(key) for key in theirs} == theirs
    assert "micropython" in [t.name for t in TARGETS.values() if module in t.replaced]


@pytest.fixture(scope="module")
def stock(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], BundleResult]:
    """Makes a bundle for stock MicroPython that connects by ws or wss, once for each."""
    made: dict[str, BundleResult] = {}

    def make(scheme: str) -> BundleResult:
        if scheme not in made:
            folder = tmp_path_factory.mktemp(scheme)
            (folder / "ocpp.toml").write_text(STOCK.format(scheme=scheme))
            made[scheme] = bundle(folder / "ocpp.toml", folder / "out")
        return made[scheme]

    return make


def install(result: BundleResult, form: str, port: int, root: Path) -> None:
    """Put the files where they belong, with the port that the server got."""
    for name, content in result.in_form(form).items():
        place = root / result.target.place(name).lstrip("/")
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(content.replace(PORT, b"%05d" % port))


@pytest.mark.parametrize(("scheme", "form"), [("ws", "py"), ("ws", "mpy"), ("wss", "mpy")])
async def test_frm_001_stock_micropython_meets_our_central_system(
    stock: Callable[[str], BundleResult],
    scheme: str,
    form: str,
    micropython: Path,
    tmp_path: Path,
) -> None:
    """It connects and answers a CALL, with nothing of QuecPython around it."""
    context = None
    if scheme == "wss":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(DATA / "server.pem", DATA / "server_key.pem")
    central = build_central(Config(), lambda level, text: None)
    server = WebSocketServer(central, "localhost", 0, ssl_context=context)
    async with server:
        install(stock(scheme), form, server.port, tmp_path)
        process = await asyncio.create_subprocess_exec(
            micropython,
            "-c",
            BOOT.format(root=str(tmp_path)),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
        )
        assert process.stdout is not None
        try:
            async with asyncio.timeout(PATIENCE):
                said = [b""]
                while b"connected to the central system" not in said[-1]:
                    said.append(await process.stdout.readline())
                    assert said[-1], said
                await asyncio.sleep(1)  # some reads of the board's end in vain
                wanted = GetConfiguration({"key": ["SupportedFeatureProfiles"]})
                answer = await central.stations["CP001"].call(wanted)
        finally:
            process.kill()
            await process.communicate()
    assert answer["configurationKey"][0]["value"] == "Core"


class FakeSsl(ModuleType):
    """The ssl of a board; what it wraps shows a certificate, or lacks the function."""

    PROTOCOL_TLS_CLIENT, CERT_NONE = 2, 0

    def __init__(self, certificate: bytes | None) -> None:
        super().__init__("ssl")
        self.certificate = certificate
        self.chain: tuple[bytes, bytes] | None = None
        self.wrapped: tuple[Any, str] | None = None
        self.closed = False

    def SSLContext(self, protocol: int) -> Any:  # noqa: N802  # its name there
        assert protocol == self.PROTOCOL_TLS_CLIENT
        return SimpleNamespace(load_cert_chain=self.load, wrap_socket=self.wrap)

    def load(self, certificate: bytes, key: bytes) -> None:
        self.chain = certificate, key

    def wrap(self, socket: Any, server_hostname: str) -> Any:
        self.wrapped = (socket, server_hostname)
        tls = SimpleNamespace(close=self.close)
        if self.certificate is not None:
            tls.getpeercert = lambda binary: self.certificate
        return tls

    def close(self) -> None:
        self.closed = True


Wrap = Callable[..., Any]


@pytest.fixture
def wrapped(monkeypatch: pytest.MonkeyPatch) -> Wrap:
    """Wraps a socket as a board with this `ssl` does."""

    def wrap(fake: ModuleType | None, *settings: str) -> Any:
        name = "device_bundle.runtime.tls_micropython"
        modules = {
            "ssl": fake,
            "uhashlib": hashlib,
            "ubinascii": binascii,
            "uselect": ModuleType("uselect"),
        }
        for module, content in modules.items():
            monkeypatch.setitem(sys.modules, module, content)
        monkeypatch.delitem(sys.modules, name, raising=False)
        tls = importlib.import_module(name)
        monkeypatch.setitem(sys.modules, name, tls)
        return tls.wrapper(*settings)("socket", "csms.example")

    return wrap


def test_sec_015_the_pinned_certificate_is_asked_for(wrapped: Wrap) -> None:
    pin = hashlib.sha256(b"certificate").hexdigest()
    right = FakeSsl(b"certificate")
    wrapped(right, "", "", pin.upper()).close()
    assert right.wrapped == ("socket", "csms.example")
    assert right.closed
    for fake in (FakeSsl(b"another"), FakeSsl(b""), FakeSsl(None)):
        with pytest.raises(HandshakeError, match="the server's certificate"):
            wrapped(fake, "", "", pin)
        assert fake.closed


class Dribble:
    """Under TLS: always something to read and room to send, but never a whole record's worth."""

    POLLIN, POLLOUT = 1, 4

    def __init__(self) -> None:
        self.tries = 0
        self.waited = 0

    def attempt(self, data: bytes) -> None:
        self.tries += 1
        assert self.tries < 20, "it goes on for as long as the peer likes"

    def register(self, socket: Any, event: int) -> None:
        assert event in (self.POLLIN, self.POLLOUT)

    def poll(self, milliseconds: int) -> list[int]:
        self.waited += milliseconds
        return [1]


@pytest.mark.parametrize("name", ["readinto", "write"])
def test_tls_of_a_board_does_not_wait_for_the_rest_of_a_record(wrapped: Wrap, name: str) -> None:
    """Over a slow link that is many seconds, and a peer that dribbles would hold up the loop."""
    dribble = Dribble()
    fake = FakeSsl(b"")
    socket = wrapped(fake, "", "", "")
    socket._socket = SimpleNamespace(setblocking=lambda on: None)
    setattr(socket._tls, name, dribble.attempt)
    uselect: Any = sys.modules["uselect"]
    uselect.POLLIN, uselect.POLLOUT = dribble.POLLIN, dribble.POLLOUT
    uselect.poll = lambda: dribble
    with pytest.raises(OSError, match="11"):
        getattr(socket, name)(b"x")
    assert dribble.waited <= 3000


def test_a_board_presents_its_certificate(wrapped: Wrap) -> None:
    fake = FakeSsl(b"")
    wrapped(fake, "CERT", "KEY", "")
    assert fake.chain == (b"CERT", b"KEY")


def test_a_board_without_tls_says_so(wrapped: Wrap) -> None:
    with pytest.raises(HandshakeError, match="this board has none"):
        wrapped(None, "", "", "")


LAMP = """
import MODULE


class ChargePoint:
    def __init__(self, station, settings):
        self.lamp = MODULE
        station.log("info", str(self.lamp))
"""


@pytest.mark.parametrize(
    ("target", "module"), [("micropython", "checkNet"), ("quecpython-1.28", "uzlib")]
)
def test_a_module_the_firmware_lacks_is_refused_unless_guarded(
    project: Any, tmp_path: Path, target: str, module: str
) -> None:
    tables = f'[bundle]\ntarget = "{target}"\n'
    text = LAMP.replace("MODULE", module)
    with pytest.raises(BundleError, match=rf"{module} does not exist on target {target}; import"):
        bundle(project(tables, lamp=text), tmp_path / "out")
    guard = f"try:\n    import {module}\nexcept ImportError:\n    {module} = None\n"
    text = text.replace(f"import {module}\n", guard)
    assert bundle(project(tables, lamp=text), tmp_path / "out").plugins == ("lamp",)
