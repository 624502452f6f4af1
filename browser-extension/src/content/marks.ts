// Runs on pages of results where that was asked for: puts a mark beside links to stores. The links themselves, and what
// was searched for, are left alone; only the links' hosts are looked up, and those inside this browser.
import type { Card, FromPage, Mark, ToPage } from "../messages";
import { CSS, INLINE } from "./look";
import { close, remind } from "./panel";
import { logo, make, root } from "./shadow";

/** Headings of results, by the shape that search engines share: a heading in a link or a link in a heading. */
const RESULTS = "a:has(> h3), a:has(> h2), h2 > a, h3 > a, a[data-testid='result-title-a']";

/** What is paid for is none of ours. */
const PAID = "#tads, #tadsb, #bottomads, [data-text-ad], [data-ad], .b_ad, .ads, [aria-label='Ads'], [data-fast-name*='direct']";

const seen = new WeakSet<Element>();
let placed: { host: HTMLElement; slug: string }[] = [];

async function look(): Promise<void> {
  const links = [...document.querySelectorAll<HTMLAnchorElement>(RESULTS)].filter((link) => !seen.has(link) && link.closest(PAID) === null);
  const hosts = new Map<HTMLAnchorElement, string>();
  for (const link of links) {
    seen.add(link);
    if ((link.protocol === "http:" || link.protocol === "https:") && link.hostname !== location.hostname) hosts.set(link, link.hostname);
  }
  if (hosts.size === 0) return;
  const message: FromPage = { kind: "marks", hosts: [...new Set(hosts.values())] };
  const marks = (await chrome.runtime.sendMessage(message).catch(() => null)) as Record<string, Mark> | null;
  for (const [link, host] of hosts) {
    const mark = marks?.[host];
    if (mark !== undefined) put(link, mark);
  }
}

function put(link: HTMLAnchorElement, mark: Mark): void {
  const { host, shadow } = root(INLINE, CSS);
  const button = make("button", { type: "button", class: "mark", lang: mark.language }, logo(), mark.label);
  button.addEventListener("click", (event) => {
    event.preventDefault();
    event.stopPropagation();
    if (event.isTrusted) void open(mark.slug);
  });
  shadow.append(button);
  const heading = link.closest("h2, h3") ?? link;
  heading.after(host);
  placed.push({ host, slug: mark.slug });
}

/** What held when the mark was put there may not hold now, so the background is asked. */
async function open(slug: string): Promise<void> {
  const message: FromPage = { kind: "mark", slug };
  const card = (await chrome.runtime.sendMessage(message).catch(() => null)) as Card | null;
  if (card === null) clear(slug);
  else remind(card);
}

/** Takes away the marks: all, or only those of one store. */
function clear(slug?: string): void {
  for (const one of placed) if (slug === undefined || one.slug === slug) one.host.remove();
  placed = placed.filter((one) => one.host.isConnected);
}

chrome.runtime.onMessage.addListener((message: ToPage) => {
  if (message.kind !== "hide") return;
  close(message.slug);
  clear(message.slug);
});
addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  close();
  clear();
  for (const link of document.querySelectorAll(RESULTS)) seen.delete(link);
  void look();
});
void look();
let soon: ReturnType<typeof setTimeout> | undefined;
new MutationObserver(() => {
  clearTimeout(soon);
  soon = setTimeout(() => void look(), 300);
}).observe(document.documentElement, { childList: true, subtree: true });
