// What the networks ask for, as data: how their links are known, and how long to be silent after one. What a newer list
// says may only lengthen or broaden what is known already.
import { HostMap } from "./matcher";
import type { Pack, Store } from "./types";

/** The least that holds whatever a list says: 90 minutes since the link and 60 without a page of that store. */
export const FLOOR = { min_minutes: 90, idle_minutes: 60 };

/** Signs that no network has for itself. They are known before any list is. */
export const COMMON: Pack = {
  id: "common",
  dated: "2026-11-22",
  source: "the signs that stand-down libraries and networks agree on",
  params: ["afsrc=1", "affsource=1", "foid"],
  hosts: [],
  ...FLOOR,
  whole_session: false,
  never_activate: false,
  max_prompts: null,
};

const least = (a: number | null, b: number | null): number | null => (a === null ? b : b === null ? a : Math.min(a, b));
const union = (a: string[], b: string[]): string[] => [...new Set([...a, ...b])];

function merged(before: Pack, after: Pack): Pack {
  return {
    ...after,
    params: union(before.params, after.params),
    hosts: union(before.hosts, after.hosts),
    min_minutes: Math.max(before.min_minutes, after.min_minutes),
    idle_minutes: Math.max(before.idle_minutes, after.idle_minutes),
    whole_session: before.whole_session || after.whole_session,
    never_activate: before.never_activate || after.never_activate,
    max_prompts: least(before.max_prompts, after.max_prompts),
  };
}

/** The packs of a new list upon those of the list before: nothing is forgotten, shortened or allowed again. */
export function mergePacks(before: Pack[], after: Pack[]): Pack[] {
  const all = new Map(before.map((pack) => [pack.id, pack]));
  for (const pack of after) {
    const known = all.get(pack.id);
    all.set(pack.id, known === undefined ? pack : merged(known, pack));
  }
  return [...all.values()];
}

/** How long to be silent because of some packs. */
export type Silence = { packs: string[]; min_minutes: number; idle_minutes: number; whole_session: boolean };

/** The packs, ready to be asked about addresses. */
export class Signs {
  private readonly packs: Map<string, Pack>;
  private readonly hosts: HostMap<string>;
  private readonly params: { name: string; value: string | null; pack: string }[];

  constructor(packs: Pack[]) {
    const all = mergePacks([COMMON], packs);
    this.packs = new Map(all.map((pack) => [pack.id, pack]));
    this.hosts = new HostMap(all.flatMap((pack) => pack.hosts.map((host) => [host, pack.id] as const)));
    this.params = all.flatMap((pack) =>
      pack.params.map((param) => {
        const [name = "", value] = param.toLowerCase().split("=", 2);
        return { name, value: value ?? null, pack: pack.id };
      }),
    );
  }

  /** The network that a host belongs to. */
  network(host: string): string | null {
    return this.hosts.find(host);
  }

  /** The packs whose parameters the address carries. Names and values are compared without regard to case. */
  carried(url: URL): string[] {
    const given = [...url.searchParams].map(([name, value]) => [name.toLowerCase(), value.toLowerCase()] as const);
    const fits = ({ name, value }: { name: string; value: string | null }): boolean =>
      given.some(([there, what]) => there === name && (value === null || what === value));
    return [...new Set(this.params.filter(fits).map((param) => param.pack))];
  }

  silence(ids: string[]): Silence {
    const packs = ids.map((id) => this.packs.get(id)).filter((pack) => pack !== undefined);
    return {
      packs: ids,
      min_minutes: Math.max(FLOOR.min_minutes, ...packs.map((pack) => pack.min_minutes)),
      idle_minutes: Math.max(FLOOR.idle_minutes, ...packs.map((pack) => pack.idle_minutes)),
      whole_session: packs.some((pack) => pack.whole_session),
    };
  }

  neverActivate(store: Store): boolean {
    return store.network !== null && this.packs.get(store.network)?.never_activate === true;
  }

  /** How often the store may be reminded of in one session. */
  maxPrompts(store: Store): number {
    const pack = store.network === null ? null : (this.packs.get(store.network)?.max_prompts ?? null);
    return pack === null ? store.flags.max_prompts : Math.min(pack, store.flags.max_prompts);
  }
}
