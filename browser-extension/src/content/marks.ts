// Runs on pages of results where that was asked for: puts a mark beside links to stores. The links themselves, and what
// was searched for, are left alone; only the links' hosts are looked up, and those inside this browser.
import type { FromPage, Mark } from "../messages";
import { CSS, INLINE } from "./look";
import { remind } from "./panel";
import { logo, make, root } from "./shadow";

/** Headings of results, by the shape that search engines share: a heading in a link or a link in a heading. */
const RESULTS = "a:has(> h3), a:has(> h2), h2 > a, h3 > a, a[data-testid='result-title-a']";

/** What is paid for is none of ours. */
const PAID = "#tads, #tadsb, #bottomads, [data-text-ad], [data-ad], .b_ad, .ads, [aria-label='Ads'], [data-fast-name*='direct']";

const seen = new WeakSet<Element>();
let placed: HTMLElement[] = [];

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
  const button = make("button", { type: "button", class: "mark", lang: mark.card.language }, logo(), mark.label);
  button.addEventListener("click", (event) => {
    event.preventDefault();
    event.stopPropagation();
    if (event.isTrusted) remind(mark.card);
  });
  shadow.append(button);
  const heading = link.closest("h2, h3") ?? link;
  heading.after(host);
  placed.push(host);
}

addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const host of placed) host.remove();
  placed = [];
  for (const link of document.querySelectorAll(RESULTS)) seen.delete(link);
  void look();
});
void look();
let soon: ReturnType<typeof setTimeout> | undefined;
new MutationObserver(() => {
  clearTimeout(soon);
  soon = setTimeout(() => void look(), 300);
}).observe(document.documentElement, { childList: true, subtree: true });
