// Looks at the page as it stands and names what an officer with one cold thumb would trip over. Returns a list of words.
(() => {
  const found = [];
  const wide = document.documentElement.clientWidth;
  const name = (el) => `${el.tagName.toLowerCase()}${el.dataset?.testid ? `[${el.dataset.testid}]` : el.className && typeof el.className === "string" ? `.${el.className.trim().split(/\s+/).join(".")}` : ""} "${(el.textContent ?? "").trim().slice(0, 24)}"`;
  const seen = (el) => el.checkVisibility({ opacityProperty: true, visibilityProperty: true, contentVisibilityAuto: true }) && el.getClientRects().length > 0;
  const all = [...document.body.querySelectorAll("*:not(.unseen)")].filter(seen);
  const modal = document.querySelector("dialog:modal");
  const within = modal ? all.filter((el) => modal.contains(el)) : all;

  // Nothing lies to the right of the glass.
  if (document.documentElement.scrollWidth > wide) found.push(`scrolls sideways: ${document.documentElement.scrollWidth} > ${wide}`);
  const clips = (el) => { for (let p = el.parentElement; p; p = p.parentElement) if (getComputedStyle(p).overflowX !== "visible") return true; return false; };
  const out = within.filter((el) => { const r = el.getBoundingClientRect(); return (r.right > wide + 0.5 || r.left < -0.5) && r.width > 0 && !clips(el); });
  for (const el of out) if (!out.some((other) => other !== el && el.contains(other))) found.push(`outside: ${name(el)} ${Math.round(el.getBoundingClientRect().left)}..${Math.round(el.getBoundingClientRect().right)}`);

  // What is meant for a thumb has room for one: 44 px each way. A field inside its label counts with the label.
  const touch = "a[href], button, input, select, textarea, summary, [role=button], [role=checkbox], [role=radio], [role=tab], [role=switch]";
  for (const el of within.filter((e) => e.matches(touch))) {
    const shape = el.matches("input[type=file], input[type=checkbox], input[type=radio]") ? el.closest("label") ?? el : el;
    const r = shape.getBoundingClientRect();
    if (r.width < 43.5 || r.height < 43.5) found.push(`small target: ${name(shape)} ${Math.round(r.width)}x${Math.round(r.height)}`);
  }

  // No word is cut off, by its own box or by an ellipsis.
  for (const el of within) {
    const style = getComputedStyle(el);
    if (style.overflowX === "visible" && style.overflowY === "visible") continue;
    if (/^(auto|scroll)$/.test(style.overflowY) || el.matches("textarea, input, video, progress, svg, img, label.file")) continue;
    if (!(el.textContent ?? "").trim()) continue;
    if (el.scrollWidth > el.clientWidth + 1 || el.scrollHeight > el.clientHeight + 1) found.push(`cut off: ${name(el)} ${el.scrollWidth}x${el.scrollHeight} in ${el.clientWidth}x${el.clientHeight}`);
  }

  // No two words lie on each other. What floats above the page on purpose is left to the next check.
  const floats = (el) => { for (let p = el; p; p = p.parentElement) if (/fixed|sticky/.test(getComputedStyle(p).position)) return p; return null; };
  const texts = [];
  const walker = document.createTreeWalker(modal ?? document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const el = node.parentElement;
    if (!node.data.trim() || !el || !seen(el) || el.closest("#toast, noscript, .unseen")) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const r of range.getClientRects()) if (r.width > 1 && r.height > 1) texts.push({ el, r, up: floats(el) });
  }
  for (let i = 0; i < texts.length; i++) for (let j = i + 1; j < texts.length; j++) {
    const a = texts[i], b = texts[j];
    if (a.el === b.el || (a.up !== b.up) || a.el.contains(b.el) || b.el.contains(a.el)) continue;
    const w = Math.min(a.r.right, b.r.right) - Math.max(a.r.left, b.r.left), h = Math.min(a.r.bottom, b.r.bottom) - Math.max(a.r.top, b.r.top);
    if (w > 3 && h > Math.min(a.r.height, b.r.height) * 0.45) found.push(`on each other: ${name(a.el)} and ${name(b.el)}`);
  }

  if (!modal) {
    // The bar stands at the thumb, and what is last on the page can be scrolled clear of it.
    const bar = document.querySelector("footer.bar, nav.tabs");
    const primary = [...document.querySelectorAll(".button:not(.quiet)")].filter(seen);
    if (bar) {
      const r = bar.getBoundingClientRect();
      if (Math.abs(r.bottom - innerHeight) > 1) found.push(`the bar is not at the bottom: ${Math.round(r.bottom)} of ${innerHeight}`);
      if (r.height > innerHeight / 2.5) found.push(`the bar takes ${Math.round(r.height)} of ${innerHeight}`);
      const main = document.querySelector("main"), end = main?.lastElementChild;
      if (main && end) {
        const room = document.documentElement.scrollHeight - (end.getBoundingClientRect().bottom + scrollY);
        if (room < r.height - 1 && !main.querySelector(".viewfinder")) found.push(`the bar hides the end of the page: ${Math.round(room)} < ${Math.round(r.height)}`);
      }
    } else if (primary.length && !primary.some((b) => b.getBoundingClientRect().bottom > innerHeight * 0.4)) found.push("the main button is out of the thumb's reach");
  }

  // Headings, focus and movement.
  const h1 = within.filter((el) => el.matches("h1"));
  if (!modal && h1.length !== 1) found.push(`${h1.length} headings of the first level`);
  if (within.some((el) => el.tabIndex > 0)) found.push("a focus order of its own");
  const before = document.activeElement;
  const focusable = within.filter((el) => el.matches("a[href], button:not(:disabled), input, select, textarea, summary, [tabindex='0']"));
  for (const el of focusable) {
    /** @type {any} */ (document.activeElement)?.blur?.(); // what a tap has focused shows it to the eye only by key
    el.focus({ preventScroll: true, focusVisible: true });
    const marks = [el, el.closest("label")].filter(Boolean).map((e) => getComputedStyle(e));
    if (document.activeElement !== el) found.push(`cannot be focused: ${name(el)}`);
    else if (!marks.some((s) => (s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 2) || s.boxShadow.includes("0px 0px 0px 3px"))) found.push(`its focus is not seen: ${name(el)}`);
  }
  before?.focus?.({ preventScroll: true });
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) for (const el of document.querySelectorAll("*")) {
    const s = getComputedStyle(el);
    if (s.animationName !== "none" || s.transitionDuration.split(",").some((d) => parseFloat(d) > 0.01)) { found.push(`moves although asked not to: ${name(el)}`); break; }
  }
  return found;
})()
