# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keys on a token with a PKCS#11 module, such as an HSM.

Their URIs: RFC 7512. What the attributes of a key mean: PKCS#11 2.40, sections 4.9 and 4.10,
https://docs.oasis-open.org/pkcs11/pkcs11-base/v2.40/os/pkcs11-base-v2.40-os.html.
"""

from __future__ import annotations

import functools
import hashlib
import re
import secrets
import shlex
import typing as t
import urllib.parse

from ... import _text
from ..._errors import (
    MAYBE_UNSET,
    FileError,
    KeyMismatchError,
    KeyStoreError,
    OptionError,
    PrivateKeyError,
    replace_options,
)
from ..._files import read, vault
from ..._files.options import check_path
from .. import private_keys
from . import token_session, uri
from .signer import Signer, Stored, StoredKey
from .uri import OPTION, KeyUri

try:
    import pkcs11
    from cryptography.hazmat.primitives.asymmetric import rsa
except ImportError:
    pass  # For cryptography, modules report it: see _module.run. For python-pkcs11, token_session.check_library does.

VARIABLE = "PKCS11_MODULE_PATH"
"""The environment variable for the module, as in libp11 for OpenSSL."""

_NEW_ID = 8  # bytes
_PIN_SOURCE = re.compile("(?:file:(?://(?:localhost)?)?)?(/(?!/).*)")
_BAD_ENCODING = re.compile("%(?![0-9A-Fa-f]{2})")

# DigestInfo for each hash function, without the digest: RFC 8017, section 9.2, note 1.
_DIGEST_INFO = {
    "sha256": bytes.fromhex("3031300d060960864801650304020105000420"),
    "sha384": bytes.fromhex("3041300d060960864801650304020205000430"),
    "sha512": bytes.fromhex("3051300d060960864801650304020305000440"),
}


class Key(StoredKey):
    """A key on a token, and how to reach it."""

    def __init__(self, parsed: KeyUri, options: t.Mapping[str, t.Any], environment: t.Mapping[str, str]) -> None:
        """Determine the key, the module and the PIN, without loading the module.

        :param options: ``pkcs11_module_path`` and ``pkcs11_pin``.
        :raises QlikError: if the URI, an option or the file with the PIN cannot be used, or a library is missing.
        """
        self._address = _address(parsed)
        self.source = str(self._address)
        module_path, its_name = _module_path(parsed, options, environment)
        pin, its_source = _pin(parsed, options)
        self._where = token_session.Where(
            module_path, its_name, self._address.token, self._address.serial, pin, its_source
        )
        token_session.check_library()

    @property
    def how_to_delete(self) -> str:
        """Commands that delete the key in its store."""
        address, its_id = self._address, self._address.id
        which = ["--id", its_id.hex()] if its_id else ["--label", address.object]
        slot = ["--slot", "SLOT"] if address.serial else ["--token-label", address.token]
        words = ["pkcs11-tool", "--module", self._where.module_path, *slot, "--login", "--delete-object", *which]
        where = ", where SLOT is the slot of the token in 'pkcs11-tool --list-slots'" if address.serial else ""
        return f"{shlex.join(words)} --type privkey, and again with --type pubkey{where}"

    def find(self) -> Stored | None:
        """The key; None if there is no such key.

        :raises QlikError: if it cannot be read, or cannot sign.
        """
        session = token_session.session(self._where)
        with token_session.turn(self._where):
            keys = self._search(session, "PRIVATE_KEY")
            if not keys:
                if self._search(session, "SECRET_KEY"):
                    raise _other_kind(self.source, "a secret key")
                return None
            if len(keys) > 1:
                ids = " or ".join(sorted(f";id={_encoded_id(_value(key, 'ID') or b'')}" for key in keys))
                raise PrivateKeyError(f"{self.source} is {len(keys)} keys: add {ids} to its URI in O({OPTION}).")
            return self._stored(session, keys[0])

    def create(self, size: int) -> Stored:
        """Create the key, and its public key, which no task needs, but other programs do.

        :param size: in bits.
        :raises QlikError: if that fails.
        """
        if self._address.object is None:
            raise OptionError(f"O({OPTION}) has no label for the new key: add ;object= to it.")
        with token_session.alone(self._where) as writable:
            # Another task may have created it meanwhile.
            if not self._search(writable, "PRIVATE_KEY"):
                writable.generate_keypair(
                    pkcs11.KeyType.RSA,
                    size,
                    id=self._address.id or secrets.token_bytes(_NEW_ID),
                    label=self._address.object,
                    store=True,
                    capabilities=pkcs11.MechanismFlag.SIGN | pkcs11.MechanismFlag.VERIFY,
                    private_template={pkcs11.Attribute.EXTRACTABLE: False, pkcs11.Attribute.SENSITIVE: True},
                )
        created = self.find()
        if not created:
            raise KeyStoreError(f"The token did not keep {self.source}, which it created.", "Run again.")
        return created

    def _search(self, session: pkcs11.Session, kind: str) -> list[pkcs11.Object]:
        """The objects of this class, label and ID."""
        template = {pkcs11.Attribute.CLASS: pkcs11.ObjectClass[kind]}
        if self._address.object is not None:
            template[pkcs11.Attribute.LABEL] = self._address.object
        if self._address.id is not None:
            template[pkcs11.Attribute.ID] = self._address.id
        # An RSA key without a modulus is what a process has left that was killed while it created the key.
        return [key for key in session.get_objects(template) if not _is_incomplete(key)]

    def _stored(self, session: pkcs11.Session, key: pkcs11.Object) -> Stored:
        if (kind := _value(key, "KEY_TYPE")) != pkcs11.KeyType.RSA:
            raise _other_kind(self.source, f"a key of type {getattr(kind, 'name', kind)}")
        its_id = _value(key, "ID") or b""
        source = str(self._address._replace(id=its_id or None))
        modulus, exponent = _value(key, "MODULUS"), _value(key, "PUBLIC_EXPONENT")
        if not exponent and its_id:
            template = {pkcs11.Attribute.CLASS: pkcs11.ObjectClass.PUBLIC_KEY, pkcs11.Attribute.ID: its_id}
            exponent = next((_value(public, "PUBLIC_EXPONENT") for public in session.get_objects(template)), None)
        try:
            numbers = rsa.RSAPublicNumbers(int.from_bytes(exponent or b"", "big"), int.from_bytes(modulus, "big"))
            public_key = numbers.public_key()
        except ValueError as error:
            raise PrivateKeyError(
                f"{source} has no public key that can be used: check the key with the token's own tools."
            ) from error
        private_keys.check_size(public_key, source)
        if not _value(key, "SIGN"):
            raise PrivateKeyError(f"{source} must not sign, because its CKA_SIGN is false: use another key.")
        return Stored(Signer(source, public_key, functools.partial(self._sign, key)), source, _exposure(key, source))

    def _sign(self, key: pkcs11.PrivateKey, data: bytes, hash_name: str) -> bytes:
        with token_session.turn(self._where):
            # Smart cards have keys that require the PIN for each signature.
            pin = self._where.pin if _value(key, "ALWAYS_AUTHENTICATE") else None
            digest_info = _DIGEST_INFO[hash_name] + hashlib.new(hash_name, data).digest()
            return key.sign(digest_info, mechanism=pkcs11.Mechanism.RSA_PKCS, pin=pin)


def _value(key: pkcs11.Object, attribute: str) -> t.Any:
    """An attribute of an object, or None: tokens differ in which ones they tell."""
    try:
        return key[pkcs11.Attribute[attribute]]
    except (pkcs11.AttributeSensitive, pkcs11.AttributeTypeInvalid, pkcs11.FunctionFailed, ValueError):
        return None


def _is_incomplete(key: pkcs11.Object) -> bool:
    return _value(key, "KEY_TYPE") == pkcs11.KeyType.RSA and not _value(key, "MODULUS")


def _exposure(key: pkcs11.Object, source: str) -> str | None:
    """A warning about a key that can leave its store."""
    faults = [
        f"CKA_{name} is {str(value).lower()}"
        for name, value in (("EXTRACTABLE", True), ("SENSITIVE", False))
        if _value(key, name) is value
    ]
    if not faults:
        return None
    return f"{source} can be copied out of its store, because {' and '.join(faults)}: introduce a key that cannot."


def _other_kind(source: str, kind: str) -> KeyMismatchError:
    return KeyMismatchError(f"{source} is {kind}, but Qlik Cloud requires RSA: use an RSA key.")


# ---- The URI, and the options


class _Address(t.NamedTuple):
    """What a URI says about the token and the key, decoded."""

    token: str
    serial: str | None
    object: str | None
    id: bytes | None

    def __str__(self) -> str:
        texts = {"token": self.token, "serial": self.serial, "object": self.object}
        parts = [f"{name}={urllib.parse.quote(text, safe='')}" for name, text in texts.items() if text is not None]
        return f"pkcs11:{';'.join([*parts, *([f'id={_encoded_id(self.id)}'] if self.id else [])])}"


def _encoded_id(its_id: bytes) -> str:
    return "".join(f"%{byte:02X}" for byte in its_id)


def _address(parsed: KeyUri) -> _Address:
    attributes = uri.options(parsed.path, ";", parsed.form)
    if "pin-value" in {*attributes, *parsed.options}:
        raise OptionError(
            f"O({OPTION}) has a PIN in pin-value, where it ends up in logs: remove it, change the PIN, and set"
            " O(pkcs11_pin) or pin-source."
        )
    known = {*_Address._fields, "type"}
    if unknown := [*sorted({*attributes} - known), *sorted({*parsed.options} - {"module-path", "pin-source"})]:
        raise OptionError(f"O({OPTION}) has the option '{unknown[0]}', which is unknown: write it as {parsed.form}.")
    if attributes.get("type", "private") != "private":
        raise OptionError(f"O({OPTION}) has another type than private: write it as {parsed.form}.")
    if "token" not in attributes:
        raise OptionError(f"O({OPTION}) has no token: write it as {parsed.form}.")
    if not {"object", "id"} & {*attributes}:
        raise OptionError(f"O({OPTION}) has neither object nor id: write it as {parsed.form}.")
    texts = {name: attributes.get(name) and _decoded_text(attributes[name]) for name in ("token", "serial", "object")}
    return _Address(**texts, id=attributes.get("id") and _decoded(attributes["id"]))


def _decoded(value: str) -> bytes:
    if _BAD_ENCODING.search(value):
        raise OptionError(f"O({OPTION}) has a % without two hexadecimal digits: write %25 for the character itself.")
    return urllib.parse.unquote_to_bytes(value)


def _decoded_text(value: str) -> str:
    try:
        text = _decoded(value).decode()
    except UnicodeDecodeError as error:
        raise OptionError(f"O({OPTION}) has a text that is not UTF-8: correct what follows a %.") from error
    if not text.isprintable():
        raise OptionError(f"O({OPTION}) has a control character: correct what follows a %.")
    return text


def _module_path(parsed: KeyUri, options: t.Mapping[str, t.Any], environment: t.Mapping[str, str]) -> tuple[str, str]:
    """The path of the module, and what names it in messages. It differs by machine, so it need not be in the URI."""
    option = "pkcs11_module_path"
    if "module-path" in parsed.options:
        path, name = _decoded_text(parsed.options["module-path"]), f"module-path in O({OPTION})"
    elif options[option] is not None:
        path, name = options[option], f"O({option})"
    elif environment.get(VARIABLE):
        path, name = environment[VARIABLE], VARIABLE
    else:
        raise OptionError(
            f"O({option}) is missing: set it to the library of the token's vendor, such as"
            f" /usr/lib/softhsm/libsofthsm2.so, or set {VARIABLE} in the environment or module-path in O({OPTION})."
        )
    try:
        check_path(path, option)
    except OptionError as error:
        raise OptionError(replace_options(error.message, {option: name})) from error
    if not path.startswith("/"):
        raise OptionError(f"{name} must be an absolute path, such as /usr/lib/softhsm/libsofthsm2.so.")
    return path, name


def _pin(parsed: KeyUri, options: t.Mapping[str, t.Any]) -> tuple[str | None, str]:
    """The PIN, and what names it in messages; None if there is none."""
    pin, source = options["pkcs11_pin"], parsed.options.get("pin-source")
    if source is None:
        if pin == "":
            raise OptionError(f"O(pkcs11_pin) is empty ({MAYBE_UNSET}): specify it, or leave the option out.")
        _check_ends(pin or "", "O(pkcs11_pin)")
        return pin, "O(pkcs11_pin)"
    if pin is not None:
        raise OptionError(f"O(pkcs11_pin) is set, but O({OPTION}) has a pin-source: leave one of them out.")
    # RFC 7512, section 2.4: a path, or a URI such as file:/etc/pin. What a command prints is not supported.
    found = _PIN_SOURCE.fullmatch(_decoded_text(source))
    if not found:
        raise OptionError(f"pin-source in O({OPTION}) must be an absolute path, or a URI such as file:/etc/qlik/pin.")
    path = found[1]
    content = read.content(path, OPTION)
    mode = read.mode(path)
    if mode & 0o007 and not vault.is_encrypted(read.stored(path, OPTION)):
        raise FileError(
            f"{path} has mode {mode:04o}, which lets other users read the PIN: run 'chmod o= {shlex.quote(path)}'."
        )
    try:
        pin = content.decode().rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise FileError(f"{path} is not UTF-8: write only the PIN into it.") from error
    if not pin:
        raise FileError(f"{path} is empty: write the PIN into it.")
    _check_ends(pin, path)
    return pin, path


def _check_ends(pin: str, source: str) -> None:
    # Each PIN that is wrong counts.
    if found := _text.invisible_end(pin):
        raise OptionError(f"{source} {found}")
