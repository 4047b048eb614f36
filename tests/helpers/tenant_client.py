# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A client of a tenant that is none of the collection's: it signs tokens and sends requests for the tests."""

from __future__ import annotations

import datetime
import functools
import time
import typing as t
import uuid

import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc import jwk, jwt

PROVIDERS = "/api/v1/identity-providers"
CLIENTS = "/api/v1/oauth-clients"
TOKEN = "/oauth/token"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
IMPERSONATION = "urn:qlik:oauth:user-impersonation"
LOGIN = "/login/jwt-session"
ISSUER = "acme.eu.qlikcloud.com"
KEY_ID = "key-1"


class Pair(t.NamedTuple):
    """An RSA key, and what a tenant can be given of it: PEM without line breaks."""

    private_key: rsa.RSAPrivateKey
    certificate: str
    expired_certificate: str
    public_key: str

    @classmethod
    def generate(cls) -> Pair:
        """A new one."""
        return cls.of(rsa.generate_private_key(65537, 2048))

    @classmethod
    def of(cls, key: rsa.RSAPrivateKey) -> Pair:
        """This key, with certificates of its own."""
        public = key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return cls(key, certificate(key, 1), certificate(key, -1), one_line(public.decode()))

    @property
    def private_pem(self) -> bytes:
        """The private key, which no tenant must be given."""
        return self.private_key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )


def one_line(pem: str) -> str:
    """A PEM without its line breaks."""
    return pem.replace("\n", "")


def certificate(key: rsa.RSAPrivateKey, days: int) -> str:
    """A self-signed certificate that ends in so many days, without line breaks."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "qs-jwt")])
    now = datetime.datetime.now(datetime.timezone.utc)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - datetime.timedelta(days=9))
    issued = builder.not_valid_after(now + datetime.timedelta(days=days)).sign(key, hashes.SHA256())
    return one_line(issued.public_bytes(serialization.Encoding.PEM).decode())


def provider_body(
    pair: Pair,
    options: dict[str, t.Any] | None = None,
    /,
    static_key: dict[str, t.Any] | None = None,
    **changes: t.Any,
) -> dict[str, t.Any]:
    """What Qlik's examples create a JWT provider with; a change to ``...`` leaves a property out.

    :param options: changes to the options.
    :param static_key: changes to the key.
    """
    key = _changed({"kid": KEY_ID, "pem": pair.certificate}, static_key or {})
    body = {
        "provider": "external",
        "protocol": "jwtAuth",
        "interactive": False,
        "active": True,
        "description": "Tokens",
        "clockToleranceSec": 5,
        "options": _changed({"jwtLoginEnabled": True, "issuer": ISSUER, "staticKeys": [key]}, options or {}),
    }
    return _changed(body, changes)


def _changed(document: dict[str, t.Any], changes: dict[str, t.Any]) -> dict[str, t.Any]:
    return {name: value for name, value in {**document, **changes}.items() if value is not ...}


def claims(**changes: t.Any) -> dict[str, t.Any]:
    """The claims of a token for one login, with changes; a change to ``...`` leaves a claim out."""
    now = int(time.time())
    anna = {
        "iss": ISSUER,
        "aud": "qlik.api/login/jwt-session",
        "sub": "anna",
        "subType": "user",
        "name": "Anna Anderson",
        "email": "anna@grusgrus.com",
        "email_verified": True,
        "jti": str(uuid.uuid4()),
        "iat": now,
        "nbf": now,
        "exp": now + 60,
        "groups": ["group1", "group 2"],
    }
    return _changed(anna, changes)


def token(pair: Pair, header: dict[str, t.Any] | None = None, **changes: t.Any) -> str:
    """A signed token: see :func:`claims`; changes to its header work alike."""
    header = _changed({"alg": "RS256", "typ": "JWT", "kid": KEY_ID}, header or {})
    key = _signing_key(pair.private_pem)
    # Else joserfc would insist on typ, and refuse the other algorithms.
    return jwt.encode(header, claims(**changes), key, algorithms=[header["alg"]], default_type=None)


@functools.lru_cache(maxsize=16)
def _signing_key(pem: bytes) -> jwk.RSAKey:
    # Reading a key checks it, which takes longer than to sign with it.
    return jwk.RSAKey.import_key(pem)


def public_jwk(pair: Pair, key_id: str = KEY_ID, **changes: t.Any) -> dict[str, t.Any]:
    """The public key as an OAuth client is given it (RFC 7517), with changes."""
    public = _signing_key(pair.private_pem).as_dict(private=False)
    return _changed({**public, "kid": key_id, "alg": "RS256", "use": "sig"}, changes)


def client_body(pair: Pair, **changes: t.Any) -> dict[str, t.Any]:
    """What a client with a key and no secret is created with; a change to ``...`` leaves a property out."""
    body = {
        "clientName": "Machine",
        "appType": "web",
        "allowedScopes": ["admin_classic", "user_default"],
        "allowedGrantTypes": ["client_credentials", IMPERSONATION],
        "allowedAuthMethods": ["private_key_jwt"],
        "publicKeys": [public_jwk(pair)],
    }
    return _changed(body, changes)


def assertion_claims(client_id: str, url: str, **changes: t.Any) -> dict[str, t.Any]:
    """The claims of a client assertion for the tenant of this URL, with changes as in :func:`claims`."""
    now = int(time.time())
    of_client = {
        "iss": client_id,
        "sub": client_id,
        "aud": url + TOKEN,
        "jti": str(uuid.uuid4()),
        "iat": now,
        "exp": now + 300,
    }
    return _changed(of_client, changes)


def assertion(pair: Pair, client_id: str, url: str, header: dict[str, t.Any] | None = None, **changes: t.Any) -> str:
    """A client assertion (RFC 7523) for the tenant of this URL; changes work as in :func:`token`."""
    header = _changed({"alg": "RS256", "typ": "JWT", "kid": KEY_ID}, header or {})
    key = _signing_key(pair.private_pem)
    of_client = assertion_claims(client_id, url, **changes)
    return jwt.encode(header, of_client, key, algorithms=[header["alg"]], default_type=None)


def refusal(answer: requests.Response) -> tuple[int, str]:
    """The status of a refusal, and the rule that it names; its body has Qlik's form."""
    body = answer.json()
    assert set(body) == {"errors", "traceId"} and body["traceId"]
    (error,) = body["errors"]
    assert error["status"] == str(answer.status_code) and error["title"]
    assert error.get("meta") == {"simulated": True} or not error["code"].startswith("SIMULATED-")
    return answer.status_code, error["code"].removeprefix("SIMULATED-")


class Client:
    """Requests to a tenant."""

    def __init__(self, url: str, ca_path: str, api_key: str) -> None:
        self.url = url
        self.api_key = api_key
        self._ca_path = ca_path
        self._pool = self.new_session()

    def new_session(self) -> requests.Session:
        """A session of requests, with cookies of its own."""
        session = requests.Session()
        session.verify = self._ca_path
        session.trust_env = False
        return session

    def request(
        self,
        method: str,
        path: str,
        *,
        bearer: str | None = None,
        session: requests.Session | None = None,
        **keywords: t.Any,
    ) -> requests.Response:
        """Send a request as the administrator, or with this credential, or with the cookies of this session alone."""
        headers = dict(keywords.pop("headers", {}))
        if session is None:
            headers["Authorization"] = f"Bearer {bearer or self.api_key}"
        keywords = {"timeout": 10, "allow_redirects": False, **keywords}
        return (session or self._pool).request(method, self.url + path, headers=headers, **keywords)

    def login(self, bearer: str) -> requests.Response:
        """Trade a token for a session, and forget its cookies."""
        with self.new_session() as session:
            return self.request("POST", LOGIN, session=session, headers={"Authorization": f"Bearer {bearer}"})

    def session(self, bearer: str) -> requests.Session:
        """Trade a token for a session, which has its cookies."""
        session = self.new_session()
        answer = self.request("POST", LOGIN, session=session, headers={"Authorization": f"Bearer {bearer}"})
        assert answer.status_code == 200, answer.text
        return session

    def create(self, body: dict[str, t.Any]) -> requests.Response:
        """Create an identity provider."""
        return self.request("POST", PROVIDERS, json=body)

    def access_token(self, body: dict[str, t.Any], *, form: bool = False, **keywords: t.Any) -> requests.Response:
        """Ask for an access token with this body, as JSON or as a form, and nothing else that proves a client."""
        keywords["data" if form else "json"] = body
        with self.new_session() as session:
            return self.request("POST", TOKEN, session=session, **keywords)

    def access_token_by_key(
        self, pair: Pair, client_id: str, /, *, form: bool = True, signed: str | None = None, **fields: t.Any
    ) -> requests.Response:
        """Ask for an access token with an assertion: a good one, or the one that is given; fields add to the body."""
        body = {
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": signed or assertion(pair, client_id, self.url),
            "grant_type": "client_credentials",
            "client_id": client_id,
        }
        return self.access_token(_changed(body, fields), form=form)
