"""Upstreams behind TLS: who they claim to be is checked, and no two share a connection."""

from __future__ import annotations

import datetime
import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

import servers
from gateway.stage import Authority, Gateway, Upstream, eventually, service, stage

NAMES = ["one.localhost", "two.localhost"]


class TlsUpstream:
    """Answers with the server name that the connection was opened for."""

    def __init__(self, directory: Path) -> None:
        self.names: list[str | None] = []
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(directory / "server.pem", directory / "server.key")
        context.sni_callback = lambda tls, name, _: setattr(tls, "asked_for", name)
        self._context = context
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, plain: socket.socket) -> None:
        with plain, suppress(OSError), self._context.wrap_socket(plain, server_side=True) as tls:
            name = str(getattr(tls, "asked_for", ""))
            self.names.append(name)
            while tls.recv(65536):
                answer = f"HTTP/1.1 200 OK\r\nContent-Length: {len(name)}\r\n\r\n{name}"
                tls.sendall(answer.encode())


def make_certificates(directory: Path) -> None:
    """Write an authority's certificate, and a server's that it has signed for ``NAMES``."""
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]
    names = [
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)]) for text in ("An authority", "A")
    ]
    alternatives = [*map(x509.DNSName, NAMES), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    for index, file in enumerate(("authority", "server")):
        certificate = (
            x509.CertificateBuilder()
            .subject_name(names[index])
            .issuer_name(names[0])
            .public_key(keys[index].public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC))
            .not_valid_after(datetime.datetime(2120, 1, 1, tzinfo=datetime.UTC))
            .add_extension(x509.BasicConstraints(ca=index == 0, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
            .sign(keys[0], hashes.SHA256())
        )
        pem = certificate.public_bytes(serialization.Encoding.PEM)
        (directory / f"{file}.pem").write_bytes(pem)
    (directory / "server.key").write_bytes(
        keys[1].private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )


Staged = tuple[Authority, TlsUpstream, Gateway]


@pytest.fixture(scope="module")
def secured() -> Iterator[Staged]:
    with servers.short_directory() as directory:
        make_certificates(directory)
        upstream = TlsUpstream(directory)
        # OpenSSL's own setting for where the system's authorities are.
        trusted = str(directory / "authority.pem")
        with stage(directory, SSL_CERT_FILE=trusted) as (authority, _, gateway):
            yield authority, upstream, gateway
        upstream.close()


def test_two_identities_at_one_address_never_share_a_connection(secured: Staged) -> None:
    authority, upstream, gateway = secured
    for service_id, name in enumerate(NAMES, start=1):
        authority.serve(service(str(service_id), f"https://{name}:{upstream.port}"))
    for service_id, name in enumerate(NAMES, start=1):
        eventually(
            lambda host=f"s{service_id}.localhost", name=name: (  # type: ignore[misc]
                gateway.call(host, "/?user_key=k").text == name
            ),
            f"{name} served",
        )
    for _ in range(10):
        for service_id, name in enumerate(NAMES, start=1):
            assert gateway.call(f"s{service_id}.localhost", "/?user_key=k").text == name


def test_nginx_reloads_for_a_new_identity_only(secured: Staged) -> None:
    authority, upstream, gateway = secured
    before = gateway.admin("/status")
    authority.serve(service("3", f"https://{NAMES[0]}:{upstream.port}/other"))
    eventually(lambda: gateway.call("s3.localhost", "/?user_key=k").status_code == 200, "same one")
    known = gateway.admin("/status")["workers"]

    authority.serve(service("4", f"https://localhost:{upstream.port}"))
    eventually(lambda: gateway.call("s4.localhost", "/").status_code == 403, "new one pushed")
    after = gateway.admin("/status")
    assert not set(after["workers"]) & set(known)
    assert after["incarnation"] == before["incarnation"]


def test_an_upstream_that_is_not_who_it_claims_to_be_gets_no_call(secured: Staged) -> None:
    authority, upstream, gateway = secured
    authority.serve(service("5", f"https://other.localhost:{upstream.port}"))
    eventually(lambda: gateway.call("s5.localhost", "/").status_code == 403, "product pushed")
    assert gateway.call("s5.localhost", "/?user_key=k").status_code == 502


def test_an_untrusted_certificate_is_refused() -> None:
    with servers.short_directory() as directory:
        make_certificates(directory)
        upstream = TlsUpstream(directory)
        with stage(directory) as (authority, _, gateway):
            authority.serve(service("1", f"https://{NAMES[0]}:{upstream.port}"))
            eventually(lambda: gateway.call("s1.localhost", "/").status_code == 403, "pushed")
            assert gateway.call("s1.localhost", "/?user_key=k").status_code == 502
        upstream.close()


def test_a_plain_upstream_beside_them_is_unharmed(secured: Staged) -> None:
    authority, _, gateway = secured
    plain = Upstream()
    authority.serve(service("6", f"http://{NAMES[0]}:{plain.port}"))
    eventually(lambda: gateway.call("s6.localhost", "/?user_key=k").text == "hello", "plain")
    plain.close()
