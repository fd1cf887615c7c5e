"""An issuer of tokens: who logs in gets what its claims say."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from runtime.clock import MovableClock

ISSUER, AUDIENCE = "https://login.example.com", "tenantry"
RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC = ec.generate_private_key(ec.SECP256R1())


class Login:
    """Shows public keys over HTTP, and counts how often it was asked."""

    def __init__(self) -> None:
        self.keys: dict[str, Any] = {"rsa-1": RSA, "ec-1": EC}
        self.asked = 0
        self.away = False
        self.clock = MovableClock()
        login = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                login.asked += 1
                self.send_response(503 if login.away else 200)
                self.end_headers()
                self.wfile.write(json.dumps({"keys": login.shown()}).encode())

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/jwks"

    def shown(self) -> list[dict[str, Any]]:
        return [
            json.loads(jwt.get_algorithm_by_name(_algorithm(key)).to_jwk(key.public_key()))
            | {"kid": name, "use": "sig", "alg": _algorithm(key)}
            for name, key in self.keys.items()
        ]

    def token(self, key: Any = RSA, kid: str | None = "rsa-1", algorithm: str = "", **claims: Any) -> str:
        now = datetime.now(UTC)  # the library knows no clock but the machine's
        told = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": "ann",
            "iat": now,
            "exp": now + timedelta(minutes=5),
            "roles": ["support"],
            **claims,
        }
        body = {name: value for name, value in told.items() if value is not None}
        headers = {"kid": kid} if kid else {}
        return jwt.encode(body, key, algorithm=algorithm or _algorithm(key), headers=headers)


def _algorithm(key: Any) -> str:
    return "ES256" if isinstance(key, ec.EllipticCurvePrivateKey) else "RS256"


@contextmanager
def serving_login() -> Iterator[Login]:
    login = Login()
    thread = threading.Thread(target=login.server.serve_forever, daemon=True)
    thread.start()
    yield login
    login.server.shutdown()
    login.server.server_close()
    thread.join()
