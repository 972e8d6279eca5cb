"""Meter readings and the message that carries them (OCPP 1.6 sections 3.16, 4.7, 6.31, 7.33)."""

# No postponed annotations in message modules: NotRequired must be seen when a class is made.
from typing import Annotated, Literal, NotRequired, TypedDict

from ocpp_kernel.contracts import CHARGE_POINT, Action, DateTime, MinItems

#: Where in the charge point a value was measured; Outlet where absent (7.30).
Location = Literal["Body", "Cable", "EV", "Inlet", "Outlet"]

#: What was measured; Energy.Active.Import.Register where absent (7.31).
Measurand = Literal[
    "Current.Export",
    "Current.Import",
    "Current.Offered",
    "Energy.Active.Export.Register",
    "Energy.Active.Import.Register",
    "Energy.Reactive.Export.Register",
    "Energy.Reactive.Import.Register",
    "Energy.Active.Export.Interval",
    "Energy.Active.Import.Interval",
    "Energy.Reactive.Export.Interval",
    "Energy.Reactive.Import.Interval",
    "Frequency",
    "Power.Active.Export",
    "Power.Active.Import",
    "Power.Factor",
    "Power.Offered",
    "Power.Reactive.Export",
    "Power.Reactive.Import",
    "RPM",
    "SoC",
    "Temperature",
    "Voltage",
]

#: Which conductors a value refers to; all of them together where absent (7.34).
Phase = Literal["L1", "L2", "L3", "N", "L1-N", "L2-N", "L3-N", "L1-L2", "L2-L3", "L3-L1"]

#: What occasioned a reading; Sample.Periodic where absent (7.35).
ReadingContext = Literal[
    "Interruption.Begin",
    "Interruption.End",
    "Other",
    "Sample.Clock",
    "Sample.Periodic",
    "Transaction.Begin",
    "Transaction.End",
    "Trigger",
]

#: Unit of a value; Wh where absent and energy was measured (7.43, DIS-03). Frequency, RPM and
#: Power.Factor have none (DIS-02). Send "Celsius"; "Celcius" is a slip of the official schemas,
#: accepted in every message because stations that follow them send it (DIS-01).
UnitOfMeasure = Literal[
    "Wh",
    "kWh",
    "varh",
    "kvarh",
    "W",
    "kW",
    "VA",
    "kVA",
    "var",
    "kvar",
    "A",
    "V",
    "Celsius",
    "Celcius",
    "Fahrenheit",
    "K",
    "Percent",
]

#: Whether a value is a decimal number or a signed block in hexadecimal; Raw where absent (7.49).
ValueFormat = Literal["Raw", "SignedData"]


class SampledValue(TypedDict):
    """One measured value, a number written as text, or a signed block (7.43)."""

    value: str
    context: NotRequired[ReadingContext]
    format: NotRequired[ValueFormat]
    measurand: NotRequired[Measurand]
    phase: NotRequired[Phase]
    location: NotRequired[Location]
    unit: NotRequired[UnitOfMeasure]


class MeterValue(TypedDict):
    """Values measured at one moment, at least one (7.33; DIS-04)."""

    timestamp: DateTime
    sampledValue: Annotated[list[SampledValue], MinItems(1)]


class MeterValuesRequest(TypedDict):
    """Readings of a connector, or of the main meter where connectorId is 0 (4.7, 6.31).

    ``transactionId`` is there where the readings belong to a transaction; ``meterValue`` holds at
    least one entry (DIS-04).
    """

    connectorId: int
    transactionId: NotRequired[int]
    meterValue: Annotated[list[MeterValue], MinItems(1)]


class MeterValuesResponse(TypedDict):
    """The readings have arrived; no fields (6.32)."""


MeterValues = Action("MeterValues", MeterValuesRequest, MeterValuesResponse, sent_by=CHARGE_POINT)
