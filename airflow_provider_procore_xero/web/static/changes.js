// Fields before and after, reasons with their fix.

import { get } from "./api.js";
import { at, el } from "./dom.js";
import { money } from "./names.js";

const FEW = 6;
const LINE = /^LineItems\.(\d+)\.(.+)$/;
const SAID = {
  Name: "Name", name: "Name", InvoiceNumber: "Number", CreditNoteNumber: "Number", PurchaseOrderNumber: "Number", Reference: "Reference",
  Date: "Date", DueDate: "Due", DeliveryDate: "Delivery", Status: "Status", CurrencyCode: "Currency", EmailAddress: "E-mail", Code: "Code", Description: "Description",
};

/** Return a record's changed fields; many are folded away. */
export function fields(found) {
  if (!found?.length) return null;
  if (found.length <= FEW) return whole(found);
  return el("details", {}, el("summary", {}, `${found.length} fields`), whole(found));
}

/**
 * Return what a person looks at before they decide: the fields that matter, the lines of a document
 * as a table, and everything else folded away.
 * @param name  what it will be called, which is told already
 * @param more  what to say below all fields
 */
export function review(found, name, more) {
  if (!found?.length) return null;
  const anew = found.every((field) => field.before === null);
  return [
    anew ? made(found, name) : whole(found.slice(0, FEW)),
    el("details", {}, el("summary", {}, found.length === 1 ? "The field" : `All ${found.length} fields`), whole(found), more),
  ];
}

/** Return what a new record would be: what matters of it, and its lines. */
function made(found, name) {
  const all = [];
  for (const field of found) {
    const [, place, part] = LINE.exec(field.name) ?? [];
    if (part) (all[place] ??= {})[part] = field.after;
  }
  const shared = common(all);
  const named = found.filter((field) => SAID[field.name]);
  const few = (named.length ? named : found.slice(0, FEW)).filter((field) => field.after !== name);
  const said = few.map((field) => [SAID[field.name] ?? field.name, field.after]);
  return [values([...said, ...shared]), lines(all, new Set(shared.map(([, option]) => option)))];
}

function values(pairs) {
  return pairs.length > 0 && el("dl", { class: "few" }, pairs.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value))));
}

/** Return the tracking that all lines have, each category with its option: the project, mostly. */
function common(all) {
  const tracked = (line) => Object.keys(line).filter((key) => key.endsWith(".Option")).map((key) => [line[key.replace(/Option$/, "Name")], line[key]]);
  const has = (line, [name, option]) => tracked(line).some(([n, o]) => n === name && o === option);
  return all.length ? tracked(all[0]).filter((pair) => all.every((line) => has(line, pair))) : [];
}

/** Return the lines of a new document: what each is for, where it goes, how much. */
function lines(all, told) {
  if (!all.length) return null;
  const rest = all.length - FEW;
  return el("table", { class: "fields lines" },
    el("caption", { class: "unseen" }, "Lines"),
    el("thead", {}, el("tr", {}, ["Line", "Goes to", "Amount"].map((name) => el("th", { scope: "col", class: name === "Amount" ? "number" : null }, name)))),
    el("tbody", {}, all.slice(0, FEW).map((line) => el("tr", {},
      el("td", {}, line.Description),
      el("td", { class: "muted" }, goes(line, told)),
      el("td", { class: "number" }, amount(line)))),
      rest > 0 && el("tr", {}, el("td", { colspan: "3", class: "muted" }, `and ${rest} more, under all fields`))));
}

function goes(line, told) {
  const options = Object.keys(line).filter((name) => name.endsWith(".Option")).map((name) => line[name]).filter((option) => !told.has(option));
  return [line.ItemCode, line.AccountCode, ...options].filter(Boolean).join(" · ");
}

function amount(line) {
  if (line.LineAmount) return money(line.LineAmount);
  const each = money(line.UnitAmount);
  return Number(line.Quantity) === 1 ? each : `${line.Quantity} × ${each}`;
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
