// A list of any length. Only the rows that can be seen exist.
import { el } from "./dom.js";

const spare = 6; // more rows above and below

export class List {
  #box;
  #room;
  #row;
  #open;
  #items = [];
  #rows = new Map(); // by id
  #selected = null;
  #due = false;
  #height = 38; // of a row, as style.css has it for the width of the list

  // box is the element that scrolls, row makes the content of one item's row,
  // and open is called with an item that the reader wants to see.
  constructor(box, row, open) {
    this.#box = box;
    this.#row = row;
    this.#open = open;
    this.#room = el("div", { class: "room", role: "presentation" });
    box.append(this.#room);
    box.setAttribute("role", "listbox");
    box.tabIndex = 0;
    box.addEventListener("scroll", () => this.#soon(), { passive: true });
    box.addEventListener("keydown", (e) => this.#key(e));
    box.addEventListener("focus", () => { if (this.#selected === null && this.#items.length) this.#select(0); });
    new ResizeObserver(() => this.#measure()).observe(box);
  }

  #measure() {
    const height = parseFloat(getComputedStyle(this.#box).getPropertyValue("--row")) || this.#height;
    if (height !== this.#height) {
      const top = this.#box.scrollTop / this.#height;
      this.#height = height;
      this.#room.style.height = `${this.#items.length * height}px`;
      this.#box.scrollTop = top * height;
    }
    this.#soon();
  }

  // show replaces the items. What the reader looks at stays in its place when new
  // rows come above it.
  show(items) {
    const before = this.#box.scrollTop;
    const top = this.#items[Math.floor(before / this.#height)];
    this.#items = items;
    this.#room.style.height = `${items.length * this.#height}px`;
    if (before > 0 && top) {
      const now = this.#index(top.id);
      if (now >= 0) this.#box.scrollTop = now * this.#height + before % this.#height;
    }
    this.#soon();
  }

  // mark shows which item is open, null for none.
  mark(id) {
    this.#selected = id;
    this.#soon();
  }

  // The items are in descending order of their ids.
  #index(id) {
    let low = 0;
    let high = this.#items.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const here = this.#items[middle].id;
      if (here === id) return middle;
      if (here > id) low = middle + 1;
      else high = middle - 1;
    }
    return -1;
  }

  #soon() {
    if (this.#due) return;
    this.#due = true;
    requestAnimationFrame(() => {
      this.#due = false;
      this.#layOut();
    });
  }

  #layOut() {
    const first = Math.max(0, Math.floor(this.#box.scrollTop / this.#height) - spare);
    const end = Math.min(this.#items.length, first + Math.ceil(this.#box.clientHeight / this.#height) + 2 * spare);
    const kept = new Map();
    for (let i = first; i < end; i++) {
      const item = this.#items[i];
      let row = this.#rows.get(item.id);
      if (!row) {
        row = { node: el("div", { class: "row", role: "option", id: `d-${item.id}` }) };
        row.node.addEventListener("click", () => this.#open(this.#items[this.#index(item.id)] ?? item));
        this.#room.append(row.node);
      }
      this.#update(row, item, i);
      kept.set(item.id, row);
    }
    for (const [id, row] of this.#rows) if (!kept.has(id)) row.node.remove();
    this.#rows = kept;
    const active = this.#selected !== null && kept.has(this.#selected);
    if (active) this.#box.setAttribute("aria-activedescendant", `d-${this.#selected}`);
    else this.#box.removeAttribute("aria-activedescendant");
  }

  #update(row, item, i) {
    if (row.item !== item) {
      row.item = item;
      row.node.replaceChildren(...this.#row(item));
      row.node.dataset.state = item.state;
    }
    row.node.style.transform = `translateY(${i * this.#height}px)`;
    row.node.setAttribute("aria-posinset", i + 1);
    row.node.setAttribute("aria-setsize", this.#items.length);
    row.node.setAttribute("aria-selected", String(item.id === this.#selected));
  }

  #select(i) {
    const item = this.#items[i];
    if (!item) return;
    this.#selected = item.id;
    const top = i * this.#height;
    const { scrollTop, clientHeight } = this.#box;
    if (top < scrollTop) this.#box.scrollTop = top;
    if (top + this.#height > scrollTop + clientHeight) this.#box.scrollTop = top + this.#height - clientHeight;
    this.#soon();
  }

  // move selects the item that is so many places further down.
  move(by) {
    const here = this.#selected === null ? -1 : this.#index(this.#selected);
    this.#select(Math.min(this.#items.length - 1, Math.max(0, here + by)));
  }

  openSelected() {
    const item = this.#items[this.#index(this.#selected)];
    if (item) this.#open(item);
  }

  #key(e) {
    if (e.ctrlKey || e.metaKey || e.altKey) return;
    const screen = Math.max(1, Math.floor(this.#box.clientHeight / this.#height) - 1);
    const moves = { ArrowDown: 1, ArrowUp: -1, PageDown: screen, PageUp: -screen, Home: -Infinity, End: Infinity };
    if (e.key in moves) this.move(moves[e.key]);
    else if (e.key === "Enter" || e.key === " ") this.openSelected();
    else return;
    e.preventDefault();
  }
}
