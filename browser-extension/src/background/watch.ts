// Sees the main-frame requests, of which only the ones to listed stores, networks and the service leave a trace.
import { NEW_TRAIL, ownLink, step, stopped } from "../core/chain";
import type { Hop, Way } from "../core/chain";
import { fresh, transition } from "../core/decision";
import type { Event, Problem } from "../core/decision";
import { hostOf } from "../core/matcher";
import type { ToPage } from "../messages";
import { confirm } from "./activate";
import { local, putState, session, stateOf } from "./memory";
import type { Session } from "./memory";
import { EVERYWHERE } from "./scripts";
import { shelf } from "./shelf";
import type { Shelf } from "./shelf";

type Details = { requestId: string; url: string; tabId: number; timeStamp: number; initiator?: string; originUrl?: string };

/** Those who wait for a tab's next request to have been seen. */
const waiting = new Map<number, Set<() => void>>();

/** Resolves when the next request of the tab was seen, or after `most` milliseconds: true if one was. */
export function nextRequest(tab: number, most: number): Promise<boolean> {
  return new Promise((resolve) => {
    const done = (seen: boolean): void => {
      clearTimeout(timer);
      waiting.get(tab)?.delete(seenOne);
      resolve(seen);
    };
    const seenOne = (): void => done(true);
    const timer = setTimeout(() => done(false), most);
    waiting.set(tab, (waiting.get(tab) ?? new Set()).add(seenOne));
  });
}

function onRequest(details: Details): undefined {
  if (details.tabId < 0) return;
  const hop: Hop = { id: details.requestId, url: details.url, at: details.timeStamp, initiator: details.initiator ?? details.originUrl ?? null };
  void see(details.tabId, hop);
}

function onError(details: { url: string; tabId: number; error: string }): void {
  // A navigation that another took the place of is no failure.
  if (details.tabId < 0 || /ABORTED|NS_BINDING_ABORTED|REDIRECT/.test(details.error)) return;
  void failed(details.tabId, hostOf(details.url));
}

/** Redirects do not come here: an address of ours that does is a page that says why there is no cashback. */
function onCompleted(details: { url: string; tabId: number }): void {
  if (details.tabId >= 0) void answered(details.tabId, details.url);
}

const FILTER: chrome.webRequest.RequestFilter = { urls: ["*://*/*"], types: ["main_frame"] };

/**
 * Begins to listen, or begins again. Chromium never calls a listener that was added while no host was granted, also not
 * after one is; so this is done anew whenever something is granted.
 */
export function watch(): void {
  const { onBeforeRequest, onCompleted: onDone, onErrorOccurred } = chrome.webRequest;
  if (onBeforeRequest.hasListener(onRequest)) onBeforeRequest.removeListener(onRequest);
  if (onErrorOccurred.hasListener(onError)) onErrorOccurred.removeListener(onError);
  if (onDone.hasListener(onCompleted)) onDone.removeListener(onCompleted);
  onBeforeRequest.addListener(onRequest, FILTER);
  onDone.addListener(onCompleted, FILTER);
  onErrorOccurred.addListener(onError, FILTER);
}

async function see(tab: number, hop: Hop): Promise<void> {
  const landed = await session(async (all) => {
    const before = all.trails[tab] ?? NEW_TRAIL;
    const opened = await shelf([hostOf(hop.url), hop.initiator === null ? null : hostOf(hop.initiator)], [before.own?.slug]);
    if (opened === null) return [];
    const { trail, ways: found } = step(before, hop, opened.known);
    // A tab that was looked at by the toolbar's button alone shows both ends of our way and not what lies between.
    const whole = found.every((way) => way.kind !== "landed") || (await chrome.permissions.contains(EVERYWHERE));
    const ways = found.map((way): Way => (way.kind === "landed" && !whole ? { kind: "visit", slug: way.slug } : way));
    if (trail !== NEW_TRAIL || before !== NEW_TRAIL) all.trails[tab] = trail;
    for (const way of ways) {
      const now = Date.now();
      const state = (await stateOf(all, way.slug, now)) ?? fresh(now);
      await putState(all, way.slug, transition(state, eventOf(way, tab, opened), now), now);
      if (way.kind === "foreign") await hide(all.cards, way.slug);
    }
    return ways.filter((way) => way.kind === "landed").map((way) => way.slug);
  });
  for (const wake of waiting.get(tab) ?? []) wake();
  for (const slug of landed) void confirm(slug, tab);
}

function eventOf(way: Way, tab: number, opened: Shelf): Event {
  switch (way.kind) {
    case "own":
      return { kind: "own", tab };
    case "landed":
      return { kind: "landed", tab };
    case "foreign":
      return { kind: "foreign", silence: opened.known.signs.silence(way.packs) };
    case "visit":
      return { kind: "visit" };
  }
}

/** Takes the store's reminder away in every tab that shows one. */
export async function hide(cards: Record<string, string>, slug: string): Promise<void> {
  for (const [tab, shown] of Object.entries(cards)) {
    if (shown !== slug) continue;
    delete cards[tab];
    const message: ToPage = { kind: "hide", slug };
    chrome.tabs.sendMessage(Number(tab), message).catch(() => undefined);
  }
}

/** Our own redirect answered with a page: the way ends there. */
async function answered(tab: number, url: string): Promise<void> {
  const { list } = await local("list");
  const slug = list === null ? null : ownLink(url, list.service);
  if (slug === null) return;
  await session(async (all) => {
    const trail = all.trails[tab];
    if (trail !== undefined) all.trails[tab] = stopped(trail, slug);
    // Who did not press here was promised nothing here; the page says what there is to say.
    await fail(all, slug, tab, all.states[slug]?.activation?.id === null ? null : { kind: "not-seen" });
  });
}

/** Ends an activation that is under way in this tab: true if there was one. */
async function fail(all: Session, slug: string, tab: number, problem: Problem | null): Promise<boolean> {
  const state = all.states[slug];
  if (state?.phase !== "activating" || state.activation?.tab !== tab) return false;
  const now = Date.now();
  await putState(all, slug, transition(state, { kind: "failed", problem }, now), now);
  return true;
}

/** A hop of an activation could not be reached: back to where the shopper was, and say which host it was. */
async function failed(tab: number, host: string | null): Promise<void> {
  const errorPage = complete(tab);
  const opened = await shelf([]);
  const known = host !== null && opened !== null
    && (opened.known.signs.network(host) !== null || host === hostOf(opened.list.service.origin));
  const back = await session(async (all) => {
    for (const slug of Object.keys(all.states)) {
      if (await fail(all, slug, tab, { kind: "blocked", host: known ? host : null })) return true;
    }
    return false;
  });
  if (!back) return;
  await errorPage;
  await chrome.tabs.goBack(tab).catch(() => undefined);
}

/** The browser's own page about the failure takes the tab a little later; going back before would go too far. */
function complete(tab: number): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      chrome.tabs.onUpdated.removeListener(updated);
      resolve();
    };
    const updated = (id: number, change: { status?: string }): void => {
      if (id === tab && change.status === "complete") done();
    };
    const timer = setTimeout(done, 3_000);
    chrome.tabs.onUpdated.addListener(updated);
  });
}

export function forgetTab(tab: number): void {
  void session((all) => {
    delete all.trails[tab];
    delete all.cards[tab];
  });
}
