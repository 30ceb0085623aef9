/** The header and the bar are as high as their words; what sticks below one or floats above the other follows. */
const sizes = new ResizeObserver(measure);
/** @type {Set<Element>} */
let watched = new Set();

function measure() {
  const high = (/** @type {string} */ selector) => /** @type {HTMLElement|null} */ (document.querySelector(selector))?.offsetHeight ?? 0;
  const { style } = document.documentElement;
  style.setProperty("--top", `${high("#app > .top")}px`);
  style.setProperty("--foot", `${high("#app > .bar, #app > .tabs")}px`);
}

/** After each drawing: a screen may have brought another bar. */
export function framed() {
  const now = new Set(document.querySelectorAll("#app > .top, #app > .bar, #app > .tabs"));
  if (now.size === watched.size && [...now].every((el) => watched.has(el))) return;
  sizes.disconnect();
  for (const el of now) sizes.observe(el);
  watched = now;
  measure();
}
