from typing import Any, TextIO

modules: dict[str, Any]
stdin: TextIO

def print_exception(error: Exception, file: Any, /) -> None: ...
