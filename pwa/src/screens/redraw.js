/** Lets a screen ask for itself to be drawn again without knowing the router. */
/** @type {{draw: () => void, reload: () => void}} */
export const hooks = { draw: () => {}, reload: () => {} };
/** Draw with what is in memory. */
export const redraw = () => hooks.draw();
/** Read the stores again, then draw. */
export const reload = () => hooks.reload();
