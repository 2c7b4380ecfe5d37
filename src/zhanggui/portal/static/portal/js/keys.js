// Keys for lists: "/" search, "j" and "k" move, "x" selects, "o" opens, "p" peeks, "?" shows help. Enter opens, as links do by themselves.
const typing = (element) => element.closest("input:not([type=checkbox]), textarea, select, [contenteditable]");

function move(step) {
  const links = [...document.querySelectorAll("[data-keys] [data-open]")];
  if (!links.length) return;
  const row = document.activeElement.closest("[data-row]");
  const at = row ? links.findIndex((link) => row.contains(link)) : step > 0 ? -1 : links.length;
  const next = links[Math.max(0, Math.min(links.length - 1, at + step))];
  next.focus();
  next.closest("[data-row]").scrollIntoView({ block: "nearest" });
}

const inRow = (selector) => document.activeElement.closest("[data-row]")?.querySelector(selector);

const actions = {
  "/": () => document.getElementById("search")?.focus(),
  "?": () => document.getElementById("help")?.showModal(),
  j: () => move(1),
  k: () => move(-1),
  o: () => inRow("[data-open]")?.click(),
  x: () => inRow("input[type=checkbox]")?.click(),
  p: () => inRow("[data-peek]")?.click(),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (typing(event.target) || document.querySelector("dialog:modal")) return;
  const action = actions[event.key];
  if (!action) return;
  event.preventDefault();
  action();
});
