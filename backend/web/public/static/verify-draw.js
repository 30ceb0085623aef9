// A draw's page: fetches the public bundle, recomputes everything here, says what it found. Texts come with the page.
import { explain, verifyBundle } from "/static/model/draw.js";

const box = document.getElementById("verify");
const texts = JSON.parse(box.dataset.texts);
const [verdict, progress, list, why, answer] = ["verdict", "progress", "checks", "why", "answer"].map((id) => document.getElementById(id));
const LOOK = { verified: ["good", "✓"], failed: ["bad", "✗"], incomplete: ["warn", "…"], unreachable: ["warn", "!"], running: ["", "○"] };

function show(name) {
  const [kind, mark] = LOOK[name];
  verdict.className = `verdict ${kind}`;
  verdict.dataset.verdict = name;
  verdict.querySelector(".mark").textContent = mark;
  verdict.querySelector("p").textContent = texts[name];
}

function item({ code, ok, detail }) {
  const li = document.createElement("li");
  li.className = ok === null ? "muted" : ok ? "good" : "bad";
  const mark = ok === null ? "…" : ok ? "✓" : "✗";
  li.textContent = `${mark} ${texts[code]}${ok === null ? ` · ${texts.waiting}` : ""}`;
  if (!ok && detail && code !== "announcement") li.title = detail;
  return li;
}

async function load() {
  const bundle = await (await fetch(box.dataset.bundle)).json();
  if (bundle.frame === null) {
    const rows = await (await fetch(box.dataset.frame)).text();
    bundle.frame = rows.trimEnd().split("\n").map((line) => JSON.parse(line));
  }
  return bundle;
}

function tell(bundle, code) {
  const found = explain(bundle, code.trim().toUpperCase());
  if (!found.inFrame) return texts.not_in_frame;
  if (found.st !== "E") return `${texts.excluded}${texts[found.st] ?? found.st}`;
  if (found.place === undefined) return texts.sealed;
  const said = texts[found.drawn ? "drawn" : "not_drawn"].replace(/\{(\w+)\}/g, (_, name) => found[name]);
  return `${said} ${texts.ticket} ${found.ticket.slice(0, 16)}…${found.cutoff ? ` · ${texts.cutoff} ${found.cutoff.slice(0, 16)}…` : ""}`;
}

try {
  show("running");
  progress.hidden = false;
  const bundle = await load();
  const result = await verifyBundle(bundle, { onProgress: (done, total) => ((progress.value = done), (progress.max = total)) });
  progress.hidden = true;
  list.replaceChildren(...result.checks.map(item));
  show(result.verdict);
  why.hidden = false;
  why.addEventListener("submit", (event) => {
    event.preventDefault();
    answer.textContent = tell(bundle, document.getElementById("code").value);
  });
} catch (error) {
  progress.hidden = true;
  show("unreachable");
  console.error(error);
}
