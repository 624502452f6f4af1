// The background: a worker in Chrome, an event page in Firefox. All listeners are added before anything is waited for,
// so that events which wake it are not lost.
import type { FromOwn, FromPage } from "../messages";
import { connect, connected } from "./account";
import { activate } from "./activate";
import { dismissed, hello, mark, marks } from "./answer";
import { newSession } from "./memory";
import { answer } from "./own";
import { isAt, isSearch } from "./place";
import { isList, refresh, schedule } from "./refresh";
import { EVERYWHERE, putInto, register } from "./scripts";
import { silenceUnseen } from "./unseen";
import { forgetTab, watch } from "./watch";

watch();
// Scripts in pages read nothing of what is kept. Firefox knows no such levels for it.
void chrome.storage.local.setAccessLevel?.({ accessLevel: "TRUSTED_CONTEXTS" }).catch(() => undefined);
chrome.permissions.onAdded.addListener((added) => {
  watch();
  void silenceUnseen(EVERYWHERE.origins.some((all) => added.origins?.includes(all))).then(register);
});
chrome.permissions.onRemoved.addListener(() => void register());
chrome.tabs.onRemoved.addListener(forgetTab);
chrome.tabs.onUpdated.addListener((tab, change, { url }) => {
  // The tab may be gone, or at a page where browsers let nobody in.
  if (change.status === "complete" && url !== undefined) putInto(tab, url).catch(() => undefined);
});
chrome.alarms.onAlarm.addListener((alarm) => {
  if (isList(alarm)) void refresh();
});
chrome.runtime.onStartup.addListener(() => {
  void newSession();
  void schedule();
});
chrome.runtime.onInstalled.addListener((details) => {
  void schedule();
  void silenceUnseen(false).then(register, register).then(refresh, refresh);
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
      return (await isAt(url, message.slug)) ? activate(tab, message.slug, "page") : null;
    case "later":
    case "never":
      return (await isAt(url, message.slug)) ? dismissed(message.slug, message.kind === "never") : null;
    case "sign-in":
      return connect();
    case "marks":
      return isSearch(url) ? marks(message.hosts) : null;
    case "mark":
      return isSearch(url) ? mark(tab, message.slug) : null;
    case "connected":
      return connected(new URL(url).origin, message.code, message.state);
  }
}
