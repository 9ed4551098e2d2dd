// The side of the page: webhooks, the key endpoint, the clock.
import { byID, code, counted, el, fill, refill, visible } from "./dom.js";
import { call } from "./api.js";
import { Form } from "./form.js";

// registration is a command line that registers a webhook here.
function registration(base, events) {
  const body = { name: "My webhook", url: "http://localhost:3000/webhook", events };
  return `curl ${base}/accounts/acc/realtime/kit/app/webhooks \\
  -H 'Authorization: Bearer any' --json '${JSON.stringify(body)}'`;
}

// status is the health of a webhook as the service sees it or, while that is good,
// as its newest delivery shows it.
function status(w, latest) {
  if (!w.enabled) return "disabled";
  if (w.health !== "healthy") return w.health;
  if (!latest) return "nothing sent yet";
  return latest.state === "delivered" ? "healthy" : "failing";
}

export class Side {
  #show;
  #latest;
  #form;
  #webhooks = [];
  #unfolded = new Set(); // webhooks whose events are shown

  // show lists the deliveries of one webhook, latest returns the newest of them.
  constructor(say, show, latest) {
    this.say = say;
    this.#show = show;
    this.#latest = latest;
    this.#form = new Form(byID("register-form"), (values) => this.#register(values));
    byID("new-webhook").addEventListener("click", () => this.register());
    byID("fault").addEventListener("change", (e) => this.#do("The fault was not set", () => call("PUT", "key", { fault: e.target.value }), () => this.key()));
    byID("rotate").addEventListener("click", () => this.#do("The key was not rotated", () => call("POST", "key/rotate"), () => this.key()));
    byID("scale").addEventListener("change", (e) => this.#do("The clock was not set", () => call("PUT", "clock", { scale: Number(e.target.value) })));
    byID("reset-all").addEventListener("click", () => byID("really").showModal());
    byID("really").addEventListener("close", (e) => {
      if (e.target.returnValue === "yes") this.#do("Not reset", () => call("POST", "reset"));
      e.target.returnValue = "";
    });
  }

  async #do(failed, what, then) {
    try {
      await what();
      await then?.();
    } catch (e) {
      this.say(`${failed}: ${e.message}`);
    }
  }

  use(words) {
    fill(byID("register-events"), words.events.map((e) => el("label", {},
      el("input", { type: "checkbox", name: "events", value: e.name, checked: true }), e.name)));
    const base = new URL(words.api_url, location.origin).href;
    fill(byID("register"), code(registration(base, words.events.map((e) => e.name))));
    fill(byID("api-url"), visible(base));
    fill(byID("fault"), el("option", { value: "none" }, "none"),
      words.key_faults.map((f) => el("option", { value: f.name, title: f.doc }, f.name)));
  }

  // hooked says whether there is a webhook.
  get hooked() { return this.#webhooks.length > 0; }

  // register shows the form that registers a webhook.
  register() {
    byID("hooks").open = true;
    this.#form.toggle(true);
  }

  async #register(given) {
    const made = await call("POST", "webhooks", given);
    this.say(`Registered: ${counted(made.events.length, "event")} for ${made.url}.`);
    await this.webhooks();
  }

  name(id) {
    return this.#webhooks.find((w) => w.id === id)?.name ?? "";
  }

  async webhooks() {
    const { webhooks } = await call("GET", "webhooks");
    this.#webhooks = webhooks;
    byID("no-webhooks").hidden = webhooks.length > 0;
    refill(byID("webhooks"), webhooks.map((w) => this.#webhook(w)));
    // On a phone, webhooks and deliveries are far below.
    const bad = webhooks.filter((w) => !["healthy", "disabled", "nothing sent yet"].includes(status(w, this.#latest(w.id)))).length;
    byID("trouble").hidden = !bad;
    byID("trouble").textContent = `${counted(bad, "webhook")} failing`;
    const filter = byID("filter-webhook");
    const chosen = filter.value;
    fill(filter, el("option", { value: "" }, "all webhooks"), webhooks.map((w) => el("option", { value: w.id }, w.name || w.id)));
    filter.value = webhooks.some((w) => w.id === chosen) ? chosen : "";
  }

  #webhook(w) {
    const how = status(w, this.#latest(w.id));
    return el("li", { "data-enabled": String(w.enabled) },
      el("button", { type: "button", class: "link", "data-key": `name of ${w.id}`, title: "Show its deliveries", click: () => this.#show(w.id) }, visible(w.name || w.id)),
      " ", el("span", { class: "state", "data-state": how }, how),
      el("p", { class: "muted" }, visible(w.url)),
      el("p", { class: "muted" }, `${w.account_id} / ${w.app_id}, ${counted(w.events.length, "event")}${w.pending ? `, ${w.pending} pending` : ""}`),
      el("details", { open: this.#unfolded.has(w.id), toggle: (e) => this.#unfolded[e.target.open ? "add" : "delete"](w.id) },
        el("summary", { "data-key": `events of ${w.id}` }, "events"), el("p", {}, w.events.join(", ")),
        el("p", {}, el("button", { type: "button", "data-key": w.id, click: () => this.#do("Not deleted", () => call("DELETE", `webhooks/${encodeURIComponent(w.id)}`), () => this.webhooks()) }, "Delete this webhook"))));
  }

  async key() {
    const key = await call("GET", "key");
    byID("fingerprint").textContent = key.fingerprint;
    byID("fetches").textContent = counted(key.fetches, "fetch", "fetches");
    const select = byID("fault");
    if (![...select.options].some((o) => o.value === key.fault)) select.append(el("option", { value: key.fault }, key.fault));
    select.value = key.fault;
    select.classList.toggle("on", key.fault !== "none");
  }

  async clock() {
    const { scale } = await call("GET", "clock");
    const select = byID("scale");
    if (![...select.options].some((o) => Number(o.value) === scale)) select.append(el("option", { value: scale }, `× ${scale}`));
    select.value = [...select.options].find((o) => Number(o.value) === scale).value;
  }
}
