// Which store a host belongs to, found on this machine. Stores are listed by exact hosts or domains whose subdomains
// count, so walking the suffixes is enough and no list of public suffixes is needed.

/** Lower case, punycode, no dot at the end; null where it is no host. */
export function normalHost(host: string): string | null {
  const bare = host.trim().replace(/\.$/, "");
  if (bare === "" || /[\s/@:?#\\]/.test(bare)) return null;
  try {
    return new URL(`http://${bare}/`).hostname.replace(/\.$/, "") || null;
  } catch {
    return null;
  }
}

/** The host of an address of the web; null for anything else. */
export function hostOf(url: string): string | null {
  try {
    const parsed = new URL(url);
    return parsed.protocol === "http:" || parsed.protocol === "https:" ? normalHost(parsed.hostname) : null;
  } catch {
    return null;
  }
}

/** The host and all domains above it that have a dot, longest first: a.b.shop.ru, b.shop.ru, shop.ru. */
export function* suffixes(host: string): Generator<string> {
  let rest = host;
  yield rest;
  for (let dot = rest.indexOf("."); dot >= 0; dot = rest.indexOf(".")) {
    rest = rest.slice(dot + 1);
    if (!rest.includes(".")) return;
    yield rest;
  }
}

/** The matching part of `host` for which `has` is true. The longest wins, so an exact host beats its domain. */
export function walk(host: string, has: (suffix: string) => boolean): string | null {
  const normal = normalHost(host);
  if (normal === null) return null;
  for (const suffix of suffixes(normal)) if (has(suffix)) return suffix;
  return null;
}

/** Domain → whatever it is listed with. The first that lists a domain keeps it. */
export class HostMap<T> {
  private readonly map = new Map<string, T>();

  constructor(entries: Iterable<readonly [string, T]>) {
    for (const [domain, value] of entries) {
      const normal = normalHost(domain);
      if (normal !== null && !this.map.has(normal)) this.map.set(normal, value);
    }
  }

  find(host: string): T | null {
    const found = walk(host, (suffix) => this.map.has(suffix));
    return found === null ? null : (this.map.get(found) ?? null);
  }

  get size(): number {
    return this.map.size;
  }
}
