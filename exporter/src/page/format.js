// Numbers and times as people read them.

const NARROW = "\u202f";
const PREFIXES = ["", "k", "M", "G", "T", "P"];

/** Returns a number with three digits and a prefix of SI; what is not known is a dash. */
export function short(number) {
  if (number === null || number === undefined) return "–";
  let size = 0;
  let rest = number;
  // What would be rounded to 1000 has the next prefix.
  while (rest >= 999.5 && size < PREFIXES.length - 1) {
    rest /= 1000;
    size += 1;
  }
  const isWhole = size === 0 && Number.isInteger(rest);
  const digits = isWhole || rest >= 99.95 ? 0 : rest >= 9.995 ? 1 : 2;
  const text = rest.toFixed(digits);

  return size === 0 ? text : `${text}${NARROW}${PREFIXES[size]}`;
}

/** Returns bits a second for people. */
export function bits(perSecond) {
  const text = short(perSecond);
  if (text === "–") return text;

  return text.includes(NARROW) ? `${text}bit/s` : `${text}${NARROW}bit/s`;
}

/** Returns packets a second for people. */
export function packets(perSecond) {
  const text = short(perSecond);

  return text === "–" ? text : `${text}/s`;
}

/** Returns a whole number with its groups of digits. */
export function whole(number) {
  return number === null || number === undefined ? "–" : Math.round(number).toLocaleString("en").replaceAll(",", NARROW);
}

/** Returns a share of 1 in percent. */
export function percent(share) {
  if (!Number.isFinite(share)) return "–";
  const hundreds = share * 100;

  return `${hundreds >= 9.95 || hundreds === 0 ? hundreds.toFixed(0) : hundreds.toFixed(1)}${NARROW}%`;
}

/** Returns the time of day of milliseconds since the epoch. */
export function clock(milliseconds) {
  return new Date(milliseconds).toLocaleTimeString("en-GB");
}

/** Returns how long something is, in the unit that fits. */
export function span(seconds) {
  if (seconds < 90) return `${Math.round(seconds)}${NARROW}s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)}${NARROW}min`;

  return `${(seconds / 3600).toFixed(1)}${NARROW}h`;
}
