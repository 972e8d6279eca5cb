def getStatus() -> int: ...  # noqa: N802  # the module's own spelling
