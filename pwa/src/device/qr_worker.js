/** The reader beside the page, so that looking for a code never holds up a tap. */
import { read } from "./qr_reader.js";

addEventListener("message", ({ data: { n, picture } }) => {
  read(picture).then((text) => postMessage({ n, text }), (error) => postMessage({ n, error: String(error) }));
});
