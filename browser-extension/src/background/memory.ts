// What is kept: in `storage.local` for good, in `storage.session` until the browser ends. The background is put to sleep
// at any time, so nothing may live in its variables alone.
import { keptOf, restored, settled, silentBeyond, underneath } from "../core/decision";
import type { Kept as KeptState, State } from "../core/decision";
import type { Trail } from "../core/chain";
import type { Kept, Key } from "../core/list";
import type { Entry } from "../core/log";
import { languageOf } from "../core/text";
import { serial } from "../core/serial";
import type { Language, Store, Time } from "../core/types";

declare const DEFAULT_ORIGIN: string;

export type Settings = {
  origin: string;
  language: Language;
  reminders: boolean;
  marks: boolean;
  /** Slugs that are never reminded of, with the stores' names. */
  muted: Record<string, string>;
};

/** `origin` is the service that gave the token: no other is ever shown it. */
export type Account = { token: string; email: string; origin: string };

export type Local = {
  settings: Settings;
  key: (Key & { pinned_at: Time }) | null;
  list: Kept | null;
  /** The stores of a list that is short enough to be read whole. */
  stores: Store[] | null;
  account: Account | null;
  /** Ends of silences that outlast the browser's session, by slug. */
  floor: Record<string, Time>;
  /** What lasts as long as the browser's session, by slug: `storage.session` ends when the extension is renewed. */
  kept: Record<string, KeptState>;
};

export type Session = {
  states: Record<string, State>;
  trails: Record<string, Trail>;
  /** Tabs that show a reminder, with the store's slug. */
  cards: Record<string, string>;
  /** Activations whose outcome the page has told. */
  told: string[];
  log: Entry[];
  connecting: { state: string; verifier: string; origin: string } | null;
};

const initialSettings = (): Settings => ({
  origin: DEFAULT_ORIGIN,
  language: languageOf(chrome.i18n.getUILanguage()),
  reminders: true,
  marks: false,
  muted: {},
});

const LOCAL: Omit<Local, "settings"> = { key: null, list: null, stores: null, account: null, floor: {}, kept: {} };
const SESSION: Session = { states: {}, trails: {}, cards: {}, told: [], log: [], connecting: null };

export async function local<K extends keyof Local>(...keys: K[]): Promise<Pick<Local, K>> {
  const found = await chrome.storage.local.get(keys);
  const settings = { ...initialSettings(), ...(found["settings"] as Partial<Settings> | undefined) };
  return { ...LOCAL, ...found, settings } as unknown as Pick<Local, K>;
}

export const keep = (values: Partial<Local>): Promise<void> => chrome.storage.local.set(values);

const inTurn = serial();

/** Reads the session, lets `work` change it, and writes what it changed, with nobody in between. */
export function session<T>(work: (session: Session) => T | Promise<T>): Promise<T> {
  return inTurn(async () => {
    const found = await chrome.storage.session.get(null);
    const all = { ...structuredClone(SESSION), ...found } as Session;
    const before = Object.fromEntries(Object.entries(all).map(([key, value]) => [key, JSON.stringify(value)]));
    const answer = await work(all);
    const changed = Object.entries(all).filter(([key, value]) => JSON.stringify(value) !== before[key]);
    if (changed.length > 0) await chrome.storage.session.set(Object.fromEntries(changed));
    return answer;
  });
}

const inOrder = serial();

/** As [`session`], for the settings. */
export function settings(work: (settings: Settings) => void): Promise<Settings> {
  return inOrder(async () => {
    const { settings: all } = await local("settings");
    work(all);
    await keep({ settings: all });
    return all;
  });
}

/** The state of a store as it is now. A session that knows nothing of it asks what the last one left. */
export async function stateOf(all: Session, slug: string, now: Time): Promise<State | null> {
  const known = all.states[slug];
  if (known !== undefined) return settled(known, now);
  const { floor, kept } = await local("floor", "kept");
  return restored(floor[slug] ?? null, kept[slug] ?? null, now);
}

/** The browser was started: what was kept for its session is over. In turn, so that nothing reads it meanwhile. */
export const newSession = (): Promise<void> => inTurn(() => keep({ kept: {} }));

/**
 * Forgets what this session knows. Of silences their ends stay, and that one is to last the whole session: they protect others.
 */
export function forgetSession(): Promise<void> {
  return session(async (all) => {
    const now = Date.now();
    for (const [slug, state] of Object.entries(all.states)) await putState(all, slug, settled(state, now), now);
    const { kept } = await local("kept");
    const whole = Object.entries(kept).filter(([, one]) => one.whole).map(([slug]) => [slug, { whole: true, shown: 0, dismissed: false }] as const);
    await keep({ kept: Object.fromEntries(whole) });
    Object.assign(all, structuredClone(SESSION));
  });
}

/** Keeps a state, and the end of its silence beyond this session. */
export async function putState(all: Session, slug: string, state: State, now: Time): Promise<void> {
  all.states[slug] = state;
  const until = silentBeyond(underneath(state));
  const { floor, kept } = await local("floor", "kept");
  const next = Object.fromEntries(Object.entries(floor).filter(([one, end]) => one !== slug && end > now));
  if (until !== null) next[slug] = until;
  const { [slug]: _, ...others } = kept;
  const lasting = keptOf(state);
  const nextKept = lasting === null ? others : { ...others, [slug]: lasting };
  if (JSON.stringify(next) !== JSON.stringify(floor)) await keep({ floor: next });
  if (JSON.stringify(nextKept[slug]) !== JSON.stringify(kept[slug])) await keep({ kept: nextKept });
}
