// The rates of each device and direction that this page has seen, an hour of them, behind those that the exporter remembers.

const KEPT = 3_600_000;

export class Memory {
  /** In the order of time: `{time, seconds, rates}`, with rates by device and direction. */
  #points = [];
  /** Older ones, of the chosen device: `{time, seconds, receive, transmit}`. */
  #past = [];

  /** Takes what the exporter remembers of the device that is chosen now. */
  begin(past) {
    this.#past = past;
  }

  /** Keeps the rates of one fold; those of a fold that is there already are left out. */
  add(flows) {
    const { fold, items } = flows;
    const time = Date.parse(fold.time);
    const last = this.#points.at(-1);
    if (last && time <= last.time) {
      // Another process counts, or its clock was set: what was before fits no more.
      if (fold.number >= last.number) return;
      this.#points = [];
      this.#past = [];
    }
    const rates = new Map();
    for (const { labels, counts } of items) {
      const { packets_per_second: packets, bytes_per_second: bytes } = counts;
      const bits = bytes === null ? null : bytes * 8;
      rates.set(`${labels.direction} ${labels.device}`, { packets, bits });
    }
    this.#points.push({ time, number: fold.number, seconds: fold.elapsed_seconds ?? 0, rates });
    while (this.#points[0].time < time - KEPT) this.#points.shift();
  }

  /** Returns when the last point was, in milliseconds since the epoch. */
  get end() {
    return this.#points.at(-1)?.time;
  }

  /** Returns the points of a device, or of all, that are not older: `{time, seconds, receive, transmit}`. */
  of(device, from, unit) {
    const sum = (rates, direction) => {
      if (device) return rates.get(`${direction} ${device}`)?.[unit] ?? null;
      let all = null;
      for (const [key, rate] of rates) {
        if (key.startsWith(direction) && rate[unit] !== null) all = (all ?? 0) + rate[unit];
      }
      return all;
    };

    const seen = this.#points
      .filter((point) => point.time >= from)
      .map(({ time, seconds, rates }) => ({ time, seconds, receive: sum(rates, "receive"), transmit: sum(rates, "transmit") }));
    // What was seen is finer than what is remembered of the same time.
    const isSeen = ({ time }) => seen.some((point) => Math.abs(point.time - time) <= point.seconds * 500);
    const past = this.#past
      .filter((point) => point.time >= from && !isSeen(point))
      .map(({ time, seconds, receive, transmit }) => ({ time, seconds, receive: receive[unit], transmit: transmit[unit] }));

    return [...past, ...seen].sort((a, b) => a.time - b.time);
  }
}

/** Returns at most `most` points: each the mean of some that follow each other, weighted with their time. */
export function thinned(points, from, to, most) {
  if (points.length <= most) return points;
  const width = (to - from) / most;
  const groups = new Map();
  for (const point of points) {
    const place = Math.floor((point.time - from) / width);
    if (!groups.has(place)) groups.set(place, []);
    groups.get(place).push(point);
  }

  return [...groups.values()].map((group) => ({
    time: group.at(-1).time,
    seconds: group.reduce((sum, it) => sum + it.seconds, 0),
    receive: mean(group, "receive"),
    transmit: mean(group, "transmit"),
  }));
}

function mean(group, name) {
  const known = group.filter((it) => it[name] !== null);
  const seconds = known.reduce((sum, it) => sum + it.seconds, 0);

  return seconds > 0 ? known.reduce((sum, it) => sum + it[name] * it.seconds, 0) / seconds : null;
}
