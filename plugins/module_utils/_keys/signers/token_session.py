# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A session with a token, by its PKCS#11 module.

A task logs in to a token only once, because each login takes time, and because a token locks after a few wrong PINs: a
PIN that was refused is not tried again, not even for another key. All sessions of a process share the login, but a
forked process cannot use it. So the module is finalized when the task ends.
"""

from __future__ import annotations

import contextlib
import re
import ssl
import typing as t

from ..._errors import KeyStoreError, OptionError, PrivateKeyError, QlikError, printable
from ..._files.folder import locked_file
from .opened import OPENED
from .signer import missing

try:
    import pkcs11
except ImportError:
    pkcs11 = None

_MINIMUM = "0.9"
"""The first release of python-pkcs11 that can finalize a module."""

_MAXIMUM_LABELS = 5  # in a message

_AWAY = "Check that the token is connected, and run again."
_ADVICE = {
    "CKR_DEVICE_ERROR": _AWAY,
    "CKR_DEVICE_REMOVED": _AWAY,
    "CKR_OBJECT_HANDLE_INVALID": _AWAY,
    "CKR_SESSION_CLOSED": _AWAY,
    "CKR_SESSION_HANDLE_INVALID": _AWAY,
    "CKR_TOKEN_NOT_PRESENT": _AWAY,
    "CKR_TOKEN_NOT_RECOGNISED": _AWAY,
    "CKR_KEY_SIZE_RANGE": "The token may not support keys of this size: set O(size) to one that it does.",
    "CKR_ATTRIBUTE_VALUE_INVALID": "The token may not support keys of this size: set O(size) to one that it does.",
    "CKR_MECHANISM_INVALID": "The token must support the mechanisms CKM_RSA_PKCS and CKM_RSA_PKCS_KEY_PAIR_GEN.",
    "CKR_TOKEN_WRITE_PROTECTED": "Create the key with the token's own tools.",
    "CKR_SESSION_READ_ONLY": "Create the key with the token's own tools.",
    "CKR_USER_NOT_LOGGED_IN": "Set O(pkcs11_pin).",
}
_NO_ADVICE = "The documentation or the log of its PKCS#11 module may have the reason."


class Where(t.NamedTuple):
    """Where a key is: the module, what names it in messages, and the token with its PIN, and what names that."""

    module_path: str
    module_option: str
    label: str
    serial: str | None
    pin: str | None
    pin_source: str

    @property
    def token(self) -> str:
        """The token, for messages."""
        return f"The token {self.label}"


_sessions: dict[tuple[str, int], pkcs11.Session | QlikError] = {}
"""The session of this task with each token, or the error if the login failed, by module and slot."""


def check_library() -> None:
    """Reject a Python without the library.

    :raises PrivateKeyError: if it is missing, or too old.
    """
    if not hasattr(pkcs11, "unload"):
        raise missing("python-pkcs11", _MINIMUM)


def session(where: Where) -> pkcs11.Session:
    """The session of this task with a token. It is logged in if the token requires that, and reads only.

    :raises QlikError: if there is no such token, or it refuses the PIN.
    """
    # Tasks for several hosts take turns, so that each sees what the PIN of the one before has done.
    with locked_file(where.module_path, where.module_option), answering(where):
        token = _token(where)
        its = (where.module_path, token.slot.slot_id)
        if its not in _sessions:
            try:
                _sessions[its] = _login(token, where)
            except QlikError as error:
                _sessions[its] = error
        if isinstance(_sessions[its], QlikError):
            raise _sessions[its]
        return _sessions[its]


@contextlib.contextmanager
def alone(where: Where) -> t.Iterator[pkcs11.Session]:
    """A session that may also write, while no other task on this machine has one for the same module.

    :raises QlikError: if the token refuses it, or what is done with it.
    """
    its = session(where)
    with locked_file(where.module_path, where.module_option), answering(where), its.token.open(rw=True) as writable:
        yield writable


@contextlib.contextmanager
def turn(where: Where) -> t.Iterator[None]:
    """While no other task on this machine uses the same module.

    SoftHSM empties a file of the token at each login, which is an error for whoever reads it at this moment.

    :raises QlikError: instead of the library's own errors.
    """
    with locked_file(where.module_path, where.module_option), answering(where):
        yield


@contextlib.contextmanager
def answering(where: Where) -> t.Iterator[None]:
    """Say what a token has refused.

    :raises QlikError: instead of the library's own errors.
    """
    try:
        yield
    except pkcs11.PKCS11Error as error:
        raise _failure(error, where) from error
    finally:
        _forget_openssl_errors()


def _forget_openssl_errors() -> None:
    """Clear OpenSSL's list of errors, which a module that uses OpenSSL, too, may have added to.

    Python's ssl would take such an error for one of the next connection that it reads from. It has no function to clear
    the list, but does so if it rejects ciphers.
    """
    with contextlib.suppress(ssl.SSLError):
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).set_ciphers("none")


def _failure(error: pkcs11.PKCS11Error, where: Where) -> QlikError:
    code = _code(error, where)
    if code in ("CKR_PIN_INCORRECT", "CKR_PIN_INVALID", "CKR_PIN_LEN_RANGE"):
        return OptionError(
            f"{where.pin_source} has a wrong PIN for the token {where.label} ({code}): correct it before you run again,"
            " because a token locks after a few wrong PINs."
        )
    if code == "CKR_PIN_LOCKED":
        return _locked(where)
    if code == "CKR_PIN_EXPIRED":
        return PrivateKeyError(f"{where.token} requires a new PIN ({code}): change the PIN with the token's own tools.")
    if code == "CKR_USER_PIN_NOT_INITIALIZED":
        return PrivateKeyError(
            f"{where.token} has no user PIN yet ({code}): set one as its security officer, for example with"
            " 'pkcs11-tool --login --login-type so --init-pin'."
        )
    return KeyStoreError(f"The token {where.label} answered with the error {code}.", _ADVICE.get(code, _NO_ADVICE))


def _locked(where: Where) -> QlikError:
    return PrivateKeyError(
        f"{where.token} is locked after too many wrong PINs: unlock it as its security officer, for example with"
        " 'pkcs11-tool --login --login-type so --init-pin'."
    )


def _code(error: pkcs11.PKCS11Error, where: Where) -> str:
    """The name of an error in the standard, which the library turns into the name of a class."""
    if text := str(error).rpartition(f"{where.module_path}: ")[2]:
        return printable(text)
    words = re.sub("(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", type(error).__name__)
    return f"CKR_{words.upper()}"


def _module(where: Where) -> pkcs11.lib:
    try:
        module = pkcs11.lib(where.module_path)
    except pkcs11.PKCS11Error as error:
        raise OptionError(
            f"{where.module_option}: {where.module_path} is not a PKCS#11 module that works here"
            f" ({_code(error, where)}): specify the library of the token's vendor for this machine."
        ) from error
    OPENED.callback(_finalize, module)
    return module


def _finalize(module: pkcs11.lib) -> None:
    _sessions.clear()
    # It closes the sessions and logs out. Of several keys, the first does it for all.
    with contextlib.suppress(pkcs11.PKCS11Error):
        module.finalize()
    _forget_openssl_errors()


def _token(where: Where) -> pkcs11.Token:
    """The token. Its flags are read again each time."""
    tokens = []
    for slot in _module(where).get_slots(token_present=True):
        with contextlib.suppress(pkcs11.TokenNotPresent, pkcs11.TokenNotRecognised):
            tokens.append(slot.get_token())
    tokens = [token for token in tokens if token.flags & pkcs11.TokenFlag.TOKEN_INITIALIZED]
    found = [token for token in tokens if token.label == where.label and where.serial in (None, _serial(token))]
    if len(found) > 1:
        serials = " or ".join(map(_serial, found))
        raise OptionError(
            f"O(private_key_uri) names {len(found)} tokens with the label {where.label}: add ;serial= with {serials}"
            " after the label."
        )
    if not found:
        labels = ", ".join(printable(token.label) for token in tokens[:_MAXIMUM_LABELS])
        present = f"has only the tokens {labels}" if labels else "has no initialized token"
        serial = f" and the serial number {where.serial}" if where.serial else ""
        raise KeyStoreError(
            f"There is no token with the label {where.label}{serial}: {where.module_path} {present}.",
            f"Check O(private_key_uri) and {where.module_option}, and whether the token is connected.",
        )
    return found[0]


def _serial(token: pkcs11.Token) -> str:
    return printable(token.serial.decode(errors="replace"))


def _login(token: pkcs11.Token, where: Where) -> pkcs11.Session:
    """Open a session, and try the PIN once."""
    flags = pkcs11.TokenFlag
    if where.pin is None and token.flags & flags.LOGIN_REQUIRED:
        raise OptionError(
            f"O(pkcs11_pin) is missing, but the token {where.label} requires a login: specify the user's PIN, or"
            " pin-source in O(private_key_uri)."
        )
    if token.flags & flags.USER_PIN_LOCKED:
        raise _locked(where)
    if where.pin is not None and token.flags & flags.USER_PIN_FINAL_TRY:
        raise PrivateKeyError(
            f"{where.token} would lock after one more wrong PIN, so the PIN was not tried: log in with the right one,"
            " for example with 'pkcs11-tool --login --test', and run again."
        )
    with answering(where):
        return token.open(user_pin=where.pin)
