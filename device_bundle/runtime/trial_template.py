"""Puts the previous app back where a new one does not prove itself. MicroPython 1.12 grammar.

Part of the text of /usr/main.py, which needs nothing of the app and is never replaced by an update;
`device_bundle.runtime.installer` begins and ends trials. Once it has run, nothing of it is kept.
"""
# ruff: noqa: BLE001, PLC0415, PTH123, SIM105, UP031  # no pathlib, contextlib or f-strings there

import uos

# A digit, a blank, and why the app is to be taken back, if it is. The digit counts starts on
# trial, or attempts to take it back. The second one is being written, or has yet to be renamed.
_TRIAL = ("/usr/ocpp_trial", "/usr/ocpp_trial.new")
_TRIES = 3
# The files the app on trial replaced.
_PREVIOUS = "/usr/ocpp_previous/"


class _Trial:
    def read(self) -> tuple[int, str]:
        """Count and reason; the count is -1 where nothing is on trial."""
        for path in _TRIAL:
            try:
                with open(path) as file:
                    text = file.read(200)
            except OSError:
                continue
            return (int(text[0]), text[2:]) if text[1:2] == " " else (-1, "")
        return -1, ""

    def remove(self, path: str) -> None:
        try:
            uos.remove(path)
        except OSError:
            pass

    def write(self, count: int, reason: str) -> None:
        # A cut leaves the old text or the new one, even where a rename replaces nothing.
        with open(_TRIAL[1], "w") as file:
            file.write("%d %s" % (count, reason))
        self.remove(_TRIAL[0])
        uos.rename(_TRIAL[1], _TRIAL[0])

    def differs(self) -> bool:
        """Whether anything in /usr is not what it was before the app on trial."""
        for name in uos.listdir(_PREVIOUS[:-1]):
            try:
                with open(_PREVIOUS + name, "rb") as kept, open("/usr/" + name, "rb") as used:
                    piece = kept.read(512)
                    while piece and piece == used.read(512):
                        piece = kept.read(512)
                    if piece or used.read(1):
                        return True
            except OSError:
                return True
        return False

    def put_back(self) -> None:
        """Hand it to the firmware's own updater, so that the checksums that keeps agree."""
        import app_fota
        import app_fota_download

        updater = app_fota.new()
        try:
            folder = app_fota_download.get_updater_dir()
        except AttributeError:
            folder = app_fota_download.updater_dir
        self.remove(folder + "/update.flag")
        self.remove(folder + "/download.stat")
        folder += "/usr"
        at = 0
        while at >= 0:
            at = folder.find("/", at + 1)
            try:
                uos.mkdir(folder if at < 0 else folder[:at])
            except OSError:
                pass
        for name in uos.listdir(_PREVIOUS[:-1]):
            size = 0
            with open(_PREVIOUS + name, "rb") as kept, open(folder + "/" + name, "wb") as staged:
                piece = kept.read(512)
                while piece:
                    size += len(piece)
                    staged.write(piece)
                    piece = kept.read(512)
            app_fota_download.update_download_stat("", "/usr/" + name, size)
        updater.set_update_flag()

    def try_out(self) -> None:
        count, reason = self.read()
        if count < 0:
            return
        if not reason:
            if count < _TRIES:
                self.write(count + 1, "")
                return
            count = 0
            reason = "it was started %d times and never confirmed" % _TRIES
        if count < _TRIES and self.differs():
            from misc import Power

            print("the previous app is put back:", reason)
            self.write(count + 1, reason)
            self.put_back()
            Power.powerRestart()


try:
    _Trial().try_out()
except Exception as _fault:
    print("the previous app cannot be put back:", repr(_fault))
del _Trial
