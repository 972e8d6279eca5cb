"""A network between a charge point and a central system on this computer, that can be cut."""

from __future__ import annotations

import asyncio


class Network:
    """Passes connections on to ``host`` and ``port``; ``async with`` starts and ends it."""

    def __init__(self, host: str, port: int, listen_on: int = 0) -> None:
        """listen_on: the port charge points connect to; 0 takes a free one."""
        self.target = (host, port)
        self.up = True
        self._listen_on = listen_on
        self._server: asyncio.Server | None = None
        self.open: set[asyncio.BaseTransport] = set()

    @property
    def port(self) -> int:
        """Where charge points connect to."""
        if self._server is None:
            return self._listen_on
        return int(self._server.sockets[0].getsockname()[1])

    async def __aenter__(self) -> Network:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Near(self), "127.0.0.1", self._listen_on)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.cut()
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    def cut(self) -> None:
        """Ends every connection at once, without a closing handshake, and takes no new ones."""
        self.up = False
        for transport in list(self.open):
            if isinstance(transport, asyncio.WriteTransport):
                transport.abort()

    def restore(self) -> None:
        """Connections can be made again."""
        self.up = True


class _End(asyncio.Protocol):
    """One end of a connection passed on."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.transport: asyncio.Transport | None = None
        self.other: _End | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.Transport):
            self.transport = transport
            self.network.open.add(transport)

    def data_received(self, data: bytes) -> None:
        if self.other is not None and self.other.transport is not None:
            self.other.transport.write(data)

    def connection_lost(self, error: Exception | None) -> None:
        if self.transport is not None:
            self.network.open.discard(self.transport)
        if self.other is not None and self.other.transport is not None:
            self.other.transport.close()


class _Near(_End):
    """The charge point's end."""

    def __init__(self, network: Network) -> None:
        super().__init__(network)
        self._reaching: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        if self.transport is None:
            return
        if not self.network.up:
            self.transport.abort()
            return
        self.transport.pause_reading()
        self._reaching = asyncio.get_running_loop().create_task(self._reach())

    async def _reach(self) -> None:
        assert self.transport is not None  # noqa: S101 - set before the task was made
        far = _End(self.network)
        far.other = self
        try:
            await asyncio.get_running_loop().create_connection(lambda: far, *self.network.target)
        except OSError:
            self.transport.abort()
            return
        self.other = far
        if far.transport is not None and self.transport.is_closing():
            far.transport.abort()
        else:
            self.transport.resume_reading()
