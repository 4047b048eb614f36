// Copyright (c) 2026, tenantops
// GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

// Manage a tenant with Qlik's typed client: an order in the variable ORDER, what was seen on standard output, both in
// JSON. NODE_EXTRA_CA_CERTS is the certificate of the tenant's CA.

import { auth, groups, identityProviders, oauthClients, tenants, users } from "@qlik/api";

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

async function ofClients(hostConfig, body, keys) {
  auth.setDefaultHostConfig(hostConfig);
  const created = await oauthClients.createOAuthClient(body);
  const { clientId: id, clientSecret } = created.data;
  const patched = await oauthClients.patchOAuthClient(id, [
    { op: "add", path: "/description", value: "patched" },
    { op: "replace", path: "/publicKeys", value: keys },
  ]);
  const trusted = await oauthClients.patchOAuthClientConnectionConfig(id, [
    { op: "replace", path: "/consentMethod", value: "trusted" },
  ]);
  const published = await oauthClients.publishOAuthClient(id);
  const read = await oauthClients.getOAuthClient(id, { noCache: true });
  const filtered = await oauthClients.getOAuthClients({
    filter: `clientName eq "${body.clientName}" and appType eq "web"`,
    totalResults: true,
  });
  const listed = [];
  let page = await oauthClients.getOAuthClients({ limit: 2, sort: "-clientName" });
  for (; page; page = page.next && (await page.next())) {
    listed.push(...page.data.data.map((client) => client.clientName));
  }
  const config = { authType: "oauth2", host: hostConfig.host, clientId: id, clientSecret, noCache: true };
  const subjects = [];
  for (const changes of [{}, { subject: "auth0|ordinary" }]) {
    subjects.push((await users.getMyUser({ hostConfig: { ...config, ...changes }, noCache: true })).data.subject);
  }
  const deleted = await oauthClients.deleteOAuthClient(id);
  const gone = await oauthClients.getOAuthClient(id, { noCache: true }).catch((error) => error);
  return {
    created: created.data,
    read: read.data,
    filtered: filtered.data,
    listed,
    statuses: [created.status, patched.status, trusted.status, published.status, deleted.status, gone.status],
    subjects,
  };
}

const order = JSON.parse(process.env.ORDER);
const { host, api_key: apiKey, client_id: clientId, client_secret: clientSecret, body } = order;
console.log(
  JSON.stringify({
    key: await managed({ authType: "apikey", host, apiKey }, body),
    client: await managed({ authType: "oauth2", host, clientId, clientSecret, scope: "admin_classic" }, body),
    clients: await ofClients({ authType: "apikey", host, apiKey }, order.client, order.public_keys),
  }),
);
