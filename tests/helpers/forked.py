# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run a module, in a process that may be killed or watched if need be, and look at what it leaves.

What is right is said by openssl and by the file system, never by the code under test.
"""

from __future__ import annotations

import base64
import contextlib
import functools
import gc
import http.client
import importlib
import io
import itertools
import json
import os
import pathlib
import re
import resource
import signal
import subprocess
import sys
import tempfile
import traceback
import types
import typing as t
from unittest import mock

import pytest
from ansible.module_utils import basic
from ansible.module_utils.common import warnings

from ansible_collections.tenantops.qlik.plugins.modules import qscloud_jwt, qscloud_keypair

# As another user, a process may not find what Python imports only when it needs it.
importlib.import_module("_strptime")

PRIVATE, PUBLIC, CERTIFICATE = NAMES = ("privatekey.pem", "publickey.pem", "publickey.cer")
MODES = {PRIVATE: 0o600, PUBLIC: 0o644, CERTIFICATE: 0o644}
BACKUP = re.compile(r"(.+)\.\d+\.\d{4}-\d\d-\d\d@\d\d:\d\d:\d\d\+*~")

NOBODY = 65534
"""A user and group of no rights; it needs no name."""

TIMEOUT = 30
"""Seconds after which a run counts as one that hangs."""

# Where there is a file system in memory, hundreds of runs that synchronise their files need not wait for a disk.
MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK | os.X_OK) else None

CHANGES = frozenset(
    "open mkdir rmdir write writelines flush fsync fdatasync rename replace link symlink unlink remove truncate"
    " ftruncate chmod fchmod lchmod chown fchown lchown".split()
)
"""Functions of Python by which a program changes the file system; a run can be stopped before each call of one."""


def _may_chown() -> bool:
    with tempfile.NamedTemporaryFile() as file:
        try:
            os.chown(file.name, NOBODY, NOBODY)
        except OSError:
            return False
    return True


# Not the same as being root: root of a user namespace may not give files to a user that the namespace does not know.
MAY_CHOWN = _may_chown()
needs_chown = pytest.mark.skipif(not MAY_CHOWN, reason="NOT TESTED: giving a file to another user needs root")


class Finished(t.NamedTuple):
    """How a run ended: by which signal (0: by none), and what it printed."""

    signal: int
    output: str

    @property
    def result(self) -> dict[str, t.Any]:
        """What the module returned; anything else that it printed, such as a traceback, is a failure of the test."""
        assert not self.signal, f"ended by {signal.Signals(self.signal).name}"
        try:
            return json.loads(self.output)
        except ValueError:
            pytest.fail(f"no result but: {self.output}")

    @property
    def refusal(self) -> str:
        """The message of a module that refused in the way that it should: one sentence, nothing changed."""
        assert self.result.get("failed"), self.result
        assert not self.result.get("changed") and "exception" not in self.result, self.result
        message = self.result["msg"]
        assert message.endswith(".") and "\n" not in message and "Errno" not in message, message
        return message


class Running:
    """A module that runs in a process of its own.

    The process is a fork, so that a test can reach into it, and a hundred of them cost no start of Python.

    :param before: called in the process, right before the module.
    :param user: the user and group who runs it.
    """

    count = 0
    """How many there were, this one included."""

    def __init__(
        self,
        module: types.ModuleType,
        options: dict[str, t.Any],
        before: t.Callable[[], None] = lambda: None,
        user: int | None = None,
    ) -> None:
        Running.count += 1
        self._output, output = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            self._run(module, options, before, user, output)
        os.close(output)

    def wait(self) -> Finished:
        """Wait for its end."""
        with open(self._output, encoding="utf-8") as file:
            output = file.read()
        status = os.waitpid(self._pid, 0)[1]
        return Finished(os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0, output)

    @staticmethod
    def _run(module: t.Any, options: t.Any, before: t.Any, user: int | None, output: int) -> t.NoReturn:
        # What measures coverage would take half of the time, and be lost at the end.
        sys.settrace(None)
        # It would write to all of the memory that is shared with the test, and have the kernel copy it.
        gc.disable()
        try:
            signal.alarm(TIMEOUT)
            sys.stdout = sys.stderr = open(output, "w", encoding="utf-8")
            if user is not None:
                os.setgroups([])
                os.setgid(user)
                os.setuid(user)
            _main(module, options, before)
        except BaseException:
            traceback.print_exc()
        finally:
            sys.setprofile(None)
            sys.stdout.flush()
            os._exit(0)


class _Hangs(BaseException):
    """The run takes too long. No module catches this."""


def _main(module: t.Any, options: dict[str, t.Any], before: t.Callable[[], None]) -> None:
    arguments = json.dumps({"ANSIBLE_MODULE_ARGS": options}).encode()
    with (
        mock.patch.object(basic, "_ANSIBLE_ARGS", arguments),
        mock.patch.object(basic, "_ANSIBLE_PROFILE", "legacy", create=True),
        # Who logs has to wait if the reader of the system log is slow, and here hundreds of runs would log.
        mock.patch.object(basic.AnsibleModule, "log", lambda *_, **__: None),
        contextlib.suppress(SystemExit),
    ):
        before()
        module.main()


def _run_here(module: types.ModuleType, options: dict[str, t.Any]) -> Finished:
    """Run a module in the process of the test, which takes a tenth of the time of a fork."""

    def stop(*_arguments: object) -> t.NoReturn:
        raise _Hangs

    Running.count += 1
    output = io.StringIO()
    old_handler = signal.signal(signal.SIGALRM, stop)
    signal.alarm(TIMEOUT)
    try:
        with contextlib.ExitStack() as stack:
            stack.enter_context(contextlib.redirect_stdout(output))
            stack.enter_context(contextlib.redirect_stderr(output))
            # The next run must not report the warnings of this one.
            for name in ("_global_warnings", "_global_deprecations"):
                stack.enter_context(mock.patch.object(warnings, name, type(getattr(warnings, name))()))
            try:
                _main(module, options, lambda: None)
            except (Exception, _Hangs):
                traceback.print_exc()
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, old_handler)
    return Finished(0, output.getvalue())


def run(
    module: types.ModuleType,
    options: dict[str, t.Any],
    before: t.Callable[[], None] | None = None,
    user: int | None = None,
) -> Finished:
    """Run a module up to its end; in a process of its own if something comes first there, or as another user."""
    if before is None and user is None:
        return _run_here(module, options)
    return Running(module, options, before or (lambda: None), user).wait()


def keypair(directory: pathlib.Path, before=None, user=None, **options: t.Any) -> Finished:
    """Run the module qscloud_keypair, with small keys."""
    return run(qscloud_keypair, {"directory": str(directory), "size": 2048, **options}, before, user)


def token(path: pathlib.Path, before=None, user=None, **options: t.Any) -> Finished:
    """Run the module qscloud_jwt, so that the token is kept in a file."""
    return run(qscloud_jwt, token_options(path, **options), before, user)


def token_options(path: pathlib.Path, **options: t.Any) -> dict[str, t.Any]:
    """Options of qscloud_jwt; one that is None is left out."""
    every = {
        "path": str(path),
        "private_key_content": ready_pair()[PRIVATE].decode(),
        "issuer": "acme.eu.qlikcloud.com",
        "name": "Anna Anderson",
        "email": "anna@grusgrus.com",
        "email_verified": True,
        **options,
    }
    return {name: value for name, value in every.items() if value is not None}


def before_each_change(action: t.Callable[[int], None]) -> t.Callable[[], None]:
    """Something to be done before each change of the file system, however it is made; it gets a number from 1."""
    steps = itertools.count(1)

    def watch(_frame: types.FrameType, event: str, function: t.Any) -> None:
        if event == "c_call" and function.__name__ in CHANGES:
            owner = function.__self__
            if (owner.__name__ if isinstance(owner, types.ModuleType) else type(owner).__module__) in (
                "posix",
                "_io",
                "io",
            ):
                action(next(steps))

    return lambda: sys.setprofile(watch)


def kill_at(step: int) -> t.Callable[[], None]:
    """Let ``kill -9`` strike right before this change of the file system."""
    return before_each_change(lambda now: os.kill(os.getpid(), signal.SIGKILL) if now == step else None)


def kill_at_request(number: int, moment: str) -> t.Callable[[], None]:
    """Let ``kill -9`` strike at this request to a server, whichever library makes it.

    :param moment: ``before`` it is sent, once it is ``sent``, or once the server has ``answered``, and nobody read it.
    """

    def patch() -> None:
        sends, answers = itertools.count(1), itertools.count(1)
        send, answer = http.client.HTTPConnection.endheaders, http.client.HTTPConnection.getresponse

        def kill() -> None:
            os.kill(os.getpid(), signal.SIGKILL)

        def endheaders(*given: t.Any, **keywords: t.Any) -> None:
            if next(sends) == number and moment == "before":
                kill()
            send(*given, **keywords)

        def getresponse(*given: t.Any, **keywords: t.Any) -> http.client.HTTPResponse:
            strikes = next(answers) == number
            if strikes and moment == "sent":
                kill()
            response = answer(*given, **keywords)
            if strikes and moment == "answered":
                kill()
            return response

        http.client.HTTPConnection.endheaders = endheaders
        http.client.HTTPConnection.getresponse = getresponse

    return patch


def kill_after(seconds: float) -> t.Callable[[], None]:
    """Have the kernel end the process after this time, without a last word, as ``kill -9`` does."""

    def start() -> None:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, seconds)

    return start


def file_size_limit(size: int, action: t.Any) -> t.Callable[[], None]:
    """Let no file grow over this size: the write that reaches it is cut short, and what comes then is up to the action.

    :param action: SIG_DFL: end it at once; SIG_IGN: fail the write, as a full disk does.
    """

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        signal.signal(signal.SIGXFSZ, action)

    return limit


@functools.lru_cache(maxsize=None)
def ready_pair() -> dict[str, bytes]:
    """The three files as the module makes them."""
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        assert keypair(pathlib.Path(folder)).result["changed"]
        return contents(pathlib.Path(folder))


@functools.lru_cache(maxsize=None)
def qs_jwt_pair() -> dict[str, bytes]:
    """The three files as qs-jwt makes them: the certificate is signed with SHA-1."""
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        request = "req -x509 -sha1 -newkey rsa:2048 -nodes -days 365 -subj /CN=qs-jwt"
        openssl(*request.split(), "-keyout", f"{folder}/{PRIVATE}", "-out", f"{folder}/{CERTIFICATE}")
        openssl("pkey", "-in", f"{folder}/{PRIVATE}", "-pubout", "-out", f"{folder}/{PUBLIC}")
        return contents(pathlib.Path(folder))


def put(folder: pathlib.Path, files: dict[str, bytes], modes: dict[str, int] | None = None) -> pathlib.Path:
    """Make a folder of these files."""
    folder.mkdir(mode=0o700, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
        (folder / name).chmod((modes or MODES).get(name, 0o600))
    return folder


def contents(folder: pathlib.Path) -> dict[str, bytes]:
    """All files of a folder."""
    return {path.name: path.read_bytes() for path in folder.iterdir()} if folder.exists() else {}


def state(folder: pathlib.Path) -> dict[str, t.Any]:
    """All that there is to see below a folder, but for the times of folders and of reading."""

    def describe(path: pathlib.Path) -> tuple[t.Any, ...]:
        status = path.lstat()
        about = (status.st_ino, status.st_mode, status.st_uid, status.st_gid)
        if path.is_symlink():
            return (*about, os.readlink(path))
        return (*about, status.st_mtime_ns, path.read_bytes()) if path.is_file() else about

    return {str(path): describe(path) for path in [folder, *folder.rglob("*")]}


@contextlib.contextmanager
def folder_for_all() -> t.Iterator[pathlib.Path]:
    """A folder that every user may enter, in memory if possible; pytest's own may be entered by nobody else."""
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        os.chmod(folder, 0o755)
        yield pathlib.Path(folder)


def openssl(*arguments: t.Any, stdin: bytes | None = None) -> str:
    """Run openssl; it must find nothing wrong."""
    done = subprocess.run(["openssl", *map(str, arguments)], input=stdin, capture_output=True, check=False)
    assert done.returncode == 0, f"openssl {arguments}: {done.stderr.decode()}"
    return done.stdout.decode()


@functools.lru_cache(maxsize=None)
def public_key_of(content: bytes) -> str:
    """The public key of a whole private key, public key or certificate."""
    if b"CERTIFICATE" in content:
        return openssl("x509", "-noout", "-pubkey", stdin=content)
    return openssl("pkey", "-pubout", *(["-pubin"] if b"PUBLIC" in content else []), stdin=content)


def private_keys(files: dict[str, bytes]) -> set[bytes]:
    """The private keys among files that have their final name; each must be whole."""
    keys = {content for name, content in files.items() if PRIVATE in name and not name.startswith(".")}
    assert all(b"PRIVATE KEY" in key and public_key_of(key) for key in keys)
    return keys


def check_pair(folder: pathlib.Path, names: t.Sequence[str] = NAMES) -> None:
    """The three files belong together, with the right modes, and beside them there is nothing but backups."""
    files = contents(folder)
    assert len({public_key_of(files[name]) for name in names}) == 1, "the files are not of one key"
    _verify(files[names[2]])
    assert {name: mode_of(folder / name) for name in names} == dict(zip(names, MODES.values()))
    check_backups(folder, names)


@functools.lru_cache(maxsize=None)
def _verify(certificate: bytes) -> None:
    with tempfile.NamedTemporaryFile(dir=MEMORY) as file:
        file.write(certificate)
        file.flush()
        openssl("verify", "-check_ss_sig", "-no-CApath", "-CAfile", file.name, file.name)


def check_backups(folder: pathlib.Path, names: t.Sequence[str]) -> None:
    """Beside these files there is nothing but backups of them, with the right modes."""
    for path in folder.iterdir():
        if path.name not in names:
            match = BACKUP.fullmatch(path.name)
            assert match, f"left over: {path.name}"
            assert mode_of(path) == MODES[match[1]], path.name


def check_token(path: pathlib.Path, public_key: bytes | None = None) -> None:
    """The file holds one whole token of this key or the ready pair, for its owner alone."""
    _verify_token(path.read_bytes(), public_key or ready_pair()[PUBLIC])
    assert mode_of(path) == 0o600


@functools.lru_cache(maxsize=None)
def _verify_token(token: bytes, public_key: bytes) -> None:
    head, payload, signature = token.split(b".")
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        put(pathlib.Path(folder), {"public": public_key, "signature": base64.urlsafe_b64decode(signature + b"==")})
        verify = ["dgst", "-sha256", "-verify", f"{folder}/public", "-signature", f"{folder}/signature"]
        openssl(*verify, stdin=head + b"." + payload)


def mode_of(path: pathlib.Path) -> int:
    """The permission bits of what has this name; a link is not followed."""
    return path.lstat().st_mode & 0o7777
