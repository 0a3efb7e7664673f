// Lists of rows with bars: protocols, addresses, ports, sizes, flags.

import { element, note, rowsOf, say, tableIn } from "./dom.js";
import { bits, packets, percent } from "./format.js";

const FLAGS = ["syn", "syn_ack", "ack", "psh_ack", "fin_ack", "rst", "rst_ack", "null", "xmas", "syn_fin", "other"];

/** Shows the rows of an answer of `GET /packets`; `what` names the first column. */
export function showRows(place, answer, { what, name, order, keepsZeros = false, sorted }) {
  if (answer.problem) return note(place, answer.problem);
  const total = rate(answer.total, order) ?? rate(answer.total, "packets");
  let items = answer.items.map((item) => ({ name: name(item.labels), counts: item.counts }));
  if (answer.other?.counts.packets) items.push({ name: "all others, without a name", counts: answer.other.counts });
  if (!keepsZeros) items = items.filter((item) => item.counts.packets_per_second !== 0);
  if (sorted) items.sort(sorted);
  if (items.length === 0) return note(place, "Nothing in the last fold.");

  const hasBytes = answer.unit.bytes !== null;
  const heads = [what, "#Packets", ...(hasBytes ? ["#Bits"] : []), "#Share"];
  const table = tableIn(place, `Rates of the last fold, by ${what.toLowerCase()}`, heads);
  const rows = rowsOf(table, items.length, () => row(heads.length));
  items.forEach((item, place) => fill(rows[place], item, { order: hasBytes ? order : "packets", total, hasBytes }));
}

/** Returns the order of flags as a connection has them. */
export const byFlags = (a, b) => FLAGS.indexOf(a.name.replaceAll("+", "_").toLowerCase()) - FLAGS.indexOf(b.name.replaceAll("+", "_").toLowerCase());

/** Returns the order of sizes, the smallest first. */
export const bySize = (a, b) => bound(a.name) - bound(b.name);

const bound = (name) => Number.parseInt(name.replace(/\D+/g, ""), 10) || 0;

function rate(counts, order) {
  return order === "bits" ? counts.bytes_per_second : counts.packets_per_second;
}

function row(columns) {
  const made = element("tr");
  const head = element("th", "name");
  head.scope = "row";
  made.append(head);
  for (let column = 2; column < columns; column += 1) made.append(element("td", "number"));
  const bar = element("span", "bar", element("span"));
  bar.setAttribute("aria-hidden", "true");
  made.append(element("td", "share", bar, element("span", "number")));

  return made;
}

function fill(row, item, { order, total, hasBytes }) {
  const cells = [...row.cells];
  const share = rate(item.counts, order) / total;
  const { packets_per_second: perSecond, bytes_per_second: bytes } = item.counts;
  say(cells[0], item.name);
  say(cells[1], packets(perSecond));
  if (hasBytes) say(cells[2], bits(bytes === null ? null : bytes * 8));
  const [bar, text] = cells.at(-1).children;
  bar.firstElementChild.style.width = `${Number.isFinite(share) ? Math.min(100, share * 100) : 0}%`;
  say(text, percent(share));
}
