# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keys on a token: its URIs and options without one, and the keys themselves in SoftHSM."""

from __future__ import annotations

import itertools
import pathlib
import types
import typing as t

import openbao as bao
import pytest
import softhsm as hsm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from joserfc import jwt as joserfc_jwt
from joserfc.jwk import RSAKey

from ansible_collections.tenantops.qlik.plugins.module_utils import _errors
from ansible_collections.tenantops.qlik.plugins.module_utils._keys import public_keys
from ansible_collections.tenantops.qlik.plugins.module_utils._keys.signers import pkcs11, signer, token_session, uri
from ansible_collections.tenantops.qlik.plugins.module_utils._keys.signers.opened import OPENED
from ansible_collections.tenantops.qlik.plugins.module_utils._tokens import compact

OPTIONS = {"pkcs11_module_path": "/usr/lib/hsm.so", "pkcs11_pin": "1234"}
FORM = uri.FORMS["pkcs11"]


@pytest.fixture
def without_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether python-pkcs11 is installed makes no difference, because no module is loaded."""
    monkeypatch.setattr(token_session, "check_library", lambda: None)


def key(rest: str, environment: t.Mapping[str, str] | None = None, **options: str | None) -> pkcs11.Key:
    """The key with this URI."""
    return pkcs11.Key(uri.parse(f"pkcs11:{rest}"), {**OPTIONS, **options}, environment or {})


# ---- Without a token


@pytest.mark.parametrize(
    ("rest", "source"),
    [
        ("token=qlik;object=acme", "token=qlik;object=acme"),
        ("object=acme;type=private;token=qlik", "token=qlik;object=acme"),
        ("token=qlik;id=%01%fF", "token=qlik;id=%01%FF"),
        ("token=qlik;id=ab;object=acme;serial=0dd5", "token=qlik;serial=0dd5;object=acme;id=%61%62"),
        ("token=The%20token;object=Sch%C3%B6n%3B%25", "token=The%20token;object=Sch%C3%B6n%3B%25"),
        ("token=a;object=b?module-path=/usr/lib/other.so", "token=a;object=b"),
    ],
)
@pytest.mark.usefixtures("without_library")
def test_the_name_of_a_key(rest: str, source: str) -> None:
    assert key(rest).source == f"pkcs11:{source}"
    # It is a URI itself.
    assert key(source).source == f"pkcs11:{source}"


@pytest.mark.parametrize(
    ("rest", "said"),
    [
        ("", f"has an option without a name or a value: write it as {FORM}."),
        ("acme", f"has an option without a name or a value: write it as {FORM}."),
        ("//token=qlik;object=acme", f"has an option without a name or a value: write it as {FORM}."),
        ("token=;object=acme", f"has an option without a name or a value: write it as {FORM}."),
        ("token=qlik;object=acme;", f"has an option without a name or a value: write it as {FORM}."),
        ("token=qlik;object=acme;object=other", "has the option 'object' twice: remove one of them."),
        ("object=acme", f"has no token: write it as {FORM}."),
        ("token=qlik", f"has neither object nor id: write it as {FORM}."),
        ("token=qlik;object=acme;type=public", f"has another type than private: write it as {FORM}."),
        (
            "token=qlik;object=acme;manufacturer=x",
            f"has the option 'manufacturer', which is unknown: write it as {FORM}.",
        ),
        (
            "token=qlik;object=acme?module-name=x",
            f"has the option 'module-name', which is unknown: write it as {FORM}.",
        ),
        ("token=qlik;object=acme?object=x", f"has the option 'object', which is unknown: write it as {FORM}."),
        ("token=qlik;object=50%", "has a % without two hexadecimal digits: write %25 for the character itself."),
        ("token=qlik;id=%0g", "has a % without two hexadecimal digits: write %25 for the character itself."),
        ("token=qlik;object=%ff", "has a text that is not UTF-8: correct what follows a %."),
        ("token=qlik;object=%0a", "has a control character: correct what follows a %."),
        (
            "token=qlik;object=acme?pin-value=hunter2",
            "has a PIN in pin-value, where it ends up in logs: remove it, change the PIN, and set pkcs11_pin or"
            " pin-source.",
        ),
        (
            "token=qlik;object=acme;pin-value=hunter2",
            "has a PIN in pin-value, where it ends up in logs: remove it, change the PIN, and set pkcs11_pin or"
            " pin-source.",
        ),
    ],
)
def test_a_wrong_uri(rest: str, said: str) -> None:
    with pytest.raises(_errors.OptionError) as caught:
        key(rest)
    assert str(caught.value) == f"private_key_uri {said}"


ACME = "token=qlik;object=acme"
SUCH_AS = "such as /usr/lib/softhsm/libsofthsm2.so"


@pytest.mark.parametrize(
    ("rest", "options", "environment", "said"),
    [
        (
            ACME,
            {"pkcs11_module_path": None},
            {"PKCS11_MODULE_PATH": ""},
            f"pkcs11_module_path is missing: set it to the library of the token's vendor, {SUCH_AS}, or set"
            " PKCS11_MODULE_PATH in the environment or module-path in private_key_uri.",
        ),
        (ACME, {"pkcs11_module_path": ""}, {}, "pkcs11_module_path is empty: specify a path."),
        (ACME, {"pkcs11_module_path": "hsm.so"}, {}, f"pkcs11_module_path must be an absolute path, {SUCH_AS}."),
        (
            ACME,
            {"pkcs11_module_path": None},
            {"PKCS11_MODULE_PATH": "hsm.so"},
            f"PKCS11_MODULE_PATH must be an absolute path, {SUCH_AS}.",
        ),
        (
            f"{ACME}?module-path=hsm.so",
            {},
            {},
            f"module-path in private_key_uri must be an absolute path, {SUCH_AS}.",
        ),
        (
            ACME,
            {"pkcs11_pin": ""},
            {},
            "pkcs11_pin is empty (an environment variable or a CI secret may not be set): specify it, or leave the"
            " option out.",
        ),
        (
            ACME,
            {"pkcs11_pin": "hunter2\n"},
            {},
            "pkcs11_pin ends with a line break: remove it, for example with '| trim'.",
        ),
        (
            f"{ACME}?pin-source=/etc/pin",
            {},
            {},
            "pkcs11_pin is set, but private_key_uri has a pin-source: leave one of them out.",
        ),
        *(
            (
                f"{ACME}?pin-source={source}",
                {"pkcs11_pin": None},
                {},
                "pin-source in private_key_uri must be an absolute path, or a URI such as file:/etc/qlik/pin.",
            )
            for source in ("pin", "file:pin", "file://elsewhere/pin", "%7Cask", "https://elsewhere/pin")
        ),
        (
            f"{ACME}?pin-source=/no/such/pin",
            {"pkcs11_pin": None},
            {},
            "private_key_uri: cannot read /no/such/pin: No such file or directory. Specify an existing path.",
        ),
    ],
)
def test_a_wrong_option(rest: str, options: dict[str, str], environment: dict[str, str], said: str) -> None:
    with pytest.raises(_errors.QlikError) as caught:
        key(rest, environment, **options)
    assert str(caught.value) == said


@pytest.mark.parametrize(
    ("content", "mode", "said"),
    [
        (b"hunter2\n", 0o604, "{path} has mode 0604, which lets other users read the PIN: run 'chmod o= {path}'."),
        (b"\n", 0o600, "{path} is empty: write the PIN into it."),
        (b"\xff", 0o600, "{path} is not UTF-8: write only the PIN into it."),
        (b"hunter2 \n", 0o600, "{path} ends with a blank: remove it, for example with '| trim'."),
    ],
)
def test_a_wrong_file_for_the_pin(tmp_path: pathlib.Path, content: bytes, mode: int, said: str) -> None:
    path = tmp_path / "pin"
    path.write_bytes(content)
    path.chmod(mode)
    with pytest.raises(_errors.QlikError) as caught:
        key(f"{ACME}?pin-source={path}", pkcs11_pin=None)
    assert str(caught.value) == said.format(path=path)


@pytest.mark.parametrize("library", [None, object()], ids=["missing", "old"])
def test_a_missing_library(monkeypatch: pytest.MonkeyPatch, library: object) -> None:
    monkeypatch.setattr(token_session, "pkcs11", library)
    with pytest.raises(_errors.PrivateKeyError) as caught:
        key(ACME)
    assert str(caught.value) == str(signer.missing("python-pkcs11", "0.9"))


@pytest.mark.usefixtures("without_library")
def test_how_to_delete() -> None:
    tool = "pkcs11-tool --module /usr/lib/hsm.so"
    rest = "--type privkey, and again with --type pubkey"
    assert key("token=My%20token;object=acme").how_to_delete == (
        f"{tool} --token-label 'My token' --login --delete-object --label acme {rest}"
    )
    assert key("token=qlik;object=acme;id=%01%AB;serial=7").how_to_delete == (
        f"{tool} --slot SLOT --login --delete-object --id 01ab {rest}, where SLOT is the slot of the token in"
        " 'pkcs11-tool --list-slots'"
    )


# ---- SoftHSM

NUMBERS = itertools.count()


@pytest.fixture(scope="module")
def token(softhsm: hsm.SoftHsm) -> str:
    """A token for the tests of this file."""
    return softhsm.new_token()


@pytest.fixture
def name() -> str:
    """A label of the test's own for a key."""
    return f"key-{next(NUMBERS)}"


@pytest.mark.thorough
@bao.needs_cryptography
class TestToken:
    """With SoftHSM."""

    @pytest.fixture(autouse=True)
    def as_a_task(self, softhsm: hsm.SoftHsm, token: str, monkeypatch: pytest.MonkeyPatch) -> t.Iterator[None]:
        """Each test is one task."""
        monkeypatch.setenv("SOFTHSM2_CONF", softhsm.environment["SOFTHSM2_CONF"])
        self.softhsm, self.token = softhsm, token
        with OPENED:
            yield

    def key(self, rest: str, **options: str | None) -> pkcs11.Key:
        return key(f"token={self.token};{rest}", **{**self.softhsm.options, **options})

    def of(self, name: str, kind: str = "PRIVATE_KEY") -> list[dict[str, t.Any]]:
        return [one for one in self.softhsm.objects(self.token) if (one["class"], one["label"]) == (kind, name)]

    def test_it_signs(self, name: str) -> None:
        self.softhsm.generate(self.token, name, ID="0a0b", EXTRACTABLE=False)
        found = self.key(f"object={name}").find()
        assert (found.uri, found.warning) == (f"pkcs11:token={self.token};object={name};id=%0A%0B", None)
        public = self.softhsm.public_key(self.token, name)
        signed = compact.sign({"sub": "anna"}, found.key, "kid-1").text
        decoded = joserfc_jwt.decode(signed, RSAKey.import_key(public), algorithms=["RS256"])
        assert decoded.claims == {"sub": "anna"}
        assert public_keys.to_pem(found.key.public_key()) == public
        # By its URI, the key is found again.
        assert self.key(found.uri.partition(";")[2]).find().uri == found.uri

    @pytest.mark.parametrize("algorithm", ["RS384", "RS512"])
    def test_it_signs_with_other_algorithms(self, name: str, algorithm: str) -> None:
        self.softhsm.generate(self.token, name, EXTRACTABLE=False)
        signed = compact.sign({"sub": "anna"}, self.key(f"object={name}").find().key, None, algorithm).text
        public = RSAKey.import_key(self.softhsm.public_key(self.token, name))
        assert joserfc_jwt.decode(signed, public, algorithms=[algorithm]).claims == {"sub": "anna"}

    def test_the_pin_in_a_file(self, name: str, tmp_path: pathlib.Path) -> None:
        self.softhsm.generate(self.token, name, EXTRACTABLE=False)
        path = tmp_path / "the pin"
        path.write_text(f"{hsm.PIN}\n")
        path.chmod(0o640)
        encoded = str(path).replace(" ", "%20")
        for source in (encoded, f"file:{encoded}", f"file://{encoded}", f"file://localhost{encoded}"):
            assert self.key(f"object={name}?pin-source={source}", pkcs11_pin=None).find()

    def test_the_module_of_the_environment(self, name: str) -> None:
        environment = {"PKCS11_MODULE_PATH": self.softhsm.module_path}
        rest, pin = f"token={self.token};object={name}", self.softhsm.options["pkcs11_pin"]
        assert key(rest, environment, pkcs11_module_path=None, pkcs11_pin=pin).find() is None
        in_uri = f"{rest}?module-path={self.softhsm.module_path}"
        assert key(in_uri, {}, pkcs11_module_path="/no/such/module", pkcs11_pin=pin).find() is None

    @pytest.mark.parametrize("size", [2048, 3072, 4096])
    def test_it_is_created_once(self, name: str, size: int) -> None:
        made = self.key(f"object={name}").create(size)
        again = self.key(f"object={name}").create(size)
        assert made.uri == again.uri and made.warning is None and made.key.key_size == size
        (private,) = self.of(name)
        (public,) = self.of(name, "PUBLIC_KEY")
        assert public["id"] == private["id"] and len(private["id"]) == 16
        flags = {flag: value for flag, value in private.items() if flag.isupper()}
        assert {flag for flag, value in flags.items() if value} == {"SIGN", "SENSITIVE", "PRIVATE", "TOKEN"}
        assert made.key.sign(b"data", padding.PKCS1v15(), hashes.SHA256())

    def test_it_is_created_with_an_id(self, name: str) -> None:
        rest = f"object={name};id=%01%02"
        assert self.key(rest).create(2048).uri == f"pkcs11:token={self.token};{rest}"
        with pytest.raises(_errors.OptionError) as caught:
            self.key("id=%01%03").create(2048)
        assert str(caught.value) == "private_key_uri has no label for the new key: add ;object= to it."

    def test_a_public_key_that_a_killed_run_has_left(self, name: str) -> None:
        """SoftHSM writes it before the private key."""
        self.softhsm.generate(self.token, name)
        self.softhsm.delete_object(self.token, name, "PRIVATE_KEY")
        assert self.key(f"object={name}").find() is None
        made = self.key(f"object={name}").create(2048)
        assert self.key(f"object={name}").find().uri == made.uri and len(self.of(name)) == 1

    def test_a_private_key_that_is_half_made(self, name: str) -> None:
        """No kill leaves one behind at a moment that a test could choose."""
        half = {pkcs11.pkcs11.Attribute.KEY_TYPE: pkcs11.pkcs11.KeyType.RSA, pkcs11.pkcs11.Attribute.MODULUS: b""}
        session = types.SimpleNamespace(get_objects=lambda _template: [half])
        assert self.key(f"object={name}")._search(session, "PRIVATE_KEY") == []

    def test_a_private_key_without_its_public_key(self, name: str) -> None:
        self.softhsm.generate(self.token, name, EXTRACTABLE=False)
        self.softhsm.delete_object(self.token, name, "PUBLIC_KEY")
        assert self.key(f"object={name}").find().key.sign(b"data", padding.PKCS1v15(), hashes.SHA256())

    def test_a_key_that_is_gone_when_it_signs(self, name: str) -> None:
        self.softhsm.generate(self.token, name)
        found = self.key(f"object={name}").find()
        self.softhsm.delete_object(self.token, name, "PRIVATE_KEY")
        with pytest.raises(_errors.KeyStoreError) as caught:
            found.key.sign(b"data", padding.PKCS1v15(), hashes.SHA256())
        assert str(caught.value) == (
            f"The token {self.token} answered with the error CKR_OBJECT_HANDLE_INVALID. Check that the token is connected,"
            " and run again."
        )

    def test_no_such_key(self, name: str) -> None:
        assert self.key(f"object={name}").find() is None
        assert self.key("id=%FF%FF").find() is None

    def test_several_keys(self, name: str) -> None:
        for its_id in ("02", "01"):
            self.softhsm.generate(self.token, name, ID=its_id)
        with pytest.raises(_errors.PrivateKeyError) as caught:
            self.key(f"object={name}").find()
        source = f"pkcs11:token={self.token};object={name}"
        assert str(caught.value) == f"{source} is 2 keys: add ;id=%01 or ;id=%02 to its URI in private_key_uri."
        assert self.key(f"object={name};id=%02").find().uri == f"{source};id=%02"

    @pytest.mark.parametrize(("kind", "said"), [("EC", "a key of type EC"), ("AES", "a secret key")])
    def test_a_key_of_another_kind(self, name: str, kind: str, said: str) -> None:
        self.softhsm.generate(self.token, name, kind)
        with pytest.raises(_errors.KeyMismatchError) as caught:
            self.key(f"object={name}").find()
        source = f"pkcs11:token={self.token};object={name}"
        assert str(caught.value) == f"{source} is {said}, but Qlik Cloud requires RSA: use an RSA key."

    def test_a_key_that_is_too_small(self, name: str) -> None:
        self.softhsm.generate(self.token, name, size=1024)
        with pytest.raises(_errors.PrivateKeyError, match="has 1024 bits, which is not safe"):
            self.key(f"object={name}").find()

    def test_a_key_that_must_not_sign(self, name: str) -> None:
        self.softhsm.generate(self.token, name, SIGN=False)
        with pytest.raises(
            _errors.PrivateKeyError, match="must not sign, because its CKA_SIGN is false: use another key"
        ):
            self.key(f"object={name}").find()

    @pytest.mark.parametrize(
        ("attributes", "why"),
        [
            ({"EXTRACTABLE": True}, "CKA_EXTRACTABLE is true"),
            ({"EXTRACTABLE": False, "SENSITIVE": False}, "CKA_SENSITIVE is false"),
            ({"EXTRACTABLE": True, "SENSITIVE": False}, "CKA_EXTRACTABLE is true and CKA_SENSITIVE is false"),
        ],
    )
    def test_a_key_that_can_leave_its_store(self, name: str, attributes: dict[str, bool], why: str) -> None:
        self.softhsm.generate(self.token, name, ID="01", **attributes)
        assert self.key(f"object={name}").find().warning == (
            f"pkcs11:token={self.token};object={name};id=%01 can be copied out of its store, because {why}: introduce a"
            " key that cannot."
        )

    def test_a_key_that_requires_the_pin_for_each_signature(self, name: str) -> None:
        self.softhsm.generate(self.token, name, ALWAYS_AUTHENTICATE=True)
        signing = self.key(f"object={name}").find().key
        for _number in range(2):
            assert signing.sign(b"data", padding.PKCS1v15(), hashes.SHA256())
