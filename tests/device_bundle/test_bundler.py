"""Whole bundles: from ocpp.toml to files a module can run."""

from __future__ import annotations

import ast
import asyncio
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.typing import Subprotocol

from device_bundle import targets
from device_bundle.bundler import BundleResult, bundle
from device_bundle.emulator import Emulator
from device_bundle.findings import BundleError
from device_bundle.targets import LIMITS, TARGETS
from ocpp_kernel.config import ConfigError

GLIMMER = '''
"""A plugin in one file."""

from typing import TYPE_CHECKING, Any, Literal, NotRequired, TypedDict

from ocpp_kernel import events
from ocpp_kernel.contracts import CENTRAL_SYSTEM, CHARGE_POINT, Action, on
from ocpp_kernel.errors import NotSupported

if TYPE_CHECKING:
    from ocpp_kernel.station import Station

Level = Literal["Low", "High"]


class GlimmerRequest(TypedDict):
    level: Level
    blinks: NotRequired[int]


class GlimmerResponse(TypedDict):
    status: Literal["Accepted", "Rejected"]


class TwinkleRequest(TypedDict):
    count: int


class TwinkleResponse(TypedDict):
    echo: str


Glimmer = Action("Glimmer", GlimmerRequest, GlimmerResponse, sent_by=CENTRAL_SYSTEM)
Twinkle = Action("Twinkle", TwinkleRequest, TwinkleResponse, sent_by=CHARGE_POINT)
STANDARD_ACTIONS = ("Glimmer", "Twinkle", "Sparkle")
SUBPROTOCOL = "glimmer1"


class Settings:
    """What can be set."""

    colour: str = "red"
    brightness: int = 3
    level: Level = "Low"


class ChargePoint:
    profile = "Glimmering"
    settings = Settings

    def __init__(self, station: 'Station', settings: Settings) -> None:
        self._station = station
        self._settings = settings

    @on(Glimmer)
    def on_glimmer(self, request: GlimmerRequest) -> GlimmerResponse:
        if request.get("blinks") == 99:
            raise NotSupported(f"{request['blinks']:03d} blinks in {self._settings.colour}")
        self._station.after_response(self._twinkle)
        return {"status": "Accepted"}

    def _twinkle(self) -> None:
        self._station.call(Twinkle({"count": self._settings.brightness}), self._done)

    def _done(self, answer: TwinkleResponse | None, error: Any) -> None:
        echo = answer["echo"] if answer is not None else str(error)
        self._station.log("info", f"twinkled: {echo}")

    def ocpp_on_event(self, event: Any) -> None:
        if isinstance(event, events.Started):
            self._station.log("info", f"glimmering in {self._settings.colour}")

    def forgotten_method(self) -> str:
        return "nobody calls this"


class CentralSystem:
    def __init__(self, central: Any, settings: Any) -> None:
        self.central_secret = {**{}}
'''


class Made(NamedTuple):
    """A bundle, and where it is."""

    result: BundleResult
    out: Path


@pytest.fixture(scope="session")
def plain(tmp_path_factory: pytest.TempPathFactory, configure: Callable[..., Path]) -> Made:
    """The plugin alone, nothing else configured; not to be changed."""
    folder = tmp_path_factory.mktemp("glimmer")
    return Made(bundle(configure(folder, glimmer=GLIMMER), folder / "out"), folder / "out")


def everything(out: Path) -> bytes:
    return b"\n".join(path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file())


def text_of(result: BundleResult) -> str:
    return "".join(file.text.decode() for file in result.files)


def test_the_files_made(plain: Made) -> None:
    result, out = plain
    names = sorted(path.name for path in (out / "usr").iterdir())
    assert names == sorted(file.name for file in result.files)
    assert {"main.py", "texts.txt", "app.py", "glimmer.py", "tables.py"} <= set(names)
    compiled = {path.name for path in (out / "usr-mpy").iterdir()}
    kept = {"main.py", "texts.txt"}
    assert compiled == {n if n in kept else n.replace(".py", ".mpy") for n in names}
    for path in (out / "usr-mpy").glob("*.mpy"):
        assert path.read_bytes()[:3] == b"M\x05\x00", "mpy version 5, no unicode strings"
    for file in result.files:
        if file.name.endswith(".py"):
            ast.parse(file.text)
    assert result.plugins == ("glimmer",)


def test_the_manifest_lists_every_file(project: Any, tmp_path: Path) -> None:
    out = tmp_path / "out"
    bundle(project('[bundle]\nproject = "lamp"\nversion = "2.1"\n', glimmer=GLIMMER), out)
    manifest = json.loads((out / "manifest.json").read_text())
    assert (manifest["project"], manifest["version"]) == ("lamp", "2.1")
    assert (manifest["target"], manifest["plugins"]) == ("quecpython", ["glimmer"])
    listed = {entry["file_name"]: entry for entry in manifest["files"]}
    found = {p.relative_to(out).as_posix() for p in out.rglob("*") if p.is_file()}
    assert set(listed) == found - {"manifest.json"}
    for name, entry in listed.items():
        content = (out / name).read_bytes()
        assert entry["size"] == len(content)
        assert entry["sha256"] == hashlib.sha256(content).hexdigest()


def test_main_holds_project_and_version_as_literals(project: Any, tmp_path: Path) -> None:
    config = project("""[bundle]\nproject = 'a "b" c'\nversion = "2.1"\n""", glimmer=GLIMMER)
    bundle(config, tmp_path / "out")
    text = (tmp_path / "out" / "usr" / "main.py").read_text()
    values = {
        node.targets[0].id: ast.literal_eval(node.value)
        for node in ast.parse(text).body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }
    assert values["PROJECT_NAME"] == 'a "b" c'
    assert values["PROJECT_VERSION"] == "2.1"


def test_same_input_same_bytes(project: Any, tmp_path: Path, plain: Made) -> None:
    config = project(glimmer=GLIMMER)
    script = "from device_bundle.bundler import bundle; bundle('ocpp.toml', 'out')"
    for seed in ("1", "2"):  # another process, another hash seed, another folder
        elsewhere = tmp_path / seed
        elsewhere.mkdir()
        for path in (config, tmp_path / "glimmer.py"):
            shutil.copy(path, elsewhere)
        subprocess.run(
            [sys.executable, "-c", script],
            check=True,
            cwd=elsewhere,
            env={**os.environ, "PYTHONHASHSEED": seed},
        )
        assert everything(elsewhere / "out") == everything(plain.out)


def test_a_disabled_plugin_leaves_no_byte_behind(project: Any, tmp_path: Path, plain: Made) -> None:
    other = GLIMMER.replace("Glimmer", "Shimmer").replace("glimmer", "shimmer")
    other = other.replace("Twinkle", "Blink").replace("STANDARD_ACTIONS", "NAMES")
    config = project(glimmer=GLIMMER, shimmer=other)
    both = bundle(config, tmp_path / "both")
    config.write_text(config.read_text().replace("[plugins]", "shimmer = false\n[plugins]"))
    bundle(config, tmp_path / "one")
    assert both.plugins == ("glimmer", "shimmer")
    for word in (b"Shimmer", b"shimmer", b"Blink"):
        assert word in everything(tmp_path / "both")
        assert word not in everything(tmp_path / "one")
    assert everything(tmp_path / "one") == everything(plain.out)


def test_nothing_of_the_central_system_or_of_messages_is_left(plain: Made) -> None:
    text = text_of(plain.result)
    for word in ("CentralSystem", "central_secret", "GlimmerRequest", "forgotten", "Sparkle"):
        assert word not in text
    assert "Glimmer" in text


def test_settings_are_folded_in(project: Any, tmp_path: Path) -> None:
    tables = """
        [charge_point]
        url = "wss://example.org/ocpp"
        identity = "CP 7"
        [charge_point.glimmer]
        colour = "blue"
        """
    text = text_of(bundle(project(tables, glimmer=GLIMMER), tmp_path / "out"))
    assert "'blue'" in text
    assert "'red'" not in text
    assert "'wss://example.org/ocpp'" in text
    assert "'CP 7'" in text
    assert "'glimmer1'," in text


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        ('[charge_point.glimmer]\ncolor = "blue"', 'glimmer.color is not known; did you mean "col'),
        (
            "[charge_point.glimmer]\nbrightness = true",
            "glimmer.brightness must be a whole number, not true or false",
        ),
        ('[charge_point.glimmer]\nlevel = "Mid"', "glimmer.level: 'Mid' is not known"),
        ('[bundle]\ntarget = "toaster"', "bundle.target"),
    ],
)
def test_settings_that_do_not_fit(project: Any, tmp_path: Path, tables: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        bundle(project(tables, glimmer=GLIMMER), tmp_path / "out")
    assert not (tmp_path / "out").exists()


async def test_frm_028_029_the_bundle_runs_under_micropython(
    project: Any, tmp_path: Path, micropython: Path
) -> None:
    calls = [
        ["Glimmer", {"level": "High"}],
        ["Glimmer", {"level": "Mid"}],
        ["Glimmer", {"level": "Low", "blinks": 99}],
        ["Glimmer", {"colour": 1}],
        ["Sparkle", {}],
        ["Unheard", {}],
    ]
    answers: list[Any] = []
    done = asyncio.Event()

    async def central(connection: ServerConnection) -> None:
        for number, call in enumerate(calls):
            await connection.send(json.dumps([2, str(number), *call]))
        while len(answers) < len(calls) + 1:
            frame = json.loads(await connection.recv())
            answers.append(frame)
            if frame[0] == 2:
                await connection.send(json.dumps([3, frame[1], {"echo": "hello"}]))
        done.set()
        await connection.wait_closed()

    async with serve(central, "127.0.0.1", 0, subprotocols=[Subprotocol("glimmer1")]) as server:
        port = server.sockets[0].getsockname()[1]
        tables = f'[charge_point]\nurl = "ws://127.0.0.1:{port}"\nidentity = "CP7"\n'
        bundle(project(tables, glimmer=GLIMMER), tmp_path / "out")
        with Emulator(tmp_path / "out", interpreter=micropython, speed=5) as emulator:
            await asyncio.wait_for(done.wait(), 100)
            await asyncio.to_thread(emulator.wait_for, "twinkled: hello")
            assert any("glimmering in red" in line for line in emulator.lines)
    assert answers[0] == [3, "0", {"status": "Accepted"}]
    assert answers[1][2:] == ["Twinkle", {"count": 3}]
    codes = ["PropertyConstraintViolation", "NotSupported", "FormationViolation"]
    assert [frame[2] for frame in answers[2:]] == [*codes, "NotSupported", "NotImplemented"]
    assert answers[3][3] == "099 blinks in red"


def test_limits(project: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = project(glimmer=GLIMMER)
    target = TARGETS["quecpython"]

    def limit(**limits: int) -> None:
        small = replace(target, limits=replace(LIMITS, **limits))
        monkeypatch.setattr(targets, "TARGETS", {target.name: small})

    limit(total_bytes=1000)
    with pytest.raises(BundleError, match=r"has \d+ bytes of \.py, more than the 1000"):
        bundle(config, tmp_path / "out")
    limit(files=2)
    with pytest.raises(BundleError, match=r"needs \d+ files .* only 2 are allowed; switch"):
        bundle(config, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_every_file_is_within_its_limit(plain: Made) -> None:
    result = plain.result
    assert len(result.files) <= LIMITS.files
    assert max(len(file.text) for file in result.files) <= LIMITS.file_bytes
    assert result.total <= LIMITS.total_bytes


def test_an_older_bundle_is_replaced_and_foreign_files_are_not(
    project: Any, tmp_path: Path, plain: Made
) -> None:
    out = shutil.copytree(plain.out, tmp_path / "out")
    (out / "usr" / "stale.py").write_text("")
    (out / "notes.txt").write_text("mine")
    bundle(project(glimmer=GLIMMER), out)
    assert not (out / "usr" / "stale.py").exists()
    assert (out / "notes.txt").read_text() == "mine"
    other = tmp_path / "other"
    (other / "usr").mkdir(parents=True)
    with pytest.raises(BundleError, match="no earlier bundle"):
        bundle(project(glimmer=GLIMMER), other)


def test_readable_bundles_keep_the_names_of_the_source(
    project: Any, tmp_path: Path, plain: Made
) -> None:
    short = text_of(plain.result)
    readable = text_of(bundle(project(glimmer=GLIMMER), tmp_path / "readable", readable=True))
    for words in ("class ChargePoint", "def on_glimmer(self,", "def _twinkle(self", "class Loop"):
        assert words in readable
        assert words not in short
    assert len(readable) > len(short)


def test_with_lines_every_statement_has_its_own(project: Any, tmp_path: Path, plain: Made) -> None:
    bare = plain.result
    told = bundle(project("[bundle]\nlines = true\n", glimmer=GLIMMER), tmp_path / "told")
    for file in told.files:
        if not file.compiled:
            continue
        statements = [n for n in ast.walk(ast.parse(file.text)) if isinstance(n, ast.stmt)]
        lines = [n.lineno for n in statements if n.lineno > 1]  # the first may only name texts
        assert len(lines) == len(set(lines)), file.name
    assert b"opt_level(3)" in bare.files[-1].text
    assert b"opt_level(2)" in told.files[-1].text
    assert told.total_compiled > bare.total_compiled


def test_the_map_names_places_within_the_packages(plain: Made) -> None:
    mapped = json.loads((plain.out / "map.json").read_bytes())
    assert {"glimmer.py", "ocpp_kernel/station.py"} <= set(mapped["sources"])
    assert "ChargePoint.on_glimmer" in mapped["names"]


def test_the_bundle_has_to_fit_the_module(project: Any, tmp_path: Path) -> None:
    tables = '[bundle]\nmodule = "EG915U"\nusr_bytes = 131072\n'
    with pytest.raises(BundleError, match=r"of the 32 blocks of /usr 20 are .*\n.*glimmer \d+ b"):
        bundle(project(tables, glimmer=GLIMMER), tmp_path / "out")
    result = bundle(project('[bundle]\nmodule = "EG915U"\n', glimmer=GLIMMER), tmp_path / "out")
    assert result.flash == 384 * 1024
