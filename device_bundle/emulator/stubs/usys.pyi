from typing import Any

modules: dict[str, Any]

def print_exception(error: Exception, file: Any, /) -> None: ...
