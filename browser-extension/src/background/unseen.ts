// What happened before the extension could look on: nobody knows how the open tabs came to their stores, so it counts as
// somebody else's link.
import { fresh, transition } from "../core/decision";
import { hostOf } from "../core/matcher";
import { putState, session, stateOf } from "./memory";
import { EVERYWHERE } from "./scripts";
import { shelf } from "./shelf";
import { hide } from "./watch";

/**
 * Silences the stores of open tabs of which nothing is known; if `granted`, also those of which no link was known, since that may have been
 * seen before a time without leave to look.
 */
export async function silenceUnseen(granted: boolean): Promise<void> {
  if (!(await chrome.permissions.contains(EVERYWHERE))) return;
  const hosts = [...new Set((await chrome.tabs.query({})).map((tab) => hostOf(tab.url ?? "")))];
  const opened = await shelf(hosts);
  if (opened === null) return;
  await session(async (all) => {
    for (const host of hosts) {
      const store = host === null ? null : opened.known.storeAt(host);
      if (store === null) continue;
      const now = Date.now();
      const state = await stateOf(all, store.slug, now);
      if (state !== null && !(granted && state.phase === "offer")) continue;
      const event = { kind: "foreign", silence: opened.known.signs.silence(["common"]) } as const;
      await putState(all, store.slug, transition(state ?? fresh(now), event, now), now);
      await hide(all.cards, store.slug);
    }
  });
}
