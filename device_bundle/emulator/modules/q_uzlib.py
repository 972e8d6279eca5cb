# uzlib: the port's own up to MicroPython 1.20, then over `deflate`, which took its place.
try:
    import deflate
except ImportError:
    import uzlib as MODULE

DEFAULT = 15


class DecompIO:
    def __init__(self, stream, wbits=DEFAULT):
        kind = deflate.RAW if wbits < 0 else deflate.GZIP if wbits > 15 else deflate.ZLIB
        bits = -wbits if wbits < 0 else wbits - 16 if wbits > 15 else wbits
        self._real = deflate.DeflateIO(stream, kind, bits)

    def read(self, size=-1):
        return self._real.read(size)

    def readinto(self, buffer):
        return self._real.readinto(buffer)

    def readline(self):
        return self._real.readline()
