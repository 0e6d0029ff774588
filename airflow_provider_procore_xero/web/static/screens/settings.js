// Settings in force: as the last run had them, to be read. They are changed where they stand.

import { get } from "../api.js";
import { at, coded, el } from "../dom.js";
import { file, filters } from "../lists.js";
import { badge, empty, table, when } from "../parts.js";

export async function show(main, { query }) {
  const asked = { q: query.q ?? "", differing: query.differing ?? "", run: query.run ?? "" };
  const search = filters("settings", [
    { name: "q", label: "Search", value: asked.q, hint: "section, key or value" },
    { name: "differing", label: "Show", kind: "select", value: asked.differing, choices: [["", "Every key"], ["true", "What differs from the profile"]] },
  ]);
  if (asked.run) search.append(el("input", { type: "hidden", name: "run", value: asked.run }));
  const { rows, run, profile, path } = await get(at("settings", asked));
  return [
    el("h1", {}, "Settings in force"),
    el("p", {}, run ? ["As ", el("a", { href: `runs/${run.id}` }, run.called), " had them, ", when(run.started_at)] : "No run has had any yet; this is what the next one has", ". Profile ", el("code", {}, profile), "."),
    el("p", { class: "muted" }, "They are changed in ", path ? ["the settings file ", el("code", { title: path }, path.split("/").at(-1))] : "a settings file, of which none is configured", ", that Airflow’s ", el("code", {}, "[procore_xero] settings"), " names. When flows run is changed in ", el("code", {}, "[procore_xero] schedules"), ", or in the SCHEDULE line of each DAG file. What is marked ", badge("none", "one run"), " can be set for one run, where it is started."),
    search,
    rows.length === 0 ? empty("No setting is like that.") : [
      table("Settings in force", [
        { name: "Key", cell: (row) => [el("code", {}, row.key), row.overridable && [" ", badge("none", "one run")]] },
        { name: "Value", kind: "wide", cell: (row) => [row.value || el("span", { class: "muted" }, "–"), row.differs && el("div", { class: "muted" }, "Profile: ", row.profile || "–")] },
        { name: "What it does", kind: "wide", cell: (row) => el("span", { class: "muted" }, coded(row.says)) },
      ], rows),
      el("p", { class: "more" }, file("settings", asked)),
    ],
  ];
}
