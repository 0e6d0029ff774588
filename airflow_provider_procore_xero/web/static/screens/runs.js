// Runs: the list, one of them with its plan and outcomes, and starting one.

import { get, post } from "../api.js";
import { fields, reasons, written } from "../changes.js";
import { at, coded, el } from "../dom.js";
import { file, filters, list, pages, record } from "../lists.js";
import { ANY, COUNTS, FLOWS, count } from "../names.js";
import { ago, badge, doing, empty, failure, say, when } from "../parts.js";

const STATES = ["running", "success", "failed", "limited", "blocked"];
const FEW = 3;
const DONE = new Set(["created", "updated", "linked"]);
const WHAT = ["created", "updated", "linked", "removed", "held", "refused", "in_doubt", "drifted"];

export async function show(main, page) {
  if (page.rest[0] === "start") return start(page);
  return page.rest[0] ? one(page.rest[0], page) : all(page);
}

async function all({ query, me }) {
  const asked = { entity: query.entity ?? "", state: query.state ?? "", dag_run: query.dag_run ?? "", idle: query.idle ?? (query.dag_run ? "true" : "false") };
  return [
    el("h1", {}, "Runs"),
    me.operates && el("p", { class: "buttons" }, el("a", { class: "button", href: "runs/start" }, "Run a flow now")),
    filters("runs", [
      { name: "entity", label: "Flow", kind: "select", value: asked.entity, choices: [ANY, ...FLOWS] },
      { name: "state", label: "State", kind: "select", value: asked.state, choices: [ANY, ...STATES.map((s) => [s, s])] },
      { name: "idle", label: "Show", kind: "select", value: asked.idle, choices: [["false", "What had something to do"], ["true", "Every run"]] },
      { name: "dag_run", label: "DAG run", value: asked.dag_run, hint: "scheduled__… or manual__…" },
    ]),
    await list({
      path: "runs", query: asked, caption: "Runs, newest first",
      nothing: "No run is like that. A run appears here as soon as it begins.",
      columns: [
        { name: "Began", kind: "still", cell: (run) => el("a", { href: `runs/${run.id}` }, when(run.started_at)) },
        { name: "Flow", cell: (run) => run.called },
        { name: "State", cell: (run) => [badge(run.state), run.mode === "plan" && [" ", badge("none", "plan")]] },
        ...COUNTS.map((name) => ({ name: name.replace("_", " "), kind: "number", cell: (run) => count(run.counts[name]) })),
        { name: "Procore calls", kind: "number folds", cell: (run) => count(run.calls.procore) },
        { name: "Xero calls", kind: "number folds", cell: (run) => count(run.calls.xero) },
        { name: "Took", kind: "number", cell: took },
        { name: "DAG run", cell: dagRun },
      ],
    }),
  ];
}

function dagRun(run) {
  if (!run.dag_run) return "";
  const kind = run.dag_run.includes("__") ? run.dag_run.split("__")[0] : "run";
  return el("a", { href: at("runs", { dag_run: run.dag_run }), title: run.dag_run }, `${kind} of ${run.dag_id.replace("procore_xero_", "").replaceAll("_", " ")}`);
}

function took(run) {
  if (!run.ended_at) return "";
  const seconds = (new Date(run.ended_at) - new Date(run.started_at)) / 1000;
  return seconds < 90 ? `${seconds.toFixed(1)} s` : `${Math.round(seconds / 60)} min`;
}

async function one(id, { query, me }) {
  const run = await get(`runs/${encodeURIComponent(id)}`);
  const asked = { q: query.q ?? "", what: query.what ?? "" };
  return [
    el("h1", {}, `${run.called} `, badge(run.state), run.mode === "plan" && [" ", badge("none", "plan: nothing was written")]),
    run.mode === "plan" && run.plan && me.operates && el("p", { class: "buttons" }, el("a", { class: "button", href: at("runs/start", { dag: run.dag_id, plan_id: run.plan }) }, "Apply this plan")),
    run.error && el("p", { class: "failure" }, run.error),
    facts(run),
    notes(run.notes),
    el("h2", {}, run.mode === "plan" ? "What would become of records" : "What became of records"),
    filters(`runs/${run.id}`, [
      { name: "q", label: "Search", value: asked.q, hint: "number, name, id or reason" },
      { name: "what", label: "What", kind: "select", value: asked.what, choices: [ANY, ...WHAT.map((w) => [w, w.replace("_", " ")])] },
    ]),
    await list({
      path: `runs/${run.id}/outcomes`, query: asked, caption: "What became of records, newest first",
      nothing: asked.q || asked.what ? "No record of this run is like that." : "This run changed nothing and held nothing back.",
      columns: [
        { name: "What", cell: (row) => badge(row.what) },
        { name: "Record, why, and what changed", kind: "wide", cell: (row) => [record(row.entity, row.source_id, row.title), reasons(row.reasons), fields(row.fields) ?? (run.plan && DONE.has(row.what) && written(run.plan, row.source_id))] },
        { name: "Open in", kind: "still", cell: pages },
      ],
    }),
    run.plan && (await planned(run)),
    beside(run),
  ];
}

/** Return what else the run says; many notes are folded away. */
function notes(found) {
  if (!found.length) return null;
  const said = el("ul", { class: "plain" }, found.map((note) => el("li", {}, note)));
  return found.length > FEW ? el("details", {}, el("summary", {}, `${found.length} notes`), said) : said;
}

function facts(run) {
  const pairs = [
    ["Began", [when(run.started_at), " ", el("span", { class: "muted" }, ago(run.started_at))]],
    ["Took", took(run) || "still running"],
    ["Counts", COUNTS.filter((name) => run.counts[name]).map((name) => `${run.counts[name]} ${name.replace("_", " ")}`).join(", ") || "nothing"],
    ["Settings", el("a", { href: at("settings", { run: run.id }) }, "As they were in force")],
    ["Calls", `${run.calls.procore ?? 0} to Procore, ${run.calls.xero ?? 0} to Xero`],
    ["Mail", mail(run.mails)],
    ["DAG run", run.dag_run && el("a", { href: at("runs", { dag_run: run.dag_run }), class: "code" }, `${run.dag_id} ${run.dag_run}`)],
    ["To keep", [run.dag_run && el("a", { href: `api/runs/${run.id}/report`, download: true }, "Report as HTML"), " · ", file(`runs/${run.id}/outcomes`)]],
  ];
  return el("dl", { class: "facts" }, pairs.filter(([, value]) => value).map(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]));
}

function mail(sent) {
  if (!sent.length) return el("span", { class: "muted" }, "none was sent");
  return sent.map((each) => el("div", {}, each.error ? badge("failed", "not sent") : badge("success", "sent"), " ", each.subject, el("span", { class: "muted" }, ` to ${each.recipients.join(", ")} `), when(each.sent_at), each.error && ` ${each.error}`));
}

async function planned(run) {
  return el("details", {},
    el("summary", {}, `Plan ${run.plan}: every change with its fields before and after`),
    await list({
      path: `plans/${encodeURIComponent(run.plan)}/changes`, caption: "Planned changes", nothing: "The plan holds nothing.",
      columns: [
        { name: "What", cell: (row) => badge(row.what) },
        { name: "Record", kind: "wide", cell: (row) => [record(run.entity, row.source_id, row.title), row.name && row.name !== row.title && el("div", { class: "muted" }, `→ ${row.name}`)] },
        { name: "Fields", kind: "wide", cell: (row) => [reasons(row.reasons), fields(row.fields)] },
      ],
    }).catch((error) => el("p", { class: "muted" }, error.message)));
}

function beside(run) {
  if (!run.beside.length) return null;
  return [
    el("h2", {}, "The same DAG run"),
    el("ul", { class: "plain" }, run.beside.map((each) => el("li", {}, badge(each.state), " ", el("a", { href: `runs/${each.id}` }, each.called), " ", el("span", { class: "muted" }, COUNTS.filter((name) => each.counts[name]).map((name) => `${each.counts[name]} ${name.replace("_", " ")}`).join(", "))))),
  ];
}

// Starting one

async function start({ query }) {
  const { rows } = await get("flows");
  if (!rows.length) return [el("h1", {}, "Run a flow now"), empty("Airflow knows no flow that you may see.")];
  const chosen = rows.find((row) => row.dag_id === query.dag) ?? rows.find((row) => row.dag_id === "procore_xero_nightly") ?? rows[0];
  const place = el("div", {});
  const box = el("select", { id: "dag", onchange: () => choose(box.value) },
    rows.map((row) => el("option", { value: row.dag_id, selected: row === chosen }, row.called === row.dag_id ? named(row.dag_id) : row.called)));
  let last = "";

  /** Put another flow's form here; who goes on through the list meanwhile sees the last one's. */
  async function choose(dag_id) {
    last = dag_id;
    history.replaceState(null, "", new URL(at("runs/start", { dag: dag_id }), document.baseURI));
    const shown = await get(`flows/${dag_id}`).then((flow) => asked(flow, {}), failure);
    if (last === dag_id) place.replaceChildren(shown);
  }

  place.append(asked(await get(`flows/${chosen.dag_id}`), query));
  return [
    el("h1", {}, "Run a flow now"),
    el("div", { class: "field" }, el("label", { for: "dag" }, "Flow"), box),
    place,
  ];
}

/** Return what a flow can be asked for, or why it can't. */
function asked(flow, query) {
  return el("div", {},
    flow.is_paused && el("p", { class: "badge warning" }, "This DAG is paused in Airflow; its runs would wait."),
    flow.starts ? form(flow, query) : empty(`You may look, but not start ${flow.dag_id}.`));
}

/** Return "Export accepted" for procore_xero_export_accepted. */
function named(dag_id) {
  const words = dag_id.replace("procore_xero_", "").replaceAll("_", " ");
  return words[0].toUpperCase() + words.slice(1);
}

/** The form of a DAG's own params; the address may fill some in. */
function form(flow, query) {
  const params = flow.params.map((param) => (query[param.name] ? { ...param, value: query[param.name] } : param));
  const button = el("button", { type: "submit", class: "main" }, "Start");
  const made = el("form", { class: "start", onsubmit: (event) => {
    event.preventDefault();
    doing(button, async () => {
      const started = await post("runs", { dag_id: flow.dag_id, conf: given(made, params) });
      say(`Started: ${started.dag_run}. It appears among the runs in a few seconds.`);
      setTimeout(() => { location.href = new URL(at("runs", { dag_run: started.dag_run }), document.baseURI); }, 2500);
    });
  } }, params.map(field), el("p", { class: "buttons" }, button));
  return made;
}

function field(param) {
  const id = `p-${param.name}`;
  const hint = `${id}-hint`;
  if (param.types.includes("boolean")) {
    return el("div", { class: "field" },
      el("label", { class: "check" }, el("input", { id, name: param.name, type: "checkbox", checked: Boolean(param.value), "aria-describedby": hint }), " ", param.title),
      el("p", { class: "muted", id: hint }, param.description));
  }
  if (param.types.includes("object")) return overrides(param, id, hint);
  const control = param.choices.length
    ? el("select", { id, name: param.name, "aria-describedby": hint }, param.choices.map((choice) => el("option", { value: choice, selected: choice === param.value }, param.called[choice] ?? choice)))
    : el("input", { id, name: param.name, type: "text", value: param.value ?? "", "aria-describedby": hint, autocomplete: "off" });
  return el("div", { class: "field" }, el("label", { for: id }, param.title), control, el("p", { class: "muted", id: hint }, param.description));
}

/** Return the field of settings for one run, with the keys that may stand in it. */
function overrides(param, id, hint) {
  const value = typeof param.value === "string" ? param.value : param.value ? JSON.stringify(param.value, null, 1) : "";
  return el("div", { class: "field" },
    el("label", { for: id }, param.title),
    el("textarea", { id, name: param.name, rows: "2", class: "code", value, "aria-describedby": hint, spellcheck: "false", placeholder: '{"bills": {"due_days": 14}}' }),
    el("p", { class: "muted", id: hint }, param.description),
    param.keys.length > 0 && el("details", {}, el("summary", {}, `${param.keys.length} keys may be set for one run`),
      el("dl", { class: "facts" }, param.keys.map((key) => [el("dt", {}, el("code", {}, key.name)), el("dd", {}, coded(key.says))]))));
}

/** Return the object that JSON text is; what is none is said in a sentence. */
function parsed(text, title) {
  let value;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Error(`${title}: this is no JSON. Write it like {"bills": {"due_days": 14}}. (${error.message})`);
  }
  if (value === null || typeof value !== "object" || Array.isArray(value)) throw new Error(`${title}: write an object like {"bills": {"due_days": 14}}.`);
  return value;
}

function given(made, params) {
  const conf = {};
  for (const param of params) {
    const control = made.elements[param.name];
    if (param.types.includes("boolean")) conf[param.name] = control.checked;
    else if (param.types.includes("object")) {
      if (control.value.trim()) conf[param.name] = parsed(control.value, param.title);
    }
    else if (control.value.trim()) conf[param.name] = control.value.trim();
  }
  return conf;
}

