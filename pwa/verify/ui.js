// What the two pages share: verdict, progress, the list of checks, and plain words about one enterprise.

/** @typedef {Record<string, any>} Bundle */
/** @typedef {Record<string, string>} Texts */

const LOOK = /** @type {Record<string, [string, string]>} */ ({
  verified: ["good", "✓"],
  failed: ["bad", "✗"],
  incomplete: ["warn", "…"],
  unreachable: ["warn", "!"],
  running: ["", "○"],
});

const part = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));

export class Board {
  /** @param {() => Texts} texts */
  constructor(texts) {
    this.texts = texts;
    /** @type {string} */
    this.said = "";
    /** @type {Bundle|null} */
    this.result = null;
  }

  /** @param {string} name */
  show(name) {
    const verdict = part("verdict");
    const [kind, mark] = LOOK[name];
    this.said = name;
    for (const known of ["good", "bad", "warn"]) verdict.classList.toggle(known, known === kind);
    verdict.dataset.verdict = name;
    /** @type {HTMLElement} */ (verdict.querySelector(".mark")).textContent = mark;
    /** @type {HTMLElement} */ (verdict.querySelector("p")).textContent = this.texts()[name];
  }

  /** @param {Bundle} at @param {number} total rows that the announcement promises, 0 where unknown */
  progress(at, total = 0) {
    const bar = /** @type {HTMLProgressElement} */ (part("progress"));
    bar.hidden = false;
    if (at.stage === "frame") {
      // Half of the bar is for reading, half for checking.
      bar.max = 1;
      bar.value = total ? Math.min(0.5, (0.5 * at.rows) / total) : 0.25;
      part("stage").textContent = this.texts().reading.replace("{n}", at.rows.toLocaleString());
    } else {
      bar.max = 1;
      bar.value = 0.5 + (0.5 * at.done) / at.total;
      part("stage").textContent = this.texts().checking.replace("{done}", at.done).replace("{total}", at.total);
    }
  }

  /** @param {Bundle} result */
  finish(result) {
    this.result = result;
    part("progress").hidden = true;
    part("stage").textContent = this.texts().counted.replace("{n}", result.rows.toLocaleString());
    part("checks").replaceChildren(...result.checks.map((/** @type {Bundle} */ c) => this.#item(c)));
    this.show(result.verdict);
    part("why").hidden = false;
  }

  /** @param {Bundle} check */
  #item({ code, ok, detail }) {
    const li = document.createElement("li");
    li.className = ok === null ? "muted" : ok ? "good" : "bad";
    const mark = ok === null ? "…" : ok ? "✓" : "✗";
    li.textContent = `${mark} ${this.texts()[code]}${ok === null ? ` · ${this.texts().waiting}` : ""}`;
    if (ok === false && detail && code !== "announcement") li.title = detail;
    return li;
  }

  /** @param {Bundle} found */
  answer(found) {
    part("answer").replaceChildren(...this.#sentences(found).map((text) => Object.assign(document.createElement("p"), { textContent: text })));
  }

  /** @param {Bundle} found @returns {string[]} */
  #sentences(found) {
    const t = this.texts();
    const fill = (/** @type {string} */ text) => text.replace(/\{(\w+)\}/g, (_, name) => String(found[name]));
    if (!found.inFrame) return [t.not_in_frame];
    if (found.st !== "E") return [`${t.excluded}${t[found.st] ?? found.st}`];
    if (found.ticket === undefined) return [t.sealed];
    const own = `${t.ticket} ${found.ticket.slice(0, 16)}…`;
    if (found.sealed) {
      const limits = found.cutoffs.map((/** @type {string} */ c) => `${c.slice(0, 16)}…`).join("、");
      const opens = found.opens === null ? [] : [found.opens ? t.class_opens : t.class_differs];
      return [found.drawn ? t.drawn_sealed : t.not_drawn_sealed, `${own}${limits ? ` · ${t.cutoffs} ${limits}` : ""}`, t.ticket_rule, ...opens];
    }
    return [
      fill(found.drawn ? t.drawn : t.not_drawn),
      `${own}${found.cutoff ? ` · ${t.cutoff} ${found.cutoff.slice(0, 16)}…` : ""}`,
      t.ticket_rule,
    ];
  }
}

/** The form 为什么: typed or scanned. @param {(code: string, opened: {class: string, salt: string}|null) => void} ask */
export function listen(ask) {
  const code = /** @type {HTMLInputElement} */ (part("code"));
  part("why").addEventListener("submit", (event) => {
    event.preventDefault();
    const [name, salt] = ["class", "salt"].map((id) => /** @type {HTMLInputElement|null} */ (document.getElementById(`opened-${id}`))?.value.trim() ?? "");
    ask(code.value, name && /^[0-9a-f]{64}$/i.test(salt) ? { class: name.toUpperCase(), salt: salt.toLowerCase() } : null);
  });
}
