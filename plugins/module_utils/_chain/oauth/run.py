# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The chain of steps for an OAuth client of one tenant: keys, the client, an access token, and what is no longer needed.

A failure at any step breaks nothing that worked before, and the next run continues there: a new key is added to the client
and proven before an old one is removed from it, and then from this side.
"""

from __future__ import annotations

import datetime
import time
import typing as t

from .. import keys, strays
from . import access, client, client_file, options

if t.TYPE_CHECKING:
    from ..report import Report


class Outcome(t.NamedTuple):
    """What exists now: the keys, the current one first, the client with its id and name, and an access token.

    With ``state: absent``, nothing. In check mode, None is what is not known.
    """

    keys: list[keys.Key]
    client: dict[str, t.Any] | None
    access_token: str | None


def run(
    given: t.Mapping[str, t.Any],
    environment: t.Mapping[str, str],
    accept: keys.Accept,
    report: Report,
    sleep: t.Callable[[float], None] = time.sleep,
) -> Outcome:
    """Bring the OAuth client into the desired state. All options are checked before anything changes.

    :param given: the options of the module qscloud_tenant_oauth by name.
    :param environment: the environment variables, which may contain credentials.
    :param accept: see :data:`keys.Accept`.
    :param report: receives what is done, also if a later step fails.
    :param sleep: waits for the given number of seconds.
    :raises QlikError: if a step fails.
    """
    now = datetime.datetime.now(datetime.timezone.utc)
    wanted = options.read(given)
    known_id = client_file.stored(wanted)
    side = access.connect(wanted, environment, known_id, report, sleep)
    if side:
        client.check_not_lost(side, wanted, now)

    found = keys.provide(wanted, now, accept, report)
    # Those to remove come after those to keep, which tell whether a store must be asked about the others.
    retired = keys.retired(wanted, client.key_ids(side) - {key.key_id for key in found}, now)
    pairs = keys.undeclared(wanted, now)
    purged = pairs if wanted.options["purge"] else []
    if not wanted.present:
        if side:
            client.delete(side, report)
        # Without the id, the client could not be deleted by the next run.
        keys.remove(wanted, retired, report)
        client_file.ensure_absent(wanted, known_id, report)
        return Outcome([], None, None)

    its, changed = client.register(side, wanted, found, report)
    its_id = its.get("clientId")
    client_file.ensure_present(wanted, known_id, its_id, report)
    removed = client.to_remove(wanted, its, found, [key.key_id for key in retired])
    token = client.request_token(wanted, its_id, found[0], changed, bool(removed), report, sleep)
    client.retire(side, wanted, its, found, removed, report)
    keys.remove(wanted, [*retired, *purged], report)
    client.report_strays(side, its, found, removed, report)
    strays.report_pairs([] if purged else pairs, wanted, report)
    return Outcome(found, {"id": its_id, "name": wanted.options["client_name"]}, token)
