// Issues: what needs a person; ignoring one; linking by hand.

import { post } from "../api.js";
import { el } from "../dom.js";
import { filters, list, pages, record } from "../lists.js";
import { ANY, ENTITIES, called, plainly } from "../names.js";
import { ago, badge, doing, question, say, when } from "../parts.js";

const BY_HAND = ["projects", "contacts", "vendors", "cost_codes", "commitments", "commitment_change_orders", "subcontractor_invoices", "payments", "direct_costs", "journal_entries"];

export async function show(main, { query, me }) {
  const form = me.operates && linking(query);
  const asked = { q: query.q ?? "", entity: query.entity ?? "", ignored: query.ignored ?? "" };
  return [
    el("h1", {}, "Issues"),
    filters("issues", [
      { name: "q", label: "Search", value: asked.q, hint: "vendor, number, reason" },
      { name: "entity", label: "Kind", kind: "select", value: asked.entity, choices: [ANY, ...ENTITIES] },
      { name: "ignored", label: "Show", kind: "select", value: asked.ignored, choices: [["", "What is open"], ["true", "What is ignored"]] },
    ]),
    await list({
      path: "issues", query: asked, caption: "Open issues, those that need somebody first",
      nothing: asked.q || asked.entity ? "No open issue is like that." : asked.ignored ? "Nothing is ignored." : "Nothing stands in any record’s way.",
      columns: [
        { name: "Record", kind: "wide", cell: (row) => [record(row.entity, row.source_id, row.title), el("div", { class: "muted" }, called(row.entity))] },
        { name: "Why, and what to do", kind: "wide", cell: (row) => [plainly(row.sentence), el("div", { class: "muted" }, row.fix, " ", el("code", {}, row.code))] },
        { name: "State", cell: (row) => row.waits ? badge("waits", "waits its turn") : badge(row.what) },
        { name: "First and last seen", kind: "still", cell: (row) => [when(row.first_seen), el("div", { class: "muted", title: row.last_seen }, ago(row.first_seen), ", last ", ago(row.last_seen))] },
        { name: "Open in", kind: "still", cell: pages },
        ...(asked.ignored ? [{ name: "Ignored", kind: "wide", cell: (row) => [row.ignored_by, el("div", { class: "muted" }, row.ignored_why)] }] : []),
        ...(me.operates ? [{ name: "Act", kind: "still", cell: (row) => [act(row), form && byHand(row) && pair(row, form)] }] : []),
      ],
    }),
    form && el("section", {}, el("h2", {}, "Link two records by hand"), el("p", { class: "muted" }, "For records that no rule can match. The next run writes what differs, and makes no second one; a bill is taken as it stands."), form),
  ];
}

/** Return whether what to do about an issue is, or may be, to link its record by hand. */
const byHand = (row) => BY_HAND.includes(row.entity) && row.source_id !== "set-up" && /\blink\b[^.]*by hand/i.test(`${row.sentence} ${row.fix}`);

/** Return the ids of the records that an issue's own sentence says it could be. */
const candidates = (row) => [...row.sentence.matchAll(/['"] \((\d+|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?:, inactive)?\)/g)].map(([, id]) => id).filter((id) => id !== row.source_id);

/** Return a button that takes the record of an issue into the form, and leads to what is missing. */
function pair(row, form) {
  return el("div", {}, el("button", { type: "button", class: "quiet", "aria-label": `Link ${row.title} by hand`, onclick: () => {
    const { entity, procore_id, xero_id } = form.elements;
    const [known, missing] = row.source === "xero" ? [xero_id, procore_id] : [procore_id, xero_id];
    entity.value = row.entity;
    known.value = row.source_id;
    const meant = candidates(row);
    missing.value = meant.length === 1 ? meant[0] : "";
    form.scrollIntoView({ block: "center" });
    (missing.value ? form.elements.comment : missing).focus();
    say(`${row.title} is in the form${missing.value ? ", with the only one that it could be." : `. Which one is it? ${meant.length ? `It could be ${meant.join(" or ")}.` : `Its id stands at the end of its address in ${row.source === "xero" ? "Procore" : "Xero"}.`}`}`);
  } }, "Link by hand"));
}

function act(row) {
  const ignoring = !row.ignored_by;
  const button = el("button", { type: "button", class: "quiet", "aria-label": `${ignoring ? "Ignore" : "Watch"} ${row.code} of ${row.title}`, onclick: () => doing(button, async () => {
    const why = ignoring
      ? await question(`Ignore “${row.sentence}”? It leaves this list until it is gone and comes back anew.`, { yes: "Ignore", comment: "Why (kept in the audit trail)", required: true })
      : "";
    if (why === null) return;
    await post(`issues/${row.id}/${ignoring ? "ignore" : "unignore"}`, { comment: why });
    say(ignoring ? "It is ignored." : "It is back in the list.");
    button.closest("tr").remove();
  }) }, ignoring ? "Ignore" : "Watch again");
  return button;
}

function linking(query) {
  const input = (name, label, hint, value = "") => el("div", {}, el("label", { for: `l-${name}` }, label), el("input", { id: `l-${name}`, name, required: true, value, placeholder: hint, autocomplete: "off" }));
  const button = el("button", { type: "submit", class: "main" }, "Link");
  const form = el("form", { class: "bar", onsubmit: (event) => {
    event.preventDefault();
    doing(button, async () => {
      const { entity, procore_id, xero_id, comment } = Object.fromEntries(new FormData(form));
      const made = await post("links", { entity, procore_id, xero_id, comment });
      say(`Procore ${made.procore_id} and Xero ${made.xero_id} are one ${made.kind.replaceAll("_", " ")} now.`);
      form.reset();
    });
  } },
    el("div", {}, el("label", { for: "l-entity" }, "Kind"), el("select", { id: "l-entity", name: "entity" }, BY_HAND.map((name) => el("option", { value: name, selected: name === query.entity }, called(name))))),
    input("procore_id", "Id in Procore", "900412"),
    input("xero_id", "Id in Xero", "5b10c7b1-efcf-5b19-…"),
    el("div", {}, el("label", { for: "l-comment" }, "Why"), el("input", { id: "l-comment", name: "comment", autocomplete: "off" })),
    button);
  return form;
}
