# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Print the rows of tests/compat/matrix.yml as JSON, one job each, for the workflow ``compat.yml``."""

from __future__ import annotations

import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "tests" / "compat"))

import matrix


def main() -> None:
    """Print a list with the variables of each job."""
    rows = matrix.read()
    senders = {row.core: row for row in rows if isinstance(row, matrix.Controller) and row.libraries == "newest"}
    print(json.dumps([job(row, senders[row.core]) for row in rows]))


def job(row: matrix.Controller | matrix.Target, sender: matrix.Controller) -> dict[str, str]:
    """The variables of a job.

    :param sender: the row whose Ansible sends the modules to a target.
    """
    # This program's own Python comes last: the Makefile uses the last one.
    own = "{}.{}".format(*sys.version_info)
    pythons = {row.python, sender.python} - {own} if isinstance(row, matrix.Target) else {row.python} - {own}
    return {
        # `make compat` selects the row by the same text.
        "heading": f"{row.name}, ansible-core {row.core}, Python {row.python}",
        "pythons": "\n".join([*sorted(pythons), own]),
        "container": row.libraries.lower().replace(" ", ":") if isinstance(row, matrix.System) else "",
    }


if __name__ == "__main__":
    main()
