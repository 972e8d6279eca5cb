# fota: firmware of the module itself. An image of the emulated module is "FIRMWARE " and a version.
import os

import q_uos

VERSION = "/.emulator/version"
MOST = 4096


class fota:
    def __init__(self, reset_disable=0):
        self._image = b""
        self._size = 0

    def write(self, data, size):
        self._image += data[: max(0, MOST - len(self._image))]
        self._size += len(data)
        return 0 if self._size <= size else -1

    def flush(self):
        return 0

    def verify(self):
        if self._image[:9] != b"FIRMWARE ":
            return -1
        try:
            os.mkdir("/.emulator")
        except OSError:
            pass
        with open(VERSION + ".next", "wb") as file:
            file.write(self._image[9:].strip())
        return 0


def start():
    # What was verified runs from the next start on.
    try:
        q_uos.rename(VERSION + ".next", VERSION)
    except OSError:
        pass


def version():
    try:
        with open(VERSION) as file:
            return file.read()
    except OSError:
        return "EMULATOR"


MODULE = fota
