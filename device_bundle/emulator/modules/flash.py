# Files as LittleFS has them: what was written is on the flash once it is flushed or closed, which
# takes its time, and not before. There may be no room.
import builtins
import io

import chaos
import emulated

_ENOSPC = 28
_open = builtins.open


def open_(path, mode="r", encoding=None):
    return _File(path, mode)


class _File(io.IOBase):
    # A stream, as files are: what inflates reads from it by `readinto` and `ioctl`.
    def __init__(self, path, mode):
        chaos.interrupt()
        self._writes = mode[0] in "wax" or "+" in mode
        if self._writes and mode[0] != "a" and emulated.flag("full"):
            raise OSError(_ENOSPC)
        self._file = _open(path, mode)
        self._waiting = []
        self._closed = False

    def write(self, data):
        chaos.interrupt()
        if emulated.flag("full"):
            raise OSError(_ENOSPC)
        # Copied: the program may use its buffer for the next.
        self._waiting.append(data if isinstance(data, str) else bytes(data))
        return len(data)

    def flush(self):
        if self._waiting:
            emulated.sleep(emulated.options["fsync"] / 1000)
            if emulated.flag("full"):
                self._waiting = []
                raise OSError(_ENOSPC)
            waiting, self._waiting = self._waiting, []
            for data in waiting:
                self._file.write(data)
            self._file.flush()

    def close(self):
        if self._closed:
            raise ValueError("I/O operation on closed file")  # not all firmware minds
        self._closed = True
        try:
            self.flush()
        finally:
            self._file.close()

    def read(self, size=-1):
        self.flush()
        return self._file.read(size)

    def readinto(self, buffer):
        self.flush()
        return self._file.readinto(buffer)

    def ioctl(self, request, argument):
        return 0

    def readline(self, size=-1):
        self.flush()
        return self._file.readline(size)

    def seek(self, place, whence=0):
        self.flush()
        return self._file.seek(place, whence)

    def tell(self):
        self.flush()
        return self._file.tell()

    def __iter__(self):
        self.flush()
        return iter(self._file)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()
