/** Whether this phone is told of new work: turned on by the officer, kept alive by itself, ended with the sign-out. */
import * as local from "../store/local.js";
import { drop, permission, renew as subscription, subscribe } from "../device/push.js";
import * as api from "../sync/api.js";
import { settle } from "../sync/leave.js";

/** @typedef {"unknown"|"on"|"refused"|"unreachable"|"offline"|"not-taken"} State */
/** @type {State} as far as this page load knows */
export let state = "unknown";
/** Whose subscription this page load has already renewed: once is enough, and a push service out of reach costs 15 seconds. */
let renewed = "";

/** From a tap: the browser may ask. @returns {Promise<State>} */
export async function turnOn() {
  const session = await api.session();
  return (state = session.status === 200 ? await tell(session.body.vapid_public_key, subscribe) : "offline");
}

/** After a round that reached the server: missing, dead or under an older key, the subscription is made again and told. */
export async function renew({ again = false } = {}) {
  const account = local.account();
  if (!account || permission() !== "granted" || (renewed === account.id && !again)) return;
  renewed = account.id;
  const session = await api.session();
  if (session.status !== 200 || session.body.account?.id !== account.id) { renewed = ""; return; }
  state = await tell(session.body.vapid_public_key, subscription);
  if (state === "offline") renewed = "";
}

/** @param {string} vapid @param {(vapid: string) => ReturnType<typeof subscription>} make @returns {Promise<State>} */
async function tell(vapid, make) {
  let told = await make(vapid);
  if (typeof told === "string") return told;
  let { status } = await api.putPush(told);
  if (status === 410) { // the push service gave this one up: only a new one will do
    told = await subscription(vapid, { fresh: true });
    if (typeof told === "string") return told;
    ({ status } = await api.putPush(told));
  }
  return status === 204 ? "on" : status === 0 ? "offline" : "not-taken";
}

/** Before the sign-out: from here on this phone gets nobody's alerts, whether or not there is a signal now. */
export async function leave() {
  const endpoint = await drop();
  if (endpoint) local.setOwesUnsubscribe(endpoint);
  await settle();
  state = "unknown";
  renewed = "";
}
