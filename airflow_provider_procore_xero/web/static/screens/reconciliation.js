// Reconciliation: where both systems agree to the cent, and where they do not.

import { get } from "../api.js";
import { at, el } from "../dom.js";
import { filters, list, pages } from "../lists.js";
import { count, money } from "../names.js";
import { empty, table, when } from "../parts.js";

export async function show(main, { query }) {
  const asked = { q: query.q ?? "", differing: query.differing ?? "", run: query.run ?? "" };
  const { last } = await get(at("reconciliation", { ...asked, limit: 1 }));
  const heading = el("h1", {}, "Reconciliation");
  if (!last) return [heading, empty("Nothing has been reconciled yet. The nightly run does it at its end; procore_xero_reconcile does it at once.")];
  return [
    heading,
    el("p", {}, when(last.made_at), `: ${count(last.rows)} rows, ${last.differing} differ, ${last.unexplained} of them without a reason.`),
    totals(last.totals),
    filters("reconciliation", [
      { name: "q", label: "Search", value: asked.q, hint: "project, code or reason" },
      { name: "differing", label: "Show", kind: "select", value: asked.differing, choices: [["", "Everything"], ["true", "What differs"]] },
    ]),
    await list({
      path: "reconciliation", query: asked, caption: "Rows, the largest difference without a reason first",
      nothing: "No row is like that.", columns: columns(),
    }),
  ];
}

const AMOUNTS = [
  ["claimed", "Claimed"], ["billed", "Billed"], ["paid_xero", "Paid in Xero"], ["paid_procore", "Paid in Procore"],
  ["direct_cost", "Direct cost"], ["job_cost", "Job cost"],
];
const some = (amount) => (Number(amount) ? money(amount) : "·");

function totals(found) {
  const rows = Object.entries(found);
  return rows.length > 0 && table("Totals by currency", [
    { name: "All projects", cell: ([currency]) => currency },
    ...AMOUNTS.map(([key, name]) => ({ name, kind: "number", cell: ([, row]) => some(row[key]) })),
  ], rows);
}

function columns() {
  return [
    { name: "Project", kind: "wide", cell: (row) => [row.project || "no project", el("div", { class: "muted" }, [row.commitment, row.vendor, row.code, row.currency].filter(Boolean).join(" · ")), el("div", {}, pages(row))] },
    ...AMOUNTS.map(([key, name]) => ({ name, kind: "number", cell: (row) => some(row[key]) })),
    { name: "Difference", kind: "number", cell: (row) => some(row.difference) },
    { name: "Unexplained", kind: "number", cell: (row) => (Number(row.unexplained) ? el("strong", { class: "lost" }, money(row.unexplained)) : "·") },
    { name: "Because", kind: "wide", cell: (row) => row.explanations.map((each) => el("div", {}, `${money(each.amount)}: ${each.sentence} `, el("code", { class: "muted" }, each.code))) },
  ];
}
