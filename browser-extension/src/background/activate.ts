// From a trusted click to a store: the service makes a link, the same tab follows it, and it is told what came of it.
import { ownLink } from "../core/chain";
import { fresh, transition } from "../core/decision";
import type { State } from "../core/decision";
import { outcome } from "../core/outcome";
import { words } from "../core/text";
import type { Words } from "../core/text";
import type { Activated, Status, ToPage } from "../messages";
import { OFFLINE, Refused, call } from "./api";
import { keep, local, putState, session, stateOf } from "./memory";
import type { Session } from "./memory";
import { isTabAt } from "./place";
import { shelf } from "./shelf";

type Link = { activation: string; url: string };
type Seen = { state: "waiting" | "recorded"; click: { id: string; at: string } | null };

/** How long to wait between the questions whether the service has the click, in milliseconds. */
const PATIENCE = [0, 300, 600, 1_200, 2_400, 4_800];

/**
 * Asks for a link to the store and sends the tab there. Only the store's slug is told to the service. A page may be older than
 * what it asks, so for one it has to hold now, and again when the link is there, that the store may be reminded of.
 */
export async function activate(tab: number, slug: string, asker: "page" | "own"): Promise<Activated> {
  const { account, settings, list } = await local("account", "settings", "list");
  const say = words(settings.language);
  const opened = await shelf([], [slug]);
  const store = opened?.known.storeBySlug(slug) ?? null;
  if (list === null || opened === null || store === null || store.rate === null || !store.flags.ext || opened.known.signs.neverActivate(store)) {
    return paused(say);
  }
  const stands = async (all: Session, now: number): Promise<boolean> =>
    asker === "own" || (((await stateOf(all, slug, now))?.phase ?? "offer") === "offer" && (await isTabAt(tab, slug)));
  if (!(await session((all) => stands(all, Date.now())))) return paused(say);
  if (account === null) return { ok: false, text: say.say("problem_signed_out"), sign_in: say.say("sign_in") };
  let link: Link;
  try {
    link = await call<Link>("POST", "/api/v1/extension/activations", { account, body: { store: slug } });
  } catch (error) {
    return refusal(error, say);
  }
  if (ownLink(link.url, list.service) !== slug) return { ok: false, text: say.say("problem_link"), sign_in: null };
  const begun = await session(async (all) => {
    const now = Date.now();
    if (!(await stands(all, now))) return false;
    const state = (await stateOf(all, slug, now)) ?? fresh(now);
    await putState(all, slug, transition(state, { kind: "activate", id: link.activation, tab }, now), now);
    delete all.cards[tab];
    return true;
  });
  if (!begun) return paused(say);
  await chrome.tabs.update(tab, { url: link.url });
  return { ok: true };
}

const paused = (say: Words): Activated => ({ ok: false, text: say.say("problem_paused"), sign_in: null });

async function refusal(error: unknown, say: Words): Promise<Activated> {
  if (error instanceof Refused && error.status === 401) {
    await keep({ account: null });
    return { ok: false, text: say.say("problem_signed_out"), sign_in: say.say("sign_in") };
  }
  const offline = error instanceof Refused && (error.code === OFFLINE || error.status >= 500 || error.status === 429);
  return { ok: false, text: say.say(offline ? "problem_offline" : "problem_paused"), sign_in: null };
}

/** The way was seen to its end; now the service is asked whether it has the click, and the page is told. */
export async function confirm(slug: string, tab: number): Promise<void> {
  const { account } = await local("account");
  const id = await session((all) => all.states[slug]?.activation?.id ?? null);
  if (id === null) return;
  let click: Seen["click"] = null;
  for (const wait of PATIENCE) {
    await new Promise((resolve) => setTimeout(resolve, wait));
    try {
      const seen = await call<Seen>("GET", `/api/v1/extension/activations/${encodeURIComponent(id)}`, { account });
      if (seen.state === "recorded") click = seen.click;
    } catch {
      continue;
    }
    if (click !== null) break;
  }
  const found = click;
  await session(async (all) => {
    const now = Date.now();
    const state = await stateOf(all, slug, now);
    if (state === null || state.activation?.id !== id) return;
    const event = found === null
      ? ({ kind: "failed", problem: { kind: "not-recorded" } } as const)
      : ({ kind: "recorded", click: found } as const);
    await putState(all, slug, transition(state, event, now), now);
  });
  const status = await statusFor(slug, tab);
  if (status === null) return;
  const message: ToPage = { kind: "status", status };
  const heard = await chrome.tabs.sendMessage(tab, message).catch(() => null);
  if (heard === true) await told(slug);
}

/** What is still to be told in this tab about an activation of the store; null where there is nothing. */
export async function statusFor(slug: string, tab: number): Promise<Status | null> {
  const { settings, list } = await local("settings", "list");
  const { state, heard } = await session(async (all) => ({ state: await stateOf(all, slug, Date.now()), heard: all.told }));
  if (state === null || state.activation === null || state.activation.tab !== tab) return null;
  if (heard.includes(mark(state))) return null;
  const told = outcome(state, words(settings.language));
  return told === null ? null : { ...told, slug, service: list?.service.name ?? "" };
}

export async function told(slug: string): Promise<void> {
  await session((all) => {
    const state = all.states[slug];
    if (state !== undefined) all.told = [...all.told, mark(state)].slice(-50);
  });
}

const mark = (state: State): string => `${state.activation?.id} ${state.problem?.kind ?? "good"}`;
