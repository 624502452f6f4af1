// Answers the pages of stores and search engines: whether to remind, and with which words.
import { cameBy } from "../core/chain";
import { decide, fresh, transition } from "../core/decision";
import type { Reason } from "../core/decision";
import { isOld } from "../core/list";
import { noted } from "../core/log";
import { hostOf } from "../core/matcher";
import { exclusions, headline, money, rate, score, words } from "../core/text";
import type { Words } from "../core/text";
import type { Store } from "../core/types";
import type { Card, Hello, Mark } from "../messages";
import { statusFor, told } from "./activate";
import { local, putState, session, settings, stateOf } from "./memory";
import type { Session, Settings } from "./memory";
import { EVERYWHERE } from "./scripts";
import { shelf } from "./shelf";
import type { Shelf } from "./shelf";
import { nextRequest } from "./watch";

/** How long a page waits for the browser to tell of the request that brought it. Firefox, waking, tells late. */
const PATIENCE = 1_500;

/** A page of a store asks. Silent until the request that brought this very page is known. */
export async function hello(tab: number, url: string, asked: { began: number; again: boolean; came: string }): Promise<Hello> {
  const opened = await shelf([hostOf(url)]);
  const store = opened?.known.storeAt(hostOf(url) ?? "") ?? null;
  if (opened === null || store === null) return { store: null, card: null, status: null };
  const seen = async (): Promise<boolean> => cameBy((await session((all) => all.trails))[tab], asked.came, asked.began);
  const until = Date.now() + PATIENCE;
  let came = await seen();
  while (!came && Date.now() < until && (await nextRequest(tab, until - Date.now()))) came = await seen();
  const status = await statusFor(store.slug, tab);
  if (status !== null) {
    await told(store.slug);
    return { store: store.slug, card: null, status };
  }
  const reason = await session((all) => reasonFor(all, opened, store, { tab, path: new URL(url).pathname, came, again: asked.again }));
  return { store: store.slug, card: reason === "offer" ? await cardOf(opened, store) : null, status: null };
}

type Asked = { tab: number; path: string; came: boolean; again: boolean };

async function reasonFor(all: Session, opened: Shelf, store: Store, asked: Asked): Promise<Reason> {
  const now = Date.now();
  const { settings: set } = await local("settings");
  const state = (await stateOf(all, store.slug, now)) ?? fresh(now);
  const { signs } = opened.known;
  const reason = decide({
    reminders: set.reminders && (await chrome.permissions.contains(EVERYWHERE)),
    list: isOld(opened.list, now) ? "old" : "good",
    store,
    never: signs.neverActivate(store),
    max_prompts: signs.maxPrompts(store),
    muted: store.slug in set.muted,
    came: asked.came,
    state,
    path: asked.path,
    again: asked.again,
  });
  all.log = noted(all.log, { at: now, slug: store.slug, store: store.name, reason });
  if (reason !== "offer") {
    delete all.cards[asked.tab];
    return reason;
  }
  all.cards[asked.tab] = store.slug;
  if (!asked.again) await putState(all, store.slug, transition(state, { kind: "shown" }, now), now);
  return reason;
}

async function cardOf(opened: Shelf, store: Store): Promise<Card> {
  const { settings: set } = await local("settings");
  return card(opened, store, words(set.language));
}

function card(opened: Shelf, store: Store, say: Words): Card {
  const service = opened.list.service.name;
  return {
    slug: store.slug,
    language: say.language,
    service,
    title: headline(store, say),
    lines: store.rate !== null && "fixed" in store.rate ? [say.say("card_fixed", money(store.rate.fixed, say.language))] : [],
    exclusions: exclusions(store, say),
    score: store.score === null ? say.say("score_none") : score(store.score, say),
    activate: say.say("activate"),
    later: say.say("later"),
    never: say.say("never"),
    label: say.say("card_label", service),
    disclosure: say.say("card_disclosure", service),
    cart_paths: store.cart_paths,
    leaves_cart: !store.flags.cart,
  };
}

/** "Not now" is for this session, "never here" until it is taken back in the options. */
export async function dismissed(slug: string, forGood: boolean): Promise<void> {
  const opened = await shelf([], [slug]);
  const name = opened?.known.storeBySlug(slug)?.name;
  if (name === undefined) return;
  if (forGood) await settings((set) => void (set.muted = { ...set.muted, [slug]: name }));
  await session(async (all) => {
    const now = Date.now();
    const state = (await stateOf(all, slug, now)) ?? fresh(now);
    await putState(all, slug, transition(state, { kind: "dismissed" }, now), now);
    for (const [tab, shown] of Object.entries(all.cards)) {
      if (shown !== slug) continue;
      delete all.cards[tab];
      chrome.tabs.sendMessage(Number(tab), { kind: "hide", slug }).catch(() => undefined);
    }
  });
}

/** Which of the hosts on a page of results are stores that a mark may stand beside. The hosts stay in this browser. */
export async function marks(hosts: string[]): Promise<Record<string, Mark>> {
  const { settings: set } = await local("settings");
  if (!set.marks || !(await chrome.permissions.contains(EVERYWHERE))) return {};
  const opened = await shelf(hosts.slice(0, 100));
  if (opened === null) return {};
  const say = words(set.language);
  const found: Record<string, Mark> = {};
  await session(async (all) => {
    for (const host of hosts) {
      const store = opened.known.storeAt(host);
      if (store === null || store.rate === null || !(await isMarked(all, opened, store, set))) continue;
      const label = say.say("mark_label", opened.list.service.name, rate(store.rate, store.up_to, say));
      found[host] = { slug: store.slug, label, language: say.language };
    }
  });
  return found;
}

/** Whether a mark may stand beside links to the store now. */
async function isMarked(all: Session, opened: Shelf, store: Store, set: Settings): Promise<boolean> {
  const now = Date.now();
  if (store.rate === null || !store.flags.ext || !store.flags.serp) return false;
  if (isOld(opened.list, now) || opened.known.signs.neverActivate(store) || store.slug in set.muted) return false;
  return ((await stateOf(all, store.slug, now))?.phase ?? "offer") === "offer";
}

/** A mark was pressed: its reminder, if the mark may still stand there. */
export async function mark(tab: number, slug: string): Promise<Card | null> {
  const { settings: set } = await local("settings");
  const opened = await shelf([], [slug]);
  const store = opened?.known.storeBySlug(slug) ?? null;
  if (!set.marks || opened === null || store === null) return null;
  return session(async (all) => {
    if (!(await isMarked(all, opened, store, set))) return null;
    all.cards[tab] = slug;
    return card(opened, store, words(set.language));
  });
}
