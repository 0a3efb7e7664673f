// What this page asks of the REST API, which lies beside it.

const BASE = new URL("api/v1/", document.baseURI);
const TIMEOUT = 10_000;
/** Most rows that the API gives at once. */
const ALL = 16384;
const ROWS = 10;
/** How often answers of different folds are asked for again. */
const TRIES = 3;

/** An answer that cannot be shown at all: the exporter is away, or wants no more requests. */
export class Trouble extends Error {}

/** Returns the answer, or the problem as `{problem}` where the API refuses one thing for a reason. */
async function ask(path, parameters = {}) {
  const response = await sent(path, parameters);
  if (response.ok) return response.json();

  const sentence = await refusal(response);
  if (response.status === 400 || response.status === 404) return { problem: sentence };
  throw new Trouble(`The exporter refuses to answer: ${sentence}`);
}

async function sent(path, parameters, headers = {}) {
  const address = new URL(path, BASE);
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== "") address.searchParams.set(name, value);
  }

  return fetch(address, { headers, signal: AbortSignal.timeout(TIMEOUT) }).catch(() => {
    throw new Trouble("The exporter does not answer.");
  });
}

async function refusal(response) {
  const problem = await response.json().catch(() => ({}));

  return problem.detail ?? problem.title ?? `status ${response.status}`;
}

/** Asks with a token, which is in no address; returns `{refused}` where it does not do. */
async function withToken(path, token, parameters, read) {
  const response = await sent(path, parameters, token === "" ? {} : { authorization: `Bearer ${token}` });
  if (response.ok) return read(response);

  const sentence = await refusal(response);
  if (response.status === 401 || response.status === 403) return { refused: sentence };
  if (response.status < 500 && response.status !== 429) return { problem: sentence };
  throw new Trouble(`The exporter refuses to answer: ${sentence}`);
}

/** Asks for something about packets. */
export const inspect = (path, token, parameters = {}) => withToken(path, token, parameters, (response) => response.json());

/** Asks for a file. */
export const download = (path, token) => withToken(path, token, {}, (response) => response.blob());

/** Asks for everything that is shown of a choice; all of it is of one fold, if that can be had. */
export async function everything({ device, direction, order }) {
  const rate = order === "bits" ? "byte_rate" : "packet_rate";
  const chosen = { device, direction };
  const rows = (by, top, mostOf = rate) => ask("packets", { ...chosen, by, top, order: mostOf });
  const address = direction === "receive" ? "source" : "destination";

  for (let tries = 1; ; tries += 1) {
    const [flows, protocols, addresses, ports, sizes, flags, signals, health] = await Promise.all([
      ask("packets", { by: "device,direction", top: ALL }),
      rows("protocol", ROWS),
      rows(address, ROWS),
      rows("protocol,port", ROWS),
      rows("size", ALL),
      // Of flags only packets are counted.
      rows("flags", ALL, "packet_rate"),
      ask("signals", chosen),
      ask("health"),
    ]);
    const all = { flows, protocols, addresses, ports, sizes, flags, signals };
    const folds = new Set(Object.values(all).flatMap((it) => it.fold?.number ?? []));
    if (folds.size <= 1 || tries === TRIES) return { ...all, health };
  }
}

/**
 * Asks for the last minutes as the exporter remembers them, in the form of what this page remembers; nothing, where it remembers
 * nothing or tells only those who may read.
 */
export async function past({ device, minutes }) {
  const answer = await ask("history", { device, by: "direction", window: `${minutes}m` }).catch(() => ({ problem: "refused" }));
  if (answer.problem) return [];
  const { points, series } = answer;
  const rates = (direction, place, seconds) => {
    const found = series.find(({ labels }) => labels.direction === direction);
    const rate = (count) => (count === null || count === undefined ? null : count / seconds);
    const bytes = rate(found?.bytes?.[place]);
    return { packets: rate(found?.packets[place]), bits: bytes === null ? null : bytes * 8 };
  };

  return points.ends.flatMap((end, place) => {
    const seconds = points.seconds[place];
    if (end === null || !seconds) return [];
    return [{ time: end * 1000, seconds, receive: rates("receive", place, seconds), transmit: rates("transmit", place, seconds) }];
  });
}

/** Asks how each device is counted. */
export const devices = () => ask("devices");
