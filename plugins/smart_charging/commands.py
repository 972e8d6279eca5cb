"""``ocpp-kernel schedule``: draws charging profiles and their composite schedule."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import click

from ocpp_kernel import schema, timestamps
from ocpp_kernel.errors import LocalError
from ocpp_kernel.memory_store import MemoryStore

from .charge_point import Settings
from .charge_point.profiles import Profiles
from .drawing import View, draw
from .messages import SetChargingProfileRequest
from .rules import read
from .schedule import FOREVER, ORIGIN


def _date_time(ctx: click.Context, param: click.Parameter, text: str | None) -> int | None:
    """A date-time as messages have it, in seconds since ORIGIN."""
    if text is None:
        return None
    seconds = timestamps.parse(text)
    if seconds is None:
        raise click.BadParameter(f"{text!r} is no date-time such as 2026-01-31T18:00:00Z")
    return seconds - ORIGIN


class _Bounds:
    """Whatever any charge point could take."""

    max_stack_level = max_periods = 1 << 31
    units = "Current,Power"


@click.command(short_help="Draw charging profiles and what they come to, as SVG.")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="The picture to write. [default: FILE with .svg]",
)
@click.option(
    "--connector", type=click.IntRange(1), default=1, show_default=True, help="Whose composite."
)
@click.option(
    "--from", "at", callback=_date_time, help="Where it begins. [default: today, 00:00 UTC]"
)
@click.option(
    "--hours", type=click.FloatRange(0.1, 8784), default=24.0, show_default=True, help="How long."
)
@click.option(
    "--began", callback=_date_time, help="When the transaction began. [default: where it begins]"
)
@click.option("--unit", type=click.Choice(["A", "W"]), default="A", show_default=True, help="Unit.")
@click.option(
    "--max-current",
    type=click.FloatRange(min=0, min_open=True),
    default=32.0,
    show_default=True,
    help="What the hardware offers, in A per phase.",
)
@click.option(
    "--phases",
    type=click.IntRange(1, 3),
    default=Settings.phases,
    show_default=True,
    help="Phases.",
)
@click.option(
    "--voltage",
    type=click.IntRange(1),
    default=Settings.voltage,
    show_default=True,
    help="Between phase and neutral.",
)
def schedule(
    file: Path,
    out: Path | None,
    connector: int,
    at: int | None,
    hours: float,
    began: int | None,
    unit: str,
    max_current: float,
    phases: int,
    voltage: int,
) -> None:
    """Draw charging profiles, and the composite schedule they come to, as SVG.

    FILE is JSON: a charging profile, the payload or the frame of a SetChargingProfile, or a list
    of these, in the order in which they are set.
    """
    begin = _today() if at is None else at
    end = begin + int(hours * 3600)
    profiles = _profiles(file, connector, begin)
    view = View(
        connector,
        begin,
        end,
        begin if began is None else began,
        unit,
        round(max_current * 1000),
        phases,
        voltage,
    )
    target = file.with_suffix(".svg") if out is None else out
    if target == file:
        raise click.UsageError("the picture would overwrite the profiles; give --out")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(draw(profiles.all, view), encoding="utf-8")
    click.echo(f"{len(profiles.all)} profiles drawn in {target}")


def _today() -> int:
    return int(time.time()) // 86400 * 86400 - ORIGIN


def _profiles(file: Path, connector: int, now: int) -> Profiles:
    """What the file sets, installed one after the other."""
    try:
        found = json.loads(file.read_text(encoding="utf-8-sig"))
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise click.ClickException(f"{file}: is not JSON: {error}") from error
    entries = found if isinstance(found, list) and not _is_frame(found) else [found]
    profiles = Profiles(MemoryStore(), lambda sentence: None)
    for number, entry in enumerate(entries, 1):
        payload = _payload(entry, connector)
        try:
            schema.check(payload, schema.compiled(SetChargingProfileRequest), False)
            profile = read(payload["connectorId"], payload["csChargingProfiles"], _Bounds(), now)
        except (LocalError, ValueError) as error:
            fault = error.description if isinstance(error, LocalError) else error
            raise click.ClickException(f"{file}: profile {number}: {fault}") from error
        profiles.replace(profiles.with_one(profile, -FOREVER))
    return profiles


def _is_frame(found: Any) -> bool:
    return isinstance(found, list) and len(found) == 4 and found[0] == 2


def _payload(entry: Any, connector: int) -> Any:
    """The payload of SetChargingProfile an entry stands for."""
    if _is_frame(entry):
        return entry[3]
    if isinstance(entry, dict) and "chargingProfilePurpose" in entry:
        transaction = entry["chargingProfilePurpose"] == "TxProfile"
        return {"connectorId": connector if transaction else 0, "csChargingProfiles": entry}
    return entry
