"""Errors a call can end with, ours and the peer's. Portable.

    OcppError
      LocalError            we refuse a CALL; travels as CALLERROR (one class per OCPP-J code)
      RemoteError           the peer refused our CALL with a CALLERROR
      InvalidAnswer         the peer answered, but broke the action's contract
      CallTimeout           the peer did not answer in time
      Disconnected          the connection ended, or was not there
    Ignored                 a gate drops a CALL without an answer

Codes and spelling: OCPP-J 1.6 section 4.2.3, Table 7 (FRM-028 to FRM-041).
"""

from __future__ import annotations

from typing import Any


class OcppError(Exception):
    """Anything that can keep a call from being answered as hoped."""

    def __init__(
        self, description: str = "", details: dict[str, Any] | None = None, code: str = ""
    ) -> None:
        super().__init__(description)
        self.description = description
        self.details = details
        if code:
            self.code = code

    code = "GenericError"

    def __str__(self) -> str:
        return f"{self.code}: {self.description}" if self.description else self.code


class LocalError(OcppError):
    """Raised by a handler or a check: the CALL is answered with this CALLERROR."""


class UnknownAction(LocalError):
    """The action is not known to this side (FRM-028)."""

    code = "NotImplemented"


class NotSupported(LocalError):
    """The action is known, but its profile is not present here (FRM-029)."""

    code = "NotSupported"


class InternalError(LocalError):
    """The receiver failed while handling the CALL (FRM-037)."""

    code = "InternalError"


class ProtocolError(LocalError):
    """The payload is incomplete (FRM-030)."""

    code = "ProtocolError"


class SecurityError(LocalError):
    """Refused for a reason of security (FRM-037, FRM-041)."""

    code = "SecurityError"


class FormationViolation(LocalError):
    """Syntactically wrong: not the structure the action has (FRM-034, FRM-038)."""

    code = "FormationViolation"


class PropertyConstraintViolation(LocalError):
    """A field of the right type holds a value it may not have (FRM-032)."""

    code = "PropertyConstraintViolation"


class OccurenceConstraintViolation(LocalError):
    """A field occurs too seldom or too often; the code's spelling is OCPP 1.6's (FRM-033)."""

    code = "OccurenceConstraintViolation"


class TypeConstraintViolation(LocalError):
    """A field has the wrong JSON type (FRM-031)."""

    code = "TypeConstraintViolation"


class GenericError(LocalError):
    """Any other failure (FRM-037)."""

    code = "GenericError"


class RemoteError(OcppError):
    """The peer answered our CALL with a CALLERROR; ``code`` is whatever it sent (FRM-038)."""


class InvalidAnswer(OcppError):
    """The peer's CALLRESULT breaks the action's contract; ``description`` says where."""

    code = "InvalidAnswer"


class CallTimeout(OcppError):
    """No answer within the session's time-out (FRM-025)."""

    code = "CallTimeout"


class Disconnected(OcppError):
    """The connection ended before the answer came, or there was none."""

    code = "Disconnected"


class Ignored(Exception):
    """Raised by a gate: the CALL is dropped, nothing is answered and nothing executed."""
