// Sampled packets and recordings, for those who have a token. It is kept here alone, until the page is left.

import { Trouble, download, inspect } from "./client.js";
import { element, find, note, rowsOf, say, tableIn } from "./dom.js";
import { clock, whole } from "./format.js";

const ROWS = 20;
/** Milliseconds between two looks. */
const EVERY = 5_000;
const HEADS = ["Time", "Device", "Direction", "Protocol", "From", "To", "#Bytes", "Remarks"];
/** In words, why a port is that of the service. */
const RULES = {
  listening: "a socket listens on it",
  system: "it is below 1024",
  registered: "it is registered",
  not_ephemeral: "clients do not take it",
  lower: "it is the lower of the two",
  ephemeral: "both may be those of clients",
  absent: "the packet shows none",
};

/** The token; empty for the login that the browser has, null while nothing was asked for. */
let token = null;
let last = 0;
/** Answers to an older question are not shown. */
let asked = 0;

/** Shows the last sampled packets of a choice, if they were asked for and some time has gone by. */
export async function showSamples({ device, direction }, isNow = false) {
  const dialog = find("packet");
  if (token === null || dialog.open || (!isNow && Date.now() - last < EVERY)) return;
  last = Date.now();
  const number = (asked += 1);
  try {
    const [samples, recordings] = await Promise.all([inspect("packets/samples", token, { device, direction, top: ROWS }), inspect("recordings", token)]);
    if (number !== asked || token === null || dialog.open) return;
    if (samples.refused) return forget(samples.refused);
    const { sampling, lost } = samples;
    tell(sampling ? `One of ${whole(sampling.one_in)} packets is taken, at most ${whole(sampling.per_second)} a second. ${losses(lost)}` : "");
    list(samples);
    listRecordings(recordings);
  } catch (error) {
    if (number === asked) tell(said(error));
  }
}

function losses({ full, rate, copy }) {
  const all = full + rate + copy;

  return all === 0 ? "None was lost." : `${whole(all)} were lost: ${whole(rate)} above that rate, ${whole(full)} without room, ${whole(copy)} not copied.`;
}

const said = (error) => (error instanceof Trouble ? error.message : `This page failed: ${error.message}.`);

const tell = (sentence) => say(find("samples-note"), sentence);

function list(answer) {
  const place = find("samples");
  if (answer.problem) return note(place, answer.problem);
  if (answer.items.length === 0) return note(place, "None of the packets that are kept is of this device and direction.");
  const table = tableIn(place, "The last sampled packets, the newest first", HEADS);
  const rows = rowsOf(table, answer.items.length, () => row(HEADS, open));
  answer.items.forEach((it, line) => {
    const end = (address, port) => [address ?? "–", port].filter((part) => part !== null).join(" ");
    fill(rows[line], it.id, [
      moment(it.time),
      it.device,
      it.direction === "receive" ? "received" : "sent",
      [it.family, it.protocol].filter((text) => text && text !== "none").join(" ") || "–",
      end(it.source, it.source_port),
      end(it.destination, it.destination_port),
      whole(it.length),
      [it.malformed, it.encapsulation, it.fragment && `${it.fragment} fragment`, it.flags?.join(" ")].filter(Boolean).join(", ") || "–",
    ]);
    rows[line].cells[7].classList.toggle("bad", it.malformed !== null);
  });
}

function listRecordings(answer) {
  const place = find("recordings");
  if (answer.problem) return note(place, answer.problem);
  if (answer.items.length === 0) return note(place, "None. One begins when a signal rises far above what is usual.");
  const heads = ["Began", "Device", "Direction", "Signal", "#Value", "#Packets"];
  const table = tableIn(place, "Recordings of what was unusual, as files for Wireshark", heads);
  const rows = rowsOf(table, answer.items.length, () => row(heads, save));
  answer.items.forEach((it, line) => {
    const direction = it.direction === "receive" ? "received" : "sent";
    fill(rows[line], it.id, [moment(it.time), it.device, direction, it.signal.replaceAll("_", " "), whole(it.value), whole(it.packets)]);
  });
}

/** Returns the time of day with what is behind the seconds. */
const moment = (time) => `${clock(Date.parse(time))}${time.slice(19, 23)}`;

/** Makes a row that begins with a button. */
function row(heads, act) {
  const button = element("button", "name");
  button.type = "button";
  button.addEventListener("click", () => act(button.dataset.id));
  const head = element("th", "name", button);
  head.scope = "row";

  return element("tr", "", head, ...heads.slice(1).map((text) => element("td", text.startsWith("#") ? "number" : "")));
}

function fill(row, id, texts) {
  row.cells[0].firstElementChild.dataset.id = id;
  texts.forEach((text, place) => say(place === 0 ? row.cells[0].firstElementChild : row.cells[place], text));
}

/** Shows one packet, header by header. */
async function open(id) {
  try {
    const answer = await inspect(`packets/${id}`, token);
    if (answer.refused) return forget(answer.refused);
    if (answer.problem) return tell(answer.problem);
    const { packet, service_port: port, series, headers, dump } = answer;
    say(find("packet-title"), `Packet of ${moment(packet.time)}`);
    const taken = packet.captured < packet.length ? `, of which ${whole(packet.captured)} were taken` : "";
    const counted = `${packet.device}, ${packet.direction === "receive" ? "received" : "sent"}, ${whole(packet.length)} bytes${taken}. Counted as ${packet.family} ${packet.protocol}`;
    const malformed = packet.malformed ? `, malformed: ${packet.malformed}` : "";
    const under = port ? ` Service port ${port.port}: ${RULES[port.rule] ?? port.rule}.` : "";
    say(find("packet-about"), `${counted}${malformed}.${under}`);
    fields(headers);
    say(find("packet-dump"), dump.join("\n"));
    find("packet-series").replaceChildren(...series.map((it) => element("li", "", labelled(it))));
    find("packet").showModal();
  } catch (error) {
    tell(said(error));
  }
}

const labelled = ({ name, labels }) => `${name}{${Object.entries(labels).map(([key, value]) => `${key}="${value}"`).join(", ")}}`;

function fields(headers) {
  const table = tableIn(find("packet-headers"), "Headers and their fields", ["Field", "#At", "#Bytes", "Value"]);
  const line = (name, { offset, length }, value, className) => {
    const head = element("th", className, name);
    head.scope = "row";
    return element("tr", "", head, element("td", "number", `${offset}`), element("td", "number", `${length}`), element("td", "text", value));
  };
  const rows = headers.flatMap((it) => [
    line(it.name, it, it.complete ? "" : "cut off", "group"),
    ...it.fields.map((field) => line(field.name, field, field.value, "field")),
  ]);
  table.tBodies[0].replaceChildren(...rows);
}

/** Has the browser save a recording. */
async function save(id) {
  try {
    const answer = await download(`recordings/${id}`, token);
    if (answer.refused) return forget(answer.refused);
    if (answer.problem) return tell(answer.problem);
    const link = element("a");
    link.href = URL.createObjectURL(answer);
    link.download = `recording-${id}.pcapng`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), EVERY);
  } catch (error) {
    tell(said(error));
  }
}

/** Forgets the token and all that was shown with it. */
function forget(sentence) {
  token = null;
  asked += 1;
  find("packet").close();
  for (const place of ["samples", "recordings", "packet-headers", "packet-series", "packet-dump"]) find(place).replaceChildren();
  shown(false);
  tell(sentence);
}

function shown(are) {
  find("unlock").hidden = are;
  find("forget").hidden = !are;
  find("recordings-title").hidden = !are;
}

/** Makes the form work; `choice` returns what is chosen now. */
export function startSamples(choice) {
  find("unlock").addEventListener("submit", (event) => {
    event.preventDefault();
    token = find("token").value.trim();
    find("token").value = "";
    shown(true);
    find("forget").focus();
    showSamples(choice(), true);
  });
  find("forget").addEventListener("click", () => {
    forget("The token is forgotten.");
    find("token").focus();
  });
  find("packet-close").addEventListener("click", () => find("packet").close());
  // Browsers may keep a page that was left, as it was.
  window.addEventListener("pagehide", () => forget(""));
}
