def waitNetworkReady(seconds: int, /) -> tuple[int, int]: ...  # noqa: N802  # own spelling
