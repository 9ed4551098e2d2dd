// Light or dark: as the system is set, unless the reader chooses.
const names = ["auto", "light", "dark"];
const stored = "rtkmock-theme";
let button = null;

function use(name) {
  if (name === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = name;
  button.textContent = `Theme: ${name}`;
}

export function begin(control) {
  button = control;
  let name = "auto";
  try { name = localStorage.getItem(stored) ?? name; } catch { /* then as the system is set */ }
  use(names.includes(name) ? name : "auto");
  button.addEventListener("click", next);
}

export function next() {
  const name = names[(names.indexOf(document.documentElement.dataset.theme ?? "auto") + 1) % names.length];
  use(name);
  try { localStorage.setItem(stored, name); } catch { /* then it lasts as long as the page */ }
}
