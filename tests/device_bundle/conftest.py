"""Takes programs and plugins through the bundler, and runs them here and under MicroPython."""

from __future__ import annotations

import contextlib
import functools
import importlib.util
import io
import json
import os
import subprocess
import sys
import textwrap
from collections.abc import Callable
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from device_bundle import app
from device_bundle.compile import compile_module
from device_bundle.emit import emit
from device_bundle.findings import BundleError, Finding, Findings
from device_bundle.linker import KERNEL, TEXTS, Linked, finish, follow, resolve_all
from device_bundle.optimise import Wishes
from device_bundle.program import Symbol
from device_bundle.sources import Program, Root
from device_bundle.targets import LIMITS
from device_bundle.told import TOLD

NAME = "fixture"
#: MicroPython 1.12, which .ci/run fetches; "" where it is not at hand.
OLDER = os.environ.get("OCPP_KERNEL_MICROPYTHON_1_12", "")
ENTRY = app.NAME


class Sample:
    """A package `fixture` whose `main()` prints; further modules by keyword."""

    def __init__(self, folder: Path, interpreter: Path) -> None:
        self.folder = folder / NAME
        self.folder.mkdir()
        self._interpreter = interpreter
        #: What the configuration would say of log lines and texts.
        self.wishes = Wishes()
        #: What a device takes; a smaller file makes for more modules.
        self.limits = LIMITS
        #: The file of sentences, as last emitted.
        self.sentences = b""

    def write(self, main: str, **modules: str) -> None:
        for name, text in {"__init__": main, **modules}.items():
            self.folder.joinpath(f"{name}.py").write_text(textwrap.dedent(text), encoding="utf-8")

    def link(self) -> Linked:
        roots = [KERNEL, TEXTS, Root(NAME, NAME, self.folder), Root(ENTRY, ENTRY)]
        program = Program(roots, Findings(), self.folder.parent)
        shapes = resolve_all(program, [Symbol(NAME, "main"), TOLD])
        entry = app.generated(ENTRY, [f"from {NAME} import main"], "main()")
        order = [KERNEL.package, NAME, ENTRY]
        return finish(program, follow(program, shapes, entry), order, (), self.wishes)

    def emit(self) -> dict[str, str]:
        """Text of every module; each compiles with mpy-cross 1.12."""
        linked = self.link()
        self.sentences = linked.texts
        texts = emit(linked, limits=self.limits).texts
        for name, text in texts.items():
            assert compile_module(name, text)
        return texts

    def text(self) -> str:
        return "".join(self.emit().values())

    def change_sentences(self, sentences: bytes) -> bytes:
        """What becomes of the file of sentences before the program runs; tests replace this."""
        return sentences

    def refusals(self) -> list[str]:
        """`file:line: problem` of everything the bundler refuses; [] if it takes the program."""
        return [f"{found.place}: {found.problem}; {found.advice}" for found in self.findings()]

    def findings(self) -> list[Finding]:
        """What the bundler refuses; if that is nothing, its warnings."""
        try:
            return list(self.link().warnings)
        except BundleError as error:
            return [found for found in error.reasons if isinstance(found, Finding)]

    def run_here(self) -> str:
        """What `main()` of the original source prints on CPython."""
        for name in [known for known in sys.modules if known.split(".")[0] == NAME]:
            del sys.modules[name]
        spec = importlib.util.spec_from_file_location(NAME, self.folder / "__init__.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[NAME] = module
        spec.loader.exec_module(module)
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            module.main()
        return output.getvalue()

    def run_on_device(self, interpreter: Path | None = None) -> str:
        """What the emitted modules print under MicroPython."""
        root = self.folder.parent / "device"
        usr = root / "usr"
        usr.mkdir(parents=True, exist_ok=True)
        for name, text in self.emit().items():
            own = text.replace("/usr/texts.txt", "usr/texts.txt")
            usr.joinpath(f"{name}.py").write_text(own, encoding="utf-8")
        if self.sentences:
            usr.joinpath("texts.txt").write_bytes(self.change_sentences(self.sentences))
        done = subprocess.run(
            [interpreter or self._interpreter, "-c", f"import usr.{ENTRY}"],
            cwd=root,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr + done.stdout
        return done.stdout

    def assert_same(self, main: str, **modules: str) -> str:
        """The program prints the same here and there; returns what it prints.

        There is an older MicroPython, too, where one is at hand: it is closer to a module.
        """
        self.write(main, **modules)
        here = self.run_here()
        assert here
        assert self.run_on_device() == here
        if OLDER:
            assert self.run_on_device(Path(OLDER)) == here
        return here


@pytest.fixture(scope="session")
def micropython() -> Path:
    from device_bundle.emulator import find_interpreter  # only where a device is wanted

    return find_interpreter()


@pytest.fixture
def sample(tmp_path: Path, micropython: Path) -> Sample:
    return Sample(tmp_path, micropython)


def configured(folder: Path, tables: str = "", **plugins: str) -> Path:
    """Writes files and an ocpp.toml with only the plugins given as files; returns its path."""
    for name, text in plugins.items():
        folder.joinpath(f"{name}.py").write_text(text, encoding="utf-8")
    off = "\n".join(f"{p.name} = false" for p in entry_points(group="ocpp_kernel"))
    load = json.dumps([f"./{name}.py" for name in plugins])
    config = folder / "ocpp.toml"
    config.write_text(f"[profiles]\n{off}\n[plugins]\nload = {load}\n{tables}\n")
    return config


@pytest.fixture(scope="session")
def configure() -> Callable[..., Path]:
    """`configured`, in a folder that is to be named."""
    return configured


@pytest.fixture
def project(tmp_path: Path) -> Callable[..., Path]:
    """`configured` in the test's own folder."""
    return functools.partial(configured, tmp_path)
