// Hears what changed (/console/live) and brings the parts of the page that show it up to date. Where somebody is writing, it only says so.
// A page that is edited also says that its reader is here, and shows who else is.
const note = document.getElementById("live-note");
const company = document.getElementById("here-note");
const here = () => document.querySelector("[data-here]")?.dataset.here ?? "";
const stale = new Set();
let source = null;
let last = "";
let due = 0;
let farewell = 0;

const parts = () => [...document.querySelectorAll("[data-live]")];
const topicsOf = (part) => part.dataset.live.split(/\s+/).filter(Boolean);
const fieldsOf = (part) => [...part.querySelectorAll("form:not([method=get]) :is(input:not([type=hidden]), textarea, select)")];

function isTouched(field) {
  if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
  if (field.type === "file") return field.files.length > 0;
  if (field.tagName !== "SELECT") return field.value !== field.defaultValue;
  return [...field.options].some((o) => o.selected !== (o.defaultSelected || (!field.multiple && o.index === 0 && !field.querySelector("[selected]"))));
}

const isBusy = (part) =>
  "liveAsk" in part.dataset || part.querySelector("dialog[open]") || fieldsOf(part).some((f) => isTouched(f) || f === document.activeElement);

const isWriting = () =>
  Boolean(here()) && [...document.querySelectorAll("main form:not([method=get]) :is(input:not([type=hidden]), textarea, select)")].some(isTouched);

function hear(event) {
  last = event.lastEventId || last;
  const told = JSON.parse(event.data).topics;
  for (const part of parts()) if (topicsOf(part).some((t) => told.includes(t))) stale.add(part.id);
  // A little apart, so that a whole office does not ask in the same moment.
  clearTimeout(due);
  if (stale.size) due = setTimeout(refresh, 200 + Math.random() * 400);
}

async function refresh() {
  const old = [...stale].map((id) => document.getElementById(id)).filter(Boolean);
  const waiting = old.filter(isBusy);
  if (waiting.length && note) note.hidden = false;
  const free = old.filter((part) => !waiting.includes(part));
  for (const part of free) stale.delete(part.id);
  if (!free.length) return;
  const answer = await fetch(location.href, { headers: { accept: "text/html" }, cache: "no-store" }).catch(() => null);
  if (!answer?.ok || answer.redirected) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const { id } of free) {
    const [here, fresh] = [document.getElementById(id), page.getElementById(id)];
    if (!here || !fresh || here.isEqualNode(fresh)) continue;
    if (isBusy(here)) {
      // It was touched while the page was on its way.
      stale.add(id);
      if (note) note.hidden = false;
      continue;
    }
    const focused = here.contains(document.activeElement) ? document.activeElement.id : "";
    const opened = [...here.querySelectorAll("details")].map((d) => d.open);
    here.replaceWith(document.adoptNode(fresh));
    [...fresh.querySelectorAll("details")].forEach((d, n) => (d.open = opened[n] ?? d.open));
    window.htmx?.process(fresh);
    if (focused) document.getElementById(focused)?.focus();
    fresh.classList.add("live-fresh");
    document.dispatchEvent(new CustomEvent("live:fresh", { detail: id }));
  }
}

// What was typed survives the reload that its writer asks for.
const KEPT = `live:${location.pathname}`;
function keepTyped() {
  const typed = parts().flatMap(fieldsOf).filter((f) => f.name && f.type !== "file" && f.type !== "password" && isTouched(f));
  const values = typed.map((f) => [f.form?.getAttribute("action") ?? "", f.name, f.type === "checkbox" || f.type === "radio" ? [f.value, f.checked] : f.value]);
  sessionStorage.setItem(KEPT, JSON.stringify(values));
}
function giveBack() {
  const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? "[]");
  sessionStorage.removeItem(KEPT);
  for (const [action, name, value] of kept)
    for (const field of parts().flatMap(fieldsOf))
      if (field.name === name && (field.form?.getAttribute("action") ?? "") === action) {
        if (!Array.isArray(value)) field.value = value;
        else if (field.value === value[0]) field.checked = value[1];
      }
}

function meet(people) {
  if (company) company.textContent = people.length ? company.dataset.text.replace("{names}", people.join(document.documentElement.lang === "en" ? ", " : "、")) : "";
}

function close() {
  meet([]);
  source?.close();
  source = null;
}

function open() {
  const topics = [...new Set(parts().flatMap(topicsOf))].sort();
  const place = here();
  if (source || !(topics.length || place)) return;
  const query = new URLSearchParams(topics.map((t) => ["t", t]));
  if (last) query.set("last", last);
  if (place) query.set("here", place);
  source = new EventSource(`/console/live?${query}`);
  source.addEventListener("hello", (event) => {
    last = event.lastEventId || last;
    meet([]); // a new line tells anew
  });
  source.addEventListener("changed", hear);
  source.addEventListener("anything", hear);
  source.addEventListener("here", (event) => meet(JSON.parse(event.data).people));
  source.addEventListener("signed-out", close);
  source.addEventListener("error", () => {
    // The browser tries again by itself, but for an answer that is no stream: a restart behind a proxy.
    if (source?.readyState !== EventSource.CLOSED) return;
    close();
    setTimeout(() => document.hidden || open(), 15000);
  });
}

document.addEventListener("visibilitychange", () => {
  clearTimeout(farewell);
  // Browsers keep few lines to one server: a tab that nobody looks at gives its own back, and hears later what it missed.
  // Who has begun to write has not left, though.
  if (document.hidden) farewell = setTimeout(() => isWriting() || close(), 20000);
  else open();
});
addEventListener("pagehide", close);
addEventListener("pageshow", (event) => event.persisted && open());
note?.querySelector("button").addEventListener("click", () => {
  keepTyped();
  location.reload();
});
giveBack();
open();
