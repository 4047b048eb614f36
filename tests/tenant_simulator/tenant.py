# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a tenant remembers, and the region that it is in."""

from __future__ import annotations

import dataclasses
import datetime
import json
import secrets
import time
import typing as t

import pem
from faults import Fault
from limits import Counters
from switches import Switches

ADMINISTRATOR = "TenantAdmin"


def new_id() -> str:
    """An id like those of Qlik's users and providers: 24 hexadecimal digits."""
    return secrets.token_hex(12)


@dataclasses.dataclass
class User:
    """A user of a tenant."""

    subject: str
    name: str
    email: str
    roles: tuple[str, ...] = ()
    groups: list[str] = dataclasses.field(default_factory=list)
    id: str = dataclasses.field(default_factory=new_id)
    created: str = ""


@dataclasses.dataclass
class Provider:
    """An identity provider.

    :param document: what is sent and read.
    :param number: it grows from provider to provider, and orders the list.
    :param key: of a JWT provider.
    :param born: when it was created, in seconds of the monotonic clock.
    """

    document: dict[str, t.Any]
    number: int
    key: pem.Key | None = None
    born: float = 0

    @property
    def id(self) -> str:
        """Its id."""
        return self.document["id"]

    @property
    def is_jwt(self) -> bool:
        """Whether it is a JWT provider."""
        return self.document["protocol"] == "jwtAuth"

    @property
    def issuer(self) -> str:
        """The issuer of a JWT provider."""
        return self.document["options"]["issuer"]

    @property
    def key_id(self) -> str:
        """The key id of a JWT provider."""
        return self.document["options"]["staticKeys"][0]["kid"]


@dataclasses.dataclass
class Session:
    """What a login gives: the values of its cookies belong to it."""

    user: User
    provider: Provider
    signature: str
    csrf_token: str
    csrf_signature: str


@dataclasses.dataclass
class OAuthClient:
    """An OAuth client of a tenant.

    :param document: what is sent and read, without the secret.
    :param number: it grows from client to client, and orders the list.
    :param secret: if it has one.
    :param born: when it was created, in seconds of the monotonic clock.
    """

    document: dict[str, t.Any]
    number: int
    secret: str | None = None
    born: float = 0
    _keys_born: dict[str, float] = dataclasses.field(default_factory=dict)

    @property
    def id(self) -> str:
        """Its id."""
        return self.document["clientId"]

    def set(self, document: dict[str, t.Any], now: float) -> None:
        """Have this document; a key that it did not have is born now, in seconds of the monotonic clock."""
        self.document = document
        names = [json.dumps(key, sort_keys=True) for key in document.get("publicKeys", [])]
        self._keys_born = {name: self._keys_born.get(name, now) for name in names}

    def public_key(self, key_id: str) -> tuple[dict[str, t.Any], float] | None:
        """The key of this id, and when it was born."""
        for key in self.document.get("publicKeys", []):
            if key["kid"] == key_id:
                return key, self._keys_born[json.dumps(key, sort_keys=True)]
        return None


@dataclasses.dataclass(frozen=True)
class AccessToken:
    """What an access token of a client gives.

    :param expires: in seconds since 1970, on the clock of the tenant.
    """

    user: User
    scopes: tuple[str, ...]
    expires: float


class Tenant:
    """The state of a tenant.

    :param address: of its server, which is how requests name it.
    :param first_switches: those that it has from the beginning, and again after :meth:`reset`.
    """

    def __init__(self, address: str, first_switches: dict[str, str]) -> None:
        self.address = address
        self.id = secrets.token_urlsafe(24)
        self._first_switches = first_switches
        self.reset()

    def reset(self) -> None:
        """Forget everything, as if the tenant were new; it keeps its id."""
        self.switches = Switches()
        for name, value in self._first_switches.items():
            self.switches.set(name, value)
        self.administrator = User("auth0|administrator", "Ada Administrator", "ada@example.com", (ADMINISTRATOR,))
        self.ordinary_user = User("auth0|ordinary", "Otto Ordinary", "otto@example.com")
        self.client_user = User("oauth-client", "OAuth client", "client@example.com", (ADMINISTRATOR,))
        self.users = [self.administrator, self.ordinary_user, self.client_user]
        for user in self.users:
            user.created = self.timestamp()
        self.groups: dict[str, str] = {}
        self.group_settings = {"autoCreateGroups": self.switches.auto_create_groups, "syncIdpGroups": False}
        self._numbers = 0
        self.providers: list[Provider] = []
        self.clients: list[OAuthClient] = []
        self.access_tokens: dict[str, AccessToken] = {}
        """Those of its own clients."""
        self.assertions: list[str] = []
        """Those that clients have sent."""
        self.spent_assertion_ids: set[str] = set()
        self.sessions: dict[str, Session] = {}
        self.spent_token_ids: set[str] = set()
        self.counters = Counters()
        self.faults: list[Fault] = []
        self.requests: list[dict[str, t.Any]] = []
        for document in _interactive_providers():
            self.add_provider(document, None)

    def now(self) -> float:
        """The tenant's clock, in seconds since 1970."""
        return time.time() + self.switches.clock_offset_s

    def timestamp(self) -> str:
        """The tenant's clock, as Qlik writes it."""
        now = datetime.datetime.fromtimestamp(self.now(), datetime.timezone.utc)
        return now.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def add_provider(self, document: dict[str, t.Any], key: pem.Key | None) -> Provider:
        """Add an identity provider, and give it what the tenant adds to a document."""
        now = self.timestamp()
        self._numbers += 1
        added = {"id": new_id(), "tenantIds": [self.id], "created": now, "lastUpdated": now}
        provider = Provider({**document, **added}, self._numbers, key, time.monotonic())
        self.providers.append(provider)
        return provider

    def add_client(self, document: dict[str, t.Any], secret: str | None, born: float) -> OAuthClient:
        """Add an OAuth client, and give it what the tenant adds to a document."""
        now = self.timestamp()
        self._numbers += 1
        added = {"clientId": secrets.token_hex(16), "createdByType": "user", "createdAt": now, "updatedAt": now}
        if secret is not None:
            added["clientSecrets"] = [{"hint": secret[:5], "createdAt": now}]
        client = OAuthClient({}, self._numbers, secret, born)
        client.set({**document, **added}, born)
        self.clients.append(client)
        return client

    def client_by_id(self, id_: t.Any) -> OAuthClient | None:
        """The OAuth client of this id, if there is one."""
        return next((client for client in self.clients if client.id == id_), None)

    def bot(self, client: OAuthClient) -> User:
        """The user as whom a client acts, who is there from its first access token on."""
        subject = f"qlikbot-{client.id}"
        user = self.user_by("subject", subject)
        if user is None:
            address = f"{client.id}@bots.example.com"
            user = User(subject, client.document["clientName"], address, (ADMINISTRATOR,), created=self.timestamp())
            self.users.append(user)
        return user

    def user_by(self, attribute: str, value: str) -> User | None:
        """The user who has this value, if there is one."""
        return next((user for user in self.users if getattr(user, attribute) == value), None)


def _interactive_providers() -> list[dict[str, t.Any]]:
    # What the users of a real tenant log in with: other clients must leave them alone.
    common = {"interactive": True, "active": True, "createNewUsersOnLogin": True, "clockToleranceSec": 5}
    oidc = {"clientId": "1234", "discoveryUrl": "https://login.example.com/.well-known/openid-configuration"}
    saml = {"entityId": "https://saml.example.com", "signOnUrl": "https://saml.example.com/sign-on"}
    return [
        {**common, "protocol": "OIDC", "provider": "generic", "description": "Company login", "options": oidc},
        {**common, "protocol": "SAML", "provider": "azureAD", "description": "Partners", "options": saml},
    ]


class Region:
    """The tenants, and the credentials that reach all of them.

    :param addresses: one for each tenant.
    """

    scope: str | None = None
    """Of its access tokens, if the answer has it."""

    def __init__(self, addresses: t.Sequence[str], first_switches: dict[str, str]) -> None:
        self.tenants = {address: Tenant(address, first_switches) for address in addresses}
        self.api_key = secrets.token_urlsafe(48)
        self.user_api_key = secrets.token_urlsafe(48)
        self.client_id = secrets.token_hex(16)
        self.client_secret = secrets.token_hex(32)
        self.access_tokens: dict[str, float] = {}
        """When they expire, in seconds since 1970 on the clock of the tenant that issued them."""

    def tenant(self, host: str) -> Tenant | None:
        """The tenant that a Host header names; ``localhost`` is another name of the first."""
        name = host.rsplit(":", 1)[0]
        return next(iter(self.tenants.values())) if name == "localhost" else self.tenants.get(name)
