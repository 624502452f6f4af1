// What is remembered of one store, how events change it, and whether to remind. No clock, no account: nothing here can
// know who the shopper is or whether somebody is signed in.
import type { Silence } from "./packs";
import { FLOOR } from "./packs";
import type { Store, Time } from "./types";
import { MINUTE } from "./types";

export type Phase = "offer" | "activating" | "activated" | "standdown" | "lost";

/** Why an activation did not succeed. */
export type Problem =
  /** The host is named only where a network or the service is known by it: where else somebody goes is not kept. */
  | { kind: "blocked"; host: string | null }
  | { kind: "not-seen" }
  | { kind: "not-recorded" };

export type Activation = {
  id: string | null;
  tab: number;
  at: Time;
  landed: Time | null;
  click: { id: string; at: string } | null;
};

export type State = {
  phase: Phase;
  /** Since when the phase is. */
  since: Time;
  /** The last page of the store. */
  seen: Time;
  silence: Silence | null;
  /** How often it was reminded of in this session. */
  shown: number;
  dismissed: boolean;
  activation: Activation | null;
  problem: Problem | null;
  /** The silence that an activation interrupted; it goes on if the activation comes to nothing. */
  resume: Resume | null;
};

type Resume = Pick<State, "phase" | "since" | "silence">;

export type Event =
  | { kind: "visit" }
  | { kind: "foreign"; silence: Silence }
  | { kind: "activate"; id: string; tab: number }
  | { kind: "own"; tab: number }
  | { kind: "landed"; tab: number }
  /** `problem` is null where there is nothing to tell. */
  | { kind: "failed"; problem: Problem | null }
  | { kind: "recorded"; click: { id: string; at: string } }
  | { kind: "shown" }
  | { kind: "dismissed" };

/** How long an activation may take until its way is held not to have been seen. */
export const ACTIVATION_LIFE = MINUTE;

export const fresh = (now: Time): State => ({
  phase: "offer",
  since: now,
  seen: now,
  silence: null,
  shown: 0,
  dismissed: false,
  activation: null,
  problem: null,
  resume: null,
});

/** What of a state lasts as long as the browser's session, although the extension may be renewed meanwhile. */
export type Kept = Pick<State, "shown" | "dismissed"> & { whole: boolean };

export function keptOf(state: State): Kept | null {
  const { shown, dismissed } = state;
  const whole = underneath(state).silence?.whole_session ?? false;
  return whole || dismissed || shown > 0 ? { whole, shown, dismissed } : null;
}

/**
 * A state of which nothing is left but the end of its silence and, in the same session, what was kept. Null where neither says
 * anything.
 */
export function restored(until: Time | null, kept: Kept | null, now: Time): State | null {
  const whole = kept?.whole ?? false;
  const { shown, dismissed } = kept ?? fresh(now);
  const silent = until !== null && until > now ? until : whole ? now : null;
  if (silent === null) return kept === null ? null : { ...fresh(now), shown, dismissed };
  const silence = { packs: [], ...FLOOR, whole_session: whole };
  return { ...fresh(silent - FLOOR.min_minutes * MINUTE), phase: "standdown", silence, shown, dismissed };
}

/** Whether the store is silent because of somebody else's link. */
export const isQuiet = (state: State): boolean => state.phase === "standdown" || state.phase === "lost";

/** The state as it is without the activation that is under way: whose silence has to outlast it. */
export const underneath = (state: State): State =>
  state.resume === null ? state : { ...state, ...state.resume, resume: null };

/** An activation came to nothing: what was before goes on, be it a silence. */
const back = (state: State, now: Time, problem: Problem | null): State =>
  state.resume === null ? { ...state, phase: "offer", since: now, problem } : { ...underneath(state), problem };

/** The earliest end of a silence; null where there is none, or where it lasts as long as the session. */
export const silentUntil = (state: State): Time | null => (state.silence?.whole_session ? null : silentBeyond(state));

/** Until when a silence lasts where the session ends before; null where there is none. */
export function silentBeyond(state: State): Time | null {
  if (!isQuiet(state) || state.silence === null) return null;
  const { min_minutes, idle_minutes } = state.silence;
  return Math.max(state.since + min_minutes * MINUTE, state.seen + idle_minutes * MINUTE);
}

/** What the passing of time alone changes. */
export function settled(state: State, now: Time): State {
  switch (state.phase) {
    case "standdown":
    case "lost": {
      const until = silentUntil(state);
      return until === null || now < until ? state : { ...state, phase: "offer", since: now, silence: null, activation: null };
    }
    case "activating": {
      const late = now - state.since > ACTIVATION_LIFE;
      return late ? back(state, now, { kind: "not-seen" }) : state;
    }
    case "offer":
    case "activated":
      return state;
  }
}

function longer(a: Silence | null, b: Silence): Silence {
  if (a === null) return b;
  return {
    packs: [...new Set([...a.packs, ...b.packs])],
    min_minutes: Math.max(a.min_minutes, b.min_minutes),
    idle_minutes: Math.max(a.idle_minutes, b.idle_minutes),
    whole_session: a.whole_session || b.whole_session,
  };
}

const begun = (state: State, now: Time, id: string | null, tab: number): State => ({
  ...state,
  resume: isQuiet(state) ? { phase: state.phase, since: state.since, silence: state.silence } : state.resume,
  phase: "activating",
  since: now,
  silence: null,
  activation: { id, tab, at: now, landed: null, click: null },
  problem: null,
});

export function transition(before: State, event: Event, now: Time): State {
  const state = settled(before, now);
  switch (event.kind) {
    case "visit":
      return { ...state, seen: now };
    case "foreign": {
      const had = state.phase === "activating" || state.phase === "activated" || state.phase === "lost";
      const silence = longer(underneath(state).silence, event.silence);
      return { ...state, phase: had ? "lost" : "standdown", since: now, seen: now, silence, resume: null };
    }
    case "activate":
      return begun(state, now, event.id, event.tab);
    case "own":
      // Our own redirect: of the activation that is under way in this tab, or pressed on the service's own pages.
      return state.phase === "activating" && state.activation?.tab === event.tab ? state : begun(state, now, null, event.tab);
    case "landed": {
      const activation = state.activation ?? { id: null, tab: event.tab, at: now, landed: null, click: null };
      return { ...state, phase: "activated", since: now, seen: now, silence: null, activation: { ...activation, landed: now }, problem: null, resume: null };
    }
    case "failed": {
      const { phase, problem } = state;
      if (phase === "activating") return back(state, now, event.problem);
      return { ...state, problem: phase === "activated" ? (event.problem ?? problem) : problem };
    }
    case "recorded":
      return state.activation === null ? state : { ...state, activation: { ...state.activation, click: event.click }, problem: null };
    case "shown":
      return { ...state, shown: state.shown + 1 };
    case "dismissed":
      return { ...state, dismissed: true };
  }
}

export type Reason =
  | "offer"
  | "reminders-off"
  | "no-list"
  | "list-old"
  | "not-a-store"
  | "not-allowed"
  | "no-rate"
  | "never-activate"
  | "muted"
  | "unknown-way"
  | "activating"
  | "activated"
  | "unconfirmed"
  | "standdown"
  | "lost"
  | "not-now"
  | "enough"
  | "cart";

/** What a state says by itself. That cashback is active is said only where the service has the click. */
export const phaseReason = (state: State): Reason =>
  state.phase === "activated" && !state.activation?.click ? "unconfirmed" : state.phase;

/** All that a decision may look at. */
export type Question = {
  reminders: boolean;
  list: "none" | "old" | "good";
  store: Store | null;
  never: boolean;
  max_prompts: number;
  muted: boolean;
  /** Whether the request that brought this very page was seen. */
  came: boolean;
  state: State;
  path: string;
  /** This very page shows the reminder already. */
  again: boolean;
};

/** Whether to remind, and why or why not. The first reason that holds is told. */
export function decide(asked: Question): Reason {
  const { store, state } = asked;
  if (!asked.reminders) return "reminders-off";
  if (asked.list !== "good") return asked.list === "old" ? "list-old" : "no-list";
  if (store === null) return "not-a-store";
  if (!store.flags.ext) return "not-allowed";
  if (store.rate === null) return "no-rate";
  if (asked.never) return "never-activate";
  if (asked.muted) return "muted";
  if (!asked.came) return "unknown-way";
  if (state.phase !== "offer") return phaseReason(state);
  if (state.dismissed) return "not-now";
  if (isCart(store, asked.path) && !store.flags.cart) return "cart";
  if (!asked.again && state.shown >= asked.max_prompts) return "enough";
  return "offer";
}

/** Parts of a path that mean a cart or a checkout in most stores. */
const CART = ["cart", "checkout", "basket", "bag", "korzina", "oformlenie", "order"];

export function isCart(store: Pick<Store, "cart_paths">, path: string): boolean {
  const lower = path.toLowerCase();
  const listed = store.cart_paths.some((start) => {
    const low = start.toLowerCase().replace(/\/$/, "");
    return low !== "" && (lower === low || lower.startsWith(`${low}/`) || lower.startsWith(`${low}.`));
  });
  return listed || lower.split("/").some((part) => CART.includes(part.replace(/\.[a-z]+$/, "")));
}
