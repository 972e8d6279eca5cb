"""The charge point's side of the Firmware Management profile (OCPP 1.6 sections 5.9 and 5.19)."""

from .plugin import ChargePoint, Settings

__all__ = ["ChargePoint", "Settings"]
