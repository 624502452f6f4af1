// Where a page is, and what may be asked from there.
import { hostOf } from "../core/matcher";
import { local } from "./memory";
import { SEARCH_ENGINES } from "./scripts";
import { shelf } from "./shelf";

export const isSearch = (url: string): boolean => SEARCH_ENGINES.includes(hostOf(url) ?? "");

/** Whether the page is the store's, or a search engine's while marks are on. */
export async function isAt(url: string, slug: string): Promise<boolean> {
  if (isSearch(url)) return (await local("settings")).settings.marks;
  const host = hostOf(url);
  return (await shelf([host]))?.known.storeAt(host ?? "")?.slug === slug;
}

/** Whether the tab is there and goes nowhere else. */
export async function isTabAt(id: number, slug: string): Promise<boolean> {
  const tab = await chrome.tabs.get(id).catch(() => null);
  const urls = [tab?.url, tab?.pendingUrl].filter((url) => url !== undefined && url !== "");
  if (tab?.url === undefined) return false;
  return (await Promise.all(urls.map((url) => isAt(url as string, slug)))).every(Boolean);
}
