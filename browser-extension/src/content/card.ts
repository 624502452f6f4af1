// Runs on pages of listed stores: asks the background whether to remind, and shows what it answers.
import type { FromPage, Hello, ToPage } from "../messages";
import { close, remind, shown, tell } from "./panel";

const once = globalThis as { kopilkaCard?: true };

async function ask(again: boolean): Promise<void> {
  // The address that the browser asked for: the page may have changed the one that is shown.
  const entry = performance.getEntriesByType("navigation")[0];
  const message: FromPage = { kind: "hello", url: entry?.name ?? location.href, began: performance.timeOrigin, again };
  const answer = (await chrome.runtime.sendMessage(message).catch(() => null)) as Hello | null;
  if (answer?.status) tell(answer.status);
  else if (answer?.card) remind(answer.card);
}

function begin(): void {
  chrome.runtime.onMessage.addListener((message: ToPage, _sender, reply) => {
    if (message.kind === "hide") close(message.slug);
    else tell(message.status);
    reply(true);
  });
  // A page that comes back whole brings its old reminder along: what held then may not hold now.
  addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    const again = shown() !== null;
    close();
    void ask(again);
  });
  void ask(false);
}

if (!once.kopilkaCard) {
  once.kopilkaCard = true;
  if ((document as { prerendering?: boolean }).prerendering) document.addEventListener("prerenderingchange", begin, { once: true });
  else begin();
}
