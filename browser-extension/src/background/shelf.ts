// The stores of the list, found by host or slug. Short lists are read whole; long ones lie in IndexedDB in buckets, and
// only the bucket that a host's hash names is read.
import { BUCKETS, WHOLE_LIST, bucketOf, gate, hash48, sortedHashes } from "../core/hashes";
import { HostMap, normalHost } from "../core/matcher";
import { Signs } from "../core/packs";
import type { Known } from "../core/chain";
import type { Kept } from "../core/list";
import type { Store } from "../core/types";
import { keep, local } from "./memory";

/** The list, ready to be asked without waiting: `known` answers for the hosts and slugs that it was opened for. */
export type Shelf = { list: Kept; known: Known };

type Whole = { map: HostMap<Store>; slugs: Map<string, Store> };
let loaded: { digest: string; whole: Whole | null; hashes: Float64Array | null; signs: Signs } | null = null;

function database(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open("shelf", 1);
    request.onupgradeneeded = () => request.result.createObjectStore("records");
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

async function record<T>(key: string): Promise<T | null> {
  const open = await database();
  return new Promise((resolve, reject) => {
    const request = open.transaction("records").objectStore("records").get(key);
    request.onsuccess = () => resolve((request.result as T | undefined) ?? null);
    request.onerror = () => reject(request.error);
  });
}

async function lay(records: Map<string, unknown>): Promise<void> {
  const open = await database();
  await new Promise<void>((resolve, reject) => {
    const transaction = open.transaction("records", "readwrite");
    const store = transaction.objectStore("records");
    store.clear();
    for (const [key, value] of records) store.put(value, key);
    transaction.oncomplete = () => resolve();
    transaction.onerror = () => reject(transaction.error);
  });
}

/** Buckets of a long list: by the hash of each domain, and by the hash of each slug. */
export function buckets(stores: Store[]): Map<string, unknown> {
  const domains = stores.flatMap((store) => store.domains.map((domain) => [normalHost(domain) ?? "", store] as const));
  const byDomain = Array.from({ length: BUCKETS }, (): Store[] => []);
  const bySlug = Array.from({ length: BUCKETS }, (): Store[] => []);
  for (const [domain, store] of domains) byDomain[bucketOf(hash48(domain))]?.push(store);
  for (const store of stores) bySlug[bucketOf(hash48(store.slug))]?.push(store);
  const records = new Map<string, unknown>([["hashes", sortedHashes(domains.map(([domain]) => domain))]]);
  byDomain.forEach((bucket, at) => records.set(`d${at}`, bucket));
  bySlug.forEach((bucket, at) => records.set(`s${at}`, bucket));
  return records;
}

/** Takes the place of the list before. */
export async function putList(list: Kept, stores: Store[]): Promise<void> {
  if (stores.length > WHOLE_LIST) {
    await lay(buckets(stores));
    await keep({ list, stores: null });
  } else {
    await keep({ list, stores });
  }
  loaded = null;
}

export async function forgetList(): Promise<void> {
  await keep({ list: null, stores: null });
  await lay(new Map());
  loaded = null;
}

async function load(list: Kept): Promise<NonNullable<typeof loaded>> {
  if (loaded?.digest === list.digest) return loaded;
  const signs = new Signs(list.packs);
  if (list.stores > WHOLE_LIST) {
    loaded = { digest: list.digest, whole: null, hashes: await record<Float64Array>("hashes"), signs };
    return loaded;
  }
  const stores = (await local("stores")).stores ?? [];
  const map = new HostMap(stores.flatMap((store) => store.domains.map((domain) => [domain, store] as const)));
  loaded = { digest: list.digest, whole: { map, slugs: new Map(stores.map((store) => [store.slug, store])) }, hashes: null, signs };
  return loaded;
}

/** The shelf, opened for these hosts and slugs; null where there is no list. */
export async function shelf(hosts: (string | null)[], slugs: (string | null | undefined)[] = []): Promise<Shelf | null> {
  const { list } = await local("list");
  if (list === null) return null;
  const { whole, hashes, signs } = await load(list);
  if (whole !== null) {
    const known = {
      signs,
      service: list.service,
      storeAt: (host: string) => whole.map.find(host),
      storeBySlug: (slug: string) => whole.slugs.get(slug) ?? null,
    };
    return { list, known };
  }
  const atHost = new Map<string, Store | null>();
  for (const host of hosts) {
    const domain = host === null || hashes === null ? null : gate(hashes, host);
    if (host === null || domain === null) continue;
    const bucket = (await record<Store[]>(`d${bucketOf(hash48(domain))}`)) ?? [];
    atHost.set(host, bucket.find((store) => store.domains.some((one) => normalHost(one) === domain)) ?? null);
  }
  const bySlug = new Map<string, Store | null>();
  for (const slug of slugs) {
    if (slug === null || slug === undefined) continue;
    const bucket = (await record<Store[]>(`s${bucketOf(hash48(slug))}`)) ?? [];
    bySlug.set(slug, bucket.find((store) => store.slug === slug) ?? null);
  }
  const known = {
    signs,
    service: list.service,
    storeAt: (host: string) => atHost.get(host) ?? null,
    storeBySlug: (slug: string) => bySlug.get(slug) ?? null,
  };
  return { list, known };
}

/** All stores, for searching and for registering scripts. */
export async function allStores(): Promise<Store[]> {
  const { list, stores } = await local("list", "stores");
  if (list === null) return [];
  if (list.stores <= WHOLE_LIST) return stores ?? [];
  const keys = Array.from({ length: BUCKETS }, (_, at) => `s${at}`);
  return (await Promise.all(keys.map((key) => record<Store[]>(key)))).flatMap((bucket) => bucket ?? []);
}
