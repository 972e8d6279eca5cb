from typing import BinaryIO

RAW: int

class DeflateIO:
    def __init__(self, stream: BinaryIO, kind: int, wbits: int, /) -> None: ...
    def read(self, size: int, /) -> bytes: ...
