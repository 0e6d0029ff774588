// Fields before and after, reasons with their fix.

import { get } from "./api.js";
import { at, el } from "./dom.js";

const FEW = 6;

/** Return a record's changed fields; many are folded away. */
export function fields(found) {
  if (!found?.length) return null;
  if (found.length <= FEW) return whole(found);
  return el("details", {}, el("summary", {}, `${found.length} fields`), whole(found));
}

/**
 * Return what a run wrote of a record, fetched when somebody opens it: outcomes of new records hold
 * no fields, the plan does.
 * @param plan  id of the run's plan, or a function that asks for it
 */
export function written(plan, source_id) {
  const box = el("details", { ontoggle: async () => {
    if (!box.open || box.dataset.asked) return;
    box.dataset.asked = "yes";
    try {
      const id = typeof plan === "function" ? await plan() : plan;
      const { rows } = await get(at(`plans/${encodeURIComponent(id)}/changes`, { record: source_id }));
      box.append(...(rows.length ? rows.map((row) => whole(row.fields)) : [el("p", { class: "muted" }, "The plan does not hold it.")]));
    } catch (error) {
      box.append(el("p", { class: "muted" }, error.message));
    }
  } }, el("summary", {}, "What was written"));
  return box;
}

/** Return why a record is kept back, each reason with what to do. */
export function reasons(found) {
  return found?.length
    ? el("ul", { class: "plain" }, found.map((reason) =>
        el("li", {}, reason.sentence, " ", el("span", { class: "muted" }, reason.fix), " ", el("code", { class: "muted" }, reason.code))))
    : null;
}

function whole(found) {
  return el("table", { class: "fields" },
      el("thead", { class: "unseen" }, el("tr", {}, ["Field", "Before", "After"].map((name) => el("th", { scope: "col" }, name)))),
      el("tbody", {}, found.map((field) =>
        el("tr", {},
          el("td", { class: "code" }, field.name),
          el("td", {}, field.before === null ? el("span", { class: "muted" }, "–") : el("span", { class: "before" }, field.before)),
          el("td", {}, field.after === null ? el("span", { class: "muted" }, "–") : el("span", { class: "after" }, field.after)),
        ))));
}
