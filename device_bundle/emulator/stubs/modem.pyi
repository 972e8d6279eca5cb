def getDevImei() -> str | int: ...  # noqa: N802  # the module's own spelling
def getDevFwVersion() -> str | int: ...  # noqa: N802  # the module's own spelling
