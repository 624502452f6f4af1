// Addresses of a service: which may be used, and the pattern that a browser grants for one.

/** Names that never leave this machine (RFC 6761), where plain http is no danger. */
const isLocal = (host: string): boolean =>
  host === "localhost" || host === "127.0.0.1" || host === "[::1]" || host.endsWith(".localhost") || host.endsWith(".test");

/** The origin that somebody means by what was typed; null where it is none that can be used. */
export function originOf(typed: string): string | null {
  const text = typed.trim();
  try {
    const url = new URL(/^[a-z]+:\/\//i.test(text) ? text : `https://${text}`);
    const safe = url.protocol === "https:" || (url.protocol === "http:" && isLocal(url.hostname));
    return safe && url.username === "" && url.password === "" && text !== "" ? url.origin : null;
  } catch {
    return null;
  }
}

/** Ports are no part of a pattern: Firefox knows none there. */
export function patternOf(origin: string): string {
  const url = new URL(origin);
  return `${url.protocol}//${url.hostname}/*`;
}
