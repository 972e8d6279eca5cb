def setModemFun(function: int, /) -> int: ...  # noqa: N802  # the module's own spelling
