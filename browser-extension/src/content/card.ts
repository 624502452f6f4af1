// Runs on pages of listed stores: asks the background whether to remind, and shows what it answers.
import type { FromPage, Hello, ToPage } from "../messages";
import { close, remind, shown, tell } from "./panel";

const once = globalThis as { kopilkaCard?: true };

/** The slug of the store that this page is at, when the background has answered. */
let store: Promise<string | null> = Promise.resolve(null);

async function ask(again: boolean): Promise<string | null> {
  // The address that the browser asked for: the page may have changed the one that is shown.
  const entry = performance.getEntriesByType("navigation")[0];
  const message: FromPage = { kind: "hello", url: entry?.name ?? location.href, began: performance.timeOrigin, again };
  const answer = (await chrome.runtime.sendMessage(message).catch(() => null)) as Hello | null;
  if (answer?.status) tell(answer.status);
  else if (answer?.card) remind(answer.card);
  return answer?.store ?? null;
}

function begin(): void {
  chrome.runtime.onMessage.addListener((message: ToPage, _sender, reply) => {
    if (message.kind === "hide") {
      close(message.slug);
      return;
    }
    // The tab may have gone on to another store meanwhile.
    const { status } = message;
    void store.then((slug) => {
      if (slug === status.slug) tell(status);
      reply(slug === status.slug);
    });
    return true;
  });
  // A page that comes back whole brings its old reminder along: what held then may not hold now.
  addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    const again = shown() !== null;
    close();
    store = ask(again);
  });
  store = ask(false);
}

if (!once.kopilkaCard) {
  once.kopilkaCard = true;
  if ((document as { prerendering?: boolean }).prerendering) document.addEventListener("prerenderingchange", begin, { once: true });
  else begin();
}
