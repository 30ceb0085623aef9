/** A spoken note from the microphone, as whatever this browser records. It ends by a tap, at three minutes, or when the phone turns to something else. */

/** @typedef {{data: ArrayBuffer, type: string, ms: number}} Spoken */
/** @typedef {{stop: () => void, since: number}} Recording */
export const LONGEST_MS = 180_000;
const BITS_PER_SECOND = 32_000; // speech; three minutes are 0.7 MB
const TYPES = ["audio/webm;codecs=opus", "audio/mp4", "audio/ogg;codecs=opus"];

/**
 * @param {(spoken: Spoken|null) => void} ended called once, however it ended; null when nothing was heard
 * @returns {Promise<Recording>} @throws {Error & {reason: "refused"|"none"|"busy"}}
 */
export async function record(ended) {
  const failed = (/** @type {string} */ reason) => Object.assign(new Error(`microphone: ${reason}`), { reason });
  const type = typeof MediaRecorder === "undefined" ? undefined : TYPES.find((t) => MediaRecorder.isTypeSupported(t));
  if (!type || !navigator.mediaDevices?.getUserMedia) throw failed("none");
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1, echoCancellation: true, noiseSuppression: true }, video: false });
  } catch (error) {
    const name = error instanceof DOMException ? error.name : "";
    throw failed(name === "NotAllowedError" || name === "SecurityError" ? "refused" : name === "NotReadableError" ? "busy" : "none");
  }
  const recorder = new MediaRecorder(stream, { mimeType: type, audioBitsPerSecond: BITS_PER_SECOND });
  /** @type {Blob[]} */
  const parts = [];
  const since = Date.now();
  const stop = () => { if (recorder.state !== "inactive") recorder.stop(); };
  const limit = setTimeout(stop, LONGEST_MS);
  const hidden = () => { if (document.visibilityState === "hidden") stop(); }; // a call, another app: what was said is kept
  document.addEventListener("visibilitychange", hidden);
  recorder.addEventListener("dataavailable", (e) => { if (e.data.size) parts.push(e.data); });
  recorder.addEventListener("stop", async () => {
    const ms = Date.now() - since;
    clearTimeout(limit);
    document.removeEventListener("visibilitychange", hidden);
    for (const track of stream.getTracks()) track.stop();
    const plain = type.split(";")[0];
    const data = await new Blob(parts, { type: plain }).arrayBuffer();
    ended(data.byteLength ? { data, type: plain, ms: Math.min(ms, LONGEST_MS) } : null);
  });
  recorder.start(1000);
  return { stop, since };
}
