// Small behaviours of components: dialogs, side panel, chosen file, "select all", a failed request said aloud.
const byId = (id) => document.getElementById(id);

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog]");
  if (opener) byId(opener.dataset.dialog)?.showModal();
  const closer = event.target.closest("[data-close]");
  if (closer) closer.closest("dialog, .toast")?.[closer.closest("dialog") ? "close" : "remove"]();
  const person = document.querySelector("details.person[open]");
  if (person && !person.contains(event.target)) person.open = false;
});

document.addEventListener("change", (event) => {
  const { target } = event;
  if (target.matches("[data-all]")) {
    const boxes = target.closest("table").querySelectorAll("tbody input[type=checkbox]");
    boxes.forEach((box) => { box.checked = target.checked; });
  }
  if (target.matches(".drop input[type=file]") && target.files.length) {
    target.closest(".drop").querySelector("[data-chosen]").textContent = target.files[0].name;
  }
  if (target.closest("table")) countPicked(target.closest("table"));
});

function countPicked(table) {
  const out = byId(table.dataset.picked);
  if (out) out.textContent = table.querySelectorAll("tbody input[type=checkbox]:checked").length;
}

for (const [name, over] of [["dragenter", true], ["dragleave", false], ["drop", false]]) {
  document.addEventListener(name, (event) => event.target.closest?.(".drop")?.classList.toggle("is-over", over));
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") byId("panel")?.close();
});

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id === "panel-body") byId("panel").show();
});

for (const name of ["htmx:responseError", "htmx:sendError"]) {
  document.addEventListener(name, () => { byId("failed").hidden = false; });
}
document.addEventListener("htmx:beforeRequest", () => { byId("failed").hidden = true; });

// The question of a list may have changed since the page came: what is kept is the one in the address.
document.addEventListener("submit", (event) => {
  const kept = event.target.querySelector("[data-query]");
  if (kept) kept.value = location.search.slice(1);
});

document.addEventListener("submit", (event) => event.submitter?.setAttribute("aria-busy", "true"));
