// The list of stores: fetched some time in every twelve hours, the same request from everybody.
import { BadList, accept } from "../core/list";
import type { Key, Signed } from "../core/list";
import { patternOf } from "../core/origin";
import { call } from "./api";
import { keep, local } from "./memory";
import { putList } from "./shelf";
import { serial } from "../core/serial";
import { register } from "./scripts";
import { silenceUnseen } from "./unseen";

const ALARM = "list";
const HOURS = 12;

/** How long a list may be on its way, in milliseconds: one of 100,000 stores has tens of megabytes. */
const PATIENCE = 120_000;

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

/**
 * The service's pinned key, or where none is the one that it names now: trust on first use, which is kept only when the list has been
 * found good. Later keys come only with a list that vouches for them.
 */
async function keyFor(signer: string): Promise<Key> {
  const { key } = await local("key");
  if (key !== null) return key;
  const { keys } = await call<{ keys: Key[] }>("GET", "/api/v1/extension/key");
  const first = keys.find((one) => one.key_id === signer) ?? keys[0];
  if (first === undefined) throw new BadList("unknown-key");
  return { key_id: first.key_id, public_key: first.public_key };
}

/** Fetches the list and takes it if it is good; else everything stays as it is. */
export const refresh = (): Promise<Refreshed> => inTurn(async () => {
  // Browsers end a background that calls nothing for half a minute, though it waits for an answer.
  const awake = setInterval(() => void chrome.runtime.getPlatformInfo(), 20_000);
  try {
    // The browser would refuse the call, or the service see it as from a page.
    const { origin } = (await local("settings")).settings;
    if (!(await chrome.permissions.contains({ origins: [patternOf(origin)] }))) return { ok: false, why: "denied" };
    const signed = await call<Signed>("GET", "/api/v1/extension/list", { patience: PATIENCE });
    const key = await keyFor(signed.key_id);
    const { settings, list: before, key: pinned } = await local("settings", "list", "key");
    const good = await accept(signed, key, settings.origin, before, Date.now());
    await putList(good.kept, good.stores);
    if (good.key.public_key !== pinned?.public_key) await keep({ key: { ...good.key, pinned_at: Date.now() } });
    // Stores that are new in the list may be open already.
    if (good.kept.digest !== before?.digest) await silenceUnseen(false);
    await register();
    return { ok: true };
  } catch (error) {
    return { ok: false, why: error instanceof BadList ? error.problem : "offline" };
  } finally {
    clearInterval(awake);
  }
});
