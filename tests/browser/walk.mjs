// The shopper's way through the site, as four visitors go it: node walk.mjs CHROMIUM SITE STORES BANK EMAIL PASSWORD [SHOTS]
// Begun by scripts/test-browser, which starts the demonstration that it walks through.
import { mkdirSync } from "node:fs";
import { Visitor, open } from "./browser.mjs";

const [program, base, stores, bank, email, password, shots] = process.argv.slice(2);
const wrong = [];
const words = {
  en: { find: "Lampada", reported: "The store reported your order", refused: "The bank does not take this number",
    requested: "The withdrawal is requested", saved: "The destination is saved", out: "You are signed out",
    small: "This is less than the least", claimed: "We look into it", noted: "Noted.", forgotten: "Forgotten." },
  ru: { find: "Lampada", reported: "Магазин сообщил о заказе", refused: "Банк не принимает этот номер",
    requested: "Вывод запрошен", saved: "Реквизиты сохранены", out: "Вы вышли",
    small: "Это меньше наименьшей суммы", claimed: "Мы разбираемся", noted: "Записали.", forgotten: "Забыли." },
};

// Sign in, find a store, go to it, buy there, and read the story of the order.
async function buy(visitor) {
  const { page } = visitor;
  const said = words[visitor.language];
  await visitor.signIn(email, password);
  await visitor.go("/stores");
  await page.fill("#search", "lamp");
  if (visitor.scripts) {
    await page.waitForFunction(() => document.querySelectorAll(".stores li").length === 1);
  } else {
    await visitor.press(".search button");
  }
  await visitor.shows(said.find);
  await visitor.press(".stores a");
  await page.click("main form button[type=submit]");
  await page.waitForURL(`${stores}/**`);
  await page.click("form.buttons button:not([disabled])");
  await page.waitForLoadState();
  await visitor.go("/clicks");
  await visitor.go("/orders");
  await visitor.press(".lines a");
  await visitor.shows(said.reported);
  await page.click(".story details summary");
}

// Save a destination, withdraw to it, and see it requested. The number goes to the bank by a script.
async function withdraw(visitor) {
  const { page } = visitor;
  const said = words[visitor.language];
  if (visitor.scripts) {
    await visitor.go("/methods");
    await page.fill(".number", "1234");
    await page.click("form[data-tokens] button");
    await page.waitForSelector("[data-refused]:not([hidden])");
    await visitor.shows(said.refused);
    await page.fill(".number", "2200 0000 0000 0004");
    await visitor.press("form[data-tokens] button");
    await visitor.shows(said.saved);
  }
  await visitor.go("/payouts/new");
  await page.fill("[name=amount]", "1");
  await visitor.press("main button[type=submit]");
  await visitor.shows(said.small);
  await page.fill("[name=amount]", visitor.language === "ru" ? "10,00" : "10.00");
  await visitor.press("main button[type=submit]");
  await visitor.press("[name=confirmed]");
  await visitor.shows(said.requested);
}

// Tell of an order that the store still has time to report, take it back, and ask at once.
async function claim(visitor) {
  const said = words[visitor.language];
  const tell = async (button) => {
    await visitor.go("/clicks");
    await visitor.press(".lines a");
    await visitor.page.fill("[name=order_number]", `MISSING-${Date.now()}`);
    await visitor.press(button);
  };
  await tell("main button[name=wait]");
  await visitor.shows(said.noted);
  await visitor.press(".lines form button");
  await visitor.shows(said.forgotten);
  await tell("main button[type=submit]:not([name])");
  await visitor.shows(said.claimed);
}

// The pages that are looked at and not used.
async function look(visitor) {
  for (const path of ["/", "/stores/lampada", "/balance", "/payouts", "/claims", "/account", "/no-such-page"]) {
    await visitor.page.goto(visitor.base + path).catch((error) => visitor.told(`${path}: ${error}`));
    await visitor.look();
  }
  await visitor.go("/");
  await visitor.press("header form button");
  await visitor.shows(words[visitor.language].out);
  for (const path of ["/", "/sign-in", "/sign-up", "/new-password", "/letter", "/stores"]) await visitor.go(path);
}

async function picture(browser) {
  mkdirSync(shots, { recursive: true });
  const take = async (visitor, name) => visitor.page.screenshot({ path: `${shots}/${name}.png` });
  const settings = { base, language: "en", screen: "desktop" };
  const desk = await Visitor.of(browser, settings, wrong);
  await desk.signIn(email, password);
  for (const [path, name] of [["/", "home"], ["/stores", "stores"], ["/stores/lampada", "store"]]) {
    await desk.go(path);
    await take(desk, name);
  }
  await desk.go("/orders");
  await desk.press(".lines a");
  await take(desk, "order");
  await desk.go("/clicks");
  await desk.press(".lines a");
  await desk.page.fill("[name=order_number]", "MISSING-1");
  await take(desk, "claim");
  await desk.press("main button[name=wait]");
  await take(desk, "claims");
  const phone = await Visitor.of(browser, { base, language: "ru", screen: "phone", dark: true }, wrong);
  await phone.signIn(email, password);
  await phone.go("/claims");
  await take(phone, "claims-phone");
  await phone.go("/balance");
  await take(phone, "balance-phone");
}

const browser = await open(program);
const visitors = [
  { language: "ru", screen: "phone", scripts: false },
  { language: "en", screen: "desktop" },
  { language: "ru", screen: "phone", dark: true },
  { language: "en", screen: "phone" },
];
let steps = 0;
for (const settings of visitors) {
  const visitor = await Visitor.of(browser, { base, others: [stores, bank], ...settings }, wrong);
  for (const walk of [buy, withdraw, claim, look]) {
    try {
      await walk(visitor);
      steps += 1;
    } catch (error) {
      visitor.told(`${walk.name} at ${visitor.page.url()}: ${error.message.split("\n")[0]}`);
    }
  }
  await visitor.context.close();
}
if (shots) await picture(browser);
await browser.close();
for (const line of wrong) console.error(line);
console.log(`${steps} of ${visitors.length * 4} walks as they should be, ${wrong.length} things wrong`);
process.exit(wrong.length === 0 ? 0 : 1);
