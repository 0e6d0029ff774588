// Records: the search, and one record's whole story.

import { get, remove } from "../api.js";
import { fields, reasons, written } from "../changes.js";
import { at, el, outward } from "../dom.js";
import { file, filters, list, pages, record } from "../lists.js";
import { ANY, ENTITIES, called, money, plainly } from "../names.js";
import { badge, doing, question, say, table, when } from "../parts.js";

const STATES = [
  ["held", "held back"], ["refused", "refused"], ["in_doubt", "in doubt"], ["drifted", "drifted"],
  ["active", "linked"], ["orphaned", "orphaned"], ["unlinked", "unlinked"],
];
const DONE = new Set(["created", "updated", "linked"]);
const planOf = async (run) => (await get(`runs/${run}`)).plan;
const STATE = Object.fromEntries([...STATES, ["ready_to_export", "ready to export"], ["failed_to_export", "failed to export"]]);

export async function show(main, page) {
  return page.rest.length >= 2 ? story(page) : search(page);
}

async function search({ query }) {
  const asked = { q: query.q ?? "", entity: query.entity ?? "", state: query.state ?? "", run: query.run ?? "" };
  return [
    el("h1", {}, "Records"),
    filters("records", [
      { name: "q", label: "Search", value: asked.q, hint: "number, name, id or amount" },
      { name: "entity", label: "Kind", kind: "select", value: asked.entity, choices: [ANY, ...ENTITIES] },
      { name: "state", label: "State", kind: "select", value: asked.state, choices: [ANY, ...STATES] },
      ...(asked.run ? [{ name: "run", label: "Run", value: asked.run }] : []),
    ]),
    await list({
      path: "records", query: asked, caption: "Records, those that are kept back first",
      nothing: asked.q ? `Nothing is called ${asked.q}, has that id or comes to that amount.` : "Nothing has been linked or kept back yet.",
      columns: [
        { name: "Record", kind: "wide", cell: (row) => [record(row.entity, row.source_id, row.title), row.why && el("div", { class: "muted" }, plainly(row.why))] },
        { name: "Kind", cell: (row) => called(row.entity) },
        { name: "State", cell: (row) => badge(row.state, STATE[row.state]) },
        { name: "Amount", kind: "number", cell: (row) => money(row.amount) },
        { name: "In Xero", cell: (row) => row.xero_name },
        { name: "Changed", kind: "still", cell: (row) => when(row.at) },
        { name: "Open in", kind: "still", cell: pages },
      ],
    }),
  ];
}

async function story({ rest, me }) {
  const [entity, id] = rest;
  const path = `records/${encodeURIComponent(entity)}/${encodeURIComponent(id)}`;
  const seen = await get(path);
  const open = seen.issues.filter((issue) => !issue.closed_at);
  const closed = seen.issues.filter((issue) => issue.closed_at);
  return [
    el("p", { class: "muted" }, el("a", { href: at("records", { entity }) }, called(entity)), ` · ${seen.source === "xero" ? "Xero" : "Procore"} ${id}`),
    el("h1", {}, seen.title),
    el("p", { class: "buttons" }, outward(seen.procore_url, "Open in Procore"), outward(seen.xero_url, "Open in Xero"), el("a", { href: at("why", { entity, key: id }) }, "Why is it where it is?")),
    seen.queue && el("p", {}, "In the queue: ", el("a", { href: at("queue", { state: seen.queue.state, q: id }) }, seen.queue.state.replaceAll("_", " "))),
    open.length > 0 && [el("h2", {}, "What stands in its way"), issues(open), below(`${path}/issues`)],
    el("h2", {}, "Links"),
    links(seen, me),
    seen.links.length > 0 && below(`${path}/links`),
    el("h2", {}, "What happened"),
    await happened(path),
    seen.decisions.length > 0 && [el("h2", {}, "Who decided what"), decisions(seen.decisions), below(`${path}/decisions`)],
    closed.length > 0 && [el("h2", {}, "What stood in its way before"), issues(closed)],
  ];
}

const below = (path) => el("p", { class: "more" }, file(path));

function issues(found) {
  return table("Reasons", [
    { name: "Reason", kind: "wide", cell: (row) => reasons([row]) },
    { name: "First seen", kind: "still", cell: (row) => when(row.first_seen) },
    { name: "Last seen", kind: "still", cell: (row) => when(row.last_seen) },
    { name: "State", cell: (row) => row.closed_at ? badge("closed", "gone") : row.ignored_by ? badge("ignored", `ignored by ${row.ignored_by}`) : row.waits ? badge("waits", "waits") : badge("held", "to do") },
  ], found);
}

function links(seen, me) {
  if (!seen.links.length) return el("p", { class: "muted" }, "It is linked with nothing.");
  return table("Links", [
    { name: "In Procore", kind: "wide", cell: (row) => [row.procore_name, el("div", { class: "muted code" }, row.procore_id)] },
    { name: "In Xero", kind: "wide", cell: (row) => [row.xero_name, el("div", { class: "muted code" }, row.xero_id)] },
    { name: "Amount", kind: "number", cell: (row) => money(row.amount) },
    { name: "State", cell: (row) => badge(row.state, STATE[row.state]) },
    { name: "Since", kind: "still", cell: (row) => when(row.created_at) },
    { name: "Run", cell: (row) => row.run ? el("a", { href: `runs/${row.run}`, class: "code" }, row.run) : "by hand" },
    ...(me.operates ? [{ name: "Act", cell: (row) => row.state !== "unlinked" && unlink(row) }] : []),
  ], seen.links);
}

function unlink(row) {
  const button = el("button", { type: "button", class: "quiet", onclick: () => doing(button, async () => {
    const why = await question(`Unlink ${row.procore_name || row.procore_id} and ${row.xero_name || row.xero_id}? Both records stay as they are, but nothing keeps them in step any more, and the next run judges them anew.`, { yes: "Unlink", comment: "Why (kept in the audit trail)", required: true });
    if (why === null) return;
    await remove(at(`links/${row.id}`, { comment: why }));
    say("They are no longer linked.");
    setTimeout(() => location.reload(), 800);
  }) }, "Unlink");
  return button;
}

function happened(path) {
  return list({
    path: `${path}/events`, caption: "What happened, newest first", nothing: "No run has had to do anything with it.",
    columns: [
      { name: "When", kind: "still", cell: (row) => when(row.at) },
      { name: "What", cell: (row) => badge(row.what) },
      { name: "Why, and what changed", kind: "wide", cell: (row) => [reasons(row.reasons), fields(row.fields) ?? (DONE.has(row.what) && written(() => planOf(row.run), row.source_id))] },
      { name: "Run", cell: (row) => el("a", { href: `runs/${row.run}`, class: "code" }, row.run) },
    ],
  });
}

function decisions(found) {
  return table("Decisions", [
    { name: "When", kind: "still", cell: (row) => when(row.at) },
    { name: "Who", cell: (row) => row.who },
    { name: "What", cell: (row) => badge(row.what) },
    { name: "About", kind: "wide", cell: (row) => row.title },
    { name: "Because", kind: "wide", cell: (row) => row.comment },
  ], found);
}
