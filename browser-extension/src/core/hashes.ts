// For lists too long to be read at every start of the background: sorted 48-bit hashes of the domains answer "is this a
// store at all?" by binary search; only then is the bucket of stores read that the hash names.
import { walk } from "./matcher";

/** Lists up to this length are kept whole. */
export const WHOLE_LIST = 5_000;

/** Into how many buckets the stores of a long list are laid. */
export const BUCKETS = 512;

/** 48 bits of a word: two 32-bit multiplicative hashes, of which 16 and 32 bits are kept. An exact integer in a double. */
export function hash48(word: string): number {
  let high = 0x9e3779b9 ^ word.length;
  let low = 0x85ebca6b ^ word.length;
  for (let at = 0; at < word.length; at += 1) {
    const unit = word.charCodeAt(at);
    high = Math.imul(high ^ unit, 0x9e3779b1);
    low = Math.imul(low ^ unit, 0x5f356495);
    high ^= low >>> 15;
    low ^= high >>> 13;
  }
  high = Math.imul(high ^ (high >>> 16), 0x85ebca6b) ^ Math.imul(low ^ (low >>> 13), 0xc2b2ae35);
  low = Math.imul(low ^ (low >>> 16), 0x85ebca6b) ^ Math.imul(high ^ (high >>> 13), 0xc2b2ae35);
  return (high >>> 16) * 0x1_0000_0000 + (low >>> 0);
}

export const bucketOf = (hash: number): number => hash % BUCKETS;

export function sortedHashes(domains: Iterable<string>): Float64Array {
  return Float64Array.from(new Set(Array.from(domains, hash48))).sort();
}

export function holds(hashes: Float64Array, hash: number): boolean {
  let from = 0;
  let to = hashes.length - 1;
  while (from <= to) {
    const middle = (from + to) >>> 1;
    const there = hashes[middle] as number;
    if (there === hash) return true;
    if (there < hash) from = middle + 1;
    else to = middle - 1;
  }
  return false;
}

/** The part of the host that is (but for one chance in billions) listed; the caller compares with the store's domains. */
export function gate(hashes: Float64Array, host: string): string | null {
  return walk(host, (suffix) => holds(hashes, hash48(suffix)));
}
