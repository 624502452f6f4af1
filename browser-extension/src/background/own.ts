// Answers the extension's own pages: popup, options and welcome.
import { fresh, silentUntil } from "../core/decision";
import { fromBase64url, isOld } from "../core/list";
import { hostOf } from "../core/matcher";
import { originOf } from "../core/origin";
import type { Store } from "../core/types";
import type { FromOwn, Options, Popup } from "../messages";
import { connect, disconnect, summary } from "./account";
import { activate } from "./activate";
import { forgetSession, keep, local, session, settings, stateOf } from "./memory";
import { refresh } from "./refresh";
import { EVERYWHERE, register } from "./scripts";
import { allStores, forgetList, shelf } from "./shelf";
import { hide } from "./watch";

export async function answer(asked: FromOwn): Promise<unknown> {
  switch (asked.kind) {
    case "popup":
      return popup(asked.url);
    case "popup-activate":
      return activate(asked.tab, asked.slug, "own");
    case "connect":
      return connect();
    case "disconnect":
      return disconnect();
    case "summary":
      return summary();
    case "search":
      return search(asked.words);
    case "options":
      return options();
    case "refresh":
      return refresh();
    case "origin":
      return changeService(asked.origin);
    case "language":
      return settings((set) => void (set.language = asked.language));
    case "reminders":
      await settings((set) => void (set.reminders = asked.on));
      return register();
    case "marks-on":
      await settings((set) => void (set.marks = asked.on));
      return register();
    case "mute":
      return mute(asked.slug, asked.on);
    case "wipe":
      return wipe();
  }
}

async function popup(url: string): Promise<Popup> {
  const { settings: set, account, list } = await local("settings", "account", "list");
  const now = Date.now();
  const host = hostOf(url);
  const opened = await shelf([host]);
  const store = host === null ? null : (opened?.known.storeAt(host) ?? null);
  const { state, reason, connecting } = await session(async (all) => ({
    state: store === null ? null : ((await stateOf(all, store.slug, now)) ?? fresh(now)),
    reason: store === null ? null : (all.log.find((entry) => entry.slug === store.slug)?.reason ?? null),
    connecting: all.connecting !== null,
  }));
  return {
    language: set.language,
    origin: set.origin,
    service: list?.service.name ?? "Kopilka",
    reminders: set.reminders,
    granted: await chrome.permissions.contains(EVERYWHERE),
    account: account?.email ?? null,
    connecting,
    list: list === null ? "none" : isOld(list, now) ? "old" : "good",
    store,
    state,
    until: state === null ? null : silentUntil(state),
    muted: store !== null && store.slug in set.muted,
    never: store !== null && (opened?.known.signs.neverActivate(store) ?? false),
    reason,
  };
}

async function options(): Promise<Options> {
  const { settings: set, account, list, key } = await local("settings", "account", "list", "key");
  return {
    language: set.language,
    origin: set.origin,
    reminders: set.reminders,
    marks: set.marks,
    granted: await chrome.permissions.contains(EVERYWHERE),
    account: account?.email ?? null,
    muted: set.muted,
    log: await session((all) => all.log),
    fingerprint: key === null ? null : await fingerprint(key.public_key),
    list: list === null ? null : { version: list.version, stores: list.stores, checked_at: list.checked_at },
  };
}

/** The first half of the SHA-256 of a public key in groups of four, to be compared by eye with the service's page. */
async function fingerprint(key: string): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", fromBase64url(key)));
  const hex = Array.from(hash.subarray(0, 16), (byte) => byte.toString(16).padStart(2, "0")).join("");
  return (hex.match(/.{4}/g) ?? []).join(" ");
}

const RESULTS = 8;

async function search(typed: string): Promise<Store[]> {
  const asked = typed.trim().toLowerCase();
  if (asked === "") return [];
  const fits = (store: Store): boolean =>
    store.rate !== null && [store.name, store.slug, ...store.domains].some((text) => text.toLowerCase().includes(asked));
  return (await allStores()).filter(fits).sort((a, b) => a.name.localeCompare(b.name)).slice(0, RESULTS);
}

async function mute(slug: string, on: boolean): Promise<void> {
  const name = (await shelf([], [slug]))?.known.storeBySlug(slug)?.name ?? slug;
  await settings((set) => {
    const { [slug]: _, ...others } = set.muted;
    set.muted = on ? { ...others, [slug]: name } : others;
  });
}

/** Takes away every reminder that is shown anywhere. */
const hideAll = (): Promise<void> => session(async (all) => {
  for (const slug of new Set(Object.values(all.cards))) await hide(all.cards, slug);
});

/** Another service: nothing of the one before is kept but the silences. */
async function changeService(typed: string): Promise<{ ok: boolean; why?: string }> {
  const origin = originOf(typed);
  if (origin === null) return { ok: false, why: "address" };
  await disconnect();
  await hideAll();
  await forgetSession();
  await forgetList();
  await keep({ key: null });
  await settings((set) => {
    set.origin = origin;
    set.muted = {};
  });
  await register();
  return refresh();
}

/** Forgets everything but the language and the service's address, as after installing. Silences stay: they protect others. */
async function wipe(): Promise<void> {
  await disconnect();
  await hideAll();
  await forgetSession();
  await forgetList();
  const { settings: set, floor, kept } = await local("settings", "floor", "kept");
  await chrome.storage.local.clear();
  await keep({ settings: { ...set, muted: {}, marks: false }, floor, kept });
  await register();
}
