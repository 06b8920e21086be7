// usage: node browser.mjs CHROMIUM PASSED.html FAILED.html [FOLDER FOR SCREENSHOTS]
// Opens reports in a headless Chromium and uses them as people do.
import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const [executablePath, passed, failed, screenshots] = process.argv.slice(2);
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
let done = 0;

/** A page of its own for each test. What it logs as an error, and whatever it loads beside itself, fails the test. */
const test = async (name, file, what, options = {}) => {
  const context = await browser.newContext({ viewport: { width: 1200, height: 900 }, permissions: ["clipboard-read", "clipboard-write"], ...options });
  const page = await context.newPage();
  const wrong = [];
  page.on("console", (message) => message.type() === "error" && wrong.push(message.text()));
  page.on("pageerror", (error) => wrong.push(String(error)));
  page.on("request", (request) => /^(file|data|blob):/.test(request.url()) || wrong.push(`loads ${request.url()}`));
  await page.goto(pathToFileURL(file).href);
  try {
    await what(page);
    assert.deepEqual(wrong, []);
  } catch (error) {
    console.error(`${name} (${file}): failed`);
    throw error;
  } finally {
    await context.close();
  }
  console.log(`${name}: ok`);
  done += 1;
};

const rows = (page) => page.locator(".checks tbody tr:visible");
const shows = (page, id) => page.waitForSelector(`#detail[data-ready="${id}"]`);

for (const [file, marked] of [[passed, false], [failed, true]]) {
  await test(`${marked ? "a value that a PATCH did not change is" : "values that a PATCH changed are not"} marked`, file, async (page) => {
    await page.locator(".checks tbody a", { hasText: /^cycles\/disable-unassigned$/ }).click();
    await shows(page, "cycles/disable-unassigned");
    await page.evaluate(() => { for (const it of document.querySelectorAll(".sequence details")) it.open = true; });
    await page.waitForFunction(() => [...document.querySelectorAll(".sequence details")].every((it) => it.childElementCount > 1));
    const told = await page.locator(".sequence .quiet", { hasText: /as it was written:|written and not/ }).allTextContents();
    assert.deepEqual([...new Set(told)], marked ? ["not as it was written: active"] : []);
    const marks = await page.locator(".sequence mark", { hasText: '"active": true' }).count();
    assert.equal(marks > 0, marked, `${marks} lines are marked`);
  });
}

for (const [file, word] of [[passed, "passed"], [failed, "failed"]]) {
  await test(`${word}: the first screen has the verdict`, file, async (page) => {
    assert.equal(await page.locator("h1 .badge").textContent(), word);
    const box = await page.locator("h1").boundingBox();
    assert.ok(box.y < 300, JSON.stringify(box));
    assert.ok(statSync(file).size < 2_000_000, `${statSync(file).size} bytes`);
  });
  await test(`${word}: exchanges open in under 2 s`, file, async (page) => {
    const begin = Date.now();
    await page.locator(".checks tbody a", { hasText: "cycles/disable-unassigned" }).click();
    await shows(page, "cycles/disable-unassigned");
    const milliseconds = Date.now() - begin;
    assert.ok(milliseconds < 2_000, `${milliseconds} ms`);
    assert.ok(await page.locator(".sequence > li").count() > 10);
    assert.ok(await page.locator(".columns > div").count() >= 2, "both dialects stand side by side");
  });
  for (const colorScheme of ["light", "dark"]) {
    await test(`${word}: no violation of accessibility, ${colorScheme}`, file, async (page) => {
      await page.evaluate(axe);
      const audit = async () => {
        const { violations } = await page.evaluate(() => globalThis.axe.run());
        assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes[0].html} (${nodes.length}) ${nodes[0].failureSummary}`), []);
      };
      await audit();
      await page.locator(".checks tbody a", { hasText: /^cycles\/create-user$/ }).click();
      await shows(page, "cycles/create-user");
      await page.locator(".sequence summary").first().click();
      await audit();
    }, { colorScheme });
  }
}

await test("the table is filtered by every field, and a link keeps the filter", passed, async (page) => {
  const all = await rows(page).count();
  await page.selectOption("select[name=suite]", "cycles");
  const cycles = await rows(page).count();
  assert.ok(cycles > 10 && cycles < all, `${cycles} of ${all}`);
  await page.fill("input[name=text]", "manager");
  const managers = await rows(page).count();
  assert.ok(managers > 0 && managers < cycles, `${managers}`);
  assert.match(page.url(), /#.*suite=cycles/);
  await page.reload();
  assert.equal(await rows(page).count(), managers);
  await page.click("button[type=reset]");
  await page.waitForFunction((number) => document.getElementById("shown").textContent === `${number} of ${number} checks`, all);
  await page.fill("input[name=section]", "RFC 7644 §3.5.2");
  const patches = await rows(page).count();
  assert.ok(patches > 10 && patches < all, `${patches}`);
  await page.fill("input[name=section]", "7644#3.5.2.1");
  const below = await rows(page).count();
  assert.ok(below > 0 && below < patches, `${below}`);
  await page.fill("input[name=section]", "7644#3.5.2.9999");
  assert.equal(await rows(page).count(), 0);
});

await test("the failed ones can be filtered, by level and status", failed, async (page) => {
  await page.selectOption("select[name=status]", "failed");
  const red = await rows(page).count();
  assert.ok(red > 0, "nothing failed");
  await page.selectOption("select[name=level]", "critical");
  assert.ok(await rows(page).count() > 0 && await rows(page).count() <= red);
});

await test("a link leads to a check after reload, and Escape closes it", failed, async (page) => {
  await page.goto(`${page.url()}#check=rules/disable-ignored`);
  await shows(page, "rules/disable-ignored");
  await page.reload();
  await shows(page, "rules/disable-ignored");
  await page.locator("#detail-body .cause a").first().click();
  await page.waitForSelector(".sequence > li.shows");
  assert.match(page.url(), /check=(cycles|field)%2F/);
  await page.keyboard.press("Escape");
  assert.equal(await page.locator("#detail").isVisible(), false);
  assert.doesNotMatch(page.url(), /check=/);
});

await test("everything can be reached with the keyboard", failed, async (page) => {
  await page.keyboard.press("/");
  assert.equal(await page.evaluate(() => document.activeElement.name), "text");
  await page.keyboard.type("disable-ignored");
  for (let presses = 0; presses < 12; presses += 1) {
    await page.keyboard.press("Tab");
    if (await page.evaluate(() => document.activeElement.matches(".checks a"))) break;
  }
  const id = await page.evaluate(() => document.activeElement.textContent);
  await page.keyboard.press("Enter");
  await shows(page, id);
});

await test("the command of a cause can be copied", failed, async (page) => {
  await page.locator(".first .copy").first().click();
  const command = await page.evaluate(() => navigator.clipboard.readText());
  assert.match(command, /^scimulate run [a-z]+\/[a-z-]+.* --target http:/);
  await page.goto(`${page.url().split("#")[0]}#check=cycles/disable-unassigned`);
  await shows(page, "cycles/disable-unassigned");
  await page.locator(".sequence summary").first().click();
  await page.locator(".sequence .copy").first().click();
  assert.match(await page.evaluate(() => navigator.clipboard.readText()), /^curl -i .*\$SCIMULATE_TOKEN/s);
});

await test("what a server answers is text", failed, async (page) => {
  assert.equal(await page.evaluate(() => globalThis.stolen), undefined);
  const text = readFileSync(failed, "utf8");
  assert.doesNotMatch(text, /browser-test-token/);
  const data = await page.evaluate(async () => {
    const bytes = Uint8Array.from(atob(document.getElementById("data").textContent), (letter) => letter.charCodeAt(0));
    return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
  });
  assert.doesNotMatch(data, /browser-test-token/);
  assert.match(data, /<script>globalThis.stolen/, "the server did not answer as this test needs it");
  await page.locator(".checks tbody a", { hasText: "cycles/disable-unassigned" }).click();
  await shows(page, "cycles/disable-unassigned");
  for (const summary of await page.locator(".sequence summary").all()) await summary.click();
  assert.match(await page.locator("#detail-body").textContent(), /<script>globalThis.stolen/);
  assert.equal(await page.evaluate(() => globalThis.stolen), undefined);
});

await test("a browser that cannot decompress says so", passed, async (page) => {
  await page.evaluate(() => { delete globalThis.DecompressionStream; });
  await page.locator(".checks tbody a").first().click();
  await page.waitForFunction(() => document.getElementById("detail-body").textContent.includes("cannot open"));
});

if (screenshots) {
  const shot = (name, file, options, before = async () => {}) => test(`screenshot ${name}`, file, async (page) => {
    await before(page);
    await page.screenshot({ path: `${screenshots}/${name}.png` });
  }, options);
  await shot("report-light", failed, { colorScheme: "light" });
  await shot("report-dark", failed, { colorScheme: "dark" }, async (page) => {
    await page.goto(`${page.url()}#check=cycles/disable-unassigned`);
    await shows(page, "cycles/disable-unassigned");
    await page.locator(".columns").evaluate((columns) => columns.scrollIntoView());
  });
  await shot("report-phone", failed, { viewport: { width: 390, height: 844 }, isMobile: true });
  await shot("report-print", failed, { viewport: { width: 794, height: 1123 } }, (page) => page.emulateMedia({ media: "print" }));
}

await browser.close();
console.log(`browser: ${done} passed`);
