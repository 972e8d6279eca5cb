"""The central system's side: where its state is kept."""

from __future__ import annotations

from pathlib import Path

from ocpp_kernel.central import Central

from .store import SqliteStore


class Settings:
    """``[central_system.central_store]``."""

    #: The database, made if it is not there; a relative one starts from the working directory.
    #: Without one what the central system knows ends with it.
    file: str = ""


class CentralSystem:
    """Has the central system keep its state in the file, if one is named."""

    settings = Settings

    def __init__(self, central: Central, settings: Settings) -> None:
        if settings.file:
            central.keep_in(SqliteStore(Path(settings.file), central.log))
