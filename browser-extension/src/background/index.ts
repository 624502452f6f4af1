// The background: a worker in Chrome, an event page in Firefox. All listeners are added before anything is waited for,
// so that events which wake it are not lost.
import { hostOf } from "../core/matcher";
import type { FromOwn, FromPage } from "../messages";
import { connect, connected } from "./account";
import { activate } from "./activate";
import { dismissed, hello, marks } from "./answer";
import { local, newSession } from "./memory";
import { answer } from "./own";
import { isList, refresh, schedule } from "./refresh";
import { EVERYWHERE, SEARCH_ENGINES, register } from "./scripts";
import { shelf } from "./shelf";
import { silenceUnseen } from "./unseen";
import { forgetTab, watch } from "./watch";

watch();
chrome.permissions.onAdded.addListener((added) => {
  watch();
  void silenceUnseen(EVERYWHERE.origins.some((all) => added.origins?.includes(all))).then(register);
});
chrome.permissions.onRemoved.addListener(() => void register());
chrome.tabs.onRemoved.addListener(forgetTab);
chrome.alarms.onAlarm.addListener((alarm) => {
  if (isList(alarm)) void refresh();
});
chrome.runtime.onStartup.addListener(() => {
  void newSession();
  void schedule();
});
chrome.runtime.onInstalled.addListener((details) => {
  void schedule();
  void silenceUnseen(false).then(refresh, refresh).then(register);
  if (details.reason === "install") void chrome.tabs.create({ url: chrome.runtime.getURL("welcome.html") });
});

type Sender = chrome.runtime.MessageSender;

chrome.runtime.onMessage.addListener((message: unknown, sender: Sender, reply: (answer: unknown) => void) => {
  const ours = sender.url?.startsWith(chrome.runtime.getURL("")) ?? false;
  const work = ours ? answer(message as FromOwn) : fromPage(message as FromPage, sender);
  work.then(reply, () => reply(null));
  return true;
});

/** Pages may ask only what belongs to the place that they are at. */
async function fromPage(message: FromPage, sender: Sender): Promise<unknown> {
  const tab = sender.tab?.id;
  const url = sender.url;
  if (tab === undefined || url === undefined || sender.frameId !== 0) return null;
  switch (message.kind) {
    case "hello":
      return hello(tab, url, { began: message.began, again: message.again, came: message.url });
    case "activate":
      return (await isAt(url, message.slug)) ? activate(tab, message.slug) : null;
    case "later":
    case "never":
      return (await isAt(url, message.slug)) ? dismissed(message.slug, message.kind === "never") : null;
    case "sign-in":
      return connect();
    case "marks":
      return SEARCH_ENGINES.includes(hostOf(url) ?? "") ? marks(message.hosts) : null;
    case "connected":
      return connected(new URL(url).origin, message.code, message.state);
  }
}

/** Whether the page is the store's, or a search engine's while marks are on. */
async function isAt(url: string, slug: string): Promise<boolean> {
  const host = hostOf(url);
  if (SEARCH_ENGINES.includes(host ?? "")) return (await local("settings")).settings.marks;
  return (await shelf([host]))?.known.storeAt(host ?? "")?.slug === slug;
}

