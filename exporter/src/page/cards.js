// Signals, devices and losses.

import { element, note, rowsOf, say, tableIn } from "./dom.js";
import { bits, packets, whole } from "./format.js";

/** Shows the signals of the chosen device, or each of the device where it is highest. */
export function showSignals(place, answer, { direction, device: chosen }) {
  if (answer.problem) return note(place, answer.problem);
  if (answer.items.length === 0) return note(place, "Signals are switched off, or nothing is counted in this direction.");
  const whose = direction === "receive" ? "sources" : "destinations";
  const sum = (of) => (it) => (of(it) === null ? null : Object.values(of(it)).reduce((all, one) => all + one, 0));
  const entropy = (value) => (value === null ? "–" : value.toFixed(2));
  const signals = [
    [`Distinct ${whose}`, sum((it) => it.distinct_addresses), whole],
    ["Distinct destination ports", sum((it) => it.distinct_ports), whole],
    [`Evenness of ${whose}, 0 to 1`, (it) => it.address_entropy, entropy],
    ["Evenness of ports, 0 to 1", (it) => it.port_entropy, entropy],
    [direction === "receive" ? "Scanning sources" : "Scanned destinations", (it) => it.scanning_addresses, whole],
    [direction === "receive" ? "Sources of SYNs alone" : "Destinations of SYNs alone", (it) => it.syn_addresses, whole],
  ];
  const heads = chosen ? ["Signal", "#Value"] : ["Signal", "#Highest", "Device"];
  const table = tableIn(place, "Signals of the sliding window", heads);
  const rows = rowsOf(table, signals.length, () => signalRow(chosen));
  signals.forEach(([name, read, format], line) => {
    const known = answer.items.map((it) => [read(it), it.device]).filter(([value]) => value !== null);
    const [value, device] = known.reduce((most, it) => (it[0] > most[0] ? it : most), known[0] ?? [null, "–"]);
    say(rows[line].cells[0], name);
    say(rows[line].cells[1], format(value));
    if (!chosen) say(rows[line].cells[2], device);
  });
}

/** Shows how each device is counted, the busiest first; a click on one chooses it. */
export function showDevices(place, answer, flows, { wanted, chosen, choose }) {
  if (answer.problem) return note(place, answer.problem);
  const rates = new Map((flows.items ?? []).map(({ labels, counts }) => [`${labels.direction} ${labels.device}`, counts]));
  const rate = (device, direction) => rates.get(`${direction} ${device}`)?.packets_per_second ?? 0;
  const all = (it) => rate(it.device, "receive") + rate(it.device, "transmit");
  const words = wanted.toLowerCase();
  const fits = (it) => [it.device, it.kind, it.driver, it.alias].some((text) => text?.toLowerCase().includes(words));
  const items = answer.items.filter(fits).sort((a, b) => all(b) - all(a) || a.device.localeCompare(b.device, "en", { numeric: true }));
  if (items.length === 0) return note(place, wanted ? `No device has “${wanted}” in its name, kind, driver or alias.` : "No device is counted.");

  const most = Math.max(1, ...items.map(all));
  const table = tableIn(place, "Devices, the busiest first", ["Device", "Kind", "#Received", "#Bits", "#Sent", "#Bits", "Attached at", "Refused"]);
  const rows = rowsOf(table, items.length, () => deviceRow(choose));
  items.forEach((it, line) => {
    const [name, kind, received, receivedBits, sent, sentBits, attached, refused] = rows[line].cells;
    const button = name.firstElementChild;
    say(button, it.device);
    button.setAttribute("aria-pressed", String(it.device === chosen));
    name.title = it.alias ?? "";
    say(kind, [it.kind, it.driver].filter((text, place, texts) => text && texts.indexOf(text) === place).join(", ") || "–");
    for (const [direction, number, inBits] of [
      ["receive", received, receivedBits],
      ["transmit", sent, sentBits],
    ]) {
      const counts = rates.get(`${direction} ${it.device}`);
      const [text, bar] = number.children;
      say(text, packets(counts?.packets_per_second));
      bar.firstElementChild.style.width = `${((counts?.packets_per_second ?? 0) / most) * 100}%`;
      const bytes = counts?.bytes_per_second;
      say(inBits, bits(bytes === null || bytes === undefined ? null : bytes * 8));
    }
    say(attached, hooks(it.programs));
    say(refused, failures(it.programs));
    refused.classList.toggle("bad", refused.textContent !== "–");
  });
}

/** Shows what was lost, refused or restarted since the start. */
export function showLosses(place, health) {
  const { losses, folding, parts } = health;
  const reasons = Object.entries(losses.unattributed_packets).flatMap(([dimension, counts]) => [
    [`Packets in \`other\` of ${dimension}: turned away by the guard`, counts.guard],
    [`Packets in \`other\` of ${dimension}: evicted`, counts.evicted],
    [`Packets in \`other\` of ${dimension}: busier keys had the names`, counts.unnamed],
  ]);
  const items = [
    ...reasons,
    ["Attempts to attach that failed", losses.attach_failures],
    ["Readings that failed", folding.failures],
    ["Intervals that did not add up", losses.imbalanced_intervals],
    ["Log lines", losses.log_events],
    ...Object.entries(losses.http_refusals).map(([reason, count]) => [`HTTP requests refused: ${reason}`, count]),
    ...parts.map((part) => [`Restarts of the part “${part.name}”${part.up ? "" : ", which is down"}`, part.restarts + (part.up ? 0 : 1)]),
  ].filter(([, count]) => count > 0);
  if (items.length === 0) return note(place, "Nothing since the start.");

  const table = tableIn(place, "Lost, refused and restarted since the start", ["What", "#Since the start"]);
  const rows = rowsOf(table, items.length, () => pair("th"));
  items.forEach(([what, count], line) => {
    say(rows[line].cells[0], what.replaceAll("`", ""));
    say(rows[line].cells[1], whole(count));
  });
}

function signalRow(chosen) {
  const made = pair("th");
  if (!chosen) made.append(element("td", "name"));

  return made;
}

function pair(first) {
  const head = element(first, "text");
  head.scope = "row";

  return element("tr", "", head, element("td", "number"));
}

function deviceRow(choose) {
  const button = element("button", "name");
  button.type = "button";
  button.addEventListener("click", () => choose(button.textContent));
  const head = element("th", "name", button);
  head.scope = "row";
  const number = (direction) => {
    const bar = element("span", `bar ${direction}`, element("span"));
    bar.setAttribute("aria-hidden", "true");
    return element("td", "number with-bar", element("span"), bar);
  };

  return element(
    "tr",
    "",
    head,
    element("td", "text"),
    number("receive"),
    element("td", "number"),
    number("transmit"),
    element("td", "number"),
    element("td", "text"),
    element("td", "text"),
  );
}

/** Returns where programs run, as `receive tcx_ingress`. */
function hooks(programs) {
  const run = programs.filter((it) => it.attached);

  return run.map((it) => [it.hook, it.mode].filter(Boolean).join(" ")).join(", ") || "nowhere";
}

function failures(programs) {
  const all = programs.flatMap((it) => Object.entries(it.failures).map(([reason, count]) => `${it.hook}: ${reason} × ${count}`));

  return all.join(", ") || "–";
}
