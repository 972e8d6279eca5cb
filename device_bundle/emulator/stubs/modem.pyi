def getDevImei() -> str: ...  # noqa: N802  # the module's own spelling
