// The list of stores: fetched some time in every twelve hours, the same request from everybody.
import { BadList, accept } from "../core/list";
import type { Key, Signed } from "../core/list";
import { call } from "./api";
import { keep, local } from "./memory";
import { putList } from "./shelf";
import { serial } from "../core/serial";
import { register } from "./scripts";
import { silenceUnseen } from "./unseen";

const ALARM = "list";
const HOURS = 12;

/** What became of an attempt: a word for the options page. */
export type Refreshed = { ok: true } | { ok: false; why: string };

/** Begins the timer where there is none. The first time comes at random, so that services are not asked all at once. */
export async function schedule(): Promise<void> {
  if ((await chrome.alarms.get(ALARM)) !== undefined) return;
  const minutes = HOURS * 60;
  const { list } = await local("list");
  const stale = list === null || Date.now() - list.checked_at > minutes * 60_000;
  const delayInMinutes = 1 + Math.random() * (stale ? 20 : minutes);
  await chrome.alarms.create(ALARM, { delayInMinutes, periodInMinutes: minutes });
}

export const isList = (alarm: chrome.alarms.Alarm): boolean => alarm.name === ALARM;

const inTurn = serial();

/** Pins the service's key if none is pinned: trust on first use. Later keys come only with a list that vouches for them. */
async function pinned(signer: string): Promise<Key> {
  const { key } = await local("key");
  if (key !== null) return key;
  const { keys } = await call<{ keys: Key[] }>("GET", "/api/v1/extension/key");
  const first = keys.find((one) => one.key_id === signer) ?? keys[0];
  if (first === undefined) throw new BadList("unknown-key");
  const { key_id, public_key } = first;
  await keep({ key: { key_id, public_key, pinned_at: Date.now() } });
  return { key_id, public_key };
}

/** Fetches the list and takes it if it is good; else everything stays as it is. */
export const refresh = (): Promise<Refreshed> => inTurn(async () => {
  try {
    const signed = await call<Signed>("GET", "/api/v1/extension/list");
    const key = await pinned(signed.key_id);
    const { settings, list: before } = await local("settings", "list");
    const good = await accept(signed, key, settings.origin, before, Date.now());
    await putList(good.kept, good.stores);
    if (good.key.key_id !== key.key_id) await keep({ key: { ...good.key, pinned_at: Date.now() } });
    // Stores that are new in the list may be open already.
    if (good.kept.digest !== before?.digest) await silenceUnseen(false);
    await register();
    return { ok: true };
  } catch (error) {
    return { ok: false, why: error instanceof BadList ? error.problem : "offline" };
  }
});
