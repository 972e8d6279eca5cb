"""Meter values: periodic, aligned with the clock, at the ends of a transaction, or triggered.

Portable. CORE-067 to CORE-087; sections 3.16 and 4.7.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ocpp_kernel.configuration import items
from ocpp_kernel.errors import OcppError

from ..messages import MeterValues, MeterValuesRequest
from . import wire
from .averages import Averages, has_averages
from .charging import Transaction
from .connector import Connector

if TYPE_CHECKING:
    from ocpp_kernel.station import Timer

    from .plugin import ChargePoint

DAY = 86400


class Meter:
    """Reads the meter when it is due."""

    def __init__(self, core: ChargePoint) -> None:
        self._core = core
        self._station = core.station
        self._aligned: Timer | None = None
        self._keeping: Timer | None = None
        self._averages = Averages()
        self._averaging: Timer | None = None
        #: Start of the clock-aligned interval that runs, in epoch seconds.
        self._interval_start = 0

    def is_supported(self, key: str) -> bool:
        """Whether the meter reads this measurand, which may name a phase (CORE-074)."""
        return key == wire.ENERGY or any(fits(key, able) for able in self._core.driver.measurands)

    def read(self, connector_id: int, keys: str) -> list[str]:
        """Measurand, value, measurand, value ... of a comma separated list (CORE-076)."""
        driver = self._core.driver
        values: list[str] = []
        for key in items(keys):
            if key == wire.ENERGY and key not in values:
                values.extend((key, str(driver.read_energy(connector_id))))
            for able in driver.measurands:
                if able not in values and able != wire.ENERGY and fits(key, able):
                    measurand, phase = wire.split_phase(able)
                    value = driver.read(connector_id, measurand, phase)
                    if value is not None:
                        values.extend((able, value))
        return values

    # A transaction's values.

    def begin(self, transaction: Transaction) -> list[str] | None:
        """The values at the start, where the StopTransaction is to have some (CORE-072)."""
        keys = self._stop_keys()
        if not keys:
            return None
        values = self.read(transaction.connector_id, keys)
        transaction.data.append([self._core.journal.clock(), "Transaction.Begin", values])
        return values

    def start(self, connector: Connector) -> None:
        """A transaction began: reads every MeterValueSampleInterval from now on."""
        self._schedule(connector)
        self._averages.clear(connector.connector_id)
        if self._keeping is None:
            self._keeping = self._station.after(self._core.options.progress_interval, self._keep)

    def end(self, transaction: Transaction) -> list[Any] | None:
        """The transaction data of a StopTransaction, None for none (CORE-071)."""
        if transaction.sampling is not None:
            transaction.sampling.cancel()
            transaction.sampling = None
        data, transaction.data = transaction.data, []
        keys = self._stop_keys()
        if keys:
            values = self.read(transaction.connector_id, keys)
            data.append([self._core.journal.clock(), "Transaction.End", values])
        return data or None

    def changed(self, key: str) -> None:
        """A configuration key has a new value; timers follow it."""
        if key == "MeterValueSampleInterval":
            for connector in self._core.connectors:
                self._schedule(connector)
        elif key in ("ClockAlignedDataInterval", "MeterValuesAlignedData", "StopTxnAlignedData"):
            self.align()

    def align(self) -> None:
        """Waits for the end of the clock-aligned interval that runs; also when the clock is set."""
        if self._aligned is not None:
            self._aligned.cancel()
            self._aligned = None
        seconds: int = self._station.configuration["ClockAlignedDataInterval"]
        now = self._station.utc()
        if seconds and now is not None:
            second = now % DAY
            start = second - second % seconds
            self._interval_start = now - second + start
            self._aligned = self._station.after(
                min(start + seconds, DAY) - second, self._at_boundary
            )
            if self._averaging is None:
                self._average()

    def trigger(self, connector_id: int | None) -> str:
        """MeterValues were asked for (RT-006); the TriggerMessageStatus."""
        connectors = self._core.connectors
        chosen = connectors
        if connector_id is not None:
            chosen = connectors[connector_id : connector_id + 1] if connector_id >= 0 else []
        configured = items(self._station.configuration["MeterValuesSampledData"])
        if not chosen or not configured or self._station.utc() is None:
            return "Rejected"  # nothing would be sent (RT-002)
        self._station.after_response(lambda: self._send_each(chosen))
        return "Accepted"

    def save(self) -> None:
        """Power may go: stores how far every transaction got."""
        for connector in self._core.connectors:
            if connector.transaction is not None:
                self._core.charging.read_energy(connector.transaction)
                self._core.journal.progress(connector.transaction.number)

    # Timers.

    def _schedule(self, connector: Connector) -> None:
        transaction = connector.transaction
        if transaction is None:
            return
        if transaction.sampling is not None:
            transaction.sampling.cancel()
            transaction.sampling = None
        seconds: int = self._station.configuration["MeterValueSampleInterval"]
        if seconds:
            passed = (self._station.now - transaction.started_at) % seconds
            transaction.sampling = self._station.after(
                seconds - passed, lambda: self._sample(connector)
            )

    def _sample(self, connector: Connector) -> None:
        transaction = connector.transaction
        if transaction is None:
            return
        self._core.charging.read_energy(transaction)
        self._schedule(connector)
        configuration = self._station.configuration
        self._tell(connector, "Sample.Periodic", configuration["MeterValuesSampledData"])
        self._collect(transaction, "Sample.Periodic", configuration["StopTxnSampledData"])

    def _at_boundary(self) -> None:
        """The end of an interval; its values bear the time of its start (CORE-070)."""
        start = self._interval_start
        configuration = self._station.configuration
        self._add_averages()
        for connector in self._core.connectors:
            transaction = connector.transaction
            if transaction is not None:
                self._core.charging.read_energy(transaction)
                self._collect(transaction, "Sample.Clock", configuration["StopTxnAlignedData"])
            self._tell(connector, "Sample.Clock", configuration["MeterValuesAlignedData"], start)
            self._averages.clear(connector.connector_id)
        self.align()

    def _aligned_keys(self) -> str:
        configuration = self._station.configuration
        return f"{configuration['MeterValuesAlignedData']},{configuration['StopTxnAlignedData']}"

    def _average(self) -> None:
        """Reads what is to be averaged, now and then within an interval."""
        self._averaging = None
        if self._aligned is not None and has_averages(self._aligned_keys()):
            self._add_averages()
            self._averaging = self._station.after(
                self._core.options.average_interval, self._average
            )

    def _add_averages(self) -> None:
        keys = self._aligned_keys()
        if has_averages(keys):
            for connector in self._core.connectors:
                number = connector.connector_id
                self._averages.add(number, self.read(number, keys))

    def _keep(self) -> None:
        """Stores how far transactions got where no sample did."""
        self._keeping = None
        journal = self._core.journal
        interval = self._core.options.progress_interval
        for connector in self._core.connectors:
            transaction = connector.transaction
            if transaction is None:
                continue
            if self._station.configuration["MeterValueSampleInterval"] not in range(1, interval):
                before = transaction.energy
                if self._core.charging.read_energy(transaction) != before:
                    journal.progress(transaction.number)
            if self._keeping is None:
                self._keeping = self._station.after(interval, self._keep)

    # Values on their way.

    def _tell(self, connector: Connector, context: str, keys: str, time: int | None = None) -> None:
        values = self.read(connector.connector_id, keys)
        if context == "Sample.Clock":
            self._averages.apply(connector.connector_id, values)
        if values:
            transaction = connector.transaction
            number = 0 if transaction is None else transaction.number
            if time is None:
                time = self._core.journal.clock()
            self._core.journal.values(connector.connector_id, number, context, time, values)

    def _collect(self, transaction: Transaction, context: str, keys: str) -> None:
        """Keeps values for the StopTransaction, thinned out evenly where too many (CORE-073)."""
        if not keys:
            return
        transaction.skipped += 1
        if transaction.skipped < transaction.stride:
            return
        transaction.skipped = 0
        data = transaction.data
        values = self.read(transaction.connector_id, keys)
        if context == "Sample.Clock":
            self._averages.apply(transaction.connector_id, values)
        data.append([self._core.journal.clock(), context, values])
        if len(data) >= self._core.options.stop_meter_values:
            transaction.stride *= 2
            for position in range(len(data) - 2, 0, -2):
                del data[position]

    def _send_each(self, connectors: list[Connector]) -> None:
        keys = self._station.configuration["MeterValuesSampledData"]
        journal = self._core.journal
        for connector in connectors:
            values = self.read(connector.connector_id, keys)
            if not values or self._station.utc() is None:
                continue
            number = connector.connector_id
            transaction = connector.transaction
            known = None if transaction is None else transaction.transaction_id
            waits = known is None or not journal.is_empty()
            if transaction is not None and waits and self._core.boot.is_ready():
                # Behind what came before: its StartTransaction, whose answer will tell the id
                # (CORE-057), and values that wait to be sent again.
                journal.values(number, transaction.number, "Trigger", journal.clock(), values)
                continue
            payload: MeterValuesRequest = {
                "connectorId": number,
                "meterValue": [
                    wire.meter_value(journal, journal.clock(), "Trigger", values, number == 0)
                ],
            }
            if known is not None:
                payload["transactionId"] = known
            self._station.call(MeterValues(payload), self._told)

    def _told(self, answer: Any, error: OcppError | None) -> None:
        if error is not None:
            self._station.log("warning", f"triggered meter values were not taken: {error}")

    def _stop_keys(self) -> str:
        configuration = self._station.configuration
        sampled: str = configuration["StopTxnSampledData"]
        aligned: str = configuration["StopTxnAlignedData"]
        return f"{sampled},{aligned}" if sampled and aligned else sampled or aligned


def fits(key: str, able: str) -> bool:
    """Whether a measurand asked for covers one the meter has: itself, or all its phases."""
    return able == key or wire.split_phase(able) == (key, able[len(key) + 1 :])
