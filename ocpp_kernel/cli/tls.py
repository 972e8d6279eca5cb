"""TLS as the configuration wants it, for both ends of a connection."""

from __future__ import annotations

import ssl

from ocpp_kernel.config import Config, ConfigError


def server_context(config: Config) -> ssl.SSLContext | None:
    """What a central system with a certificate listens with; None without one.

    TLS below 1.2 is refused (SEC-016). Raises ConfigError where the files cannot be used.
    """
    host = config.central_system
    if not host.certificate:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(config.beside(host.certificate), config.beside(host.private_key))
    except OSError as error:
        where = "central_system.certificate and central_system.private_key"
        raise ConfigError(f"{config.file}: {where}: {error.strerror or error}") from None
    return context


def client_context(config: Config) -> ssl.SSLContext | None:
    """What a charge point trusts; None for what the system trusts.

    Raises ConfigError where the file cannot be used.
    """
    trust = config.charge_point.trust
    if not trust:
        return None
    try:
        return ssl.create_default_context(cafile=config.beside(trust))
    except OSError as error:
        raise ConfigError(f"{config.file}: charge_point.trust: {error.strerror or error}") from None
