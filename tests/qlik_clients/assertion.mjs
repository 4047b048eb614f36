// Copyright (c) 2026, tenantops
// GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

// Sign a client assertion as Qlik's tutorial does, and judge another one: an order in the variable ORDER, what was seen
// on standard output, both in JSON.

import { randomUUID } from "node:crypto";

import { importJWK, importPKCS8, jwtVerify, SignJWT } from "jose";

const { private_key: privateKey, public_key: publicKey, client_id: clientId, audience, assertion } = JSON.parse(
  process.env.ORDER,
);
const signed = await new SignJWT({})
  .setProtectedHeader({ alg: "RS256", kid: publicKey.kid })
  .setIssuer(clientId)
  .setSubject(clientId)
  .setAudience(audience)
  .setJti(randomUUID())
  .setIssuedAt()
  .setExpirationTime("5m")
  .sign(await importPKCS8(privateKey, "RS256"));
const { payload, protectedHeader } = await jwtVerify(assertion, await importJWK(publicKey), {
  algorithms: ["RS256"],
  audience,
  issuer: clientId,
  subject: clientId,
  maxTokenAge: "5m",
  requiredClaims: ["jti", "exp"],
});
console.log(JSON.stringify({ signed, claims: payload, header: protectedHeader }));
