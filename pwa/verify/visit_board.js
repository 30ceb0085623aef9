// What the two pages of a visit's proof share: the verdict, plain words about the visit, the points that were checked.
import { verify } from "../src/model/visit_proof.js";
import { hex } from "../src/model/text.js";

/** @typedef {import("../src/model/visit_proof.js").Verdict} Verdict */
/** @typedef {Record<string, string>} Texts */
/** @typedef {{vkey: string, witnesses: string[]}} Keys */

const part = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
const LOOK = /** @type {Record<string, [string, string]>} */ ({ verified: ["good", "✓"], failed: ["bad", "✗"], none: ["", "○"] });

/** @param {number} seconds */
const moment = (seconds) => new Intl.DateTimeFormat("sv-SE", { timeZone: "Asia/Shanghai", dateStyle: "short", timeStyle: "short" }).format(seconds * 1000);

/** @param {string} tag @param {string} text @param {string} [className] */
const element = (tag, text, className = "") => Object.assign(document.createElement(tag), { textContent: text, className });

export class VisitBoard {
  /** @param {() => Texts} texts @param {Keys} keys @param {boolean} isOnline whether links to the site lead anywhere */
  constructor(texts, keys, isOnline) {
    this.texts = texts;
    this.keys = keys;
    this.isOnline = isOnline;
    this.given = "";
  }

  /** @param {string} given a proof, or the address that carries it; nothing asks for one */
  show(given) {
    this.given = given;
    const t = this.texts();
    const text = given.trim();
    /** @type {Verdict|null} */
    const found = text ? verify(text, this.keys.vkey, this.keys.witnesses) : null;
    const name = found ? (found.verdict === "verified" ? "verified" : "failed") : "none";
    const verdict = part("verdict");
    for (const known of ["good", "bad"]) verdict.classList.toggle(known, known === LOOK[name][0]);
    verdict.dataset.verdict = name;
    /** @type {HTMLElement} */ (verdict.querySelector(".mark")).textContent = LOOK[name][1];
    /** @type {HTMLElement} */ (verdict.querySelector("p")).textContent = t[name];
    part("checks").replaceChildren(...(found?.checks ?? []).map((c) => element("li", `${c.ok === null ? "…" : c.ok ? "✓" : "✗"} ${t[`check_${c.code}`]}${c.code === "cosigned" && c.ok === null ? ` · ${t.nobody}` : ""}`, c.ok === null ? "muted" : c.ok ? "good" : "bad")));
    const good = name === "verified" && found?.proof;
    part("says").replaceChildren(...(good ? this.#sentences(/** @type {Verdict} */ (found)) : []));
    part("facts").replaceChildren(...(good ? this.#facts(/** @type {Verdict} */ (found)) : []));
    part("facts").hidden = !good;
    part("about").hidden = !good;
  }

  /** @param {Verdict} found */
  #sentences({ proof }) {
    const t = this.texts();
    const p = /** @type {NonNullable<typeof proof>} */ (proof);
    const fill = (/** @type {string} */ text) => text.replace("{at}", moment(p.at)).replace("{draw}", p.drawId).replace("{enterprise}", p.enterprise).replace("{n}", String(p.team.filter(Boolean).length));
    return [element("p", fill(t.drawn), "lead"), element("p", fill(t.team)), element("p", t.persons)];
  }

  /** @param {Verdict} found */
  #facts({ proof, cosigned }) {
    const t = this.texts();
    const p = /** @type {NonNullable<typeof proof>} */ (proof);
    const link = (/** @type {string} */ href, /** @type {string} */ text) => this.isOnline ? Object.assign(element("a", text), { href }) : text;
    /** @type {[string, (string|Node)[]][]} */
    const rows = [
      [t.enterprise, [p.enterprise]], [t.draw, [link(`/draws/${encodeURIComponent(p.drawId)}`, p.drawId)]], [t.at, [moment(p.at)]],
      [t.officers, [String(p.team.filter(Boolean).length)]], [t.entry, [link(`/log/entries/${p.index}`, `${p.index}`), ` / ${p.size}`]],
      ...cosigned.map((c) => /** @type {[string, string[]]} */ ([t.witness, [`${c.name} · ${moment(c.time)}`]])),
      [t.list, [hex(p.sealedRoot)]], [t.log, [p.origin]],
    ];
    return rows.flatMap(([name, values]) => {
      const dd = document.createElement("dd");
      dd.append(...values);
      return [element("dt", name), dd];
    });
  }
}

/** The form for a proof that was copied. @param {(text: string) => void} check */
export function listen(check) {
  part("paste").addEventListener("submit", (event) => {
    event.preventDefault();
    check(/** @type {HTMLTextAreaElement} */ (part("proof-text")).value);
  });
}
