// The looks of the reminder, of what is told after an activation, and of the marks beside search results.

export const CSS = `
:host { color-scheme: light dark; }
* { box-sizing: border-box; }
.card {
  --paper: #ffffff; --ink: #17211f; --quiet: #55625f; --line: #cfd8d4; --accent: #0f766e; --soft: #e0f2ef; --bad: #b3261e; --good: #14693a;
  font: 15px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
  color: var(--ink); background: var(--paper); inline-size: min(380px, calc(100vw - 32px)); max-block-size: calc(100vh - 32px); overflow: auto;
  border: 1px solid var(--line); border-radius: 14px; padding: 16px; box-shadow: 0 2px 4px rgb(23 33 31 / 8%), 0 12px 32px rgb(23 33 31 / 18%);
  text-align: start; overflow-wrap: break-word;
}
@media (prefers-color-scheme: dark) {
  .card { --paper: #19211f; --ink: #e8eeec; --quiet: #a3b1ad; --line: #3a4845; --accent: #5ec9bc; --soft: #16332f; --bad: #ff9d94; --good: #7fd8a1; }
}
.brand { display: flex; align-items: center; gap: 8px; font-weight: 600; font-size: 14px; }
.logo { inline-size: 24px; block-size: 24px; flex: none; }
h2 { font: inherit; font-size: 19px; font-weight: 700; line-height: 1.25; margin: 10px 0 6px; }
p { margin: 6px 0; }
.quiet { color: var(--quiet); font-size: 13px; }
.buttons { display: grid; grid-template-columns: repeat(3, minmax(0, 1fr)); gap: 8px; margin-block: 12px 8px; }
button {
  font: inherit; font-size: 14px; font-weight: 600; line-height: 1.2; cursor: pointer; min-block-size: 44px; padding: 6px 4px; border-radius: 10px;
  border: 1.5px solid var(--accent); background: var(--paper); color: var(--accent);
}
button:hover { background: var(--soft); }
button:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
button[disabled] { opacity: 0.6; cursor: default; }
.one { display: block; inline-size: 100%; margin-block-start: 10px; }
.bad { color: var(--bad); }
.good { color: var(--good); font-weight: 600; }
@media (prefers-reduced-motion: no-preference) {
  .card { animation: come 160ms ease-out; }
  @keyframes come { from { opacity: 0; transform: translateY(-6px); } }
}
.mark {
  font: 600 12px/1.4 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; display: inline-flex; align-items: center; gap: 5px;
  min-block-size: 24px; padding: 2px 8px; border: 1px solid #0f766e; border-radius: 999px; background: #ffffff; color: #0f766e;
}
.mark .logo { inline-size: 14px; block-size: 14px; }
`;

/** Over everything, at the upper end of the window, out of the way of the page's own text flow. */
export const CORNER: Record<string, string> = {
  display: "block", position: "fixed", "inset-block-start": "16px", "inset-inline-end": "16px", "z-index": "2147483647",
  visibility: "visible", opacity: "1", transform: "none", "pointer-events": "auto", "clip-path": "none", filter: "none",
};

export const INLINE: Record<string, string> = {
  display: "inline-block", visibility: "visible", opacity: "1", position: "static", margin: "0 0 0 6px", "vertical-align": "middle", "pointer-events": "auto",
};
