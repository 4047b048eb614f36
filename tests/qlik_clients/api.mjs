// Copyright (c) 2026, tenantops
// GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

// Manage a tenant with Qlik's typed client: an order in the variable ORDER, what was seen on standard output, both in
// JSON. NODE_EXTRA_CA_CERTS is the certificate of the tenant's CA.

import { auth, groups, identityProviders, tenants, users } from "@qlik/api";

async function managed(hostConfig, body) {
  auth.setDefaultHostConfig(hostConfig);
  const created = await identityProviders.createIdp(body);
  const { id } = created.data;
  const patched = await identityProviders.patchIdp(id, [{ op: "replace", path: "/description", value: "patched" }]);
  const read = await identityProviders.getIdp(id, { noCache: true });
  const listed = [];
  const pages = [];
  for (let page = await identityProviders.getIdps({ limit: 2 }); page; page = page.next && (await page.next())) {
    listed.push(...page.data.data.map((provider) => provider.id));
    pages.push(page);
  }
  const back = await pages.at(-1).prev();
  const active = await identityProviders.getIdps({ active: true, limit: 100 });
  const deleted = await identityProviders.deleteIdp(id);
  const gone = await identityProviders.getIdp(id, { noCache: true }).catch((error) => error);
  await groups.patchGroupsSettings([{ op: "replace", path: "/autoCreateGroups", value: true }]);
  return {
    created: created.data,
    read: read.data,
    listed,
    back: back.data.data.map((provider) => provider.id),
    active: active.data.data.map((provider) => provider.id),
    statuses: [created.status, patched.status, read.status, deleted.status],
    gone: gone.status,
    error: gone.data,
    autoCreateGroups: (await groups.getGroupsSettings()).data.autoCreateGroups,
    tenant: (await tenants.getMyTenant()).data.id,
    user: (await users.getMyUser()).data.subject,
  };
}

const { host, api_key: apiKey, client_id: clientId, client_secret: clientSecret, body } = JSON.parse(process.env.ORDER);
console.log(
  JSON.stringify({
    key: await managed({ authType: "apikey", host, apiKey }, body),
    client: await managed({ authType: "oauth2", host, clientId, clientSecret, scope: "admin_classic" }, body),
  }),
);
