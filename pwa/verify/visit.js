// The page behind the code "抽取证明": checks what stands behind the # of its own address, which never reaches the server.
import { listen, VisitBoard } from "./visit_board.js";

const box = /** @type {HTMLElement} */ (document.getElementById("visit"));
const texts = JSON.parse(/** @type {string} */ (box.dataset.texts));
const board = new VisitBoard(() => texts, JSON.parse(/** @type {string} */ (box.dataset.keys)), true);
const fromAddress = () => board.show(location.hash.slice(1));

/** @type {HTMLElement} */ (document.getElementById("paste")).hidden = false;
for (const link of /** @type {NodeListOf<HTMLAnchorElement>} */ (document.querySelectorAll("a[hreflang]"))) link.addEventListener("click", () => { link.hash = location.hash; });
addEventListener("hashchange", fromAddress);
listen((text) => board.show(text));
fromAddress();
