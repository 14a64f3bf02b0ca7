"""An identity provider for tests: keys, tokens, and a server that says what it is told."""

from __future__ import annotations

import base64
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
REALM = "/realms/api"

# Making one takes a while; tests need different keys, and not new ones.
RSA_KEYS = [rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2)]


def jwk(key: PrivateKey, kid: str, **fields: Any) -> dict[str, Any]:
    """Return the public half as RFC 7517 has it."""
    kinds: Any = {
        rsa.RSAPrivateKey: RSAAlgorithm,
        ec.EllipticCurvePrivateKey: ECAlgorithm,
        ed25519.Ed25519PrivateKey: OKPAlgorithm,
    }
    kind = next(kind for of, kind in kinds.items() if isinstance(key, of))
    return {**json.loads(kind.to_jwk(key.public_key())), "kid": kid, "use": "sig", **fields}


def part(value: object) -> str:
    """Write one part of a token by hand."""
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


class Issuer:
    """``configuration`` and ``keys`` are what it says; ``asked`` the paths that were asked for."""

    def __init__(self, name: str = "idp.localhost", path: str = REALM) -> None:
        self.key: PrivateKey = RSA_KEYS[0]
        self.asked: list[str] = []
        self.raw: dict[str, tuple[int, dict[str, str], bytes]] = {}  # path -> an answer of its own
        self._name, self._path = name, path
        self._server: ThreadingHTTPServer | None = None
        self.port = 0
        self.start()
        self.keys: list[dict[str, Any]] = [jwk(self.key, "first")]
        self.configuration: dict[str, Any] = {
            "issuer": self.address,
            "jwks_uri": f"{self.address}/certs",
            "id_token_signing_alg_values_supported": ["RS256", "PS256", "ES256", "EdDSA"],
        }

    @property
    def address(self) -> str:
        return f"http://{self._name}:{self.port}{self._path}"

    def start(self) -> None:
        """Be there, on the same port as before."""
        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), self._handler())
        self._server.daemon_threads = True
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def claims(self, **claims: Any) -> dict[str, Any]:
        """Return the claims of a good token, and these; None leaves one out."""
        now = int(time.time())
        good = {
            "iss": self.configuration["issuer"], "sub": "somebody", "aud": "account",
            "azp": "app", "typ": "Bearer", "iat": now, "exp": now + 300,
        }  # fmt: skip
        return {name: v for name, v in {**good, **claims}.items() if v is not None}

    def token(
        self, *, key: Any = None, alg: str = "RS256", header: Any = None, **claims: Any
    ) -> str:
        header = {"kid": "first", **(header or {})}
        return jwt.encode(self.claims(**claims), key or self.key, alg, headers=header)

    def _said(self, path: str) -> tuple[int, dict[str, str], bytes]:
        self.asked.append(path)
        if path in self.raw:
            return self.raw[path]
        said: Any = {
            f"{self._path}/.well-known/openid-configuration": self.configuration,
            f"{self._path}/certs": {"keys": self.keys},
        }.get(path)
        if said is None:
            return 404, {}, b"no such page"
        return 200, {"Content-Type": "application/json"}, json.dumps(said).encode()

    def _handler(issuer) -> type[BaseHTTPRequestHandler]:  # noqa: N805
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, headers, body = issuer._said(self.path)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        return Handler
