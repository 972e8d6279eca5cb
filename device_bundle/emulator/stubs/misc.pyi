class Power:
    @staticmethod
    def powerRestart() -> None: ...  # noqa: N802  # the module's own spelling
