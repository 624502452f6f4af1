// The words of the extension: what the service's list holds, and what is remembered of one store.

/** A decimal amount with exactly its currency's digits. */
export type Money = { amount: string; currency: string };

/** How much cashback an order earns; exactly one of the three is there. */
export type Rate =
  | { percent_of_order: string }
  | { fixed: Money }
  | { share_of_commission: string };

export type Exclusion = { code: string; en: string; ru: string };

/** How orders of the store went, as the service counted them. */
export type Score = { orders: number; declined_percent: string; median_days: number };

export type Flags = { ext: boolean; cart: boolean; serp: boolean; max_prompts: number };

export type Store = {
  slug: string;
  name: string;
  domains: string[];
  rate: Rate | null;
  up_to: boolean;
  exclusions: Exclusion[];
  score: Score | null;
  flags: Flags;
  network: string | null;
  cart_paths: string[];
};

/** What one network asks of extensions: the signs of its links, and how long to stay silent after one. */
export type Pack = {
  id: string;
  dated: string;
  source: string;
  params: string[];
  hosts: string[];
  min_minutes: number;
  idle_minutes: number;
  whole_session: boolean;
  never_activate: boolean;
  max_prompts: number | null;
};

export type Payload = {
  format: 1;
  version: number;
  issued_at: string;
  service: { name: string; origin: string; go_prefix: string };
  stores: Store[];
  packs: Pack[];
};

export type Language = "en" | "ru";

/** Milliseconds since 1970, handed in: nothing in this folder asks the clock. */
export type Time = number;

export const MINUTE = 60_000;
export const DAY = 24 * 60 * MINUTE;
