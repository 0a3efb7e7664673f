// A chart of two rates over time: what is received above the line, what is sent below.

import { drawn, element, say } from "./dom.js";
import { clock, short, span } from "./format.js";
import { thinned } from "./memory.js";

const HEIGHT = 190;
const MARGIN = { left: 48, right: 12, top: 8, bottom: 22 };
/** A break in the line, in steps without a point. */
const BREAK = 2.6;

export class Chart {
  #place;
  #format;
  #picture;
  #readout;
  #points = [];
  #window = { from: 0, to: 1 };
  /** The place of the point that is read out; `null` for none. */
  #chosen = null;

  constructor(place, title, format) {
    this.#place = place;
    this.#format = format;
    this.#picture = drawn("svg", { role: "img", tabindex: "0", height: HEIGHT });
    this.#picture.setAttribute("aria-label", title);
    this.#readout = element("p", "readout");
    place.append(this.#picture, this.#readout);
    new ResizeObserver(() => this.#draw()).observe(place);
    this.#picture.addEventListener("pointermove", (event) => this.#point(event));
    this.#picture.addEventListener("pointerleave", () => this.#choose(null));
    this.#picture.addEventListener("blur", () => this.#choose(null));
    this.#picture.addEventListener("keydown", (event) => this.#press(event));
  }

  /** Shows the points between two times, in milliseconds since the epoch. */
  show(points, from, to) {
    this.#points = points;
    this.#window = { from, to };
    this.#draw();
  }

  #shown() {
    const { from, to } = this.#window;

    return thinned(this.#points, from, to, Math.max(60, Math.floor(this.#width() / 2)));
  }

  #width() {
    return Math.max(1, this.#place.clientWidth - MARGIN.left - MARGIN.right);
  }

  #draw() {
    const points = this.#shown();
    const scale = this.#scale(points);
    this.#picture.setAttribute("width", this.#place.clientWidth);
    const parts = [...this.#grid(scale), ...area(points, scale, "receive"), ...area(points, scale, "transmit"), zero(scale)];
    const chosen = this.#chosen === null ? undefined : points[Math.min(this.#chosen, points.length - 1)];
    if (chosen) parts.push(...cursor(chosen, scale));
    this.#picture.replaceChildren(...parts);
    this.#read(chosen, points);
  }

  #scale(points) {
    const { from, to } = this.#window;
    const most = (name) => points.reduce((most, it) => Math.max(most, it[name] ?? 0), 0);
    const [up, down] = [most("receive"), most("transmit")];
    const step = tidy((up + down) / 4);
    const top = Math.max(step, Math.ceil(up / step) * step);
    const bottom = down === 0 ? 0 : Math.ceil(down / step) * step;
    const height = HEIGHT - MARGIN.top - MARGIN.bottom;
    const width = this.#width();

    return {
      step,
      top,
      bottom,
      right: MARGIN.left + width,
      x: (time) => MARGIN.left + ((time - from) / (to - from)) * width,
      y: (value) => MARGIN.top + ((top - value) / (top + bottom)) * height,
      time: (x) => from + ((x - MARGIN.left) / width) * (to - from),
    };
  }

  #grid(scale) {
    const parts = [];
    for (let value = -scale.bottom; value <= scale.top + scale.step / 2; value += scale.step) {
      const y = scale.y(value);
      parts.push(drawn("line", { class: "grid", x1: MARGIN.left, x2: scale.right, y1: y, y2: y }));
      parts.push(label(MARGIN.left - 8, y + 4, "end", short(Math.abs(value) < scale.step / 2 ? 0 : Math.abs(value))));
    }
    const { from, to } = this.#window;
    const quarters = this.#width() < 400 ? 2 : 4;
    for (let part = 0; part <= quarters; part += 1) {
      const ago = ((to - from) * (quarters - part)) / quarters / 1000;
      const anchor = part === 0 ? "start" : part === quarters ? "end" : "middle";
      parts.push(label(scale.x(to - ago * 1000), HEIGHT - 5, anchor, ago === 0 ? "now" : `−${span(ago)}`));
    }

    return parts;
  }

  #read(chosen, points) {
    const point = chosen ?? points.at(-1);
    if (!point) return say(this.#readout, "Nothing has been read yet.");
    const mean = point.seconds > 0 ? `, mean of ${span(point.seconds)}` : "";
    const [received, sent] = [point.receive, point.transmit].map(this.#format);

    say(this.#readout, `${clock(point.time)}${mean}: received ${received}, sent ${sent}`);
  }

  #point(event) {
    const points = this.#shown();
    const time = this.#scale(points).time(event.offsetX);
    const distance = (place) => Math.abs(points[place].time - time);
    this.#choose(points.length === 0 ? null : points.reduce((best, _, place) => (distance(place) < distance(best) ? place : best), 0));
  }

  /** Arrows go from point to point. */
  #press(event) {
    const last = this.#shown().length - 1;
    const now = this.#chosen ?? last;
    const next = { ArrowLeft: now - 1, ArrowRight: now + 1, Home: 0, End: last, Escape: null }[event.key];
    if (next === undefined || last < 0) return;
    event.preventDefault();
    // Read out only what somebody asks for.
    this.#readout.setAttribute("aria-live", next === null ? "off" : "polite");
    this.#choose(next === null ? null : Math.min(Math.max(next, 0), last));
  }

  #choose(place) {
    this.#chosen = place;
    this.#draw();
  }
}

/** Returns the line of one direction and what is under it, with gaps where nothing is known. */
function area(points, scale, name) {
  const sign = name === "receive" ? 1 : -1;
  const runs = [];
  let before = null;
  for (const point of points) {
    if (point[name] === null) {
      before = null;
      continue;
    }
    const isNext = before && point.time - before.time <= BREAK * 1000 * Math.max(point.seconds, before.seconds, 1);
    if (!isNext) runs.push([]);
    runs.at(-1).push(`${scale.x(point.time).toFixed(1)} ${scale.y(sign * point[name]).toFixed(1)}`);
    before = point;
  }
  const line = runs.map((run) => `M${run.join("L")}`).join("");
  const under = runs.map((run) => {
    const [first, last] = [run[0], run.at(-1)].map((it) => it.split(" ")[0]);
    return `M${first} ${scale.y(0)}L${run.join("L")}L${last} ${scale.y(0)}Z`;
  });

  return [drawn("path", { class: `under ${name}`, d: under.join("") }), drawn("path", { class: `line ${name}`, d: line })];
}

function zero(scale) {
  return drawn("line", { class: "zero", x1: MARGIN.left, x2: scale.right, y1: scale.y(0), y2: scale.y(0) });
}

function cursor(point, scale) {
  const x = scale.x(point.time);
  const dots = [
    ["receive", 1],
    ["transmit", -1],
  ].filter(([name]) => point[name] !== null);

  return [
    drawn("line", { class: "cursor", x1: x, x2: x, y1: MARGIN.top, y2: HEIGHT - MARGIN.bottom }),
    ...dots.map(([name, sign]) => drawn("circle", { class: `dot ${name}`, cx: x, cy: scale.y(sign * point[name]), r: 4 })),
  ];
}

function label(x, y, anchor, text) {
  const made = drawn("text", { x, y, "text-anchor": anchor });
  made.textContent = text;

  return made;
}

/** Returns a step of 1, 2 or 5 times a power of ten that is not smaller. */
function tidy(step) {
  if (step <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(step));
  const times = [1, 2, 5, 10].find((it) => it * power >= step * 0.999);

  return times * power;
}
