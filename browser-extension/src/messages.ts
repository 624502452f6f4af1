// What the parts of the extension say to each other.
import type { State } from "./core/decision";
import type { Entry } from "./core/log";
import type { Language, Money, Store } from "./core/types";

/** From pages of stores, of search engines and of the service. */
export type FromPage =
  | { kind: "hello"; url: string; began: number; again: boolean }
  | { kind: "activate"; slug: string }
  | { kind: "later"; slug: string }
  | { kind: "never"; slug: string }
  | { kind: "sign-in" }
  | { kind: "marks"; hosts: string[] }
  | { kind: "mark"; slug: string }
  | { kind: "connected"; code: string; state: string };

/** From the extension's own pages. */
export type FromOwn =
  | { kind: "popup"; tab: number; url: string }
  | { kind: "popup-activate"; tab: number; slug: string }
  | { kind: "connect" }
  | { kind: "disconnect" }
  | { kind: "summary" }
  | { kind: "search"; words: string }
  | { kind: "options" }
  | { kind: "refresh" }
  | { kind: "origin"; origin: string }
  | { kind: "language"; language: Language }
  | { kind: "reminders"; on: boolean }
  | { kind: "marks-on"; on: boolean }
  | { kind: "mute"; slug: string; on: boolean }
  | { kind: "wipe" };

/** To pages of stores and search engines. */
export type ToPage = { kind: "hide"; slug: string } | { kind: "status"; status: Status };

export type Status = { slug: string; good: boolean; text: string; service: string };

/** All that a reminder shows, in the shopper's words. */
export type Card = {
  slug: string;
  language: Language;
  service: string;
  title: string;
  lines: string[];
  exclusions: string;
  score: string;
  activate: string;
  later: string;
  never: string;
  label: string;
  disclosure: string;
  cart_paths: string[];
  /** Whether it goes away when the page's address becomes that of a cart. */
  leaves_cart: boolean;
};

/** `store` is the slug of the store that the page is at. */
export type Hello = { store: string | null; card: Card | null; status: Status | null };
export type Mark = { slug: string; label: string; language: Language };
export type Activated = { ok: true } | { ok: false; text: string; sign_in: string | null };

/** In the order in which they are shown. */
export const BALANCES = ["available", "confirmed", "pending", "in_payout", "debt"] as const;
export type Balance = { currency: string } & Record<(typeof BALANCES)[number], Money>;
export type Order = { id: string; store: string | null; state: string; cashback: Money | null; at: string; url: string };
export type Summary = { balances: Balance[]; orders: Order[] };

export type Popup = {
  language: Language;
  origin: string;
  service: string;
  reminders: boolean;
  granted: boolean;
  account: string | null;
  connecting: boolean;
  list: "none" | "old" | "good";
  store: Store | null;
  state: State | null;
  until: number | null;
  muted: boolean;
  never: boolean;
  reason: string | null;
};

export type Options = {
  language: Language;
  origin: string;
  reminders: boolean;
  marks: boolean;
  granted: boolean;
  account: string | null;
  muted: Record<string, string>;
  log: Entry[];
  fingerprint: string | null;
  list: { version: number; stores: number; checked_at: number } | null;
};
