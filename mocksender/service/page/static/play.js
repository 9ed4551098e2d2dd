// The scenarios that are played, and their timeline.
import { byID, counted, el, fill, svg, time } from "./dom.js";
import { call } from "./api.js";

const width = 1000;
const height = 110;
const margin = 8;

// mostDots bounds the dots of one timeline.
const mostDots = 4000;

export class Plays {
  #plays = new Map();
  #deliveries;
  #say;
  #show;
  #open;
  #chosen = null;
  #due = false;

  // deliveries is the store; show lists the deliveries of a play, open shows
  // one of them.
  constructor(deliveries, say, show, open) {
    this.#deliveries = deliveries;
    this.#say = say;
    this.#show = show;
    this.#open = open;
    byID("play-form").addEventListener("submit", (e) => {
      e.preventDefault();
      this.#start();
    });
    byID("play-scenario").addEventListener("change", () => this.#note());
  }

  async load() {
    const [{ scenarios }, { plays }] = await Promise.all([call("GET", "scenarios"), call("GET", "plays")]);
    this.scenarios = scenarios;
    fill(byID("play-scenario"), scenarios.map((s) => el("option", { value: s.name }, s.name)));
    this.#note();
    this.#plays = new Map(plays.map((p) => [p.id, p]));
    this.draw();
  }

  clear() {
    this.#plays.clear();
    this.#chosen = null;
    this.draw();
  }

  put(play) {
    this.#plays.set(play.id, play);
    this.draw();
  }

  #note() {
    const s = this.scenarios.find((one) => one.name === byID("play-scenario").value);
    byID("play-note").textContent = s ? `${s.title} (${counted(s.deliveries, "delivery", "deliveries")}). ${s.note ?? ""}` : "";
  }

  async #start() {
    try {
      const play = await call("POST", "plays", {
        scenario: byID("play-scenario").value, speed: Number(byID("play-speed").value),
        account_id: byID("emit-account_id").value.trim(), app_id: byID("emit-app_id").value.trim(),
      });
      this.#plays.set(play.id, this.#plays.get(play.id) ?? play); // an update may have come first
      this.choose(play.id);
    } catch (e) {
      this.#say(`Not played: ${e.message}`);
    }
  }

  choose(id) {
    this.#chosen = this.#chosen === id ? null : id;
    this.#show(this.#chosen);
    this.draw();
  }

  // draw updates the list and the timeline, once a frame.
  draw() {
    if (this.#due) return;
    this.#due = true;
    requestAnimationFrame(() => {
      this.#due = false;
      const plays = [...this.#plays.values()].sort((a, b) => b.id - a.id);
      fill(byID("plays"), plays.map((p) => this.#entry(p)));
      const chosen = this.#plays.get(this.#chosen);
      byID("timeline").hidden = !chosen;
      if (chosen) fill(byID("timeline"), this.#timeline(chosen));
    });
  }

  #entry(p) {
    const chosen = p.id === this.#chosen;
    const title = el("button", { type: "button", class: "link", "aria-expanded": String(chosen), click: () => this.choose(p.id) }, `${p.id}: ${p.scenario || "a script"}`);
    const stop = p.state === "playing" && el("button", { type: "button", click: () => this.#stop(p.id) }, "Stop");
    const state = p.state === "playing" && p.step ? `playing, step ${p.step}` : p.state;
    return el("li", { "data-state": p.state }, el("div", { class: "title" }, title, el("span", { class: "muted" }, state), stop),
      p.error && el("p", {}, p.error), chosen && this.#steps(p));
  }

  async #stop(id) {
    try {
      await call("DELETE", `plays/${id}`);
    } catch (e) {
      this.#say(`Not stopped: ${e.message}`);
    }
  }

  #steps(p) {
    return el("ol", { class: "steps" }, p.steps.map((s) =>
      el("li", { "data-status": s.status || null, "aria-current": p.state === "playing" && s.number === p.step ? "step" : null },
        el("code", {}, s.number), ` ${s.do} `, el("b", {}, s.status ?? ""),
        s.reason && el("p", { class: "muted" }, s.reason), s.note && el("p", { class: "muted" }, s.note))));
  }

  // The timeline has a dot for each delivery. Time goes from left to right, and each
  // webhook has its own height.
  #timeline(p) {
    const all = this.#deliveries.ofPlay(p.id);
    const dots = all.slice(-mostDots);
    if (!dots.length) return el("p", { class: "muted" }, "no delivery yet");
    const times = dots.map((d) => Date.parse(d.emitted_at));
    const begun = Math.min(...times);
    const span = Math.max(1, Math.max(...times) - begun);
    const hooks = [...new Set(dots.map((d) => d.webhook_id))];
    const x = (t) => margin + (t - begun) / span * (width - 2 * margin);
    const y = (d, i) => (hooks.indexOf(d.webhook_id) + 0.5) / hooks.length * height + (hooks.length > 8 ? 0 : (i % 7 - 3) * 2);
    const picture = svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": `timeline of ${counted(dots.length, "delivery", "deliveries")}` },
      dots.map((d, i) => {
        const dot = svg("circle", { cx: x(times[i]).toFixed(1), cy: y(d, i).toFixed(1), r: 3.2, "data-state": d.state },
          svg("title", {}, `${d.id} ${d.event} ${d.state} ${d.status || ""}`));
        dot.addEventListener("click", () => this.#open(d.id));
        return dot;
      }));
    const counts = Map.groupBy ? Map.groupBy(all, (d) => d.state) : new Map();
    return el("div", { class: "timeline" },
      el("h2", {}, `Play ${p.id}: ${p.title || p.scenario}`), picture,
      el("p", { class: "muted" }, time(new Date(begun).toISOString()), `, for ${(span / 1000).toFixed(1)} s: `,
        counted(all.length, "delivery", "deliveries"), [...counts].map(([state, list]) => `, ${list.length} ${state}`).join("")));
  }
}
