"""JSON as CPython has it: msgspec, at C speed."""

from __future__ import annotations

from typing import Any

import msgspec

_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode


class MsgspecCodec:
    """The :class:`~ocpp_kernel.frames.Codec` of CPython; stateless, one serves everybody."""

    def loads(self, text: str | bytes) -> Any:
        """The value of a JSON text; raises ValueError for anything else, however deep or odd."""
        try:
            return _decode(text)
        except RecursionError:
            raise ValueError("nested too deeply") from None

    def dumps(self, value: Any) -> str:
        """The JSON text of a value; raises TypeError or ValueError for what JSON cannot say."""
        return _encode(value).decode()
