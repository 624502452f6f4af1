// Runs on the service's own pages: says that the extension is there, and takes over the code of a browser being connected.
import type { FromPage } from "../messages";

const mark = (): void => document.documentElement?.setAttribute("data-kopilka-extension", "");

mark();
document.addEventListener("DOMContentLoaded", mark);

if (location.pathname === "/extension/connected" && location.hash.length > 1) {
  const given = new URLSearchParams(location.hash.slice(1));
  const message: FromPage = { kind: "connected", code: given.get("code") ?? "", state: given.get("state") ?? "" };
  history.replaceState(null, "", location.pathname);
  void chrome.runtime.sendMessage(message).then(
    (done) => document.documentElement.setAttribute("data-kopilka-extension", done === true ? "connected" : "refused"),
    () => undefined,
  );
}
