// The saved copy: the same verification from files that the reader chooses, with no network at all.
import { Board, listen } from "./ui.js";
import { Verification } from "./work.js";

const ALL = JSON.parse(/** @type {string} */ (/** @type {HTMLElement} */ (document.getElementById("verify")).dataset.texts));
let language = navigator.language.startsWith("zh") ? "zh" : "en";
const board = new Board(() => ALL[language]);
const verification = new Verification();
/** @type {Record<string, any>|null} */
let last = null;

function translate() {
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  for (const element of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-t]"))) element.textContent = ALL[language][/** @type {string} */ (element.dataset.t)];
  if (board.result) board.finish(board.result);
  else if (board.said) board.show(board.said);
  if (last) board.answer(last);
}

const chosen = (/** @type {string} */ id) => /** @type {HTMLInputElement} */ (document.getElementById(id)).files?.[0] ?? null;

async function run() {
  const [file, frame] = [chosen("bundle-file"), chosen("frame-file")];
  if (!file) return;
  board.show("running");
  try {
    const bundle = JSON.parse(await file.text());
    const stream = frame ? frame.stream() : null;
    const result = await verification.run(bundle, stream, (at) => board.progress(at, bundle.announcement?.n_frame ?? 0));
    board.finish(result);
    if (!frame && bundle.frame === null) /** @type {HTMLElement} */ (document.getElementById("stage")).textContent = ALL[language].needs_frame;
  } catch (error) {
    /** @type {HTMLElement} */ (document.getElementById("progress")).hidden = true;
    board.show("failed");
    /** @type {HTMLElement} */ (document.getElementById("stage")).textContent = String(error);
  }
}

for (const id of ["bundle-file", "frame-file"]) /** @type {HTMLElement} */ (document.getElementById(id)).addEventListener("change", run);
/** @type {HTMLElement} */ (document.getElementById("language")).addEventListener("click", () => {
  language = language === "zh" ? "en" : "zh";
  translate();
});
listen((why, opened) => {
  last = verification.why(why, opened);
  board.answer(last);
});
translate();
