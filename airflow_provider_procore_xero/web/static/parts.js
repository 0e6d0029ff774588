// What screens are made of: tables, states, moments, notices, questions.

import { el } from "./dom.js";

/** Return what stands in the place of a screen that could not be shown. */
export function failure(error) {
  return el(
    "section",
    { class: "failure", role: "alert" },
    el("h1", {}, "This can’t be shown"),
    el("p", {}, error.message),
    el("p", {}, el("button", { type: "button", onclick: () => location.reload() }, "Try again")),
  );
}

/** Return what stands where there is nothing yet. */
export function empty(sentence, ...more) {
  return el("div", { class: "empty" }, el("p", {}, sentence), ...more);
}

/**
 * Return a table with a caption for those who can't see it.
 * @param columns [{name, cell: (row) => text or elements, kind: "number"|"wide"|""}]
 */
export function table(caption, columns, rows) {
  return el(
    "div",
    { class: "scroll", tabindex: "0", role: "region", "aria-label": caption },
    el(
      "table",
      {},
      el("caption", { class: "unseen" }, caption),
      el(
        "thead",
        {},
        el("tr", {}, columns.map((column) => el("th", { scope: "col", class: column.kind }, column.name))),
      ),
      el("tbody", {}, rows.map((row) => line(columns, row))),
    ),
  );
}

/** Return one row of such a table. */
export function line(columns, row) {
  return el("tr", {}, columns.map((column) => el("td", { class: column.kind }, column.cell(row))));
}

const SOON = new Intl.DateTimeFormat(undefined, { weekday: "short", hour: "2-digit", minute: "2-digit" });

/** Return a moment of the next days by its weekday, with all of it to be read on hovering. */
export function soon(iso) {
  const moment = new Date(iso);
  return el("time", { datetime: iso, title: MINUTE.format(moment) }, SOON.format(moment));
}

const DAY = { year: "numeric", month: "short", day: "2-digit" };
const MINUTE = new Intl.DateTimeFormat(undefined, { ...DAY, hour: "2-digit", minute: "2-digit" });

/** Return a moment as it is here, with UTC to be read on hovering. */
export function when(iso) {
  if (!iso) return el("span", { class: "muted" }, "never");
  const moment = new Date(iso);
  return el("time", { datetime: iso, title: `${iso.slice(0, 19).replace("T", " ")} UTC` },
    MINUTE.format(moment));
}

/** Return how long ago, or how soon, in a few letters: "3 h ago". */
export function ago(iso) {
  const seconds = (Date.now() - new Date(iso)) / 1000;
  const [amount, unit] = scale(Math.abs(seconds));
  return seconds >= 0 ? `${amount} ${unit} ago` : `in ${amount} ${unit}`;
}

function scale(seconds) {
  if (seconds < 90) return [Math.round(seconds), "s"];
  if (seconds < 5400) return [Math.round(seconds / 60), "min"];
  if (seconds < 129600) return [Math.round(seconds / 3600), "h"];
  return [Math.round(seconds / 86400), "days"];
}

/** Return a state as a coloured word; the word says it too. */
export function badge(state, called = state.replaceAll("_", " ")) {
  return el("span", { class: `badge ${state}` }, called);
}

/** Say something at the foot of the page, to everybody. */
export function say(sentence, kind = "well") {
  const note = el("p", { class: kind }, sentence);
  document.getElementById("said").replaceChildren(note);
  setTimeout(() => note.remove(), kind === "well" ? 6000 : 15000);
}

/**
 * Ask before something is done, with a comment where one is wanted; Airflow's frame knows no
 * `confirm()`. Resolves to null where the person thought better of it, else to their comment.
 */
export function question(sentence, { yes = "Yes", comment = "", required = false } = {}) {
  const field = el("textarea", { id: "comment", rows: "3", required });
  const dialog = el(
    "dialog",
    { "aria-labelledby": "asked" },
    el(
      "form",
      { method: "dialog" },
      el("p", { id: "asked" }, sentence),
      comment && [el("label", { for: "comment" }, comment), field],
      el(
        "p",
        { class: "buttons" },
        el("button", { type: "submit", value: "yes", class: "main" }, yes),
        el("button", { type: "submit", value: "no", formnovalidate: true }, "Cancel"),
      ),
    ),
  );
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((done) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      done(dialog.returnValue === "yes" ? field.value : null);
    });
  });
}

/** Run what a button does: the button waits meanwhile, and an error is said. */
export async function doing(button, act) {
  button.disabled = true;
  try {
    await act();
  } catch (error) {
    say(error.message, "badly");
  } finally {
    button.disabled = false;
  }
}
