"""The errors a call can end with and their codes."""

from __future__ import annotations

import pytest

from ocpp_kernel import errors

CODES = {
    "UnknownAction": "NotImplemented",
    "NotSupported": "NotSupported",
    "InternalError": "InternalError",
    "ProtocolError": "ProtocolError",
    "SecurityError": "SecurityError",
    "FormationViolation": "FormationViolation",
    "PropertyConstraintViolation": "PropertyConstraintViolation",
    "OccurenceConstraintViolation": "OccurenceConstraintViolation",
    "TypeConstraintViolation": "TypeConstraintViolation",
    "GenericError": "GenericError",
}


@pytest.mark.parametrize(("name", "code"), CODES.items())
def test_frm_028_to_038_each_refusal_has_its_code(name: str, code: str) -> None:
    error = getattr(errors, name)("why", {"at": "x"})
    assert isinstance(error, errors.LocalError)
    assert error.code == code
    assert error.description == "why"
    assert error.details == {"at": "x"}
    assert str(error) == f"{code}: why"


def test_frm_038_the_ten_codes_of_table_7_are_all_there_are() -> None:
    own = [k for k in errors.LocalError.__subclasses__() if k.__module__ == errors.__name__]
    assert {kind.__name__ for kind in own} == set(CODES)


def test_frm_039_a_bare_error_has_an_empty_description_and_no_details() -> None:
    error = errors.GenericError()
    assert (error.description, error.details, str(error)) == ("", None, "GenericError")


def test_frm_038_a_refusal_of_the_peer_keeps_the_peers_code() -> None:
    error = errors.RemoteError("why", {}, "FormatViolation")
    assert error.code == "FormatViolation"
    assert errors.RemoteError.code == "GenericError"
    assert errors.RemoteError().code == "GenericError"


def test_ours_and_the_peers_errors_are_told_apart() -> None:
    ends = (errors.RemoteError, errors.CallTimeout, errors.Disconnected, errors.InvalidAnswer)
    for kind in ends:
        assert issubclass(kind, errors.OcppError)
        assert not issubclass(kind, errors.LocalError)
    assert not issubclass(errors.Ignored, errors.OcppError)


def test_a_code_given_is_that_errors_alone() -> None:
    errors.GenericError("", None, "Other")
    assert errors.GenericError.code == "GenericError"
