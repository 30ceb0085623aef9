// A draw's page: a worker fetches the public bundle, recomputes everything here, and this says what it found.
import { scriptUrl } from "../src/device/ours.js";
import { read } from "../src/model/scan.js";
import { Board, listen } from "./ui.js";

const box = /** @type {HTMLElement} */ (document.getElementById("verify"));
const texts = JSON.parse(/** @type {string} */ (box.dataset.texts));
const board = new Board(() => texts);
const worker = new Worker(scriptUrl(/** @type {string} */ (box.dataset.worker)));

worker.onmessage = ({ data }) => {
  if (data.progress) board.progress(data.progress, Number(box.dataset.rows));
  if (data.result) board.finish(data.result);
  if (data.answer) board.answer(data.answer);
  if (data.error) fail(data.error);
};
worker.onerror = (event) => fail(event.message);

/** @param {string} why */
function fail(why) {
  /** @type {HTMLElement} */ (document.getElementById("progress")).hidden = true;
  board.show("unreachable");
  console.error(why);
}

board.show("running");
board.progress({ stage: "frame", rows: 0 });
worker.postMessage({ bundle: box.dataset.bundle, frame: box.dataset.frame });
listen((why, opened) => worker.postMessage({ why, opened }));

const scan = /** @type {HTMLInputElement} */ (document.getElementById("scan"));
/** @type {HTMLElement} */ (scan.closest("label")).hidden = false;
scan.addEventListener("change", async () => {
  const photo = scan.files?.[0];
  scan.value = "";
  const { decode } = await import(/** @type {string} */ (scan.dataset.scanner));
  const text = photo ? await decode(photo) : null;
  const code = text === null ? null : await codeOf(text);
  /** @type {HTMLInputElement} */ (document.getElementById("code")).value = code ?? "";
  /** @type {HTMLElement} */ (document.getElementById("answer")).textContent = code ? "" : texts.no_code;
});

/** The enterprise's code in a licence's text, or behind the code at its door. @param {string} text @returns {Promise<string|null>} */
async function codeOf(text) {
  const { token, code } = read(text);
  if (token === null) return code;
  const answer = await fetch(`/e/${token}`);
  return answer.ok ? read((await answer.text()).replaceAll(/<[^>]*>/g, " ")).code : null;
}
