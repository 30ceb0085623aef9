/** The camera inside the page: opening another app could make the phone kill this one in the middle of the work. */

/** @typedef {{video: HTMLVideoElement, torch: ((on: boolean) => Promise<void>)|null, stop: () => void}} Camera */

/**
 * @param {HTMLVideoElement} video shows the picture
 * @returns {Promise<Camera>} @throws {Error & {reason: "refused"|"none"|"busy"}}
 */
export async function openCamera(video) {
  const failed = (/** @type {string} */ reason) => Object.assign(new Error(`camera: ${reason}`), { reason });
  if (!navigator.mediaDevices?.getUserMedia) throw failed("none");
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ audio: false, video: { facingMode: { ideal: "environment" }, width: { ideal: 1920 }, height: { ideal: 1080 } } });
  } catch (error) {
    const name = error instanceof DOMException ? error.name : "";
    throw failed(name === "NotAllowedError" || name === "SecurityError" ? "refused" : name === "NotReadableError" ? "busy" : "none");
  }
  const [track] = stream.getVideoTracks();
  video.srcObject = stream;
  video.muted = true;
  await video.play().catch(() => {});
  const can = /** @type {any} */ (track.getCapabilities?.() ?? {});
  return {
    video,
    torch: can.torch ? (on) => track.applyConstraints(/** @type {any} */ ({ advanced: [{ torch: on }] })) : null,
    stop: () => { for (const one of stream.getTracks()) one.stop(); video.srcObject = null; },
  };
}
