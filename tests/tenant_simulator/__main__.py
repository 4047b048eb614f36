# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A Qlik Cloud tenant in a process, to test clients against: ``python tests/tenant_simulator --help``.

It listens on loopback addresses only, and prints one line of JSON when it does: where its tenants are, the certificate
of its CA, and the credentials that it accepts, which are new at each start.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import pathlib
import signal
import socket
import sys
import tempfile

from aiohttp import web
from application import application
from certificates import server_context
from organization import Organization
from switches import Switches
from tenant import Region

_PATIENCE = 0.5  # seconds that requests get to finish at the end


def _switch(text: str) -> tuple[str, str]:
    name, dummy, value = text.partition("=")
    try:
        Switches().set(name, value)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    return name, value


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tenant_simulator", description="A Qlik Cloud tenant in a process.")
    parser.add_argument("--port", type=int, default=0, help="the port of all tenants; without it, a free one")
    parser.add_argument("--tenants", type=int, default=1, help="how many: they are at 127.0.0.1, 127.0.0.2, ...")
    parser.add_argument("--latency-ms", type=float, default=0, help="milliseconds by which each answer comes later")
    parser.add_argument(
        "--set", type=_switch, action="append", default=[], metavar="SWITCH=VALUE", help="see switches.py", dest="set"
    )
    parser.add_argument("--until-stdin-closes", action="store_true", help="a pipe: end with whoever started it")
    return parser.parse_args()


def _listen(addresses: list[str], port: int) -> list[socket.socket]:
    listening = []
    for address in addresses:
        listening.append(socket.create_server((address, port), backlog=128))
        # The first one chooses the port, if none is given.
        port = listening[0].getsockname()[1]
    return listening


async def _run(options: argparse.Namespace, folder: pathlib.Path) -> None:
    addresses = [f"127.0.{(number + 1) // 256}.{(number + 1) % 256}" for number in range(options.tenants)]
    first_switches = {"latency_ms": str(options.latency_ms), **dict(options.set)}
    region = Region(addresses, first_switches)
    organization = Organization(addresses[0], first_switches, addresses)
    context, ca_path = server_context(addresses, folder)
    listening = _listen(addresses, options.port)
    of_the_organization = _listen(addresses[:1], 0)
    runners = []
    for served, sockets in ((region, listening), (organization, of_the_organization)):
        runners.append(web.AppRunner(application(served), access_log=None, shutdown_timeout=_PATIENCE))
        await runners[-1].setup()
        for one in sockets:
            await web.SockSite(runners[-1], one, ssl_context=context).start()

    end = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end.set)
    if options.until_stdin_closes:
        loop.add_reader(sys.stdin.fileno(), lambda: os.read(sys.stdin.fileno(), 4096) or end.set())
    urls = [f"https://{address}:{listening[0].getsockname()[1]}" for address in addresses]
    started = {
        "url": urls[0],
        "urls": urls,
        "ca_path": str(ca_path),
        "api_key": region.api_key,
        "user_api_key": region.user_api_key,
        "client_id": region.client_id,
        "client_secret": region.client_secret,
        "organization": {
            "url": f"https://{addresses[0]}:{of_the_organization[0].getsockname()[1]}",
            "client_id": organization.client_id,
            "client_secret": organization.client_secret,
        },
    }
    print(json.dumps(started), flush=True)
    await end.wait()
    for runner in runners:
        await runner.cleanup()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="tenant-simulator-") as name:
        asyncio.run(_run(_options(), pathlib.Path(name)))
