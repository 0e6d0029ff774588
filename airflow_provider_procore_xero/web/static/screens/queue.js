// The queue: what would be written, and deciding on it. A decision is bound to what is shown.

import { get, post } from "../api.js";
import { review } from "../changes.js";
import { at, el } from "../dom.js";
import { filters, list, pages, record } from "../lists.js";
import { ANY, ENTITIES, called, money } from "../names.js";
import { ago, badge, doing, question, say, when } from "../parts.js";

const STATES = [
  ["ready_to_export", "Ready to Export"],
  ["accepted", "On its way"],
  ["synced", "Synced"],
  ["failed_to_export", "Failed to Export"],
  ["rejected", "Rejected"],
];
const NOTHING = {
  ready_to_export: "Nothing waits for a decision.",
  accepted: "Nothing is on its way: what was accepted is in Xero, or under Failed to Export.",
  synced: "Nothing has been exported yet.",
  failed_to_export: "No export has failed.",
  rejected: "Nothing is rejected. What is changed in Procore after a rejection waits again under Ready to Export.",
};
const WHAT = { create: "To be created", update: "To be changed", adopt: "To be linked", remove: "To be taken away" };
const DONE = { create: "Created", update: "Changed", adopt: "Linked", remove: "Taken away" };
const UNDER_APPROVAL = ["projects", "vendors", "cost_codes", "commitments", "commitment_change_orders", "subcontractor_invoices"];
const KEYS = { ready_to_export: "x chooses, a accepts, r rejects", failed_to_export: "t tries again, r rejects" };
const FOLLOWED_EVERY = 4000;
const FOLLOWED_TIMES = 75;

export async function show(main, { query, me }) {
  const state = STATES.some(([name]) => name === query.state) ? query.state : "ready_to_export";
  const asked = { state, q: query.q ?? "", entity: query.entity ?? "" };
  const screen = { state, me, tabs: el("ul", { class: "tabs" }) };
  const [table] = await Promise.all([
    list({
      path: "queue", query: asked, caption: STATES.find(([name]) => name === state)[1],
      nothing: asked.q || asked.entity ? "Nothing here is like that." : NOTHING[state],
      columns: columns(screen),
    }),
    count(screen),
  ]);
  const box = Array.isArray(table) ? table[0] : null;
  box?.classList.add("stacks");
  box?.addEventListener("keydown", keys);
  const search = filters("queue", [
    { name: "q", label: "Search", value: asked.q, hint: "name, vendor, project, amount" },
    { name: "entity", label: "Kind", kind: "select", value: asked.entity, choices: [ANY, ...ENTITIES.filter(([name]) => UNDER_APPROVAL.includes(name))] },
  ]);
  search.append(el("input", { type: "hidden", name: "state", value: state }));
  return [
    el("h1", {}, "Queue"),
    el("p", {}, el("a", { href: at("api/decisions", { format: "csv" }), download: true }, "Every decision there ever was, as a file")),
    el("nav", { "aria-label": "States" }, screen.tabs),
    search,
    box && me.approves && state === "ready_to_export" && together(screen, box),
    table,
    box && me.approves && KEYS[state] && el("p", { class: "muted" }, `Keys, in a row: j and k go to the next and the one before, ${KEYS[state]}.`),
    !me.approves && el("p", { class: "muted" }, "Deciding takes the right to run procore_xero_export_accepted in Airflow, and a place in approval.approvers."),
  ];
}

async function count({ tabs, state }) {
  const { counts } = await get("queue/counts");
  tabs.replaceChildren(...STATES.map(([name, text]) =>
    el("li", {}, el("a", { href: at("queue", { state: name }), "aria-current": name === state ? "page" : null },
      text, " ", el("span", { class: "badge none" }, (counts[name] ?? 0).toLocaleString())))));
}

function columns(screen) {
  const { state, me } = screen;
  const decides = me.approves && ["ready_to_export", "failed_to_export"].includes(state);
  return [
    ...(me.approves && state === "ready_to_export" ? [{ name: "Choose", cell: chooses }] : []),
    { name: "Record", kind: "wide short", cell: (row) => [record(row.entity, row.source_id, row.title), el("div", { class: "muted" }, facts(row)), el("div", {}, pages(row)), history(row)] },
    { name: state === "synced" ? "What was written" : "What would be written", kind: "written", cell: (row) => written(row, state) },
    ...told(state),
    ...(decides ? [{ name: "Decide", kind: "at-hand", cell: (row) => el("div", { class: "buttons" }, buttons(screen, row)) }] : []),
  ];
}

/** Return what neither the title nor what would be written says. */
function facts(row) {
  const tax = row.amount && (row.title.includes(money(row.amount)) ? "before tax" : `${money(row.amount)} before tax`);
  const known = [called(row.entity), tax, !row.title.includes(row.vendor) && row.vendor, !row.fields.some((field) => field.after === row.project) && row.project];
  return known.filter((each) => each && each !== row.title).join(" · ");
}

function written(row, state) {
  return [
    el("div", {}, (state === "synced" ? DONE : WHAT)[row.what], row.name && [" as ", el("b", {}, row.name)]),
    review(row.fields, row.name, el("p", { class: "muted" }, "A decision is on exactly this: fingerprint ", el("code", {}, row.hash))),
  ];
}

/** Return the columns that tell how a record came to be in its state. */
function told(state) {
  const decided = { name: "Decided by", kind: "still", cell: (row) => [row.decided_by === "rule" ? "a rule" : row.decided_by, el("div", { class: "muted" }, row.decided_at && when(row.decided_at))] };
  const errors = { name: "What stands in its way", kind: "wide", cell: (row) => el("ul", { class: "plain" }, row.errors.map((each) => el("li", {}, each))) };
  const comment = { name: "Because", kind: "wide", cell: (row) => row.comment };
  const since = { name: "In Xero", kind: "still", cell: (row) => [when(row.exported_at), row.seconds !== null && el("div", { class: "muted" }, `${row.seconds} s after the decision`)] };
  const waits = { name: "Waits, created by", cell: (row) => [when(row.waiting_since), el("div", { class: "muted" }, ago(row.waiting_since)), person(row.creator)] };
  return { ready_to_export: [waits], accepted: [decided], synced: [decided, since], failed_to_export: [errors, decided], rejected: [decided, comment] }[state];
}

/** Return "Ana Ng <ana@example.com>" as a name with the address below. */
function person(entry) {
  if (!entry) return el("span", { class: "muted" }, "not told");
  const [, name, address] = entry.match(/^(.*) <(.*)>$/) ?? [null, entry, ""];
  return [name, address && el("div", { class: "muted" }, address)];
}

function chooses(row) {
  return el("input", { type: "checkbox", "data-id": row.id, "data-hash": row.hash, "data-act": "choose", "aria-label": `Choose ${row.title}` });
}

function buttons(screen, row) {
  const button = (act, text, label, decide) => {
    const made = el("button", { type: "button", "data-act": act, "aria-label": `${label} ${row.title}`, class: act === "accept" ? "main" : null, onclick: () => doing(made, () => decide(made)) }, text);
    return made;
  };
  const reject = button("reject", "Reject", "Reject", (made) => rejecting(screen, row, made));
  if (screen.state === "failed_to_export") {
    return [button("retry", "Retry", "Retry", (made) => sending(screen, row, "retry", made)), reject];
  }
  return [button("accept", "Accept", "Accept", (made) => sending(screen, row, "accept", made)), reject];
}

async function sending(screen, row, act, button) {
  const said = await decided(button, () => post(`queue/${row.id}/${act}`, { hash: row.hash }));
  if (!said) return;
  say(said.warning || `${row.title} is ${act === "accept" ? "accepted" : "tried again"}; its export has been started.`, said.warning ? "badly" : "well");
  if (act === "accept") leaves(button);
  await count(screen);
  if (said.dag_run) follow(screen, row);
}

async function rejecting(screen, row, button) {
  const comment = await question(`Reject ${row.title}? It does not go to Xero, and comes back only when it is changed in Procore.`, { yes: "Reject", comment: "Why (mailed to whoever sent it)", required: true });
  if (comment === null) return;
  const said = await decided(button, () => post(`queue/${row.id}/reject`, { hash: row.hash, comment }));
  if (!said) return;
  say(`${row.title} is rejected.`);
  leaves(button);
  await count(screen);
}

/** Return what the decision came to; where it came too late, the row says why and asks no more. */
async function decided(button, act) {
  try {
    return await act();
  } catch (error) {
    if (error.status !== 409) throw error;
    stale(button.closest("tr"), error.message);
    say(error.message, "badly");
    return null;
  }
}

function stale(line, sentence) {
  line.classList.add("stale");
  line.querySelector("[data-act=choose]")?.remove();
  line.querySelector(".buttons")?.replaceChildren(
    el("p", { role: "alert" }, sentence),
    el("button", { type: "button", onclick: () => location.reload() }, "Look again"),
  );
}

function leaves(button) {
  const line = button.closest("tr");
  const next = line.nextElementSibling ?? line.previousElementSibling;
  line.remove();
  focus(next);
}

/** Say when an export is done, or failed: that takes minutes, and the person may stay here. */
async function follow(screen, row) {
  for (let time = 0; time < FOLLOWED_TIMES; time += 1) {
    await new Promise((done) => setTimeout(done, FOLLOWED_EVERY));
    const now = await get(`queue/${row.id}`).catch(() => null);
    if (!now || now.state === "accepted") continue;
    if (now.state === "failed_to_export" && now.changed_at === row.changed_at) continue;
    await count(screen).catch(() => null);
    if (now.state === "synced") say(`${row.title} is in Xero${now.seconds === null ? "" : `, ${now.seconds} s after the decision`}.`);
    else say(`${row.title} is under ${STATES.find(([name]) => name === now.state)?.[1] ?? now.state}: ${now.errors.join(" ")}`, "badly");
    return;
  }
}

/** Return the bar that accepts all that is chosen, each as it is shown. */
function together(screen, box) {
  const boxes = () => [...box.querySelectorAll("[data-act=choose]")];
  const chosen = () => boxes().filter((each) => each.checked);
  const all = el("input", { type: "checkbox", id: "all", onchange: () => { for (const each of boxes()) each.checked = all.checked; tell(); } });
  const button = el("button", { type: "button", class: "main", disabled: true, onclick: () => doing(button, accept).finally(tell) }, "Accept what is chosen");
  const tell = () => {
    const number = chosen().length;
    button.disabled = !number;
    button.textContent = number ? `Accept ${number} chosen` : "Accept what is chosen";
  };
  box.addEventListener("change", tell);
  async function accept() {
    const lines = new Map(chosen().map((each) => [Number(each.dataset.id), each]));
    const shown = [...lines].map(([id, each]) => ({ id, hash: each.dataset.hash }));
    if (await question(`Accept these ${shown.length}, each as it is shown?`, { yes: "Accept" }) === null) return;
    for (let from = 0; from < shown.length; from += 200) {
      const said = await post("queue/accept", { rows: shown.slice(from, from + 200) });
      for (const id of said.accepted) lines.get(id).closest("tr").remove();
      for (const { id, detail } of said.refused) stale(lines.get(id).closest("tr"), detail);
      const left = said.refused.length ? ` ${said.refused.length} could not be, and say why.` : "";
      say(`${said.accepted.length} accepted.${left} ${said.warning}`.trim(), said.warning || left ? "badly" : "well");
    }
    all.checked = false;
    await count(screen);
  }
  return el("p", { class: "buttons" }, el("label", { for: "all", class: "button" }, all, " Choose all that are shown"), button);
}

function history(row) {
  const place = el("div", {});
  const details = el("details", { ontoggle: async () => {
    if (!details.open || place.childNodes.length) return;
    try {
      const { decisions } = await get(`queue/${row.id}`);
      place.replaceChildren(decisions.length
        ? el("ul", { class: "plain" }, decisions.map((each) => el("li", {}, badge(each.what === "reject" ? "rejected" : "met", each.what), " ", each.who === "rule" ? "a rule" : each.who, " ", when(each.at), each.comment && el("div", { class: "muted" }, each.comment))))
        : el("p", { class: "muted" }, "Nobody has decided on it yet."));
    } catch (error) {
      place.replaceChildren(el("p", { role: "alert" }, error.message));
    }
  } }, el("summary", { "aria-label": `Decisions on ${row.title}` }, "Decisions"), place);
  return details;
}

const ACTS = { a: "accept", r: "reject", t: "retry", x: "choose" };

/**
 * Do by a key what a row's buttons do; only where the focus is in that row. A key that is held down
 * walks on, but decides once: the next row, which has the focus then, is for the next stroke.
 */
function keys(event) {
  if (event.ctrlKey || event.altKey || event.metaKey || event.target.matches("input[type=search], textarea, select")) return;
  const line = event.target.closest("tbody tr");
  const key = event.key.toLowerCase();
  if (key === "j" || key === "k") {
    event.preventDefault();
    focus(line ? (key === "j" ? line.nextElementSibling : line.previousElementSibling) : event.currentTarget.querySelector("tbody tr"));
  } else if (line && ACTS[key] && !event.repeat) {
    const found = line.querySelector(`[data-act=${ACTS[key]}]`);
    if (found) event.preventDefault();
    found?.click();
  }
}

function focus(line) {
  line?.querySelector("input, button, a")?.focus();
}
