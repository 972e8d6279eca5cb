"""TLS as the configuration wants it, for both ends of a connection."""

from __future__ import annotations

import re
import ssl
from pathlib import Path

from ocpp_kernel.config import Config, ConfigError


def server_context(config: Config) -> ssl.SSLContext | None:
    """What a central system with a certificate listens with; None without one.

    TLS below 1.2 is refused (SEC-016). Raises ConfigError where the files cannot be used.
    """
    host = config.central_system
    if not host.certificate:
        return None
    certificate = _readable(config, "central_system.certificate", host.certificate)
    key = _readable(config, "central_system.private_key", host.private_key)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(certificate, key, password=_no_password)
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"{config.file}: central_system.certificate and central_system.private_key: "
            f"{certificate} and {key} must be a certificate and its key without a password, "
            f"both PEM: {_reason(error)}"
        ) from None
    return context


def client_context(config: Config) -> ssl.SSLContext | None:
    """What a charge point trusts; None for what the system trusts.

    Raises ConfigError where the file cannot be used.
    """
    trust = config.charge_point.trust
    if not trust:
        return None
    file = _readable(config, "charge_point.trust", trust)
    try:
        return ssl.create_default_context(cafile=file)
    except OSError as error:
        raise ConfigError(
            f"{config.file}: charge_point.trust: {file} must hold certificates, as PEM: "
            f"{_reason(error)}"
        ) from None


def _readable(config: Config, key: str, name: str) -> Path:
    """The file a key names; raises ConfigError where it cannot be read."""
    path = config.beside(name)
    try:
        path.open("rb").close()
    except OSError as error:
        raise ConfigError(f"{config.file}: {key}: {path}: {error.strerror}") from None
    return path


def _no_password() -> str:
    """Answers OpenSSL, which would otherwise ask at the terminal."""
    raise ValueError("the key is protected by a password")


def _reason(error: Exception) -> str:
    """OpenSSL's reason without its library and the place in a source."""
    return re.sub(r"^\[[^]]*\] | \(_ssl\.c:\d+\)$", "", str(error))
