// Records and their queue: photos open in a dialog, single keys move and act. Everything works without this file, too.
const photo = document.getElementById("photo");
for (const link of document.querySelectorAll("[data-photo]")) {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    photo.querySelector("img").src = link.href;
    photo.querySelector("img").alt = link.querySelector("img").alt;
    photo.querySelector("#photo-original").href = link.dataset.original;
    photo.showModal();
  });
}

const help = document.getElementById("keys");
const on = document.getElementById("keys-on");
const STORED = "console-single-keys";
on.checked = localStorage.getItem(STORED) !== "off";
const show = () => document.documentElement.toggleAttribute("data-keys-off", !on.checked);
on.addEventListener("change", () => { localStorage.setItem(STORED, on.checked ? "on" : "off"); show(); });
document.getElementById("keys-open").addEventListener("click", () => help.showModal());
show();

const rows = () => [...document.querySelectorAll("[data-row]")];
function step(by) {
  const all = rows();
  const at = all.indexOf(document.activeElement);
  all[Math.min(all.length - 1, Math.max(0, at < 0 ? (by > 0 ? 0 : all.length - 1) : at + by))]?.focus();
}

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input:not([type=checkbox], [type=radio]), textarea, select, audio, [contenteditable]");
  if (!on.checked || typing || event.isComposing || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  const key = event.key.toLowerCase();
  if (key === "?") { event.preventDefault(); help.showModal(); return; }
  if (rows().length && (key === "j" || key === "k")) { event.preventDefault(); step(key === "j" ? 1 : -1); return; }
  const target = /^[jkar]$/.test(key) ? document.querySelector(`[data-key="${key}"]`) : null;
  if (!target) return;
  event.preventDefault();
  // A link is followed; a button that publishes or returns is only reached, and pressed by the person.
  if (target.matches("a")) { target.click(); return; }
  const first = target.dataset.first && document.getElementById(target.dataset.first);
  (first && !first.value.trim() ? first : target).focus();
});
