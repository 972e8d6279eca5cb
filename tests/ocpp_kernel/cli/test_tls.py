"""``wss://`` from the command line: a certificate here, trust in it there."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ocpp_kernel.cli.tls import client_context, server_context
from ocpp_kernel.config import Config, ConfigError

Start = Callable[..., Any]
Run = Callable[..., Any]


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """certificate.pem for 127.0.0.1, signed by nobody else, with key.pem beside it."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed, so no certificate can be made")
    command = f"{openssl} req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost"
    files = ["-keyout", "key.pem", "-out", "certificate.pem"]
    names = ["-addext", "subjectAltName=IP:127.0.0.1"]
    done = subprocess.run(
        [*command.split(), *files, *names], cwd=tmp_path, capture_output=True, check=False
    )
    if done.returncode != 0:
        pytest.skip(f"openssl could not make a certificate: {done.stderr.decode()[-200:]}")
    return tmp_path / "certificate.pem"


SERVER = """
[central_system]
port = 0
certificate = "certificate.pem"
private_key = "key.pem"
"""


def test_a_station_that_trusts_the_certificate_boots(start: Start, certificate: Path) -> None:
    folder = certificate.parent
    (folder / "central.toml").write_text(SERVER)
    (folder / "station.toml").write_text("[charge_point]\ntrust = 'certificate.pem'\n")
    server = start("serve", "--config", "central.toml")
    url = server.wait_for("listening on wss://127.0.0.1:").removeprefix("listening on ")
    start("station", "--url", url, "--config", "station.toml").wait_for("BootAccepted")


def test_a_station_that_does_not_trust_it_does_not_connect(start: Start, certificate: Path) -> None:
    (certificate.parent / "central.toml").write_text(SERVER)
    server = start("serve", "--config", "central.toml")
    url = server.wait_for("listening on wss://127.0.0.1:").removeprefix("listening on ")
    station = start("station", "--url", url)
    told = station.wait_for("cannot connect to")
    assert "self-signed certificate; charge_point.trust names the certificates to trust" in told


def test_a_scheme_that_is_not_the_servers_is_told(start: Start, certificate: Path) -> None:
    folder = certificate.parent
    (folder / "central.toml").write_text(SERVER)
    secured = start("serve", "--config", "central.toml")
    url = secured.wait_for("listening on wss://127.0.0.1:").removeprefix("listening on ")
    start("station", "--url", url.replace("wss:", "ws:")).wait_for(
        "it may want wss:// rather than ws://"
    )
    plain = start("serve", "--port", "0")
    url = plain.wait_for("listening on ws://127.0.0.1:").removeprefix("listening on ")
    start("station", "--url", url.replace("ws:", "wss:")).wait_for(
        "it may want ws:// rather than wss://"
    )


def test_sec_016_tls_below_1_2_is_refused(certificate: Path) -> None:
    config = Config(path=certificate.parent / "ocpp.toml")
    config.central_system.certificate = "certificate.pem"
    config.central_system.private_key = "key.pem"
    config.charge_point.trust = "certificate.pem"
    for context in (server_context(config), client_context(config)):
        assert context is not None
        assert context.minimum_version >= ssl.TLSVersion.TLSv1_2


def test_without_files_there_is_nothing_of_our_own() -> None:
    assert server_context(Config()) is None
    assert client_context(Config()) is None


def test_files_that_cannot_be_used(run: Run, tmp_path: Path) -> None:
    (tmp_path / "ocpp.toml").write_text(SERVER)
    result = run("serve", "--config", str(tmp_path / "ocpp.toml"))
    assert result.exit_code == 2
    assert result.stderr.splitlines()[-1] == (
        f"Error: {tmp_path / 'ocpp.toml'}: central_system.certificate: "
        f"{tmp_path / 'certificate.pem'}: No such file or directory"
    )


def test_a_file_that_holds_no_certificate(tmp_path: Path) -> None:
    (tmp_path / "empty.pem").touch()
    config = Config(path=tmp_path / "ocpp.toml")
    config.charge_point.trust = "empty.pem"
    with pytest.raises(ConfigError, match=r"charge_point\.trust: .*empty\.pem must hold cert"):
        client_context(config)
    config.charge_point.trust = "absent.pem"
    with pytest.raises(ConfigError, match=r"charge_point\.trust: .*absent\.pem: No such file"):
        client_context(config)


def test_a_server_s_files_that_are_no_pem(tmp_path: Path) -> None:
    for name in ("certificate.pem", "key.pem"):
        (tmp_path / name).write_text("nonsense")
    config = Config(path=tmp_path / "ocpp.toml")
    config.central_system.certificate = "certificate.pem"
    config.central_system.private_key = "key.pem"
    with pytest.raises(
        ConfigError, match=r"must be a certificate and its key .* both PEM: "
    ) as caught:
        server_context(config)
    assert "_ssl.c" not in str(caught.value)


def test_a_key_with_a_password_is_refused_rather_than_asked_for(certificate: Path) -> None:
    folder = certificate.parent
    command = "openssl rsa -aes128 -passout pass:secret -in key.pem -out locked.pem"
    subprocess.run(command.split(), cwd=folder, capture_output=True, check=True)
    config = Config(path=folder / "ocpp.toml")
    config.central_system.certificate = "certificate.pem"
    config.central_system.private_key = "locked.pem"
    with pytest.raises(ConfigError, match="the key is protected by a password"):
        server_context(config)
