// The live page: asks after each fold, and shows what the answers say.

import { Chart } from "./chart.js";
import { Trouble, devices, everything, past } from "./client.js";
import { showDevices, showLosses, showSignals } from "./cards.js";
import { element, find, say } from "./dom.js";
import { bits, clock, packets, span } from "./format.js";
import { byFlags, bySize, showRows } from "./lists.js";
import { Memory } from "./memory.js";
import { showSamples, startSamples } from "./samples.js";

const THEMES = ["system", "light", "dark"];
/** Milliseconds after a fold until it can be read. */
const AFTER = 60;
/** Milliseconds between two rounds, at least and after trouble. */
const LEAST = 500;
const [FIRST_PAUSE, LONGEST_PAUSE] = [1_000, 15_000];
/** Rounds between two looks at how devices are counted. */
const DEVICES_EVERY = 5;

const form = find("choices");
const memory = new Memory();
const charts = {
  packets: new Chart(find("packets-chart"), "Packets per second, received above the line and sent below", packets),
  bits: new Chart(find("bits-chart"), "Bits per second, received above the line and sent below", bits),
};

let known = null;
let counted = { items: [] };
let round = 0;
let pause = FIRST_PAUSE;
/** The device and the minutes whose past is shown. */
let begun = "";
let timer = null;
let isPaused = false;
/** Answers to an older choice are not shown. */
let asked = 0;

function choice() {
  const data = new FormData(form);

  return { device: find("device").value, direction: data.get("direction"), order: data.get("order"), minutes: Number(data.get("minutes")) };
}

/** Reads once, shows it, and waits for the next fold. */
async function look() {
  clearTimeout(timer);
  const number = (asked += 1);
  const isLatest = () => number === asked;
  let wait;
  try {
    if (round % DEVICES_EVERY === 0) counted = await devices();
    const { device, minutes } = choice();
    const isBegun = begun === `${minutes} ${device}`;
    const [answers, before] = await Promise.all([everything(choice()), isBegun ? null : past({ device, minutes })]);
    if (!isLatest()) return;
    if (before) {
      memory.begin(before);
      begun = `${minutes} ${device}`;
    }
    round += 1;
    known = answers;
    if (answers.flows.fold) memory.add(answers.flows);
    show();
    showSamples(choice());
    trouble("");
    pause = FIRST_PAUSE;
    wait = untilNext(answers.health.folding);
  } catch (error) {
    if (!isLatest()) return;
    const sentence = error instanceof Trouble ? error.message : `This page failed: ${error.message}.`;
    trouble(`${sentence} What is shown is of ${known ? clock(Date.parse(known.health.folding.last)) : "no time"}; the page goes on asking.`);
    wait = pause;
    pause = Math.min(2 * pause, LONGEST_PAUSE);
  }
  if (!isPaused && !document.hidden) timer = setTimeout(look, wait);
}

/** Returns the milliseconds until there is another fold to read. */
function untilNext(folding) {
  const { interval_seconds: interval, age_seconds: age } = folding;

  return Math.max(LEAST, (interval - (age ?? 0)) * 1000 + AFTER);
}

function show() {
  const chosen = choice();
  const { direction, order, device, minutes } = chosen;
  const whose = direction === "receive" ? "source" : "destination";
  document.body.dataset.direction = direction;
  state();
  chooser(device);
  say(find("addresses-title"), `Busiest ${whose}s`);

  const to = memory.end ?? Date.now();
  const from = to - minutes * 60_000;
  for (const unit of ["packets", "bits"]) {
    const points = memory.of(device, from, unit);
    charts[unit].show(points, from, to);
    totals(find(`${unit}-now`), points.at(-1), unit === "packets" ? packets : bits);
  }
  document.title = `${packets(memory.of(device, to, "packets").at(-1)?.[direction])} · packet-exporter`;

  showRows(find("protocols"), known.protocols, { what: "Protocol", name: (it) => it.protocol, order });
  showRows(find("addresses"), known.addresses, { what: whose === "source" ? "Source" : "Destination", name: (it) => it[whose], order });
  showRows(find("ports"), known.ports, { what: "Port", name: (it) => `${it.port} ${it.protocol}`, order });
  showRows(find("sizes"), known.sizes, { what: "Bytes", name: size, order, sorted: bySize });
  showRows(find("flags"), known.flags, { what: "Flags", name: (it) => it.flags.replaceAll("_", "+"), order, sorted: byFlags });
  showSignals(find("signals"), known.signals, chosen);
  showDevices(find("devices"), counted, known.flows, { wanted: find("find").value.trim(), chosen: device, choose });
  showLosses(find("losses"), known.health);
}

const size = (labels) => (labels.size === "larger" ? "more than 16384" : `up to ${labels.size}`);

/** Says how current all this is. */
function state() {
  const { ready, reason, folding } = known.health;
  const place = find("state");
  const age = folding.age_seconds;
  const isLate = age !== null && age > 3 * folding.interval_seconds;
  const fold = known.flows.fold;
  const of = fold ? `fold ${fold.number} of ${clock(Date.parse(fold.time))}` : "no fold yet";
  place.dataset.state = !ready || isLate ? "bad" : isPaused ? "paused" : "good";

  const words = !ready ? `Not ready: ${reason}` : isLate ? `Late: the last fold is ${span(age)} old` : isPaused ? "Paused" : "Live";
  say(place, `${words} · ${of}`);
}

function chooser(device) {
  const select = find("device");
  const names = (counted.items ?? []).map((it) => it.device);
  // A device that is gone stays chosen, and the answers say that it is not counted.
  if (device && !names.includes(device)) names.push(device);
  names.sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
  const shown = [...select.options].slice(1).map((it) => it.value);
  if (names.join("/") !== shown.join("/")) {
    select.replaceChildren(new Option(`All devices (${names.length})`, ""), ...names.map((name) => new Option(name, name)));
    select.value = device;
  }
  find("find-label").hidden = names.length < 8;
}

function totals(place, point, format) {
  if (place.children.length === 0) {
    for (const [name, word] of [["receive", "received"], ["transmit", "sent"]]) {
      place.append(element("span", name, element("b"), ` ${word}`));
    }
  }
  [point?.receive, point?.transmit].forEach((value, line) => say(place.children[line].firstElementChild, format(value)));
}

function trouble(sentence) {
  const place = find("trouble");
  place.hidden = sentence === "";
  say(place, sentence);
  if (sentence) {
    find("state").dataset.state = "bad";
    say(find("state"), "No answer");
  }
}

/** Chooses a device; the chosen one again is all of them. */
function choose(name) {
  const select = find("device");
  select.value = select.value === name ? "" : name;
  chosen();
}

function chosen() {
  const { device, ...others } = choice();
  const words = new URLSearchParams({ ...(device ? { device } : {}), ...others });
  history.replaceState(null, "", `#${words}`);
  showSamples(choice(), true);
  look();
}

/** Takes the choice from the address, so that it can be kept and sent. */
function fromAddress() {
  const words = new URLSearchParams(location.hash.slice(1));
  const device = words.get("device");
  if (device) {
    find("device").append(new Option(device, device));
    find("device").value = device;
  }
  for (const name of ["direction", "order", "minutes"]) {
    const buttons = [...form.querySelectorAll(`input[name="${name}"]`)];
    const wanted = buttons.find((it) => it.value === words.get(name));
    if (wanted) wanted.checked = true;
  }
}

function theme(name) {
  if (name === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = name;
  say(find("theme"), `Theme: ${name}`);
}

/** Reads what this browser keeps; some keep nothing. */
function kept() {
  try {
    return THEMES.find((it) => it === localStorage.getItem("theme")) ?? "system";
  } catch {
    return "system";
  }
}

form.addEventListener("change", chosen);
form.addEventListener("submit", (event) => event.preventDefault());
find("find").addEventListener("input", () => known && show());
find("pause").addEventListener("click", () => {
  isPaused = !isPaused;
  find("pause").setAttribute("aria-pressed", String(isPaused));
  say(find("pause"), isPaused ? "Go on" : "Pause");
  if (isPaused) clearTimeout(timer);
  else look();
  if (known) state();
});
find("theme").addEventListener("click", () => {
  const now = document.documentElement.dataset.theme ?? "system";
  const next = THEMES[(THEMES.indexOf(now) + 1) % THEMES.length];
  theme(next);
  try {
    localStorage.setItem("theme", next);
  } catch {
    // It holds until the page is closed.
  }
});
document.addEventListener("visibilitychange", () => {
  if (document.hidden) clearTimeout(timer);
  else if (!isPaused) {
    begun = "";
    look();
  }
});

theme(kept());
startSamples(choice);
fromAddress();
look();
