from collections.abc import Iterator
from typing import Any

POLLIN: int

class _Poll:
    def register(self, stream: Any, events: int = ..., /) -> None: ...
    def ipoll(self, milliseconds: int = ..., /) -> Iterator[tuple[Any, int]]: ...

def poll() -> _Poll: ...
