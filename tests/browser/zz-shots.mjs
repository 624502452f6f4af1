import { Visitor, open } from "./browser.mjs";
import { mkdirSync } from "node:fs";
const [base, out, ...paths] = process.argv.slice(2);
mkdirSync(out, { recursive: true });
const browser = await open("/usr/bin/chromium");
const wrong = [];
const sets = [["ru","phone",false],["en","desktop",false],["ru","desktop",true]];
for (const [language, screen, dark] of sets) {
  const v = await Visitor.of(browser, { base, language, screen, dark }, wrong);
  await v.page.goto(`${base}/operator/sign-in?lang=${language}`);
  await v.page.fill("[name=email]", "admin@demo.example");
  await v.page.fill("[name=password]", "kopilka demo password");
  await v.press("main button[type=submit]");
  let n = 0;
  for (const path of paths) {
    try {
      if (path.startsWith("click:")) { await v.press(path.slice(6)); } else if (path.startsWith("fill:")) { const [sel, val] = path.slice(5).split("~"); await v.page.fill(sel, val.replaceAll("\\n", "\n")); continue; } else { await v.go(path); }
      await v.page.screenshot({ path: `${out}/${String(n++).padStart(2,"0")}-${language}-${screen}.png`, fullPage: true });
    } catch (e) { wrong.push(`${path}: ${e.message.split("\n")[0]}`); }
  }
  await v.context.close();
}
import { readdirSync, readFileSync } from "node:fs";
for (const kind of ["phone", "en-desktop", "ru-desktop"]) {
  const files = readdirSync(out).filter((f) => f.includes(kind) && /^\d/.test(f)).sort();
  const page = await browser.newPage({ viewport: { width: kind === "phone" ? 390 * Math.min(files.length, 7) + 60 : 1280 * Math.min(files.length, 3) + 60, height: 800 } });
  const imgs = files.map((f) => `<img style="width:${kind === "phone" ? 390 : 1280}px;max-height:${kind === "phone" ? 1700 : 1500}px;object-fit:cover;object-position:top;margin:3px;border:1px solid red" src="data:image/png;base64,${readFileSync(out + "/" + f).toString("base64")}">`).join("");
  await page.setContent(`<body style="margin:0;display:flex;flex-wrap:wrap;align-items:start">${imgs}`);
  await page.waitForTimeout(500);
  await page.screenshot({ path: `${out}/sheet-${kind}.png`, fullPage: true });
}
await browser.close();
console.log(wrong.join("\n") || "nothing wrong");
