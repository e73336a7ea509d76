// Values, numbers, times and ages of the page as text.
"use strict";

// Whole numbers beyond 2^53 keep all of their digits where the browser shows the source of a number.
function parse(text) {
  return JSON.parse(text, (_, value, context) => {
    const isWhole = typeof value === "number" && Number.isInteger(value) && !Number.isSafeInteger(value);
    return isWhole && context && /^-?\d+$/.test(context.source) ? BigInt(context.source) : value;
  });
}

// What controls a terminal, disguises a line or turns the reading direction.
const CONTROLS = "\\u0000-\\u001f\\u007f-\\u009f\\u061c\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069";
const [CONTROL, BACKSLASHES] = [new RegExp(`[${CONTROLS}]`, "g"), new RegExp(`\\\\+(?=[xu${CONTROLS}])`, "g")];

// A text with codes in place of these, as the consumer prints it: "\x1b", and "\\x1b" for that text itself.
function plain(text) {
  return text.replace(BACKSLASHES, (found) => found + found).replace(CONTROL, (found) => {
    const code = found.charCodeAt(0);
    return code <= 0xff ? "\\x" + code.toString(16).padStart(2, "0") : "\\u{" + code.toString(16) + "}";
  });
}

const isText = (field) => field.type.startsWith("char");
const isPlotted = (field) => !isText(field);

function numberOf(value) {
  if (value === null || value === undefined) return null;
  return typeof value === "number" ? value : Number(value);
}

function textOf(field, value) {
  if (Array.isArray(value)) return value.map((element) => textOf(field, element)).join(", ");
  if (value === null || value === undefined) return "-";
  const code = typeof value === "string" && Object.keys(field.labels).length ? value.charCodeAt(0) : Number(value);
  const label = field.labels[code];
  if (label !== undefined) return label;
  if (field.type.startsWith("f") && typeof value === "number" && !Number.isInteger(value)) {
    return String(Number(value.toPrecision(field.type.startsWith("f32") ? 7 : 12)));
  }
  return plain(String(value));
}

const SCALES = [[1e15, "P"], [1e12, "T"], [1e9, "G"], [1e6, "M"]];

// Six digits, or all of a number on an axis with this `step`.
function shortText(number, step) {
  const size = Math.abs(number);
  if (size >= 1e18 || (size > 0 && size < 1e-4)) return number.toExponential(3);
  const [scale, suffix] = SCALES.find(([least]) => size >= least) ?? [1, ""];
  const scaled = number / scale;
  if (step === undefined) return String(Number(scaled.toPrecision(6))) + suffix;
  let digits = 0;
  for (let rest = step / scale; digits < 12 && Math.abs(rest - Math.round(rest)) > 1e-6 * rest; rest *= 10) digits += 1;
  return String(Number(scaled.toFixed(digits))) + suffix;
}

function clockText(seconds) {
  const time = new Date(seconds * 1000);
  const text = time.toLocaleTimeString([], { hour12: false });
  return time.getMilliseconds() ? text.slice(3) + "." + String(time.getMilliseconds()).padStart(3, "0") : text;
}

function ageText(seconds) {
  if (seconds === null) return "-";
  if (seconds < 1) return Math.round(seconds * 1000) + " ms";
  if (seconds < 100) return seconds.toFixed(1) + " s";
  if (seconds < 6000) return Math.floor(seconds / 60) + " min";
  return Math.floor(seconds / 3600) + " h";
}
