// Lists that come a page at a time, each with its filters in the address and its CSV file.

import { get } from "./api.js";
import { at, el, outward } from "./dom.js";
import { doing, empty, line, table } from "./parts.js";

/**
 * Return a table of `api/{path}` that grows with a button.
 * @param list {path, query, caption, columns, nothing, csv}
 */
export async function list({ path, query = {}, caption, columns, nothing, csv = true }) {
  const first = await get(at(path, query));
  if (!first.rows.length && !first.next) return empty(nothing);
  const box = table(caption, columns, first.rows);
  const body = box.querySelector("tbody");
  let after = first.next;
  const shown = el("span", { class: "muted" });
  const more = el("button", { type: "button", onclick: () => doing(more, grow) }, "Show more");
  const tell = () => {
    shown.textContent = `${body.rows.length} shown${after ? ", there are more" : ""}`;
    more.hidden = !after;
  };
  async function grow() {
    const page = await get(at(path, { ...query, after }));
    const place = body.rows.length;
    body.append(...page.rows.map((row) => line(columns, row)));
    after = page.next;
    tell();
    body.rows[place]?.querySelector("a, button")?.focus();
  }
  tell();
  return [box, el("div", { class: "more" }, more, shown, csv && file(path, query))];
}

/** Return a link to all of a list as a file. */
export function file(path, query = {}) {
  return el("a", { href: at(`api/${path}`, { ...query, format: "csv" }), download: true }, "Download as CSV");
}

/**
 * Return a search form that puts its fields into the address of `screen`.
 * @param fields [{name, label, kind: "search"|"select", value, choices: [[value, text]]}]
 */
export function filters(screen, fields) {
  return el(
    "form",
    { class: "bar", method: "get", action: screen, role: "search" },
    fields.map((field) => el("div", {}, el("label", { for: `f-${field.name}` }, field.label), control(field))),
    el("button", { type: "submit", class: "main" }, "Search"),
    el("a", { href: screen, class: "button" }, "Clear"),
  );
}

function control({ name, kind, value = "", choices = [], hint }) {
  const id = `f-${name}`;
  if (kind !== "select") return el("input", { id, name, type: "search", value, placeholder: hint, autocomplete: "off" });
  return el("select", { id, name }, choices.map(([key, text]) => el("option", { value: key, selected: key === value }, text)));
}

/** Return the two systems' pages of a record as links. */
export function pages(row) {
  const links = [outward(row.procore_url, "Procore"), outward(row.xero_url, "Xero")].filter(Boolean);
  return links.length === 2 ? [links[0], " · ", links[1]] : links;
}

/** Return a link to a record's story. */
export function record(entity, id, title) {
  if (id === "set-up") return title;
  return el("a", { href: `records/${encodeURIComponent(entity)}/${encodeURIComponent(id)}` }, title || id);
}
