// The live page: it shows what the service does while it happens.
import { Refused, call, setToken, stream } from "./api.js";
import { Deliveries } from "./store.js";
import { Detail } from "./detail.js";
import { Emit } from "./emit.js";
import { List } from "./list.js";
import { Meetings } from "./meetings.js";
import { Plays } from "./play.js";
import { Side } from "./side.js";
import { byID, counted, el, fill, throttled, took, visible, time } from "./dom.js";
import { begin as beginTheme, next as nextTheme } from "./theme.js";

const deliveries = new Deliveries();

// say shows what came of something. Good news goes away by itself.
let forgotten = null;
function say(text) {
  byID("said").textContent = text;
  clearTimeout(forgotten);
  if (!text.startsWith("Not ")) forgotten = setTimeout(() => { byID("said").textContent = ""; }, 20000);
}

const list = new List(byID("deliveries"), row, (d) => open(d.id, true));
const detail = new Detail(byID("detail"), say, () => {
  list.mark(null);
  byID("deliveries").focus();
});
const side = new Side(say, (id) => {
  byID("filter-webhook").value = id;
  filter();
}, (id) => deliveries.latest(id));
const emit = new Emit(say, (made) => { if (made.length) open(made.at(-1).id, false); });
const plays = new Plays(deliveries, say, (id) => {
  playing = id;
  filter();
}, (id) => open(id, true));
let playing = null;
const meetings = new Meetings(deliveries, side, (id) => open(id, true), (text) => {
  byID("search").value = text;
  filter();
  byID("deliveries").scrollIntoView({ block: "nearest" });
}, (m) => {
  emit.at(m);
  reveal("emit");
});

function row(d) {
  const answer = d.state === "pending" && !d.attempts ? "…" : d.status ? String(d.status) : d.class || "–";
  return [
    el("span", { class: "id" }, String(d.id)),
    time(d.emitted_at),
    el("span", { class: "event", title: d.event }, d.event),
    el("span", { class: "to", title: d.url }, visible(side.name(d.webhook_id) || d.url)),
    el("span", { class: "state", "data-state": d.state }, d.state),
    el("span", { class: "status" }, visible(answer)),
    el("span", { class: "attempts" }, String(d.attempts)),
    el("span", { class: "took" }, d.attempts ? took(d.took_ms) : ""),
  ];
}

function open(id, go) {
  list.mark(id);
  detail.open(id, go);
}

// Changes are shown once a frame, however many there are.
let due = false;
function changed() {
  if (due) return;
  due = true;
  requestAnimationFrame(() => {
    due = false;
    const shown = deliveries.shown();
    list.show(shown);
    byID("count").textContent = shown.length === deliveries.size
      ? counted(deliveries.size, "delivery", "deliveries")
      : `${shown.length.toLocaleString()} of ${counted(deliveries.size, "delivery", "deliveries")}`;
    byID("none").hidden = shown.length > 0;
    byID("none").textContent = deliveries.size ? "No delivery is like that. “All” shows them all." : "No deliveries yet. They come when something happens in a meeting, and a webhook is subscribed to it.";
    plays.draw();
    meetings.drawEvents();
  });
}

function filter() {
  deliveries.filter({
    event: byID("filter-event").value, state: byID("filter-state").value,
    webhook: byID("filter-webhook").value, play: playing, text: byID("search").value,
  });
  changed();
}

const orSay = (f) => f().catch((e) => say(e.message));
const webhooksAgain = throttled(() => orSay(async () => {
  await side.webhooks();
  meetings.draw();
}));
const meetingsAgain = throttled(() => meetings.again());
const keyAgain = throttled(() => orSay(() => side.key()));
const detailAgain = throttled(() => detail.again(), 100);

function heard(update) {
  switch (update.kind) {
    case "delivery":
      deliveries.put(update.delivery);
      if (update.delivery.id === detail.id) detailAgain();
      webhooksAgain(); // for their health and their pending deliveries
      changed();
      break;
    case "webhook":
    case "webhook-deleted":
      webhooksAgain();
      break;
    case "meeting":
      meetingsAgain();
      break;
    case "play":
      plays.put(update.play);
      break;
    case "key":
      keyAgain();
      break;
    case "clock":
      orSay(() => side.clock());
      break;
    case "reset":
      deliveries.clear();
      plays.clear();
      if (detail.id !== null) detail.close();
      changed();
      reload(); // some of it may be kept
      break;
    case "missed":
      reload();
  }
}

const reload = throttled(() => orSay(load), 500);

async function load() {
  await Promise.all([side.webhooks(), meetings.again(), side.key(), side.clock(), plays.load(), deliveries.load(changed)]);
  meetings.draw(); // it may have come before the webhooks
  webhooksAgain(); // their health follows from their deliveries
  changed();
}

function connection(state, why = "") {
  const badge = byID("connection");
  const refused = state instanceof Refused;
  badge.dataset.state = refused ? "refused" : state;
  badge.textContent = refused ? "refused" : why ? `${state}: ${why}` : state;
  if (state === "live") orSay(load);
  if (refused) askForToken(state);
}

function askForToken(refused) {
  byID("locked-why").textContent = refused.message;
  if (!byID("locked").open) byID("locked").showModal();
}

byID("locked").addEventListener("close", () => {
  setToken(byID("token").value.trim());
  begin();
});

async function begin() {
  try {
    const words = await call("GET", "words");
    emit.use(words);
    side.use(words);
    const pick = (id, first, names) => fill(byID(id), el("option", { value: "" }, first), names.map((n) => el("option", { value: n }, n)));
    pick("filter-event", "all events", words.events.map((e) => e.name));
    pick("filter-state", "all states", words.states);
  } catch (e) {
    if (e.status === 401 || e.status === 403) {
      connection(e);
      return;
    }
    say(e.message);
  }
  stream(heard, connection);
}

for (const id of ["filter-event", "filter-state", "filter-webhook"]) byID(id).addEventListener("change", filter);
byID("search").addEventListener("input", filter);
byID("clear").addEventListener("click", () => {
  for (const id of ["filter-event", "filter-state", "filter-webhook", "search"]) byID(id).value = "";
  if (playing !== null) plays.choose(playing);
  filter();
});

const help = byID("help");
byID("keys").addEventListener("click", () => help.showModal());
const keys = {
  j: () => list.move(1), k: () => list.move(-1), o: () => list.openSelected(),
  r: () => byID("resend")?.click(), e: () => reveal("emit"), p: () => reveal("play"),
  m: () => (byID("who").offsetParent ? byID("who") : byID("first-meeting")).focus(),
  n: () => byID("new-meeting").click(), w: () => side.register(),
  t: nextTheme, "/": () => byID("search").focus(), "?": () => help.showModal(),
  Escape: () => { if (detail.id !== null) detail.close(); },
};

function reveal(id) {
  byID(id).open = true;
  byID(id).querySelector("select").focus();
}

document.addEventListener("keydown", (e) => {
  if (e.ctrlKey || e.metaKey || e.altKey || document.querySelector("dialog[open]")) return;
  if (e.target.matches("input, select, textarea")) {
    if (e.key === "Escape") e.target.blur();
    return;
  }
  if (!Object.hasOwn(keys, e.key)) return;
  e.preventDefault();
  keys[e.key]();
});

byID("token-form").addEventListener("submit", (e) => {
  e.preventDefault();
  byID("locked").close();
});
for (const button of document.querySelectorAll("dialog .shut")) {
  button.addEventListener("click", () => button.closest("dialog").close(button.value));
}
beginTheme(byID("theme"));
begin();
