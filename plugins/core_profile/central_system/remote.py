"""What a remote start may carry (OCPP 1.6 sections 5.11 and 5.16.2, CORE-131)."""

from __future__ import annotations

from typing import Any

from ocpp_kernel.central import ConnectedStation
from ocpp_kernel.errors import PropertyConstraintViolation

from ..messages import RemoteStartTransaction, RemoteStartTransactionRequest


def remote_start_gate(station: ConnectedStation, action: str, request: Any) -> None:
    """A charging profile is for the transaction that is to begin, which has no id yet.

    Raises PropertyConstraintViolation for any other.
    """
    if action != RemoteStartTransaction.name:
        return
    wanted: RemoteStartTransactionRequest = request
    profile = wanted.get("chargingProfile")
    if profile is None:
        return
    where = f"{action}: chargingProfile"
    purpose = profile["chargingProfilePurpose"]
    if purpose != "TxProfile":
        raise PropertyConstraintViolation(f"{where}: its purpose must be TxProfile, not {purpose}")
    if "transactionId" in profile:
        raise PropertyConstraintViolation(f"{where}: a transactionId must not be given")
