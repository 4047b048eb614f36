# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sessions with tokens of SoftHSM: modules, tokens and PINs that are wrong, and processes that take turns."""

from __future__ import annotations

import contextlib
import http.client
import os
import pathlib
import ssl
import types
import typing as t
import urllib.parse

import pytest
import softhsm as hsm

from ansible_collections.tenantops.qlik.plugins.module_utils import _errors
from ansible_collections.tenantops.qlik.plugins.module_utils._keys.signers import token_session
from ansible_collections.tenantops.qlik.plugins.module_utils._keys.signers.opened import OPENED

pytestmark = pytest.mark.thorough


@pytest.fixture
def token(softhsm: hsm.SoftHsm, monkeypatch: pytest.MonkeyPatch) -> t.Iterator[token_session.Where]:
    """A token of the test's own, which is one task."""
    monkeypatch.setenv("SOFTHSM2_CONF", softhsm.environment["SOFTHSM2_CONF"])
    label = softhsm.new_token()
    with OPENED:
        yield token_session.Where(softhsm.module_path, "O(pkcs11_module_path)", label, None, hsm.PIN, "O(pkcs11_pin)")


def said(where: token_session.Where, **changes: t.Any) -> str:
    """What is said of this token, and no secret with it."""
    with pytest.raises(_errors.QlikError) as caught:
        token_session.session(where._replace(**changes))
    assert not where.pin or where.pin not in str(caught.value)
    return str(caught.value)


def flags(where: token_session.Where) -> token_session.pkcs11.TokenFlag:
    """What the token says about itself, in a task of its own."""
    with OPENED:
        return token_session._token(where).flags


def test_a_path_that_is_no_module(token: token_session.Where, tmp_path: pathlib.Path) -> None:
    text = tmp_path / "module.so"
    text.write_text("no library")
    advice = "specify the library of the token's vendor for this machine."
    assert said(token, module_path=str(text)) == (
        f"pkcs11_module_path: {text} is not a PKCS#11 module that works here (file too short): {advice}"
    )
    library = next(path for path in pathlib.Path("/").glob("lib*/**/libz.so.1"))
    assert said(token, module_path=str(library)) == (
        f"pkcs11_module_path: {library} is not a PKCS#11 module that works here (undefined symbol:"
        f" C_GetFunctionList): {advice}"
    )
    assert said(token, module_path="/no/such/module.so", module_option="PKCS11_MODULE_PATH") == (
        "PKCS11_MODULE_PATH: cannot read /no/such/module.so: No such file or directory. Specify an existing path."
    )


def test_no_such_token(token: token_session.Where) -> None:
    answer = said(token, label="elsewhere")
    assert answer.startswith(f"There is no token with the label elsewhere: {token.module_path} has only the tokens ")
    assert answer.endswith("Check private_key_uri and pkcs11_module_path, and whether the token is connected.")
    assert f"There is no token with the label {token.label} and the serial number 7: " in said(token, serial="7")


def test_no_token_at_all(token: token_session.Where, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SoftHSM has one then that is not initialized."""
    monkeypatch.setenv("SOFTHSM2_CONF", hsm.SoftHsm(tmp_path).environment["SOFTHSM2_CONF"])
    assert f": {token.module_path} has no initialized token. " in said(token)


def test_two_tokens_with_one_label(token: token_session.Where, softhsm: hsm.SoftHsm) -> None:
    softhsm.new_token(token.label)
    answer = said(token)
    words = answer.split()
    serials = {words[-6], words[-4]}
    assert answer == (
        f"private_key_uri names 2 tokens with the label {token.label}: add ;serial= with {words[-6]} or {words[-4]}"
        " after the label."
    )
    for serial in serials:
        assert token_session.session(token._replace(serial=serial)).token.serial.decode() == serial


def test_a_wrong_pin_is_tried_once(token: token_session.Where, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []
    login = token_session._login
    monkeypatch.setattr(token_session, "_login", lambda its, where: tried.append(where.pin) or login(its, where))
    for _number in range(3):
        assert said(token, pin="hunter2") == (
            f"pkcs11_pin has a wrong PIN for the token {token.label} (CKR_PIN_INCORRECT): correct it before you run"
            " again, because a token locks after a few wrong PINs."
        )
    assert tried == ["hunter2"]
    assert flags(token) & token_session.pkcs11.TokenFlag.USER_PIN_COUNT_LOW
    # That was in another task, and so is the next try.
    assert token_session.session(token) and tried == ["hunter2", hsm.PIN]


def test_no_pin(token: token_session.Where) -> None:
    assert said(token, pin=None) == (
        f"pkcs11_pin is missing, but the token {token.label} requires a login: specify the user's PIN, or pin-source in"
        " private_key_uri."
    )


@pytest.mark.parametrize(
    ("flag", "sentence"),
    [
        ("USER_PIN_LOCKED", "is locked after too many wrong PINs: unlock it as its security officer, for example with"),
        (
            "USER_PIN_FINAL_TRY",
            "would lock after one more wrong PIN, so the PIN was not tried: log in with the right one,",
        ),
    ],
)
def test_a_pin_that_is_not_tried(token: token_session.Where, flag: str, sentence: str) -> None:
    """SoftHSM does not count wrong PINs, so that its token cannot say this."""
    flags = token_session.pkcs11.TokenFlag
    opened = []
    its_token = types.SimpleNamespace(flags=flags.LOGIN_REQUIRED | flags[flag], open=lambda **_pin: opened.append(_pin))
    with pytest.raises(_errors.PrivateKeyError) as caught:
        token_session._login(its_token, token)
    assert f"The token {token.label} {sentence}" in str(caught.value) and not opened


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        ("PinLocked", "is locked after too many wrong PINs: unlock it"),
        ("PinExpired", "requires a new PIN (CKR_PIN_EXPIRED): change the PIN"),
        ("UserPinNotInitialized", "has no user PIN yet (CKR_USER_PIN_NOT_INITIALIZED): set one"),
        (
            "DeviceRemoved",
            "answered with the error CKR_DEVICE_REMOVED. Check that the token is connected, and run again.",
        ),
        (
            "SessionHandleInvalid",
            "answered with the error CKR_SESSION_HANDLE_INVALID. Check that the token is connected",
        ),
        (
            "TokenNotPresent",
            "answered with the error CKR_TOKEN_NOT_PRESENT. Check that the token is connected, and run again.",
        ),
        (
            "SlotIDInvalid",
            "answered with the error CKR_SLOT_ID_INVALID. The documentation or the log of its PKCS#11 module may",
        ),
        (
            "RandomNoRNG",
            "answered with the error CKR_RANDOM_NO_RNG. The documentation or the log of its PKCS#11 module may",
        ),
        ("PKCS11Error", "answered with the error Unmapped error code 0x80000001. The documentation or the log"),
    ],
)
def test_an_error(token: token_session.Where, error: str, sentence: str) -> None:
    kind = getattr(token_session.pkcs11, error)
    with pytest.raises(_errors.QlikError) as caught, token_session.answering(token):
        raise kind(*(["Unmapped error code 0x80000001"] if error == "PKCS11Error" else []))
    assert f"The token {token.label} {sentence}" in str(caught.value)


# The library complains to nobody that it could not end the search.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_session_that_broke(token: token_session.Where) -> None:
    session = token_session.session(token)
    session.close()
    with pytest.raises(_errors.KeyStoreError) as caught, token_session.answering(token):
        list(session.get_objects())
    assert str(caught.value) == (
        f"The token {token.label} answered with the error CKR_SESSION_HANDLE_INVALID. Check that the token is"
        " connected, and run again."
    )


def test_one_login_in_a_task(token: token_session.Where) -> None:
    first = token_session.session(token)
    assert token_session.session(token) is first
    with token_session.alone(token) as writable:
        assert writable.rw and not first.rw
    OPENED.close()
    assert token_session.session(token) is not first


def test_a_fork_logs_in_itself(token: token_session.Where) -> None:
    """As for the hosts of a play, also after a lookup in the process that they come from."""
    with OPENED:
        assert list(token_session.session(token).get_objects()) == []
    children = []
    for _number in range(5):
        if child := os.fork():
            children.append(child)
            continue
        status = 1
        try:
            with OPENED:
                status = len(list(token_session.session(token).get_objects()))
        finally:
            os._exit(status)
    assert [os.waitpid(child, 0)[1] for child in children] == [0] * 5


def test_a_module_with_openssl_leaves_other_connections_alone(token: token_session.Where, simulator) -> None:
    simulator.switches(latency_ms=200)  # an answer that is there at once is read without a look at OpenSSL's errors
    url = urllib.parse.urlsplit(simulator.url)
    context = ssl.create_default_context(cafile=simulator.ca_path)
    with contextlib.closing(http.client.HTTPSConnection(url.netloc, context=context, timeout=10)) as connection:
        for step in (lambda: None, lambda: token_session.session(token), OPENED.close):
            step()
            connection.request("GET", "/api/v1/users/me")
            assert connection.getresponse().read()
