# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Recognize what Ansible Vault has encrypted, and decrypt files in memory where that is possible.

Only the controller has the passwords of Ansible Vault. Code that runs there says how to decrypt, with
:func:`decrypting_with`. Nothing decrypted is written anywhere.
"""

from __future__ import annotations

import contextlib
import contextvars
import typing as t

from .._errors import FileError, OptionError

_HEADER = "$ANSIBLE_VAULT;"
"""How such text begins: "Format of files encrypted with Ansible Vault" in Ansible's documentation."""

INSTEAD = "run the task on the controller, or decrypt the file with 'ansible-vault decrypt'"
"""What to do about a file in a key folder, where an ordinary module cannot decrypt it."""

Decrypt = t.Callable[[bytes], t.Optional[bytes]]
"""Decrypts a whole file; returns None if no password fits."""

_decrypt: contextvars.ContextVar[Decrypt | None] = contextvars.ContextVar("decrypt", default=None)


@contextlib.contextmanager
def decrypting_with(decrypt: Decrypt) -> t.Iterator[None]:
    """Decrypt files in the body of the ``with`` statement."""
    token = _decrypt.set(decrypt)
    try:
        yield
    finally:
        _decrypt.reset(token)


def is_encrypted(content: bytes) -> bool:
    """Whether Ansible Vault has encrypted the content of a file."""
    return content.startswith(_HEADER.encode())


def decrypted(content: bytes, path: str, instead: str = INSTEAD) -> bytes:
    """The content of a file, decrypted if Ansible Vault has encrypted it.

    :param path: the path of the file, for messages.
    :param instead: what to do where it cannot be decrypted, for the end of the message.
    :raises FileError: if it cannot be decrypted.
    """
    if not is_encrypted(content):
        return content
    decrypt = _decrypt.get()
    if decrypt is None:
        raise FileError(
            f"{path} is encrypted with Ansible Vault, which an ordinary module cannot decrypt (-v says why it is one):"
            f" {instead}."
        )
    if (plain := decrypt(content)) is None:
        raise FileError(
            f"{path} is encrypted with Ansible Vault, and no password that Ansible has fits: specify it with"
            " --vault-password-file, --vault-id or --ask-vault-pass."
        )
    return plain


def check_options(options: t.Mapping[str, t.Any]) -> None:
    """Reject a text that Ansible Vault has encrypted, and that Ansible has not decrypted on the way to an option.

    :raises OptionError: if an option is such a text.
    """
    for option, value in options.items():
        if isinstance(value, str) and value.lstrip().startswith(_HEADER):
            raise OptionError(
                f"O({option}) is still encrypted with Ansible Vault: put the tag !vault before the text in YAML, or"
                " read it from a file with the lookup ansible.builtin.file, so that Ansible decrypts it."
            )
