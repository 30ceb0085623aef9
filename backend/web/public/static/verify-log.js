// An entry's proof, checked here: payload hash, inclusion, the checkpoint's signature. Everything needed stands in the page.
import { sha256 } from "/static/model/noble/sha2.js";
import { encode } from "/static/model/jcs.js";
import { equal, leafHash, verifyInclusion } from "/static/model/merkle.js";

const box = document.getElementById("log-verdict");
const hex = (text) => Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
const base64 = (text) => Uint8Array.from(atob(text), (ch) => ch.charCodeAt(0));
const joined = (a, b) => Uint8Array.from([...a, ...b]);

// C2SP signed-note over tlog-checkpoint: text, blank line, "— name base64(key id || signature)".
async function openCheckpoint(note, vkey) {
  const cut = note.lastIndexOf("\n\n");
  const text = note.slice(0, cut + 1);
  // The key's base64 may itself hold a plus sign.
  const [name, , ...rest] = vkey.split("+");
  const key = rest.join("+");
  const line = note.slice(cut + 2).split("\n").find((l) => l.startsWith(`— ${name} `));
  const signature = base64(line.split(" ")[2]).slice(4);
  const publicKey = await crypto.subtle.importKey("raw", base64(key).slice(1), { name: "Ed25519" }, false, ["verify"]);
  const isSigned = await crypto.subtle.verify({ name: "Ed25519" }, publicKey, signature, new TextEncoder().encode(text));
  const [, size, root] = text.split("\n");
  return { isSigned, size: Number(size), root: base64(root) };
}

async function verify({ index, size, leaf, hashes, note, vkey, payload, salt }) {
  const bytes = base64(leaf);
  const checkpoint = await openCheckpoint(note, vkey);
  const proof = hashes ? hashes.split(" ").map(hex) : [];
  const entry = JSON.parse(new TextDecoder().decode(bytes));
  const holds = !payload || equal(sha256(joined(hex(salt), encode(JSON.parse(payload)))), hex(entry.ph));
  return checkpoint.isSigned && checkpoint.size === Number(size) && holds && verifyInclusion(leafHash(bytes), Number(index), checkpoint.size, proof, checkpoint.root);
}

if (box) {
  const good = await verify(box.dataset).catch((error) => (console.error(error), false));
  box.classList.add(good ? "good" : "bad");
  box.dataset.verdict = good ? "verified" : "failed";
  box.querySelector(".mark").textContent = good ? "✓" : "✗";
  const p = document.createElement("p");
  p.textContent = good ? box.dataset.good : box.dataset.bad;
  box.append(p);
}
