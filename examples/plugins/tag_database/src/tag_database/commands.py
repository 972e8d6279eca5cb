"""``ocpp-kernel tags``: keeps the database, also while the central system runs."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import click
from ocpp_kernel import timestamps
from ocpp_kernel.config import ConfigError, load_config, plugin_settings
from ocpp_plugins.core_profile.messages import AuthorizationStatus

from .central_system import Settings
from .store import Tag, TagStore, TagStoreError

#: What an operator may say of a tag; the others are found out.
STATUSES = [status for status in get_args(AuthorizationStatus) if status in ("Accepted", "Blocked")]
#: The most characters an idTag has (7.28).
LONGEST = 20


def _id_tag(context: click.Context, parameter: click.Parameter, text: str | None) -> str | None:
    if text is None or (0 < len(text) <= LONGEST and text.isascii() and text.isprintable()):
        return text
    raise click.BadParameter(f"{text!r} is no idTag: 1 to {LONGEST} printable ASCII characters")


def _moment(context: click.Context, parameter: click.Parameter, text: str | None) -> int | None:
    seconds = None if text is None else timestamps.parse(text)
    if text is not None and seconds is None:
        raise click.BadParameter(f"{text!r} is no date-time such as 2026-12-31T23:00:00Z")
    return seconds


@click.group()
@click.option(
    "--config",
    "config_path",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="The ocpp.toml that names the database. [default: tags.sqlite here]",
)
@click.pass_context
def tags(context: click.Context, config_path: Path | None) -> None:
    """Keep the idTags of the central system."""
    settings = Settings()
    try:
        if config_path is not None:
            config = load_config(config_path)
            settings = plugin_settings(config, "central_system", "tag_database", Settings)
        store = TagStore(Path(settings.file))
        store.prepare()
    except (ConfigError, TagStoreError) as error:
        raise click.ClickException(str(error)) from error
    context.obj = store


@tags.command()
@click.argument("id_tag", callback=_id_tag)
@click.option("--status", type=click.Choice(STATUSES), default="Accepted", show_default=True)
@click.option("--parent", callback=_id_tag, help="The group it belongs to: its parentIdTag.")
@click.option(
    "--expires", callback=_moment, metavar="DATE-TIME", help="When it ceases to be valid."
)
@click.option("--offline", is_flag=True, help="Put it into the local list of charge points.")
@click.pass_obj
def add(
    store: TagStore,
    id_tag: str,
    status: str,
    parent: str | None,
    expires: int | None,
    offline: bool,
) -> None:
    """Add an idTag, or say something else of one."""
    try:
        store.put(Tag(id_tag, status, parent, expires, offline))
    except TagStoreError as error:
        raise click.ClickException(str(error)) from error
    click.echo(_line(Tag(id_tag, status, parent, expires, offline)))


@tags.command()
@click.argument("id_tag", callback=_id_tag)
@click.pass_obj
def remove(store: TagStore, id_tag: str) -> None:
    """Take an idTag out; it is Invalid from then on."""
    try:
        there = store.remove(id_tag)
    except TagStoreError as error:
        raise click.ClickException(str(error)) from error
    if not there:
        raise click.ClickException(f"{id_tag} is not in {store.path}")


@tags.command("list")
@click.pass_obj
def show(store: TagStore) -> None:
    """List every idTag."""
    try:
        found = store.all()
    except TagStoreError as error:
        raise click.ClickException(str(error)) from error
    for tag in found:
        click.echo(_line(tag))


def _line(tag: Tag) -> str:
    words = [tag.id_tag, tag.status]
    if tag.parent is not None:
        words.append(f"of {tag.parent}")
    if tag.expiry is not None:
        words.append(f"until {timestamps.format(tag.expiry)}")
    if tag.offline:
        words.append("offline")
    return " ".join(words)
