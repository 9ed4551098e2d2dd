// The form that makes an event happen. Its fields are those of the event's schema. The
// meeting gives the values of those that are left empty.
import { byID, counted, el, fill } from "./dom.js";
import { call } from "./api.js";

// value is a field's input as JSON text, or null if it is empty.
function value(field, text) {
  if (text === "") return null;
  const types = field.types ?? [];
  if (field.values) return text; // the options hold JSON
  if (types.includes("string")) return JSON.stringify(text);
  try {
    JSON.parse(text);
    return text;
  } catch {
    throw new Error(`${field.path}: found ${JSON.stringify(text)}, want ${types.join(" or ") || "JSON"}`);
  }
}

function input(field, id) {
  const options = field.values?.map((v) => JSON.stringify(v)) ?? (field.types?.includes("boolean") ? ["true", "false"] : null);
  if (options) {
    return el("select", { id, name: field.path }, el("option", { value: "" }, "from the meeting"),
      options.map((v) => el("option", { value: v }, v.replace(/^"|"$/g, ""))));
  }
  const number = !field.types?.includes("string");
  return el("input", { id, name: field.path, autocomplete: "off", spellcheck: "false", placeholder: "from the meeting", inputmode: number ? "decimal" : null });
}

export class Emit {
  #words;
  #say;
  #made;

  // made is called with the deliveries of an event.
  constructor(say, made) {
    this.#say = say;
    this.#made = made;
    byID("emit-event").addEventListener("change", () => this.#fields());
    byID("emit-form").addEventListener("submit", (e) => {
      e.preventDefault();
      this.#emit();
    });
  }

  use(words) {
    this.#words = words;
    const select = byID("emit-event");
    fill(select, words.events.map((e) => el("option", { value: e.name }, e.name)));
    this.#fields();
  }

  // at names the meeting in which the next event happens.
  at(m) {
    byID("emit-where").open = true;
    for (const [name, text] of Object.entries({ account_id: m.account_id, app_id: m.app_id, meeting_id: m.id, meeting: "" })) byID(`emit-${name}`).value = text;
  }

  #chosen() {
    return this.#words.events.find((e) => e.name === byID("emit-event").value);
  }

  #fields() {
    const event = this.#chosen();
    fill(byID("emit-fields"), event.fields.map((field, i) => {
      const id = `field-${i}`;
      const out = el("input", { type: "checkbox", class: "unset", "data-path": field.path, "aria-label": `leave ${field.path} out` });
      const help = [field.title, field.doc].filter(Boolean).join(". ");
      return el("div", { class: "field" },
        el("label", { for: id, title: help || null }, field.path),
        input(field, id),
        el("label", { class: "leave" }, out, "leave out"));
    }));
  }

  // request is the body of the call, as JSON text: numbers keep their digits.
  #request() {
    const event = this.#chosen();
    const members = [`"event":${JSON.stringify(event.name)}`];
    for (const name of ["account_id", "app_id", "meeting_id", "meeting", "who", "which"]) {
      const text = byID(`emit-${name}`).value.trim();
      if (text) members.push(`${JSON.stringify(name)}:${JSON.stringify(text)}`);
    }
    const unset = [...byID("emit-fields").querySelectorAll(".unset:checked")].map((box) => box.dataset.path);
    const set = [];
    for (const [i, field] of event.fields.entries()) {
      const json = unset.includes(field.path) ? null : value(field, byID(`field-${i}`).value);
      if (json !== null) set.push(`${JSON.stringify(field.path)}:${json}`);
    }
    if (set.length) members.push(`"set":{${set.join(",")}}`);
    if (unset.length) members.push(`"unset":${JSON.stringify(unset)}`);
    return `{${members.join(",")}}`;
  }

  async #emit() {
    try {
      const made = await call("POST", "emit", this.#request());
      const others = made.unsubscribed ? `, ${counted(made.unsubscribed, "webhook")} not subscribed` : "";
      const note = [made.made && `The meeting ${made.meeting_id} was made: nobody knew it.`, made.note && `Nobody gets it: ${made.note}.`].filter(Boolean);
      this.#say([`${made.event}: ${counted(made.deliveries.length, "delivery", "deliveries")}${others}.`, ...note].join(" "));
      this.#made(made.deliveries);
    } catch (e) {
      this.#say(`Not emitted: ${e.message}`);
    }
  }
}
