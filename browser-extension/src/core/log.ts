// What was decided and why, for the shopper to read. It names stores and never addresses.
import type { Reason } from "./decision";
import type { Time } from "./types";

export type Entry = { at: Time; slug: string; store: string; reason: Reason };

export const ENTRIES = 100;

/** The newest first. The same answer about the same store within a minute is one entry. */
export function noted(log: Entry[], entry: Entry): Entry[] {
  const same = log.findIndex((one) => one.slug === entry.slug && one.reason === entry.reason && entry.at - one.at < 60_000);
  const rest = same === 0 ? log.slice(1) : log;
  return [entry, ...rest].slice(0, ENTRIES);
}
