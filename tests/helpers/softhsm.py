# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tokens of SoftHSM2, which keeps them in a folder of the tests.

Keys are made and read by a process of its own, which this file is, too, and to which each line is a request: a process
has one login to a token, and in that of a test, the code under test has it.
"""

from __future__ import annotations

import contextlib
import fcntl
import functools
import json
import os
import pathlib
import shutil
import subprocess
import sys
import threading
import traceback
import typing as t

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

ROOT = pathlib.Path(__file__).parents[2]
PIN = "1234-correct-horse"
"""The PIN of the user of each token."""

CONFIGURATION = """
directories.tokendir = {folder}/tokens
objectstore.backend = file
log.level = ERROR
"""


def module_path() -> pathlib.Path | None:
    """The PKCS#11 module, which `make test-all` unpacks where it can; None if there is none."""
    places = (
        ROOT / ".build/debian/usr/lib/softhsm",
        pathlib.Path("/usr/lib/softhsm"),
        pathlib.Path("/usr/lib64/softhsm"),
    )
    return next((place / "libsofthsm2.so" for place in places if (place / "libsofthsm2.so").is_file()), None)


class SoftHsm:
    """A folder with tokens. What uses them needs :attr:`environment`."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.module_path = str(module_path())
        self.environment = {"SOFTHSM2_CONF": str(folder / "softhsm2.conf")}
        (folder / "tokens").mkdir()
        (folder / "softhsm2.conf").write_text(CONFIGURATION.format(folder=folder))
        self.folder = folder / "tokens"
        self._numbers = iter(range(1000))
        self._lock = threading.Lock()

    @property
    def options(self) -> dict[str, str]:
        """The options of a task that uses a key."""
        return {"pkcs11_module_path": self.module_path, "pkcs11_pin": PIN}

    def new_token(self, label: str | None = None) -> str:
        """Initialize a token, and return its label."""
        label = label or f"token-{next(self._numbers)}"
        self.util("--init-token", "--free", "--label", label, "--so-pin", "12345678", "--pin", PIN)
        return label

    def util(self, *arguments: str) -> str:
        """Run SoftHSM's own command, and return its output."""
        path = f"{ROOT}/.build/debian/usr/bin{os.pathsep}{os.environ['PATH']}"
        command = [shutil.which("softhsm2-util", path=path), "--module", self.module_path, *arguments]
        environment = {**os.environ, **self.environment}
        return subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout

    def generate(self, token: str, label: str, kind: str = "RSA", size: int = 2048, **attributes: t.Any) -> None:
        """Create a key. The attributes are those of the private key, as in ``EXTRACTABLE=True``; ``ID`` is in hex."""
        self._ask("generate", token, label=label, kind=kind, size=size, attributes=attributes)

    def objects(self, token: str) -> list[dict[str, t.Any]]:
        """The keys of a token: the class, type, label, ID (in hex) and flags of each."""
        return self._ask("objects", token)

    def public_key(self, token: str, label: str) -> bytes:
        """The public key of a label, in PEM."""
        der = bytes.fromhex(self._ask("public_key", token, label=label))
        command = ["openssl", "rsa", "-RSAPublicKey_in", "-inform", "DER", "-pubout"]
        return subprocess.run(command, input=der, check=True, capture_output=True).stdout

    def delete_object(self, token: str, label: str, kind: str) -> None:
        """Delete the objects of a class."""
        self._ask("delete", token, label=label, kind=kind)

    @functools.cached_property
    def _default_token(self) -> str:
        return self.new_token()

    def uri(self, name: str) -> str:
        """The URI of a key on a token that all of them share."""
        return f"pkcs11:token={self._default_token};object={name}"

    source = uri

    def delete(self, name: str) -> None:
        """Delete a key there."""
        for kind in ("PRIVATE_KEY", "PUBLIC_KEY"):
            self.delete_object(self._default_token, name, kind)

    def public_keys(self, name: str) -> list[str]:
        """The public keys of all private keys there with this label, in PEM."""
        return [public for label, public in self._ask("private_keys", self._default_token) if label == name]

    def sign(self, name: str, data: bytes) -> bytes:
        """Sign as RS256 does, with a key of that token."""
        return bytes.fromhex(self._ask("sign", self._default_token, label=name, data=data.hex()))

    def key_names(self) -> list[str]:
        """The labels of all private keys there. What is incomplete is none: it never was a key."""
        return [label for label, _public in self._ask("private_keys", self._default_token)]

    @contextlib.contextmanager
    def away(self) -> t.Iterator[None]:
        """Have no tokens for as long as the body of the ``with`` statement runs."""
        away = self.folder.rename(self.folder.with_name("away"))
        self.folder.mkdir()
        try:
            yield
        finally:
            self.folder.rmdir()
            away.rename(self.folder)

    @functools.cached_property
    def _worker(self) -> subprocess.Popen[str]:
        command = [sys.executable, __file__, self.module_path]
        environment = {**os.environ, **self.environment}
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        return subprocess.Popen(command, env=environment, **pipes)

    def _ask(self, what: str, token: str, **given: t.Any) -> t.Any:
        with self._lock:
            self._worker.stdin.write(json.dumps([token, what, given]) + "\n")
            self._worker.stdin.flush()
            answer = json.loads(self._worker.stdout.readline())
        assert "error" not in answer, answer["error"]
        return answer["value"]


def _work(module: str, label: str, what: str, given: dict[str, t.Any]) -> t.Any:
    """What the other process does."""
    # Only `make test-all` installs it.
    import pkcs11
    from pkcs11.util.rsa import encode_rsa_public_key

    attribute, kinds, classes = pkcs11.Attribute, pkcs11.KeyType, pkcs11.ObjectClass
    library = pkcs11.lib(module)
    # Otherwise, it does not know tokens that are new.
    library.reinitialize()
    with library.get_token(token_label=label).open(rw=True, user_pin=PIN) as session:
        if what == "generate":
            template = {attribute[name]: value for name, value in given["attributes"].items()}
            common = {"store": True, "label": given["label"]}
            if attribute.ID in template:
                common["id"] = bytes.fromhex(template.pop(attribute.ID))
            if given["kind"] == "EC":
                curve = {attribute.EC_PARAMS: bytes.fromhex("06082a8648ce3d030107")}  # P-256
                parameters = session.create_domain_parameters(kinds.EC, curve, local=True)
                parameters.generate_keypair(**common, private_template=template)
            elif given["kind"] == "AES":
                session.generate_key(kinds.AES, 256, **common)
            else:
                session.generate_keypair(kinds.RSA, given["size"], **common, private_template=template)
            return None
        if what == "public_key":
            (key,) = session.get_objects({attribute.CLASS: classes.PUBLIC_KEY, attribute.LABEL: given["label"]})
            return encode_rsa_public_key(key).hex()
        if what == "sign":
            (key,) = session.get_objects({attribute.CLASS: classes.PRIVATE_KEY, attribute.LABEL: given["label"]})
            return key.sign(bytes.fromhex(given["data"]), mechanism=pkcs11.Mechanism.SHA256_RSA_PKCS).hex()
        if what == "private_keys":
            keys = session.get_objects({attribute.CLASS: classes.PRIVATE_KEY})
            found = [(key[attribute.LABEL], key[attribute.MODULUS], key[attribute.PUBLIC_EXPONENT]) for key in keys]
            return [(label, _pem(modulus, exponent)) for label, modulus, exponent in found if modulus]
        if what == "delete":
            template = {attribute.CLASS: classes[given["kind"]], attribute.LABEL: given["label"]}
            for key in session.get_objects(template):
                key.destroy()
            return None
        flags = ("SIGN", "DECRYPT", "UNWRAP", "DERIVE", "EXTRACTABLE", "SENSITIVE", "PRIVATE", "TOKEN")
        return [
            {
                "class": key[attribute.CLASS].name,
                "type": key[attribute.KEY_TYPE].name,
                "label": key[attribute.LABEL],
                "id": key[attribute.ID].hex(),
                **(
                    {name: key[attribute[name]] for name in flags}
                    if key[attribute.CLASS] == classes.PRIVATE_KEY
                    else {}
                ),
            }
            for key in session.get_objects()
        ]


def _pem(modulus: bytes, exponent: bytes) -> str:
    numbers = rsa.RSAPublicNumbers(int.from_bytes(exponent, "big"), int.from_bytes(modulus, "big"))
    public = numbers.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return public.decode()


if __name__ == "__main__":
    for line in sys.stdin:
        try:
            with open(sys.argv[1], "rb") as turn:
                fcntl.flock(turn, fcntl.LOCK_EX)  # as the collection does: see token_session.turn
                result = {"value": _work(sys.argv[1], *json.loads(line))}
        except Exception:
            result = {"error": traceback.format_exc()}
        print(json.dumps(result), flush=True)
