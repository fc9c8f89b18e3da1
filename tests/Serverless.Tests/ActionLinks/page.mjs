// Opens pages of links in Chromium. In: {chromium, pages: [{url, locale, fill: {name: value}, press: "text of a button"}]}.
// Out: [{status, title, language, text, buttons, accessibility: [violations], after: {status, title, text} | null, requests: [addresses], errors: [lines of the console]}].
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const input = JSON.parse(readFileSync(0, "utf8"));
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const browser = await chromium.launch({ executablePath: input.chromium, args: ["--no-sandbox"] });
const out = [];
for (const one of input.pages) {
  const context = await browser.newContext({ locale: one.locale, viewport: { width: 360, height: 740 }, bypassCSP: false });
  const page = await context.newPage();
  const requests = [], errors = [];
  page.on("request", (request) => requests.push(request.url()));
  page.on("console", (line) => { if (line.type() === "error") errors.push(line.text()); });
  const response = await page.goto(one.url);
  const seen = { status: response.status(), title: await page.title(), language: await page.getAttribute("html", "lang"), text: await page.innerText("main"), buttons: await page.locator("button").allInnerTexts() };
  const wide = await page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
  let after = null;
  if (one.press) {
    for (const [name, value] of Object.entries(one.fill ?? {})) {
      const field = page.locator(`[name="${name}"]`).first();
      if ((await field.evaluate((e) => e.tagName)) === "SELECT") await field.selectOption(value);
      else await field.fill(value);
    }
    const [answer] = await Promise.all([page.waitForResponse((r) => r.request().method() === "POST"), page.getByRole("button", { name: one.press, exact: true }).click()]);
    await page.waitForLoadState();
    after = { status: answer.status(), title: await page.title(), text: await page.innerText("main") };
  }
  await context.close();

  // The page's own policy forbids scripts, so the accessibility check runs where it is lifted.
  const lifted = await browser.newContext({ locale: one.locale, bypassCSP: true });
  const judged = await lifted.newPage();
  await judged.goto(one.url);
  await judged.evaluate(axe);
  const accessibility = (await judged.evaluate(() => window.axe.run())).violations.map((v) => v.id);
  await lifted.close();
  out.push({ ...seen, wide, after, requests, errors, accessibility });
}
await browser.close();
process.stdout.write(JSON.stringify(out));
