# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the recap says about the results of tenants."""

from __future__ import annotations

import shlex
import typing as t

import pytest

from ansible_collections.tenantops.qlik.plugins.plugin_utils import _recap


def step(kind: str, action: str, sentence: str, changed: bool = True) -> dict[str, t.Any]:
    """A step of a result."""
    return {"object": kind, "action": action, "text": sentence, "reason": None, "id": None, "changed": changed}


def finding(kind: str, sentence: str, ends: str | None = None) -> dict[str, t.Any]:
    """A finding of a result."""
    return {"kind": kind, "text": sentence, "ends": ends}


def success(*steps: dict[str, t.Any], findings: t.Sequence[dict[str, t.Any]] = ()) -> dict[str, t.Any]:
    """The result of a tenant that has not failed."""
    return {"failed": False, "steps": list(steps), "findings": list(findings), "key_pairs": []}


def failure(message: str, *steps: dict[str, t.Any]) -> dict[str, t.Any]:
    """The result of a tenant that has failed, which the condition of its task does not say."""
    return {"failed": False, "failed_when_result": False, "msg": message, "steps": list(steps)}


def said(results: dict[str, t.Any], check_mode: bool = False, has_retry_file: bool = False) -> str:
    """The text for these results, without the empty lines around it."""
    tenants = {name: _recap.outcome(result) for name, result in results.items()}
    return _recap.text(tenants, check_mode, has_retry_file).strip("\n")


WROTE = step("certificate", "write", "wrote publickey.cer: it was missing")
CREATED = step("identity_provider", "create", "created identity provider 5f for key id rMQB")
CREATED_TOO = step("identity_provider", "create", "created identity provider 6a for key id TuV8")
TURNED_ON = step("group_settings", "turn on", "turned on the creation of groups")
LOGIN = step("session", "log in", "logged in as Anna Anderson", changed=False)
KEPT = step("key_pair", "keep", "kept the key pair", changed=False)

OUTCOMES = {
    "unchanged": (success(KEPT, LOGIN), "unchanged", None, []),
    "without findings": ({"steps": [], "key_pairs": []}, "unchanged", None, []),
    "changed": (success(KEPT, CREATED, LOGIN), "changed", None, [CREATED, LOGIN]),
    "failed": (failure("No.", WROTE, KEPT), "failed", "No.", [WROTE]),
    "failed before its module": ({"failed": True, "msg": "No."}, "failed", "No.", []),
    "unreachable": ({"unreachable": True, "msg": "No route."}, "unreachable", "No route.", []),
    "skipped": ({"skipped": True, "skip_reason": "Conditional result was False"}, "skipped", None, []),
    "without a result": (None, "failed", "The run did not reach it.", []),
}


@pytest.mark.parametrize("name", OUTCOMES)
def test_each_result_has_a_status_and_the_steps_that_changed_something(name: str) -> None:
    result, status, message, steps = OUTCOMES[name]
    assert _recap.outcome(result) == {"status": status, "msg": message, "steps": steps, "findings": []}


def test_findings_stay_as_they_are() -> None:
    found = [finding("stray", "It has one."), finding("expiring", "It ends.", "2027-01-31T12:00:00Z")]
    assert _recap.outcome(success(findings=found))["findings"] == found


def test_only_tenants_that_failed_are_to_run_again() -> None:
    names = [name for name, (_result, status, *_rest) in OUTCOMES.items() if status in ("failed", "unreachable")]
    assert _recap.failed({name: _recap.outcome(case[0]) for name, case in OUTCOMES.items()}) == names


TEXTS = {
    "one": ({"a": success(KEPT)}, "1 tenant: 1 unchanged, 0 changed, 0 failed."),
    "steps": (
        {"a": success(WROTE, CREATED, LOGIN)},
        "1 tenant: 0 unchanged, 1 changed, 0 failed.\n\nChanged:\n"
        "  a: wrote publickey.cer: it was missing, created identity provider 5f for key\n"
        "    id rMQB, logged in as Anna Anderson",
    ),
    "the same deeds": (
        {
            "a": success(CREATED, TURNED_ON, LOGIN),
            "b": success(WROTE),
            "c": success(CREATED_TOO, TURNED_ON, LOGIN),
        },
        "3 tenants: 0 unchanged, 3 changed, 0 failed.\n\nChanged:\n"
        "  a, c: created the identity provider, turned on the group settings, logged in\n"
        "  b: wrote publickey.cer: it was missing",
    ),
    "more than 3": (
        {name: success(WROTE) for name in "abcde"},
        "5 tenants: 0 unchanged, 5 changed, 0 failed.\n\nChanged:\n  a, b, c and 2 more: wrote the certificate",
    ),
    "findings": (
        {
            "a": success(KEPT, findings=[finding("expiring", "It ends on 2027-03-01.", "2027-03-01T00:00:00Z")]),
            "b": success(KEPT, findings=[finding("drift", "It is off."), finding("stray", "It has 5f.")]),
            "c": success(KEPT, findings=[finding("expiring", "It ends on 2027-01-31.", "2027-01-31T00:00:00Z")]),
            "d": success(KEPT, findings=[finding("manual", "Enter d's certificate.")]),
            "e": success(KEPT, findings=[finding("manual", "Enter e's certificate.")]),
            "f": success(KEPT, findings=[finding("unchecked", "It was not examined.")]),
        },
        "6 tenants: 6 unchanged, 0 changed, 0 failed.\n\nTo enter by hand in the tenant:\n"
        "  d, e: Enter TENANT's certificate.\n\nCertificates that expire soon:\n"
        "  c: It ends on 2027-01-31.\n  a: It ends on 2027-03-01.\n\nNot as declared:\n  b: It is off.\n\n"
        "Not declared:\n  b: It has 5f.\n\nNot checked:\n  f: It was not examined.",
    ),
    "failures": (
        {
            "acme": failure("keys/acme/privatekey.pem is\ndamaged."),
            "other": failure("keys/other/privatekey.pem is\ndamaged."),
            "third": failure("HTTP 403.", WROTE),
            "gone": {"unreachable": True, "msg": "No route to host."},
            "new": success(WROTE),
            "not": {"skipped": True},
        },
        "6 tenants: 0 unchanged, 1 changed, 3 failed, 1 unreachable, 1 skipped.\n\nChanged:\n"
        "  new: wrote publickey.cer: it was missing\n\nFailed:\n"
        "  acme, other: keys/TENANT/privatekey.pem is damaged.\n"
        "  third: HTTP 403. Before that: wrote publickey.cer: it was missing.\n\nUnreachable:\n"
        "  gone: No route to host.\n\nTo run again for what failed, add:\n  --limit acme,other,third,gone",
    ),
    "a tenant of the command line": (
        {"acme": failure("No.")},
        "1 tenant: 0 unchanged, 0 changed, 1 failed.\n\nFailed:\n  acme: No.",
    ),
    # A word that is also the name of a tenant.
    "short names": (
        {"a": failure("a is a bad name in a.pem."), "e": failure("e is a bad name in e.pem.")},
        "2 tenants: 0 unchanged, 0 changed, 2 failed.\n\nFailed:\n  a: a is a bad name in a.pem.\n"
        "  e: e is a bad name in e.pem.\n\nTo run again for what failed, add:\n  --limit a,e",
    ),
    "what controls a terminal": (
        {"a": success(KEPT, findings=[finding("stray", "\x1b[31mred\x1b[0m\r\u202eabc\u2028\tdef")])},
        "1 tenant: 1 unchanged, 0 changed, 0 failed.\n\nNot declared:\n  a: [31mred [0m abc def",
    ),
}


@pytest.mark.parametrize("name", TEXTS)
def test_the_text(name: str) -> None:
    results, expected = TEXTS[name]
    assert said(results) == expected


def test_check_mode_says_what_would_be() -> None:
    would = step("certificate", "write", "would write publickey.cer: it is missing")
    results = {"a": success(would), "b": success(would), "c": success(would, step("session", "log in", "would log in"))}
    assert said(results, check_mode=True) == (
        "3 tenants: 0 unchanged, 3 would change, 0 failed.\n\nWould change:\n  a, b: would write the certificate\n"
        "  c: would write publickey.cer: it is missing, would log in"
    )


def test_the_text_for_500_tenants_fits_on_a_screen() -> None:
    names = [f"t{number:04d}.eu.qlikcloud.com" for number in range(500)]
    results = {name: success(WROTE, findings=[finding("stray", f"It has {name[1:5]}.")]) for name in names[:300]}
    results |= {name: failure(f"HTTP 500, traceId {name[1:5]}. " + "Again. " * 10) for name in names[300:450]}
    results |= {name: success(KEPT) for name in names[450:]}
    text = said(results)
    unwrapped = " ".join(text.split())
    assert all(len(line) <= 80 for line in text.splitlines()) and len(text.splitlines()) < 50
    assert "500 tenants: 50 unchanged, 300 changed, 150 failed." in text
    assert f"{names[0]}, {names[1]}, {names[2]} and 297 more: wrote the certificate" in unwrapped
    assert "  ... and 290 more\n" in text and "  ... and 140 more\n" in text


@pytest.mark.parametrize(
    ("count", "has_retry_file", "expected"),
    [
        (10, False, "To run again for what failed, add:\n  --limit "),
        (11, True, "To run again for the 11 that failed, add the --limit that follows below."),
        (11, False, "for the 11 that failed, run again for all, or with\nANSIBLE_RETRY_FILES_ENABLED=true: Ansible "),
    ],
)
def test_many_failures_need_a_file(count: int, has_retry_file: bool, expected: str) -> None:
    text = said({f"t{number}": failure("No.") for number in range(count)}, has_retry_file=has_retry_file)
    assert expected in text and ("--limit t0,t1," in text) == (count == 10)


def test_the_line_to_copy_is_for_a_shell_and_has_no_patterns() -> None:
    line = said({"a.b-c_d": failure("No."), "https://it's": failure("No.")}).splitlines()[-1]
    assert shlex.split(line) == ["--limit", "a.b-c_d,https???it?s"]
