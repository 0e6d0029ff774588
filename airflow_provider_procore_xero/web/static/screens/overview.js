// How everything stands.

import { get } from "../api.js";
import { nights } from "../chart.js";
import { el } from "../dom.js";
import { file } from "../lists.js";
import { COUNTS, count } from "../names.js";
import { ago, badge, empty, soon, table } from "../parts.js";

export async function show() {
  const seen = await get("overview");
  const heading = el("h1", {}, "Overview ", el("span", { class: "muted named" }, `${seen.company || `company ${seen.pair.company}`} in Procore, ${seen.organisation || `organisation ${seen.pair.organisation}`} in Xero`));
  if (!seen.entities.length) {
    return [heading, empty("No flow has run yet.", el("p", {}, el("a", { href: "runs" }, "Run one now"), ", or wait for tonight."))];
  }
  return [
    heading,
    others(seen),
    seen.trouble && el("p", { class: "badge warning" }, seen.trouble),
    cards(seen),
    nights(seen.nights, seen.currency),
    el("h2", {}, "Flows"),
    flows(seen),
    el("p", { class: "more" }, file("overview")),
  ];
}

function cards(seen) {
  const sum = (name) => seen.entities.reduce((total, each) => total + each.issues[name], 0);
  const calls = seen.calls_today;
  return el("div", { class: "cards" },
    card("Needs somebody", sum("to_do"), el("a", { href: "issues" }, "See the issues"), `${sum("waiting")} wait for their turn`),
    card("Ready to export", seen.queue.ready_to_export ?? 0, el("a", { href: "queue" }, "See the queue"), `${seen.queue.failed_to_export ?? 0} failed to export`),
    card("Calls to Xero today", calls.xero.toLocaleString(), ...day(calls.xero, seen.xero_day)),
    card("Calls to Procore today", calls.procore.toLocaleString(), ...hour(seen.calls_last_hour.procore, seen.procore_hour)),
  );
}

/** Procore's answers speak of the hour only while fewer calls are left of it than of ten seconds. */
function hour(calls, said) {
  const made = `${calls.toLocaleString()} in the last hour`;
  if (!said) return [made, "Procore tells the hour’s limit only when it is nearly used"];
  const most = said.most.toLocaleString();
  if (said.left === null) return [`${made}; ${most} are allowed in one`, meter(calls, said.most, "Calls to Procore in the last hour")];
  return [`${said.left.toLocaleString()} of ${most} left of the hour, as Procore said ${ago(said.at)}; it ends ${ago(said.ends)}`, meter(said.most - said.left, said.most, "Calls to Procore this hour")];
}

function day(calls, said) {
  if (!said) return ["Xero has not said how many are left"];
  return [`${said.left.toLocaleString()} left of the day, as Xero said ${ago(said.at)}`, meter(calls, calls + said.left, "Calls to Xero today")];
}

function others(seen) {
  if (!seen.others.length) return null;
  const named = seen.others.map((each) => `${each.company} and ${each.organisation}`).join("; ");
  return el("p", { class: "muted" }, `This page shows ${seen.company || seen.pair.company} and ${seen.organisation || seen.pair.organisation}, the pair of Airflow’s connections procore_default and xero_default. The ledger also knows ${named}: ask for these with procore-xero explain, its options --procore and --xero naming their connections.`);
}

function card(name, big, ...more) {
  return el("section", { class: "card" }, el("h2", {}, name), el("p", { class: "big" }, String(big)), more.map((each) => el("div", { class: "muted" }, each)));
}

function meter(value, most, label) {
  return el("meter", { min: "0", max: String(Math.max(most, 1)), high: String(most * 0.8), value: String(value), "aria-label": label });
}

function flows(seen) {
  const columns = [
    { name: "Flow", cell: (row) => el("a", { href: `runs?entity=${row.entity}` }, row.called) },
    { name: "Last run", kind: "still", cell: (row) => row.last_run ? last(row.last_run) : el("span", { class: "muted" }, "never") },
    ...COUNTS.map((name) => ({
      name: name.replace("_", " "), kind: "number", cell: (row) => count(row.last_run?.counts[name]),
    })),
    { name: "Open issues", kind: "number", cell: (row) => issues(row) },
    { name: "Next run", kind: "still", cell: next },
  ];
  return table("Flows, how each last ran and when it runs next", columns, seen.entities);
}

function last(run) {
  if (run.note) return [badge("none", "nothing to do"), " ", el("a", { href: `runs/${run.id}`, title: run.started_at }, ago(run.started_at)), el("div", { class: "muted note" }, run.note)];
  return [badge(run.state), " ", el("a", { href: `runs/${run.id}`, title: run.started_at }, ago(run.started_at)), run.mode === "plan" && [" ", badge("none", "plan only")]];
}

function issues(row) {
  const { to_do, waiting } = row.issues;
  if (!to_do && !waiting) return "·";
  return el("a", { href: `issues?entity=${row.entity}` }, to_do ? `${to_do} to do` : "", to_do && waiting ? ", " : "", waiting ? `${waiting} wait` : "");
}

function next(row) {
  if (row.next_run) return [soon(row.next_run), row.next_with === "procore_xero_nightly" && el("div", { class: "muted" }, "nightly")];
  return el("span", { class: "muted" }, row.is_paused ? "paused" : "when triggered");
}
