"""One OCPP-J text frame to a list and back. Portable.

    [2, id, action, payload]                          CALL
    [3, id, payload]                                  CALLRESULT
    [4, id, code, description, details]               CALLERROR

OCPP-J 1.6 section 4.2 (FRM-014 to FRM-021, FRM-034, FRM-035).
"""

from __future__ import annotations

from typing import Any, Protocol

from ocpp_kernel.errors import OcppError
from ocpp_kernel.texts import cut

CALL = 2
CALLRESULT = 3
CALLERROR = 4

#: Longest message id there may be, in characters (FRM-019).
MAX_ID_LENGTH = 36


class Codec(Protocol):
    """JSON as this platform has it; ``loads`` raises ValueError for anything malformed."""

    def loads(self, text: str | bytes) -> Any: ...

    def dumps(self, value: Any) -> str: ...


class BadFrame(Exception):
    """What arrived is no OCPP-J message.

    ``call_id`` is the id to refuse it under, or None where nothing can be answered (FRM-035).
    """

    def __init__(self, reason: str, call_id: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.call_id = call_id


def parse(text: str | bytes, codec: Codec) -> list[Any]:
    """The message as a list whose shape is that of its type.

    Raises :class:`BadFrame` for everything else. Descriptions and details missing from a
    CALLERROR are filled in, since what matters is that the pending call ends (FRM-039).
    """
    try:
        frame = codec.loads(text)
    except ValueError as error:
        raise BadFrame(f"not JSON: {error}") from None
    if type(frame) is not list or len(frame) < 2:
        raise BadFrame("not an array of a message type, an id and more")
    kind = frame[0]
    if type(kind) is not int or not CALL <= kind <= CALLERROR:
        raise BadFrame("unknown message type")
    if kind == CALL:
        _check_call(frame)
    elif type(frame[1]) is not str:
        raise BadFrame("the id of an answer is not a string")
    elif kind == CALLERROR:
        _complete_error(frame)
    elif len(frame) != 3:
        raise BadFrame("a CALLRESULT has three elements")
    elif frame[2] is None:
        frame[2] = {}
    return frame


def _check_call(frame: list[Any]) -> None:
    call_id = frame[1]
    if type(call_id) is not str:
        raise BadFrame(
            "the message id is not a string", str(call_id) if type(call_id) is int else None
        )
    if len(call_id) > MAX_ID_LENGTH:
        raise BadFrame(f"the message id is longer than {MAX_ID_LENGTH} characters", call_id)
    if len(frame) != 4:
        raise BadFrame("a CALL has four elements", call_id)
    if type(frame[2]) is not str:
        raise BadFrame("the action is not a string", call_id)
    if frame[3] is None:
        frame[3] = {}


def _complete_error(frame: list[Any]) -> None:
    del frame[5:]
    if len(frame) < 3 or type(frame[2]) is not str:
        frame[2:3] = ["GenericError"]
    if len(frame) < 4 or type(frame[3]) is not str:
        frame[3:4] = [""]
    if len(frame) < 5 or type(frame[4]) is not dict:
        frame[4:5] = [{}]


def error_frame(call_id: str, error: OcppError) -> list[Any]:
    """The CALLERROR that refuses a CALL for this error."""
    details = error.details if type(error.details) is dict else {}
    return [CALLERROR, call_id, error.code, cut(str(error.description), 255), details]
