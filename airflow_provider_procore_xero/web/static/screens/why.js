// Why is it not there? Each condition with its tick or cross.

import { get } from "../api.js";
import { at, coded, el } from "../dom.js";
import { file, filters, pages, record } from "../lists.js";
import { ENTITIES } from "../names.js";
import { badge, empty, table, when } from "../parts.js";

const MARK = { met: ["✓", "met"], unmet: ["✗", "not met"], unknown: ["?", "not judged"], aside: ["–", "does not apply"] };

export async function show(main, { query }) {
  const entity = query.entity || "subcontractor_invoices";
  const key = (query.key ?? "").trim();
  return [
    el("h1", {}, "Why is it not there?"),
    filters("why", [
      { name: "entity", label: "Kind", kind: "select", value: entity, choices: ENTITIES },
      { name: "key", label: "Which one", value: key, hint: "its number, name or id" },
    ]),
    key ? await answers(entity, key) : empty("Type the number of a project, commitment, claim, bill or payment, or a vendor’s name: each condition that it must meet is shown, with what to do."),
  ];
}

async function answers(entity, key) {
  const { records } = await get(at("explain", { entity, key }));
  if (!records.length) {
    return empty(`No run has met ${key} there. Is it written as in the source system? Is its project or vendor integrated?`,
      el("p", {}, el("a", { href: at("records", { q: key }) }, "Search all records for it"), " · ", el("a", { href: "runs/start" }, "Run its flow for this one record")));
  }
  return [records.map(one), el("p", { class: "more" }, file("explain", { entity, key }))];
}

function one(each) {
  const judged = [when(each.judged_at), each.run && [" in run ", el("a", { href: `runs/${each.run}`, class: "code" }, each.run)], each.planned && " (a plan)"];
  const opens = pages(each);
  return el("section", { class: "why" },
    el("h2", {}, record(each.entity, each.source_id, each.title), " ", each.linked && badge("linked")),
    el("p", {}, each.verdict),
    el("p", { class: "muted" }, "Last judged ", judged, opens.length > 0 && [" · open in ", opens]),
    table(`Conditions of ${each.title}`, [
      { name: "Met", cell: (row) => mark(row) },
      { name: "Condition", kind: "wide", cell: (row) => row.asks ? coded(row.asks) : "The other system accepts it" },
      { name: "What is wrong, and what to do", kind: "wide", cell: (row) => [row.sentence, row.fix && el("div", { class: "muted" }, row.fix)] },
      { name: "Reason", cell: (row) => el("code", { class: "muted" }, row.code) },
    ], each.conditions));
}

function mark(row) {
  const [sign, word] = MARK[row.verdict];
  return el("span", { class: `mark ${row.verdict}`, title: word }, el("span", { "aria-hidden": "true" }, sign), el("span", { class: "unseen" }, word));
}
