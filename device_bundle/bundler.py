"""From a configuration to a bundle on disk."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from device_bundle import manifest, outputs
from device_bundle.archives import tar_gz
from device_bundle.compile import compile_module
from device_bundle.emit import Emitted, Style, emit
from device_bundle.findings import BundleError
from device_bundle.heap import heap_at_import
from device_bundle.linker import Linked, link
from device_bundle.main_stub import main_text
from device_bundle.manifest import FOLDERS
from device_bundle.shares import Share, refuse_what_does_not_fit, shares
from device_bundle.sourcemap import FILE as MAP
from device_bundle.sourcemap import source_map
from device_bundle.targets import (
    COMPILED,
    PYTHON,
    READABLE_LIMITS,
    Limits,
    Target,
    flash_of,
    form_of,
    target_of,
)
from ocpp_kernel.config import Config, load_config
from ocpp_kernel.plugins import enabled

Step = Callable[[str], object]
_MAIN, _TEXTS = "main.py", "texts.txt"


@dataclass
class File:
    """One file for a module; `compiled` is empty for main.py and the sentences of texts.txt."""

    name: str
    text: bytes
    compiled: bytes
    source_bytes: int
    heap: int | None = None
    """Bytes left on the heap of a 64-bit MicroPython after importing it, where measured."""
    later: bool = False
    """Whether it is loaded when it is needed, and let go of."""

    def form(self, form: str) -> tuple[str, bytes]:
        """Name and content in a form, "py" or "mpy"."""
        if form == PYTHON or not self.compiled:
            return self.name, self.text
        return f"{self.name.removesuffix('.py')}.{COMPILED}", self.compiled


@dataclass
class BundleResult:
    """A finished bundle; files in the order a device imports them."""

    out: Path
    target: Target
    plugins: tuple[str, ...]
    #: What is installed and sent over the air: "py" or "mpy".
    form: str
    limits: Limits
    #: Bytes of the module's /usr; 0 where that is not known.
    flash: int = 0
    files: list[File] = field(default_factory=list)
    shares: list[Share] = field(default_factory=list)
    #: What the user should know about it, a sentence each.
    notes: list[str] = field(default_factory=list)

    @property
    def total(self) -> int:
        """Bytes of all files with the program as .py."""
        return sum(len(file.text) for file in self.files)

    @property
    def total_compiled(self) -> int:
        """Bytes of all .mpy files."""
        return sum(len(file.compiled) for file in self.files)

    @property
    def heap(self) -> int:
        """Bytes of heap after importing what is there from the start; 0 where not measured."""
        return sum(file.heap or 0 for file in self.files if not file.later)

    def in_form(self, form: str) -> dict[str, bytes]:
        """The files by name as a device gets them, main.py last."""
        files = sorted(self.files, key=lambda file: file.name == _MAIN)
        return dict(file.form(form) for file in files)


def bundle(
    config_path: str | Path,
    out_dir: str | Path,
    *,
    readable: bool = False,
    on_step: Step = lambda text: None,
) -> BundleResult:
    """Make the bundle `config_path` asks for below `out_dir`.

    `readable` leaves names and functions as they are in the source, for programs that look into a
    running bundle; it is larger and slower then. on_step(text) hears of each piece of work as it
    begins. Raises ConfigError (the configuration is wrong) or BundleError (the code cannot be
    bundled, or breaks a limit). The same input gives the same bytes.
    """
    config = load_config(config_path)
    target, flash = target_of(config), flash_of(config)
    form = form_of(config, target)
    limits = READABLE_LIMITS if readable else target.limits
    on_step("reading and shrinking the program")
    linked = link(config, enabled(config), readable=readable)
    plugins = tuple(role.plugin for role in linked.roles)
    result = BundleResult(Path(out_dir), target, plugins, form, limits, flash)
    if target.tls_note and config.charge_point.url.startswith("wss:"):
        result.notes.append(target.tls_note)
    on_step("writing modules")
    emitted = emit(linked, Style(readable, config.bundle.lines), limits)
    on_step("compiling")
    result.files = _files(linked, emitted, config, target)
    _refuse_excess(result)
    on_step("measuring the heap")
    heap = _measure_heap(result)
    compiled = {file.name.removesuffix(".py"): len(file.compiled) for file in result.files}
    result.shares = shares(emitted.pieces, compiled, heap)
    sizes = [len(content) for content in result.in_form(result.form).values()]
    refuse_what_does_not_fit(flash, sizes, result.shares, linked.roles, result.form)
    on_step("packing")
    _write(result, config, source_map(linked, emitted))
    return result


def _files(linked: Linked, emitted: Emitted, config: Config, target: Target) -> list[File]:
    pieces = {piece.name: piece for piece in emitted.pieces}
    lines = config.bundle.lines
    files = [
        File(
            f"{name}.py",
            text.encode(),
            compile_module(name, text, target.compiler, lines=lines),
            pieces[name].source_bytes,
            later=pieces[name].later,
        )
        for name, text in emitted.texts.items()
    ]
    if linked.texts:
        files.append(File(_TEXTS, linked.texts, b"", 0))
    stub = main_text(config, target, linked.moving)
    compile_module("main", stub, None)
    return [*files, File(_MAIN, stub.encode(), b"", 0)]


def _refuse_excess(result: BundleResult) -> None:
    """Raises BundleError naming the numbers where the bundle is larger than a device takes."""
    most = result.limits.total_bytes
    if result.total > most:
        raise BundleError(
            f"the bundle has {result.total} bytes of .py, more than the {most} a device "
            f"takes; switch off one of {', '.join(result.plugins)} in [profiles]"
        )


def _measure_heap(result: BundleResult) -> dict[str, int]:
    """Note what importing costs; returns it for what is there from the start.

    The application module starts the station and is left out.
    """
    program = [file for file in result.files if file.name.endswith(".py") and file.name != _MAIN]
    *modules, application = program
    first = application.text.decode().partition("\n")[0]
    texts = {file.name.removesuffix(".py"): file.text.decode() for file in modules}
    heap = heap_at_import(texts, first if first.startswith("if 0:") else "")
    for file in modules:
        file.heap = heap.get(file.name.removesuffix(".py"))
        if file.later:
            heap.pop(file.name.removesuffix(".py"), None)
    return heap


def _write(result: BundleResult, config: Config, mapped: bytes) -> None:
    facts = {
        "project": config.bundle.project,
        "version": config.bundle.version,
        "target": result.target.name,
        "plugins": list(result.plugins),
    }
    files: dict[str, bytes] = {MAP: mapped}
    for form in result.target.forms:
        for name, content in result.in_form(form).items():
            files[f"{FOLDERS[form]}/{name}"] = content
    files |= _carriers(result, config, facts)
    manifest.write(result.out, {**facts, "image": result.form}, files)


def _carriers(
    result: BundleResult, config: Config, facts: Mapping[str, object]
) -> dict[str, bytes]:
    """What brings the installed form onto a device, by file name."""
    target, wanted = result.target, config.bundle
    folder, files = FOLDERS[result.form], result.in_form(result.form)
    placed = {target.place(name).lstrip("/"): content for name, content in files.items()}
    made = {"usr.tar.gz": tar_gz(placed, facts)}
    if not target.is_quecpython:
        made[outputs.PACKAGE] = outputs.package(files, folder, wanted.url, target, wanted.version)
        return made
    if not wanted.url:
        result.notes.append(
            f"{outputs.BULK_DOWNLOAD} says {outputs.PLACEHOLDER}: set bundle.url to where this "
            "folder will be served"
        )
    made[outputs.USR_ZIP] = outputs.usr_zip(files, wanted.version)
    made[outputs.BULK_DOWNLOAD] = outputs.bulk_download(files, folder, wanted.url, target)
    made[outputs.PROJECT] = outputs.project(folder)
    return made
