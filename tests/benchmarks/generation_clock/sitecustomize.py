# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where this folder is on PYTHONPATH, how long each RSA key takes to generate is written to $GENERATION_CLOCK.

It is the processor's time, which does not grow when others use the machine, and so says how much luck the primes took.
"""

from __future__ import annotations

import os
import time

from cryptography.hazmat.primitives.asymmetric import rsa

_generate = rsa.generate_private_key


def _timed(*arguments, **keywords):
    begin = time.thread_time()
    key = _generate(*arguments, **keywords)
    # One write to a file that is open to append: the processes do not get into each other's way.
    with open(os.environ["GENERATION_CLOCK"], "a", encoding="ascii") as file:
        file.write(f"{time.thread_time() - begin}\n")
    return key


rsa.generate_private_key = _timed
