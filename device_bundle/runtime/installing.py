"""Installs images, with code that is loaded for it. Portable.

What plugins find as `station.shared["installer"]`. It lives as long as the app does, and knows
what must be known from its start; the work is an `installer.Installer`'s, which is loaded for the
first step and let go of after the last one: see `later`. After a restart on trial the first step
is due at once, so an app that has no memory for its own installer, or has lost the file, could
never be replaced: it is taken back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from device_bundle.runtime import later
from device_bundle.runtime.trial import Trial

if TYPE_CHECKING:
    from collections.abc import Callable

    from device_bundle.runtime.installer import Installer
    from ocpp_kernel.station import Station


class Installing:
    """As `ocpp_kernel.driver.Installer` has it."""

    def __init__(
        self,
        station: Station,
        fs: Any,
        opener: Callable[[str, str], Any],
        target: str,
        patience: int,
    ) -> None:
        """fs: `uos`; opener: `open`; target and patience: see `installer.Installer`."""
        #: Whether the central system has accepted this run; set from outside.
        self.accepted = False
        self._station = station
        self._target = target
        self._give_up = station.now + patience
        self._trial = Trial(fs, opener)
        self._installer: Installer | None = None

    def install_firmware(self, path: str) -> str:
        """As `ocpp_kernel.driver.Installer` has it. Raises OSError."""
        outcome = "failed"
        try:
            installer = self._load()
            if installer is None:
                outcome = "Restart"
            else:
                installer.accepted = self.accepted
                outcome = installer.install_firmware(path)
        finally:
            if outcome:
                self._let_go()
        return outcome

    def forget(self, path: str) -> None:
        """The installation is over and told of: what was kept for it may go. Raises OSError."""
        try:
            installer = self._load()
            if installer is not None:
                installer.forget(path)
        finally:
            self._let_go()

    def _load(self) -> Installer | None:
        """What does the work; None where it is lacking and the app on trial is to be taken back.

        Raises OSError where it is lacking and nothing can be done about it.
        """
        if self._installer is None:
            try:
                from device_bundle.runtime.staging import make_installer  # noqa: PLC0415  # see later

                left = self._give_up - self._station.now
                self._installer = make_installer(self._station, self._target, left)
            except Exception as error:  # noqa: BLE001  # no memory for it, or its file is lost
                self._give_back(f"the installer cannot be loaded: {error!r}")
        return self._installer

    def _give_back(self, reason: str) -> None:
        trial = self._trial.read()
        if not trial or trial[2:]:
            raise OSError(trial[2:] or reason)
        self._station.log("error", f"the new app is taken back: {reason}")
        self._trial.write("0 " + reason)

    def _let_go(self) -> None:
        self._installer = None
        later.unload("later_staging")
