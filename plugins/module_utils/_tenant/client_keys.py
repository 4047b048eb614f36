# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The private key with which an OAuth client proves itself: in a file, in an option, or in a key store."""

from __future__ import annotations

import contextlib
import types
import typing as t

from .. import _text
from .._errors import OptionError, QlikError
from .._tokens import assertion, sign

if t.TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import rsa

    from .._tokens import compact

SOURCES = ("client_private_key_path", "client_private_key_content", "client_private_key_uri")
"""The options for the key, of which one at most may be set."""

PASSPHRASE = "client_private_key_passphrase"
KEY_ID = "client_key_id"
OPTIONS = (*SOURCES, PASSPHRASE, KEY_ID)

_OWN = {name.replace("client_", "", 1): name for name in (*SOURCES, PASSPHRASE)}
"""Those that are options of a key that signs tokens for users, by their names there."""


class ClientKey(t.NamedTuple):
    """The private key, and its key id in the client. ``warnings`` are about its text and how it is kept.

    ``names`` is what messages call the options, by their names where a key signs tokens for users.
    """

    private_key: rsa.RSAPrivateKey
    key_id: str
    warnings: t.Sequence[str] = ()
    names: t.Mapping[str, str] = types.MappingProxyType({})

    def sign(self, client_id: str, audience: str, now: int) -> compact.Token:
        """Sign a client assertion: see :func:`assertion.sign`."""
        with _naming(self.names):
            return assertion.sign(client_id, audience, self.private_key, self.key_id, now)


def load(given: t.Mapping[str, str], names: t.Mapping[str, str], options: t.Mapping[str, t.Any]) -> ClientKey:
    """Load the key. One in a store is looked up there.

    :param given: what is set of :data:`OPTIONS`, exactly one of :data:`SOURCES` among them.
    :param names: where each of these is set, for messages.
    :param options: those for key stores, of the documentation fragment ``key_store``, if the key is in one.
    :raises QlikError: if the key cannot be used.
    """
    key_id = given.get(KEY_ID)
    if key_id and (found := _text.invisible_end(key_id)):
        raise OptionError(f"{names[KEY_ID]} {found}")
    settings = {**_settings(given, options), "key_id": key_id}
    own_names = {its: names[name] for its, name in _OWN.items()}
    with _naming(own_names):
        sign.check_key(settings)
        key, warnings = sign.private_key(settings)
    warnings = [_renamed(sentence, own_names) for sentence in warnings]
    return ClientKey(key, sign.key_id(settings, key), warnings, own_names)


def missing(options: t.Mapping[str, t.Any]) -> str | None:
    """The path or URI of the key in the options if it does not exist yet, which is not an error in check mode.

    :param options: those of the documentation fragments ``tenant`` and ``key_store.stores``.
    :raises QlikError: if its path cannot be accessed, or its store cannot be asked.
    """
    sources = [name for name in SOURCES if options[name] is not None]
    if len(sources) != 1:
        return None
    settings = _settings(options, options)
    with _naming({its: f"O({name})" for its, name in _OWN.items()}):
        sign.check_key(settings)
        return options[sources[0]] if sign.is_key_missing(settings) else None


def _settings(given: t.Mapping[str, t.Any], options: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The options for the key, by the names that they have where a key signs tokens for users."""
    return {**options, **{its: given.get(name) for its, name in _OWN.items()}}


@contextlib.contextmanager
def _naming(names: t.Mapping[str, str]) -> t.Iterator[None]:
    try:
        yield
    except QlikError as error:
        error.message = _renamed(error.message, names)
        raise


def _renamed(sentence: str, names: t.Mapping[str, str]) -> str:
    for option, name in names.items():
        sentence = sentence.replace(f"O({option})", name)
    return sentence
