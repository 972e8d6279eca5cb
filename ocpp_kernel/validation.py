"""Checks a payload against a compact contract. Portable.

A compact contract is made of literals only, so that a device holds it without a class:

    {"idTag": STRING | REQUIRED | (20 << SHIFT),    scalar: kind, required or not, length limit
     "type": (1, "Hard", "Soft"),                   enumeration; 1 required, 0 optional
     "info": (0, {...}),                            object
     "meterValue": (1, [item, 1])}                  array of items, with the least number of them

The first error found decides the code; the checks and codes are those of FRM-030 to FRM-034.
On CPython this is the slow path, asked only when the fast one refuses.
"""

from __future__ import annotations

from typing import Any

from ocpp_kernel.errors import (
    FormationViolation,
    LocalError,
    OccurenceConstraintViolation,
    PropertyConstraintViolation,
    ProtocolError,
    TypeConstraintViolation,
)
from ocpp_kernel.texts import characters, cut
from ocpp_kernel.timestamps import parse

REQUIRED = 1
STRING = 0
INTEGER = 2
DECIMAL1 = 4
BOOLEAN = 6
DATE_TIME = 8
KIND = 14
SHIFT = 4

Contract = dict[str, Any]


def validate(payload: Any, contract: Contract, lenient: bool = False) -> None:
    """Raises the :class:`~ocpp_kernel.errors.LocalError` that fits the first fault found.

    With ``lenient`` unknown fields are let through (real stations send them), and null where a
    field may be absent: it is taken out of the payload. The default refuses both at any depth
    (FRM-034).
    """
    if type(payload) is not dict:
        raise FormationViolation("payload is not an object")
    _check_object(payload, contract, lenient)


def _check_object(payload: dict[str, Any], contract: Contract, lenient: bool) -> None:
    for name in list(payload) if lenient else payload:
        if name in contract:
            if lenient and payload[name] is None and not _is_required(contract[name]):
                del payload[name]
            else:
                _check(payload[name], contract[name], lenient, name)
        elif not lenient:
            raise FormationViolation(f"{name} is not a field of this message")
    for name in contract:
        if name not in payload and _is_required(contract[name]):
            raise ProtocolError(f"{name} is missing")


def _is_required(spec: Any) -> bool:
    return bool(spec & REQUIRED if type(spec) is int else spec[0])


def _check(value: Any, spec: Any, lenient: bool, name: str) -> None:
    if type(spec) is int:
        _check_scalar(value, spec, name)
        return
    shape = spec[1]
    if type(shape) is dict:
        if type(value) is not dict:
            raise TypeConstraintViolation(f"{name} must be an object")
        try:
            _check_object(value, shape, lenient)
        except LocalError as error:
            # The path grows on the way out, so that a valid payload costs no text.
            error.description = f"{name}.{error.description}"
            raise
    elif type(shape) is list:
        _check_array(value, shape, lenient, name)
    elif type(value) is not str:
        raise TypeConstraintViolation(f"{name} must be a string")
    elif value not in spec:
        raise PropertyConstraintViolation(f"{name} may not be {cut(value, 40)}")


def _check_array(value: Any, shape: list[Any], lenient: bool, name: str) -> None:
    if type(value) is not list:
        raise TypeConstraintViolation(f"{name} must be an array")
    if len(value) < shape[1]:
        raise OccurenceConstraintViolation(f"{name} has too few elements")
    index = 0
    try:
        for item in value:
            _check(item, shape[0], lenient, "")
            index += 1
    except LocalError as error:
        error.description = f"{name}[{index}]{error.description}"
        raise


def _check_scalar(value: Any, spec: int, name: str) -> None:
    kind = spec & KIND
    if kind == INTEGER:
        if type(value) is not int:
            raise TypeConstraintViolation(f"{name} must be an integer")
    elif kind == BOOLEAN:
        if type(value) is not bool:
            raise TypeConstraintViolation(f"{name} must be true or false")
    elif kind == DECIMAL1:
        _check_decimal(value, name)
    elif type(value) is not str:
        raise TypeConstraintViolation(f"{name} must be a string")
    elif kind == DATE_TIME:
        if parse(value) is None:
            raise PropertyConstraintViolation(f"{name} is not a date and time")
    elif 0 < spec >> SHIFT < len(value) and spec >> SHIFT < characters(value):
        raise PropertyConstraintViolation(f"{name} is longer than {spec >> SHIFT}")


def _check_decimal(value: Any, name: str) -> None:
    if type(value) is int:
        return
    if type(value) is not float:
        raise TypeConstraintViolation(f"{name} must be a number")
    if not is_decimal1(value):
        raise PropertyConstraintViolation(f"{name} has more than one decimal")


#: How far from a decimal a float may be that was read from it, as a share of its value: devices
#: read decimals an ulp or two off, and some have 32-bit floats.
_TOLERANCE = 3e-7 if 1.0 + 1e-9 == 1.0 else 1e-14


def is_decimal1(value: float) -> bool:
    """Whether the number was written with at most one decimal (SC-016, DIS-09).

    8.1 was, though no binary float is; not a number and infinities were not.
    """
    tenths = value * 10
    if not -1e15 < tenths < 1e15:
        return False
    error = tenths - int(tenths + 0.5 if tenths > 0 else tenths - 0.5)
    return abs(error) <= _TOLERANCE * abs(tenths)
