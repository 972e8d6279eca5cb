def setModemFun(function: int, /) -> int: ...  # noqa: N802  # the module's own spelling
def csqQueryPoll() -> int: ...  # noqa: N802  # the module's own spelling
def getState() -> tuple[list[int], list[int]] | int: ...  # noqa: N802  # the module's own spelling
