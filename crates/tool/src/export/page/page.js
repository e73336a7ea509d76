// The page of `mapcast export`: regions on the left, one of them on the right, with a plot for each number.
//
// Values come as server-sent events (see feed.rs): "all" replaces everything, "changes" some of it. All text goes
// into the document as text, never as markup: a region's names and values are another program's.
"use strict";

const POINTS = 600; // of a plot
const COLOURS = ["#2f81f7", "#e0823d", "#2da44e", "#c94fc9", "#d1242f", "#1b9e9e", "#9a7b00", "#7d6fe0"];

const $ = (id) => document.getElementById(id);
const [search, list, detail, link] = ["search", "list", "detail", "link"].map($);

let regions = new Map();   // name -> { region, record, has_instances, fields, problem }
let values = new Map();    // key -> { region, instance, state, epoch, line, at }
const tracks = new Map();  // key -> { fingerprint, times, series }
let chosen = { region: null, instance: null };
let shown = null;          // what is built in `detail`
let paused = false;
let due = false;

const keyOf = (region, instance) => region + "\0" + (instance ?? "");

function make(tag, className, text) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

// ---- values ----

// "all" is everything, "changes" what is new, has changed or is gone since.
function onEvent(event) {
  const { regions: known = [], gone = [], values: rows = [] } = parse(event.data);
  if (event.type === "all") {
    regions = new Map();
    values = new Map();
  }
  for (const about of known) {
    forget(about.region, null);
    regions.set(about.region, about);
  }
  for (const [region, instance] of gone) {
    forget(region, instance);
    if (instance === null) regions.delete(region);
  }
  const at = performance.now();
  for (const row of rows) {
    const key = keyOf(row.region, row.instance);
    values.set(key, { ...row, at });
    if (row.line) remember(key, row.line, regions.get(row.region));
  }
  if (event.type === "all" || known.length || gone.length) dropTracks();
  if (!chosen.region || !regions.has(chosen.region)) chooseFirst();
  later();
}

// The values of a region, or of one of its instances.
function forget(region, instance) {
  for (const [key, row] of values) {
    if (row.region === region && (instance === null || row.instance === instance)) values.delete(key);
  }
}

// The points of what is gone. A region that cannot be read for a moment goes on where it was.
function dropTracks() {
  for (const key of tracks.keys()) {
    const [region] = key.split("\0");
    if (!values.has(key) && !regions.get(region)?.problem) tracks.delete(key);
  }
}

function remember(key, line, about) {
  const fields = (about?.fields ?? []).filter(isPlotted);
  const fingerprint = line.lineage + fields.map((field) => field.name + field.type).join();
  let past = tracks.get(key);
  if (past?.fingerprint !== fingerprint) {
    past = { fingerprint, times: [], series: new Map(fields.map((field) => [field.name, []])) };
    tracks.set(key, past);
  }
  const time = Date.parse(line.published_at) / 1000;
  if (past.times.at(-1) >= time) return;
  past.times.push(time);
  for (const [name, points] of past.series) points.push(line.record[name]);
  if (past.times.length > POINTS) {
    past.times.shift();
    for (const points of past.series.values()) points.shift();
  }
}

function ageOf(row) {
  const age = row?.line?.age_ns;
  return age === null || age === undefined ? null : Number(age) / 1e9 + (performance.now() - row.at) / 1000;
}

// ---- choosing ----

function matching() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  const textOfRegion = (about) =>
    [about.region, about.record, ...about.fields.map((field) => field.name)].join(" ").toLowerCase();
  const found = [...regions.values()].filter((about) => words.every((word) => textOfRegion(about).includes(word)));
  return found.sort((one, other) => (one.region < other.region ? -1 : 1));
}

function instancesOf(region) {
  return [...values.values()].filter((row) => row.region === region && row.instance !== null);
}

function choose(region, instance) {
  chosen = { region, instance: instance ?? null };
  if (regions.get(region)?.has_instances && chosen.instance === null) {
    chosen.instance = instancesOf(region)[0]?.instance ?? null;
  }
  const hash = [region, chosen.instance].filter((part) => part !== null).map(encodeURIComponent).join("/");
  history.replaceState(null, "", "#" + hash);
  later();
}

function chooseFirst() {
  const [region, instance] = location.hash.slice(1).split("/").map(decodeURIComponent);
  if (regions.has(region)) choose(region, instance);
  else if (regions.size) choose(matching()[0]?.region ?? regions.keys().next().value);
}

function step(names, now, by) {
  const at = names.indexOf(now);
  return names[Math.max(0, Math.min(names.length - 1, at < 0 ? 0 : at + by))];
}

function stepRegion(by) {
  const next = step(matching().map((about) => about.region), chosen.region, by);
  if (next === undefined) return;
  choose(next);
  drawList();
  list.querySelector("[aria-current=true]")?.scrollIntoView({ block: "nearest" });
}

function stepInstance(by) {
  const names = instancesOf(chosen.region).map((row) => row.instance);
  if (names.length) choose(chosen.region, step(names, chosen.instance, by));
}

// ---- drawing ----

function later() {
  if (due || paused) return;
  due = true;
  requestAnimationFrame(() => { due = false; draw(); });
}

function draw() {
  drawList();
  drawDetail();
  document.documentElement.dataset.drawn = "yes";
}

function drawList() {
  const found = matching();
  const wanted = found.map((about) => about.region + "\0" + about.record).join("\n");
  if (list.dataset.wanted !== wanted) {
    list.dataset.wanted = wanted;
    list.replaceChildren(...found.map(listEntry));
    if (!found.length) list.append(make("p", "faint", regions.size ? "nothing matches" : "no regions"));
  }
  const states = new Map([...values.values()].map((row) => [row.region, row.state]));
  for (const entry of list.querySelectorAll("button")) {
    const { region } = entry.dataset;
    const about = regions.get(region);
    const state = about?.problem?.[0] ?? states.get(region) ?? "";
    entry.querySelector(".dot").className = "dot " + state;
    entry.querySelector(".record").textContent = state === "live" || !state ? about?.record ?? "" : state;
    entry.title = state;
    entry.setAttribute("aria-current", String(entry.dataset.region === chosen.region));
  }
}

function listEntry(about) {
  const entry = make("button");
  entry.dataset.region = about.region;
  entry.append(make("span", "dot"), make("span", "name", about.region), make("span", "record"));
  entry.addEventListener("click", () => choose(about.region));
  return entry;
}

function drawDetail() {
  const about = regions.get(chosen.region);
  if (!about) {
    shown = null;
    return detail.replaceChildren(make("p", "faint", "No region. `producer` publishes one."));
  }
  const rows = instancesOf(about.region);
  if (about.has_instances && !rows.some((row) => row.instance === chosen.instance)) {
    chosen.instance = rows[0]?.instance ?? null;
  }
  const wanted = JSON.stringify([about, chosen.instance]);
  if (shown?.wanted !== wanted) shown = build(about, wanted);
  const key = keyOf(about.region, chosen.instance);
  const row = values.get(key);
  shown.facts.replaceChildren(...factsOf(about, row));
  if (about.has_instances) drawInstances(about, rows);
  for (const card of shown.cards) drawCard(card, row, tracks.get(key));
}

function build(about, wanted) {
  for (const card of shown?.cards ?? []) card.plot?.destroy();
  const title = chosen.instance === null ? about.region : about.region + " / " + chosen.instance;
  const built = { wanted, facts: make("div", "facts"), cards: about.fields.map(makeCard) };
  const cards = make("div", "cards");
  cards.append(...built.cards.map((card) => card.element));
  built.table = make("div", "instances");
  built.table.hidden = !about.has_instances;
  detail.replaceChildren(make("h2", "", title), built.facts, built.table, cards);
  if (about.problem) detail.append(make("p", "problem", plain(about.problem[1])));
  return built;
}

function factsOf(about, row) {
  const facts = about.problem ? [["state", about.problem[0]]] : [
    ["state", row?.state ?? "-"],
    ["sequence", row?.line ? String(row.line.sequence) : "none yet"],
    ["age", ageText(ageOf(row))],
    ["epoch", row ? String(row.epoch) : "-"],
    ["lineage", row?.line ? String(row.line.lineage) : "-"],
  ];
  return facts.map(([name, value]) => {
    const fact = make("span", "", name + " ");
    const text = make("b", "", value);
    text.dataset.fact = name;
    fact.append(text);
    return fact;
  });
}

function drawInstances(about, rows) {
  const table = make("table");
  const head = table.createTHead().insertRow();
  const numeric = (field) => (isText(field) ? "" : "number");
  head.append(make("th", "", "instance"), make("th", "number", "sequence"));
  for (const field of about.fields) {
    head.append(make("th", numeric(field), field.name + (field.unit ? " [" + field.unit + "]" : "")));
  }
  const body = table.createTBody();
  for (const row of rows) {
    const line = body.insertRow();
    line.dataset.instance = row.instance;
    line.setAttribute("aria-selected", String(row.instance === chosen.instance));
    line.append(make("td", "", row.instance), make("td", "number", String(row.line?.sequence ?? "-")));
    for (const field of about.fields) {
      line.append(make("td", numeric(field), row.line ? textOf(field, row.line.record[field.name]) : "-"));
    }
  }
  shown.table.replaceChildren(table);
}

// The elements of an array have the colours of their curves.
function drawValue(card, value) {
  if (!card.place || !Array.isArray(value) || value.length > COLOURS.length) {
    card.number.textContent = textOf(card.field, value);
    return;
  }
  const elements = value.map((element, index) => {
    const text = make("span", "", textOf(card.field, element));
    text.style.color = COLOURS[index];
    return index ? [", ", text] : [text];
  });
  card.number.replaceChildren(...elements.flat());
}

function makeCard(field) {
  const element = make("article", "card");
  element.dataset.field = field.name;
  const head = make("div", "head");
  head.append(make("span", "name", field.name), make("span", "faint type", field.type));
  const value = make("div", isPlotted(field) && field.type.endsWith("]") ? "value many" : "value");
  const number = make("span", "number", "-");
  value.append(number, make("span", "unit", field.unit ? " " + field.unit : ""));
  const range = make("div", "faint range");
  element.append(head, value, make("div", "faint help", field.help), range);
  const card = { field, element, number, range, plot: null };
  if (isPlotted(field)) {
    card.place = make("div", "plot");
    element.append(card.place);
  }
  return card;
}

function drawCard(card, row, past) {
  const value = row?.line?.record[card.field.name];
  if (row?.line) drawValue(card, value);
  else card.number.textContent = "-";
  if (!card.place || !past || !row?.line) return;
  const points = past.series.get(card.field.name) ?? [];
  const columns = Array.isArray(value)
    ? value.slice(0, COLOURS.length).map((_, index) => points.map((point) => numberOf(point?.[index])))
    : [points.map(numberOf)];
  const all = columns.flat().filter((number) => number !== null && Number.isFinite(number));
  const extent = all.reduce(([low, high], number) => [Math.min(low, number), Math.max(high, number)], [Infinity, -Infinity]);
  card.range.textContent = all.length ? "min " + shortText(extent[0]) + "  max " + shortText(extent[1]) : "";
  const data = [past.times, ...columns];
  if (!card.plot) card.plot = makePlot(card.place, data);
  else card.plot.setData(data);
}

const labels = (_, numbers, axis, space, step) => numbers.map((number) => shortText(number, step));

// The room for labels of 11 pixels.
const labelsWidth = (_, texts) => 14 + 7 * Math.max(3, ...(texts ?? []).map((text) => text.length));

// What an axis shows: a constant is in its middle.
function extentOf(least, most) {
  if (least === null) return [0, 1];
  const margin = least === most ? Math.abs(least) / 10 || 1 : (most - least) / 10;
  return [least - margin, most + margin];
}

function makePlot(place, data) {
  const ofText = () => getComputedStyle(place.closest(".card").querySelector(".faint")).color;
  const grid = { stroke: () => getComputedStyle(place).borderTopColor, width: 1 };
  const axis = { stroke: ofText, grid, ticks: { show: false }, font: "11px system-ui, DejaVu Sans, sans-serif" };
  const series = data.slice(1).map((_, index) => ({
    stroke: COLOURS[index], width: 1.5, points: { show: (plot) => plot.data[0].length < 2 },
  }));
  const options = {
    width: Math.max(200, place.clientWidth), height: 110, legend: { show: false }, cursor: { y: false },
    axes: [
      { ...axis, space: 80, size: 24, values: (_, times) => times.map(clockText) },
      { ...axis, size: labelsWidth, space: 22, values: labels },
    ],
    padding: [8, null, 0, 0],
    scales: { y: { range: (_, least, most) => extentOf(least, most) } },
    series: [{}, ...series],
  };
  return new uPlot(options, data, place);
}

function resize() {
  for (const card of shown?.cards ?? []) {
    card.plot?.setSize({ width: Math.max(200, card.place.clientWidth), height: 110 });
  }
}

// ---- controls ----

function setTheme(theme) {
  if (theme !== "light" && theme !== "dark") return;
  document.documentElement.dataset.theme = theme;
  for (const card of shown?.cards ?? []) card.plot?.redraw();
}

function otherTheme() {
  const isDark = document.documentElement.dataset.theme
    ? document.documentElement.dataset.theme === "dark"
    : matchMedia("(prefers-color-scheme: dark)").matches;
  const theme = isDark ? "light" : "dark";
  try { localStorage.setItem("theme", theme); } catch { /* not kept */ }
  setTheme(theme);
}

function togglePause() {
  paused = !paused;
  $("pause").setAttribute("aria-pressed", String(paused));
  if (!paused) later();
}

const KEYS = {
  "/": () => search.focus(),
  j: () => stepRegion(1), ArrowDown: () => stepRegion(1),
  k: () => stepRegion(-1), ArrowUp: () => stepRegion(-1),
  n: () => stepInstance(1), b: () => stepInstance(-1),
  p: togglePause, t: otherTheme, "?": () => $("help").showModal(),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || $("help").open) return;
  if (document.activeElement === search) {
    if (event.key === "Escape") { search.value = ""; search.blur(); drawList(); }
    if (event.key === "Enter") { search.blur(); stepRegion(0); }
    return;
  }
  const action = KEYS[event.key];
  if (!action) return;
  event.preventDefault();
  action();
});

// The table is made anew with each value, and a press and its release can hit two of its rows: so the press counts.
detail.addEventListener("pointerdown", (event) => {
  const line = event.target.closest("tr[data-instance]");
  if (line) choose(chosen.region, line.dataset.instance);
});
search.addEventListener("input", drawList);
$("pause").addEventListener("click", togglePause);
$("theme").addEventListener("click", otherTheme);
$("keys").addEventListener("click", () => $("help").showModal());
addEventListener("resize", resize);
addEventListener("hashchange", () => { chooseFirst(); });

let stored = null;
try { stored = localStorage.getItem("theme"); } catch { /* none */ }
setTheme(new URLSearchParams(location.search).get("theme") ?? stored);
setInterval(later, 1000); // the age

const events = new EventSource("/events");
const linked = (text, isLost) => { link.textContent = text; link.classList.toggle("lost", isLost); };
events.addEventListener("open", () => linked("connected", false));
events.addEventListener("error", () => linked("no connection", true));
for (const name of ["all", "changes"]) events.addEventListener(name, onEvent);
