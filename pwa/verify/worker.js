// Verifies a draw off the page's thread. In: {bundle, frame} addresses, or {why}; out: progress, result, answers.
import { Verification } from "./work.js";

const verification = new Verification();

self.onmessage = async ({ data }) => {
  try {
    if (data.why !== undefined) {
      self.postMessage({ answer: verification.why(data.why, data.opened ?? null) });
      return;
    }
    const bundle = await (await fetch(data.bundle)).json();
    const stream = bundle.frame === null ? (await fetch(data.frame)).body : null;
    self.postMessage({ result: await verification.run(bundle, stream, (progress) => self.postMessage({ progress })) });
  } catch (error) {
    self.postMessage({ error: String(error) });
  }
};
