"""From a configuration to a bundle on disk."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from device_bundle import manifest
from device_bundle.compile import compile_module
from device_bundle.emit import MOST_BYTES, emit
from device_bundle.findings import BundleError
from device_bundle.heap import heap_at_import
from device_bundle.linker import Linked, link
from device_bundle.main_stub import main_text
from ocpp_kernel.config import Config, ConfigError, load_config
from ocpp_kernel.plugins import enabled

TARGETS = ("quecpython",)


@dataclass
class File:
    """One file for a module; `compiled` is empty for main.py and the sentences of texts.txt."""

    name: str
    text: bytes
    compiled: bytes
    source_bytes: int
    heap: int | None = None
    """Bytes left on the heap of a 64-bit MicroPython after importing it, where measured."""


@dataclass
class BundleResult:
    """A finished bundle; files in the order a device imports them."""

    out: Path
    target: str
    plugins: tuple[str, ...]
    files: list[File] = field(default_factory=list)

    @property
    def total(self) -> int:
        """Bytes of all files with the program as .py."""
        return sum(len(file.text) for file in self.files)

    @property
    def total_compiled(self) -> int:
        """Bytes of all .mpy files."""
        return sum(len(file.compiled) for file in self.files)


def bundle(config_path: str | Path, out_dir: str | Path) -> BundleResult:
    """Make the bundle `config_path` asks for below `out_dir`.

    Raises ConfigError (the configuration is wrong) or BundleError (the code cannot be bundled, or
    breaks a limit). The same input gives the same bytes.
    """
    config = load_config(config_path)
    if config.bundle.target not in TARGETS:
        raise ConfigError(
            f"{config.file}: bundle.target: {config.bundle.target} is not known; "
            f"known are: {', '.join(TARGETS)}"
        )
    linked = link(config, enabled(config))
    result = BundleResult(
        Path(out_dir), config.bundle.target, tuple(role.plugin for role in linked.roles)
    )
    result.files = _files(linked, config)
    _refuse_excess(result)
    _measure_heap(result)
    _write(result, config)
    return result


def _files(linked: Linked, config: Config) -> list[File]:
    sources, texts = emit(linked)
    files = [
        File(f"{name}.py", text.encode(), compile_module(name, text), sources[name])
        for name, text in texts.items()
    ]
    stub = main_text(config, linked.moving)
    compile_module("main", stub)
    files.append(File("main.py", stub.encode(), b"", 0))
    if linked.texts:
        files.append(File("texts.txt", linked.texts, b"", 0))
    return files


def _refuse_excess(result: BundleResult) -> None:
    """Raises BundleError naming the numbers where the bundle is larger than a device takes."""
    if result.total > MOST_BYTES:
        raise BundleError(
            f"the bundle has {result.total} bytes of .py, more than the {MOST_BYTES} a device "
            f"takes; switch off one of {', '.join(result.plugins)} in [profiles]"
        )


def _measure_heap(result: BundleResult) -> None:
    """Note what importing costs; the application module starts the station and is left out."""
    *modules, application = (file for file in result.files if file.compiled)
    first = application.text.decode().partition("\n")[0]
    texts = {file.name.removesuffix(".py"): file.text.decode() for file in modules}
    heap = heap_at_import(texts, first if first.startswith("if 0:") else "")
    for file in modules:
        file.heap = heap.get(file.name.removesuffix(".py"))


def _write(result: BundleResult, config: Config) -> None:
    texts = {file.name: file.text for file in result.files}
    compiled = {
        file.name.replace(".py", ".mpy") if file.compiled else file.name: file.compiled or file.text
        for file in result.files
    }
    facts = {
        "project": config.bundle.project,
        "version": config.bundle.version,
        "target": result.target,
        "plugins": list(result.plugins),
    }
    manifest.write(result.out, facts, {manifest.SOURCES: texts, manifest.COMPILED: compiled})
