"""``ocpp-kernel check``: would this configuration, or this plugin, work?"""

from __future__ import annotations

from pathlib import Path

import click

from ocpp_kernel.build import build_central, build_station
from ocpp_kernel.cli.bundle import load_bundler
from ocpp_kernel.cli.console import note, output
from ocpp_kernel.cli.insight import Loaded
from ocpp_kernel.cli.options import config_option, configuration
from ocpp_kernel.config import Config, ConfigError, unknown
from ocpp_kernel.memory_store import MemoryStore
from ocpp_kernel.plugins import discover, enabled


@click.command(short_help="Say what is wrong with a configuration or a plugin.")
@click.argument("subject", required=False, metavar="[CONFIG|PLUGIN]")
@click.option("--device", is_flag=True, help="Also check that a device can run the charge point.")
@config_option
def check(subject: str | None, device: bool, config_path: Path | None) -> None:
    """Check a configuration (a .toml file), or a plugin (its name, module or file).

    Says what would run in each role. With --device every place a device could not run is listed,
    with the code of the rule and what to write instead. Exits with 1 if a plugin cannot be used,
    with 2 if the configuration is wrong.
    """
    if subject is not None and subject.endswith(".toml"):
        if config_path is not None:
            raise click.UsageError("give the configuration once")
        config_path, subject = Path(subject), None
    config = configuration(config_path)
    checked = config.file if subject is None else subject
    name = None if subject is None else _included(config, subject)
    problems = _problems(config)
    loaded = Loaded.of(config)
    console = output()
    for role, each in loaded.sets.items():
        running = [p.name for p in each.plugins if p.role is not None and name in (None, p.name)]
        console.print(f"{role.replace('_', ' ')}: {', '.join(running) or 'nothing'}", markup=False)
    warnings = dict.fromkeys(text for each in loaded.sets.values() for text in each.warnings)
    warnings.update(dict.fromkeys(config.cautions()))
    problems = [text for text in problems if text not in warnings]
    if name is not None:
        problems = [text for text in problems if f"plugin {name}: " in text]
    if device:
        refused, doubtful = _device_problems(config)
        problems += refused
        warnings.update(dict.fromkeys(doubtful))
    for text in warnings:
        note("warning", text)
    for text in problems:
        note("error", text)
    if problems:
        raise click.ClickException(
            f"{len(problems)} problem{'s' if len(problems) > 1 else ''} found in {checked}"
        )
    console.print(f"no problems in {checked}", markup=False)


def _included(config: Config, subject: str) -> str:
    """The name of a plugin that is there, or that the configuration is made to load."""
    names = [found.name for found in discover(config)]
    if subject in names:
        config.profiles[subject] = True
        return subject
    if not ("/" in subject or "." in subject or Path(subject).exists()):
        raise ConfigError(unknown(config.file, f"plugin {subject}", subject, names))
    where = Path(subject)
    config.load.append(str(where.resolve()) if where.exists() else subject)
    return next(found.name for found in discover(config) if found.name not in names)


def _device_problems(config: Config) -> tuple[list[str], list[str]]:
    """What the bundler would refuse, and what may mean something else on a device."""
    load_bundler()
    from device_bundle.findings import BundleError  # noqa: PLC0415 - only with a bundler
    from device_bundle.linker import link  # noqa: PLC0415 - as above
    from device_bundle.targets import flash_of  # noqa: PLC0415 - as above

    flash_of(config)
    try:
        linked = link(config, enabled(config))
    except BundleError as error:
        return str(error).splitlines(), []
    return [], [str(warning) for warning in linked.warnings]


def _problems(config: Config) -> list[str]:
    """Everything that building and starting both roles complains of, each said once."""
    texts: dict[str, None] = {}

    def log(level: str, text: str) -> None:
        if level in {"warning", "error"}:
            texts[text] = None

    build_station(config, MemoryStore(), log).start(0)
    central = build_central(config, log)
    central.store = None  # a central system may be at work with it
    central.start()
    return list(texts)
