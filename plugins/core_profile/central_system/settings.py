"""What an operator may set for the central system's side of the Core profile."""

from __future__ import annotations

from typing import Annotated

from ..messages import AuthorizationStatus, RegistrationStatus

#: IdToken, CiString20 (section 7.28).
IdTag = Annotated[str, range(1, 21)]


class Settings:
    """``[central_system.core_profile]``."""

    #: Seconds between heartbeats an accepted station is told.
    heartbeat_interval: Annotated[int, range(2**31)] = 300
    #: Seconds a station that is not accepted is told to wait before it asks again.
    retry_interval: Annotated[int, range(2**31)] = 60
    #: What a BootNotification is answered, where no policy is set: Accepted, Pending, Rejected.
    registration: RegistrationStatus = "Accepted"
    #: Whether a station must have booted with this central system before anything else.
    require_boot: bool = True
    #: Status by idTag; tags not named are Invalid. Empty: every tag is Accepted.
    tags: dict[IdTag, AuthorizationStatus] = {}  # noqa: RUF012 - replaced, never changed
    #: Parent idTag by idTag.
    parents: dict[IdTag, IdTag] = {}  # noqa: RUF012 - replaced, never changed
    #: Whether an idTag may have several transactions at once.
    concurrent_transactions: bool = True
    #: The first transactionId; 0 takes the time in seconds, which restarts do not repeat.
    first_transaction_id: Annotated[int, range(2**31)] = 0
    #: Ended transactions remembered.
    keep_transactions: Annotated[int, range(2**31)] = 10_000
    #: Readings remembered of each transaction, the newest.
    keep_meter_values: Annotated[int, range(2**31)] = 500
