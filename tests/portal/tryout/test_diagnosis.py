"""How an API looks from the portal, in words."""

from __future__ import annotations

import asyncio
import datetime
import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tollway.net import Guard
from tollway.portal.tryout.diagnosis import Seen, diagnose

LOCAL = Guard(localhost=True)


def look(url: str, guard: Guard = LOCAL) -> Seen:
    return asyncio.run(diagnose(url, guard))


def test_one_that_listens_and_one_that_does_not() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert "does accept connections" in look(f"http://api.localhost:{port}").text
    assert look(f"http://api.localhost:{port}").text == (
        f"api.localhost refused the connection on port {port}."
    )


def test_a_name_that_nobody_knows_and_an_address_that_is_not_allowed() -> None:
    assert "no-such-host.invalid" in look("https://no-such-host.invalid:443").text
    assert "private addresses are not allowed" in look("http://10.0.0.1:80").text
    assert "not allowed" in look("http://api.localhost:80", Guard()).text


@pytest.fixture
def unknown_authority(tmp_path: Path) -> Iterator[int]:
    """Serve TLS with a certificate that nobody has signed but itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "api.localhost")])
    now = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(days=36500))
        .add_extension(
            x509.SubjectAlternativeName(
                [x509.DNSName("api.localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
            ),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file = tmp_path / "server.pem"
    file.write_bytes(pem + certificate.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection, pytest.raises(OSError):  # noqa: PT011  (the client breaks off)
                context.wrap_socket(connection, server_side=True)

        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1]
        thread.join()


def test_a_certificate_that_is_not_trusted(unknown_authority: int) -> None:
    seen = look(f"https://api.localhost:{unknown_authority}")
    assert seen.about_tls
    assert "The certificate of api.localhost is not accepted" in seen.text


def test_one_that_speaks_no_tls() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        thread = threading.Thread(target=serve)
        thread.start()
        seen = look(f"https://api.localhost:{server.getsockname()[1]}")
        thread.join()
    assert seen.about_tls
    assert "does not speak TLS" in seen.text
