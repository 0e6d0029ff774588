// Reconciliation: where both systems agree to the cent, and where they do not.

import { get } from "../api.js";
import { at, el } from "../dom.js";
import { file, filters, list, pages } from "../lists.js";
import { count, money, plainly } from "../names.js";
import { empty, table, when } from "../parts.js";

export async function show(main, { query }) {
  const asked = { q: query.q ?? "", differing: query.differing ?? "", run: query.run ?? "" };
  const [{ last }, { rows: sums }] = await Promise.all([
    get(at("reconciliation", { run: asked.run, limit: 1 })),
    get(at("reconciliation/totals", { run: asked.run })),
  ]);
  const heading = el("h1", {}, "Reconciliation");
  if (!last) return [heading, empty("Nothing has been reconciled yet. The nightly run does it at its end; procore_xero_reconcile does it at once.")];
  return [
    heading,
    el("p", {}, when(last.made_at), `: ${count(last.rows)} rows, ${last.differing} differ, ${last.unexplained} of them without a reason.`),
    totals(sums),
    sums.length > 0 && el("p", { class: "muted" }, "A difference is that of claimed and billed, of what either system says is paid, and of cost in Procore and in Xero’s books, together; those of the rows are added up."),
    el("p", { class: "more" }, file("reconciliation/totals", { run: asked.run })),
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

function totals(rows) {
  return rows.length > 0 && table("Totals by currency", [
    { name: "All projects", kind: "wide", cell: (row) => row.currency || "no currency" },
    ...AMOUNTS.map(([key, name]) => ({ name, kind: "number", cell: (row) => some(row[key]) })),
    ...DIFFERENCES,
  ], rows);
}

const DIFFERENCES = [
  { name: "Difference", kind: "number", cell: (row) => some(row.difference) },
  { name: "Unexplained", kind: "number", cell: (row) => (Number(row.unexplained) ? el("strong", { class: "lost" }, money(row.unexplained)) : "·") },
];

function columns() {
  return [
    { name: "Project, and why its sides differ", kind: "wide because", cell: (row) => [
      row.project || "no project", " ", el("span", { class: "muted" }, [row.commitment, row.vendor, row.code, row.currency].filter(Boolean).join(" · ")), " ", pages(row),
      row.explanations.length > 0 && el("ul", { class: "plain" }, row.explanations.map(because)),
    ] },
    ...AMOUNTS.map(([key, name]) => ({ name, kind: "number", cell: (row) => some(row[key]) })),
    ...DIFFERENCES,
  ];
}

function because(each) {
  return el("li", {}, el("b", {}, money(each.amount)), ` ${plainly(each.sentence)} `, el("code", { class: "muted" }, each.code));
}
