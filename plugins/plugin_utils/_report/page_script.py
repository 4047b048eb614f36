# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the page of the status does in a browser: sort and filter its table. It never turns a text into markup."""

from __future__ import annotations

SCRIPT = """
"use strict";
(() => {
  const table = document.getElementById("tenants");
  const rows = [...table.tBodies[0].rows];
  const input = document.getElementById("filter");
  const shown = document.getElementById("shown");
  const chosen = new Set();
  const texts = new Map(rows.map((row) => [row, row.textContent.toLowerCase()]));

  function button(element) {
    const made = document.createElement("button");
    made.type = "button";
    made.append(...element.childNodes);
    element.append(made);
    return made;
  }

  function filter() {
    const wanted = input.value.trim().toLowerCase();
    let number = 0;
    for (const row of rows) {
      const has = !chosen.size || row.dataset.words.split(" ").some((word) => chosen.has(word));
      row.hidden = !(has && texts.get(row).includes(wanted));
      number += !row.hidden;
    }
    shown.textContent = `${number} of ${rows.length} shown`;
  }

  for (const item of document.querySelectorAll("#words li")) {
    const toggle = button(item);
    toggle.setAttribute("aria-pressed", "false");
    toggle.addEventListener("click", () => {
      const word = item.dataset.word;
      const on = !chosen.delete(word);
      if (on) chosen.add(word);
      toggle.setAttribute("aria-pressed", String(on));
      filter();
    });
  }

  const collator = new Intl.Collator("en", {numeric: true});
  const value = (row, column) => row.cells[column].dataset.value ?? row.cells[column].textContent;
  const headings = [...table.tHead.rows[0].cells];
  headings.forEach((heading, column) => {
    if (!("sort" in heading.dataset)) return;
    button(heading).addEventListener("click", () => {
      const down = heading.getAttribute("aria-sort") === "ascending";
      headings.forEach((other) => other.removeAttribute("aria-sort"));
      heading.setAttribute("aria-sort", down ? "descending" : "ascending");
      const sign = down ? -1 : 1;
      rows.sort((a, b) => sign * collator.compare(value(a, column), value(b, column))
        || collator.compare(value(a, 0), value(b, 0)));
      table.tBodies[0].append(...rows);
    });
  });

  input.addEventListener("input", filter);
  document.getElementById("controls").hidden = false;
  filter();
})();
"""
