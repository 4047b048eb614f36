#!/usr/bin/python
# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: qscloud_status
short_description: Report the status of many Qlik Cloud tenants
version_added: 0.2.0
author:
  - tenantops (@tenantops)
description:
  - Reports what M(tenantops.qlik.qscloud_tenant_jwt_info) has found about all tenants of the play, as text on the
    screen and, if wanted, as an HTML page, as CSV, and as metrics for Prometheus.
  - The playbook C(tenantops.qlik.status) ends with this module. The module changes nothing but the files that it
    writes.
extends_documentation_fragment:
  - tenantops.qlik.attributes
  - tenantops.qlik.attributes.action
attributes:
  check_mode:
    support: full
    details: In check mode, the files are not written.
  diff_mode:
    support: none
  idempotent:
    support: full
    details: The task never reports a change. It replaces the files each time, because they contain the time of the run.
  safe_file_operations:
    support: full
  action:
    support: full
  async:
    support: none
options:
  result:
    description:
      - The name of the variable in which each host of the play has the result of
        M(tenantops.qlik.qscloud_tenant_jwt_info). Hosts without it count as failed.
      - Required unless O(check_only=true).
    type: str
  html:
    description:
      - Write the status to this file as an HTML page, which needs no other file and loads nothing.
      - >-
        A relative path starts at the folder of the playbook, or at the current directory if the playbook is part of a
        collection. The folder must exist. A new file gets its mode from the umask; a replaced one keeps its mode.
    type: path
  csv:
    description:
      - Write the status to this file as CSV (RFC 4180) in UTF-8, with a row for each tenant and key. For relative
        paths, see O(html).
      - A value that a spreadsheet could take for a formula begins with a single quote. This also applies to key IDs
        that begin with a hyphen.
    type: path
  prometheus:
    description:
      - Write the status to this file in the text format of Prometheus, for the textfile collector of its node exporter,
        which reads files whose names end with C(.prom). For relative paths, see O(html).
    type: path
  fail_on:
    description:
      - Fail if one of these words applies to a tenant.
      - V(failed) means that the tenant could not be looked at.
      - V(expiring) means that a certificate has ended, or ends within C(renew_before_days).
      - V(drift) means that the tenant differs from what is declared, and no run corrects it.
      - V(stray) means that a provider of this issuer, or a key file, belongs to no declared key.
      - V(manual) means that something must be entered in the tenant by hand.
      - V(pending) means that the playbook C(tenantops.qlik.provision) would change something.
      - V(unchecked) means that something was not looked at, such as the tenant's side without credentials.
      - An empty list never lets the task fail because of a tenant.
    type: list
    elements: str
    default: [failed]
  check_only:
    description: Only check the other options and whether the files can be written. Run this before the tenants are
      looked at, which can take long.
    type: bool
    default: false
  variables:
    description:
      - A prefix of variables. An option that the task does not set is read from the variable whose name is this prefix
        and the option, if it exists. This does not apply to O(result) and O(check_only). The playbook uses V(status_).
    type: str
seealso:
  - module: tenantops.qlik.qscloud_tenant_jwt_info
  - module: tenantops.qlik.qscloud_recap
"""

EXAMPLES = r"""
- name: Look at each tenant
  hosts: tenants
  connection: local
  gather_facts: false
  tasks:
    - name: Check whether the page can be written
      tenantops.qlik.qscloud_status:
        html: /tmp/status.html
        check_only: true
      run_once: true

    - name: Look at the tenant
      tenantops.qlik.qscloud_tenant_jwt_info:
        variables: tenant_jwt_
      register: status_result
      ignore_errors: true

- name: Report what was found
  hosts: tenants
  connection: local
  gather_facts: false
  tasks:
    - name: Status
      tenantops.qlik.qscloud_status:
        result: status_result
        html: /tmp/status.html
        fail_on: [failed, expiring]
      run_once: true
"""

RETURN = r"""
counts:
  description: How many tenants each word applies to, and how many are healthy.
  returned: if O(check_only=false)
  type: dict
  sample: {failed: 1, expiring: 2, drift: 0, stray: 0, manual: 0, pending: 2, unchecked: 0, healthy: 495}
tenants:
  description: The hosts that each word applies to, without the words that apply to none.
  returned: if O(check_only=false)
  type: dict
  sample: {failed: [acme.eu.qlikcloud.com]}
reasons:
  description:
    - The hosts to which a word of O(fail_on) applies, each with these words, separated by commas.
    - The playbook C(tenantops.qlik.status) fails these hosts, and no other.
  returned: if O(check_only=false)
  type: dict
  sample: {acme.eu.qlikcloud.com: "failed"}
limit:
  description: The hosts in RV(reasons), as a value of C(--limit). Empty if there are none.
  returned: if O(check_only=false)
  type: str
  sample: acme.eu.qlikcloud.com
"""
