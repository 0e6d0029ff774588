// What entities, states and counts are called.

export const ENTITIES = [
  ["projects", "Projects"],
  ["contacts", "Contacts → vendors"],
  ["vendors", "Vendors → contacts"],
  ["cost_codes", "Cost codes"],
  ["commitments", "Commitments"],
  ["commitment_change_orders", "Change orders"],
  ["subcontractor_invoices", "Subcontractor invoices"],
  ["payments", "Payments"],
  ["direct_costs", "Direct costs"],
  ["job_costs", "Job costs"],
  ["journal_entries", "Journal entries"],
];
export const FLOWS = [...ENTITIES, ["reconciliation", "Reconciliation"]];
export const ANY = ["", "Any"];
export const called = (entity) => Object.fromEntries(ENTITIES)[entity] ?? entity.replaceAll("_", " ");

export const COUNTS = ["read", "created", "updated", "linked", "unchanged", "held", "refused", "in_doubt"];

/** Return an amount with its thousands apart; it stays text, so no cent is lost. */
export function money(amount) {
  if (amount === null || amount === undefined || amount === "") return "";
  const [whole, cents = "00"] = String(amount).split(".");
  return `${whole.replace(/\B(?=(\d{3})+$)/g, ",")}.${cents}`;
}

/** Return why something waits without its fingerprint, which says nothing to who reads a list. */
export const plainly = (sentence) => sentence.replace(/; what would be written has the fingerprint \S+\./, ".");

export const count = (number) => (number ? number.toLocaleString() : "·");
