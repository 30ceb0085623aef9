// The saved copy: the same check without a network, with the log's key as it was when the copy was saved.
import { listen, VisitBoard } from "./visit_board.js";

const box = /** @type {HTMLElement} */ (document.getElementById("visit"));
const ALL = JSON.parse(/** @type {string} */ (box.dataset.texts));
let language = navigator.language.startsWith("zh") ? "zh" : "en";
const board = new VisitBoard(() => ALL[language], JSON.parse(/** @type {string} */ (box.dataset.keys)), false);

function translate() {
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  for (const element of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-t]"))) element.textContent = ALL[language][/** @type {string} */ (element.dataset.t)];
  board.show(board.given);
}

/** @type {HTMLElement} */ (document.getElementById("language")).addEventListener("click", () => {
  language = language === "zh" ? "en" : "zh";
  translate();
});
listen((text) => board.show(text));
board.given = location.hash.slice(1);
translate();
