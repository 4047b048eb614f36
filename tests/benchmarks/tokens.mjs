// Copyright (c) 2026, tenantops
// GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

// Sign one token with jsonwebtoken: the file of the private key and the claims are the arguments.

import { readFileSync } from "node:fs";
import jsonwebtoken from "jsonwebtoken";

const [path, claims] = process.argv.slice(2);
process.stdout.write(
  jsonwebtoken.sign(JSON.parse(claims), readFileSync(path), { algorithm: "RS256", keyid: "key-id" }),
);
