"""What an installation can set about connection and main loop. Portable."""

from __future__ import annotations


class Settings:
    """Values of the [charge_point] table."""

    url: str = ""
    """Address of the central system, ws://host[:port]/path or wss://..., without the identity."""
    identity: str = ""
    """Identity of this charge point; empty: the module's IMEI."""
    password: str = ""
    """HTTP Basic password, text or `hex:` and the bytes; empty: none.

    Once the configuration key AuthorizationKey has a value, that takes its place.
    """
    subprotocols: tuple[str, ...] = ("ocpp1.6",)
    """Offered in order of preference."""
    client_certificate: str = ""
    """PEM of this charge point's certificate, for security profile 3."""
    client_key: str = ""
    """PEM of its private key."""
    server_certificate_sha256: str = ""
    """SHA-256 of the server's certificate; empty: any server is accepted."""
    file_server_certificate_sha256: str = ""
    """SHA-256 of the certificate of the server files come from and go to; empty: any."""
    connect_timeout: int = 10
    """Seconds to wait for a connection and for each step of its handshakes, 1 to 24."""
    ping_interval: int = 60
    """Seconds between WebSocket pings where WebSocketPingInterval is not a key; 0: none."""
    pong_timeout: int = 20
    """Seconds a pong may take before the connection is given up."""
    retry_minimum: int = 5
    """Seconds before the first new attempt to connect; doubled for each further one."""
    retry_maximum: int = 300
    """Seconds between attempts at most."""
    stable_after: int = 60
    """Seconds a connection must last for the next one to be tried at the minimum again."""
    message_limit: int = 16384
    """Bytes of the longest message taken in; longer ones are skipped."""
    recovery_after: int = 300
    """Seconds without hearing of the server after which dialling anew is tried; twice as many
    later the radio is switched off and on, again twice as many later the module restarts, and so
    on. 0: nothing of that is done."""
    recovery_maximum: int = 3600
    """Seconds between two such measures at most."""
    recovery_restart: bool = True
    """Whether restarting the module is one of them."""
    recovery_while_charging: bool = False
    """Whether that may happen while a transaction runs, which then ends."""
    least_memory: int = 16384
    """Bytes of free heap below which a module that has run for an hour restarts once no
    transaction runs; 0: never."""
    watchdog: int = 120
    """Seconds without a turn of the main loop after which the module restarts, at least 60;
    0: never."""
    data_folder: str = "/usr/ocpp_data"
    """Where the charge point keeps its state."""
    target: str = "quecpython"
    """What the bundle was made for; images for another target are refused."""
    trial_time: int = 1800
    """Seconds the central system may take to accept a new app before it is taken back."""
    wlan_name: str = ""
    """WLAN that a board with stock MicroPython joins; empty: its network is up already."""
    wlan_password: str = ""
    """Password of that WLAN."""
    console: bool = True
    """Whether lines typed at the module's console become Command events."""
