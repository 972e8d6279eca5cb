class Power:
    @staticmethod
    def powerOnReason() -> int: ...  # noqa: N802  # the module's own spelling
    @staticmethod
    def powerRestart() -> None: ...  # noqa: N802  # the module's own spelling
