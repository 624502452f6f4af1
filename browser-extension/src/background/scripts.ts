// Which pages get a script: those of the listed stores and, where that is asked for, of search engines; nothing else.
import { patternOf } from "../core/origin";
import { hostOf, normalHost } from "../core/matcher";
import { serial } from "../core/serial";
import { local } from "./memory";
import { allStores, shelf } from "./shelf";

export const EVERYWHERE = { origins: ["*://*/*"] };

/** Above this the browser would be slow to register; the script is then put into each store's page as it comes (`putInto`). */
export const PATTERNS = 10_000;

export const SEARCH_ENGINES = ["www.google.com", "www.google.ru", "www.bing.com", "duckduckgo.com", "ya.ru", "yandex.ru", "yandex.com"];

const inTurn = serial();

/** Brings the registered scripts in line with the list, the settings and what is granted. */
export const register = (): Promise<void> => inTurn(async () => {
  const { settings, list } = await local("settings", "list");
  const wanted: chrome.scripting.RegisteredContentScript[] = [];
  if (await chrome.permissions.contains(EVERYWHERE)) {
    const stores = settings.reminders && (list?.stores ?? 0) <= PATTERNS ? await allStores() : [];
    const matches = storePatterns(stores.filter((store) => store.flags.ext).flatMap((store) => store.domains));
    if (matches.length > 0 && matches.length <= PATTERNS) wanted.push(script("stores", "card.js", matches));
    if (settings.marks) wanted.push(script("search", "marks.js", SEARCH_ENGINES.map((host) => `*://${host}/*`)));
  }
  if (await chrome.permissions.contains({ origins: [patternOf(settings.origin)] })) {
    wanted.push({ ...script("service", "site.js", [patternOf(settings.origin)]), runAt: "document_start" });
  }
  const there = await chrome.scripting.getRegisteredContentScripts();
  if (there.length > 0) await chrome.scripting.unregisterContentScripts({ ids: there.map((one) => one.id) });
  if (wanted.length > 0) await chrome.scripting.registerContentScripts(wanted);
});

const script = (id: string, file: string, matches: string[]): chrome.scripting.RegisteredContentScript =>
  ({ id, js: [file], matches, runAt: "document_idle", allFrames: false, persistAcrossSessions: true });

/**
 * Puts the reminder's script into a page that has come, where the list is too long for its pages to be registered. A second time does no
 * harm: the script begins once a page.
 */
export async function putInto(tab: number, url: string): Promise<void> {
  const { settings, list } = await local("settings", "list");
  if (list === null || !settings.reminders || !(await chrome.permissions.contains(EVERYWHERE))) return;
  const registered = await chrome.scripting.getRegisteredContentScripts({ ids: ["stores"] });
  if (registered.length > 0) return;
  const host = hostOf(url);
  const store = host === null ? null : (await shelf([host]))?.known.storeAt(host);
  if (!store?.flags.ext) return;
  // The tab may have gone on meanwhile.
  if (hostOf((await chrome.tabs.get(tab)).url ?? "") !== host) return;
  await chrome.scripting.executeScript({ target: { tabId: tab }, files: ["card.js"] });
}

/** `*.shop.ru` stands for the domain itself as well. Numbers have no subdomains. */
export function storePatterns(domains: string[]): string[] {
  const hosts = domains.map(normalHost).filter((host) => host !== null);
  return [...new Set(hosts.map((host) => (/^[\d.]+$|^\[/.test(host) ? `*://${host}/*` : `*://*.${host}/*`)))];
}
