// A form whose fields have the names of members in the API, and that shows its errors
// beside them.
import { el } from "./dom.js";

export class Form {
  #form;
  #send;

  // send gets the values, and throws what the API answers.
  constructor(form, send) {
    this.#form = form;
    this.#send = send;
    form.addEventListener("submit", (e) => {
      e.preventDefault();
      this.#submit();
    });
    form.querySelector(".cancel").addEventListener("click", () => this.toggle(false));
  }

  // toggle shows the form or hides it.
  toggle(open = this.#form.hidden) {
    this.#form.hidden = !open;
    if (open) this.#form.querySelector("input").focus();
  }

  // values are the members that are given. Boxes with a value make a list.
  #values() {
    const out = {};
    for (const input of this.#form.querySelectorAll("[name]")) {
      const text = input.value.trim();
      if (input.type === "checkbox" && input.hasAttribute("value")) {
        out[input.name] ??= [];
        if (input.checked) out[input.name].push(input.value);
      } else if (input.type === "checkbox") {
        if (input.checked) out[input.name] = true;
      } else if (text || input.required) {
        out[input.name] = input.inputMode === "decimal" && text && !isNaN(text) ? Number(text) : text;
      }
    }
    return out;
  }

  async #submit() {
    this.#clear();
    const button = this.#form.querySelector("[type=submit]");
    button.disabled = true;
    try {
      await this.#send(this.#values());
      this.#form.reset();
      this.#form.hidden = true;
    } catch (e) {
      this.#fail(e.message);
    } finally {
      button.disabled = false;
    }
  }

  #clear() {
    for (const old of this.#form.querySelectorAll(".error")) old.remove();
    for (const input of this.#form.querySelectorAll("[aria-invalid]")) {
      input.removeAttribute("aria-invalid");
      input.removeAttribute("aria-describedby");
    }
  }

  // fail shows an error. The API begins it with the name of the member.
  #fail(message) {
    const [, name, rest] = /^(?:the body does not fit: )?([a-z_]+)(?:, [a-z_]+)*: (.*)$/s.exec(message) ?? [];
    const input = name && this.#form.querySelector(`[name="${name}"]`);
    const id = `${this.#form.id}-error`;
    const text = el("p", { class: "error", role: "alert", id }, input ? rest : message);
    if (!input) {
      this.#form.append(text);
      return;
    }
    const group = input.closest("fieldset, .field");
    if (group.matches("fieldset")) group.append(text);
    else group.after(text);
    input.closest("details")?.setAttribute("open", "");
    input.setAttribute("aria-invalid", "true");
    input.setAttribute("aria-describedby", id);
    input.focus();
  }
}
