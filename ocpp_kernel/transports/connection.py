"""What WebSocket server and client share: whole text messages, handed over as they arrive.

:class:`TextConnection` is put in front of a connection class of ``websockets``. Messages go to a
:class:`Receiver` in the very turn of the event loop that read them from the socket, without a
queue and a task switch in between; those cost more than everything OCPP does with a message.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Protocol

from websockets.asyncio.connection import Connection
from websockets.frames import DATA_OPCODES, Frame, Opcode
from websockets.http11 import Request, Response
from websockets.protocol import State

#: Largest message taken, in bytes, unless the shell is told otherwise.
MAX_MESSAGE = 4 * 1024 * 1024

#: Where ``websockets`` tells of connections; nothing is printed unless somebody listens.
logger = logging.getLogger("ocpp_kernel.websocket")
logger.addHandler(logging.NullHandler())


class Receiver(Protocol):
    """Who gets what a connection brings."""

    def text(self, message: bytes) -> None:
        """A whole text message, as bytes; whether they are UTF-8 is not checked yet."""

    def binary(self) -> None:
        """A binary message came; OCPP-J has none."""

    def settle(self) -> None:
        """Everything read in this turn has been handed over: write what is to be written."""

    def lost(self, reason: str) -> None:
        """The connection is gone."""


class TextConnection(Connection):
    """A ``websockets`` connection that hands whole messages to a receiver.

    While the peer does not read what it is sent, nothing more is read from it, so that one that
    only asks cannot make answers pile up.
    """

    #: Whether anything arrived since this was last set to False.
    heard = False
    _receiver: Receiver | None = None
    _early: list[tuple[Opcode, bytes]]
    _kind: Opcode | None = None
    _parts: bytearray
    _deaf = False

    def attach(self, receiver: Receiver) -> None:
        """From now on messages go to ``receiver``; those that came already go there now."""
        self._receiver = receiver
        early, self._early = self._early, []
        for kind, message in early:
            self._deliver(kind, message)
        receiver.settle()

    def detach(self) -> None:
        """What still arrives is dropped, and nobody is told of the end."""
        self._receiver = None
        self._deaf = True

    def write(self, text: str) -> None:
        """Queues a text message; :meth:`push` sends it. Dropped if the connection is closing."""
        if self.protocol.state is State.OPEN:
            self.protocol.send_text(text.encode())

    def push(self) -> None:
        """Sends what was queued: one write, however many messages."""
        writes = self.protocol.writes
        if len(writes) > 1 and all(writes):
            writes[:] = [b"".join(writes)]
        self.send_data()

    def send_ping(self) -> None:
        """Sends a ping; its pong shows as :attr:`heard`."""
        if self.protocol.state is State.OPEN:
            self.protocol.send_ping(b"")
            self.send_data()

    async def drain(self) -> None:
        """Waits, as pings and the closing handshake do, until the peer has taken what it is sent.

        Raises TimeoutError, which ends the connection, for one that takes nothing for as long as
        these may last; they would wait for ever.
        """
        closing = self.protocol.close_expected()
        async with asyncio.timeout(self.close_timeout if closing else self.ping_timeout):
            await super().drain()

    # Callbacks of asyncio and websockets.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._early = []
        self._parts = bytearray()
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        self.heard = True
        super().data_received(data)
        if self._receiver is not None:
            self._receiver.settle()

    def process_event(self, event: Request | Response | Frame) -> None:
        if type(event) is Frame and event.opcode in DATA_OPCODES:
            self._take(event)
        else:
            super().process_event(event)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        receiver, self._receiver = self._receiver, None
        if receiver is not None:
            receiver.lost(self._reason(exc))

    def pause_writing(self) -> None:
        super().pause_writing()
        self.transport.pause_reading()

    def resume_writing(self) -> None:
        super().resume_writing()
        self.transport.resume_reading()

    def _take(self, frame: Frame) -> None:
        """Puts fragments together; the parser has seen to their order and total size."""
        if frame.fin and self._kind is None:
            self._deliver(frame.opcode, bytes(frame.data))
            return
        if self._kind is None:
            self._kind, self._parts = frame.opcode, bytearray()
        self._parts += frame.data
        if frame.fin:
            kind, self._kind = self._kind, None
            message, self._parts = bytes(self._parts), bytearray()
            self._deliver(kind, message)

    def _deliver(self, kind: Opcode, message: bytes) -> None:
        if self._receiver is None:
            if not self._deaf:
                self._early.append((kind, message))
        elif kind is Opcode.TEXT:
            self._receiver.text(message)
        else:
            self._receiver.binary()

    def _reason(self, exc: Exception | None) -> str:
        if exc is not None:
            return f"connection lost: {exc}"
        close = self.protocol.close_rcvd or self.protocol.close_sent
        if close is None:
            return "connection lost"
        return f"connection closed ({close.code}{': ' + close.reason if close.reason else ''})"
