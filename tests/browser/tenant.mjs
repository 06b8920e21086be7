// usage: node tenant.mjs CHROMIUM TENANT RIGHT-SERVER FAULTY-SERVER [FOLDER FOR SCREENSHOTS]
// Uses the page of a tenant as an administrator does.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const [executablePath, tenant, right, faulty, screenshots] = process.argv.slice(2);
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
let done = 0;

/** A page of its own for each test. What it logs as an error, and whatever it loads from elsewhere, fails the test. */
const test = async (name, what, options = {}) => {
  const context = await browser.newContext({ viewport: { width: 1200, height: 900 }, ...options });
  const wrong = [];
  const open = async (path) => {
    const page = await context.newPage();
    page.on("console", (message) => message.type() === "error" && wrong.push(message.text()));
    page.on("pageerror", (error) => wrong.push(String(error)));
    page.on("request", (request) => request.url().startsWith(tenant) || wrong.push(`loads ${request.url()}`));
    await page.goto(tenant + path);
    return page;
  };
  try {
    await what(open);
    assert.deepEqual(wrong, []);
  } catch (error) {
    console.error(`${name}: failed`);
    throw error;
  } finally {
    await context.close();
  }
  console.log(`${name}: ok`);
  done += 1;
};

const graph = async (path, options) => (await fetch(`${tenant}/v1.0/${path}`, options)).json();
const application = (await graph("servicePrincipals?$select=id")).value[0].id;
const app = `/app/${application}`;
const told = (page) => page.locator(".told");
const press = (page, name) => page.getByRole("button", { name, exact: true }).click();

/** Fills in the form of Connectivity and presses a button. */
const connect = async (page, url, token, button) => {
  await page.getByLabel("Tenant URL").fill(url);
  await page.getByLabel("Secret token", { exact: true }).fill(token);
  await press(page, button);
};

/** Somebody with that name. */
const person = async (name) => {
  const body = {
    accountEnabled: true, displayName: name, mailNickname: "somebody", passwordProfile: { password: "x" },
    userPrincipalName: `${Math.random().toString(36).slice(2)}@contoso.example`,
  };
  return graph("users", { method: "POST", body: JSON.stringify(body) });
};

await test("the tutorial from start to end", async (open) => {
  const page = await open("/");
  await page.waitForURL(`**${app}`);
  await page.getByRole("link", { name: "Connectivity" }).click();
  await connect(page, right, "a-wrong-token", "Test connection");
  await assert.doesNotReject(told(page).getByText("The connection failed").waitFor());
  assert.equal(await page.getByLabel("Tenant URL").inputValue(), right, "what was typed stays");
  await connect(page, right, "right-browser-token", "Test connection");
  await told(page).getByText("authorized").waitFor();
  // What was tested is what is saved, though no page shows a token.
  await press(page, "Save");
  await told(page).getByText("saved").waitFor();
  assert.equal(await page.getByLabel("Secret token", { exact: true }).inputValue(), "");
  await page.getByRole("link", { name: "Attribute mapping" }).click();
  assert.ok(await page.getByRole("row").count() > 5);
  await page.getByRole("link", { name: "Users and groups" }).click();
  await page.getByLabel("User principal name").last().fill("ada@contoso.example");
  await page.getByLabel("Display name").first().fill("Ada Lovelace");
  await press(page, "Create user");
  await told(page).getByText("was created").waitFor();
  await press(page, "Assign to the application");
  await told(page).getByText("Assigned").waitFor();
  await page.getByRole("link", { name: "Overview" }).click();
  await press(page, "Start provisioning");
  await told(page).getByText("started").waitFor();
  await page.locator("dd", { hasText: "Succeeded, initial" }).waitFor();
  await page.getByRole("link", { name: "Provisioning logs" }).click();
  await page.getByRole("link", { name: "Ada Lovelace" }).first().click();
  await page.getByText("Perform action").waitFor();
  await page.goBack();
  await page.getByRole("link", { name: "Drift" }).click();
  await press(page, "Read the target now");
  await page.getByText("6 of 6 are as they should be").waitFor();
});

await test("a quarantine and its repair", async (open) => {
  const page = await open(`${app}/connectivity`);
  await connect(page, right, "a-wrong-token", "Save");
  await page.getByRole("link", { name: "Overview" }).click();
  await press(page, "Run a cycle now");
  await page.getByRole("heading", { name: "Provisioning is in quarantine" }).waitFor();
  assert.match(await page.locator(".banner").innerText(), /401/);
  await page.getByRole("link", { name: "Connectivity" }).click();
  await connect(page, right, "right-browser-token", "Save");
  await page.getByRole("link", { name: "Overview" }).click();
  await press(page, "Pause provisioning");
  await press(page, "Start provisioning");
  await told(page).getByText("started").waitFor();
  await page.getByRole("heading", { name: "Provisioning is in quarantine" }).waitFor({ state: "detached" });
});

await test("an on-demand failure has its finding beside it", async (open) => {
  const page = await open(`${app}/connectivity`);
  await connect(page, faulty, "faulty-browser-token", "Save");
  await page.getByRole("link", { name: "Provision on demand" }).click();
  await page.getByLabel("User or group").fill("ada@contoso.example");
  await press(page, "Provision");
  await page.locator(".banner.bad, .toast.bad").first().waitFor();
  await page.locator("li", { hasText: "findings" }).getByRole("link").first().click();
  await page.getByText("scimulate explain rules/").first().waitFor();
  await page.getByRole("link", { name: "Connectivity" }).click();
  await connect(page, right, "right-browser-token", "Save");
});

await test("a mapping with a mistake is told, and nothing is lost", async (open) => {
  const page = await open(`${app}/mapping?person=ada@contoso.example`);
  await page.getByRole("link", { name: "Edit displayName" }).click();
  await page.getByLabel("Mapping type").selectOption("Expression");
  const source = page.getByLabel("Source attribute, constant or expression");
  await source.fill('Join(" ", [givenName], [sirname])');
  await press(page, "Save mapping");
  await page.locator(".mistake").first().waitFor();
  assert.match(await page.locator(".mistake").first().innerText(), /sirname/);
  assert.match(await source.inputValue(), /sirname/);
});

await test("what one tab changes another one shows", async (open) => {
  const shown = await open(`${app}/people`);
  // The first may be shown because the page begins to listen then; the second only because the server tells of it.
  for (const name of ["Somebody New", "Somebody Newer"]) {
    await person(name);
    await shown.getByRole("link", { name, exact: true }).waitFor();
    await shown.waitForTimeout(1500);
  }
});

/** Somebody new who is assigned, and a cycle that creates an account for them. */
const joins = async (name) => {
  const { id } = await person(name);
  const { appRoles } = await graph(`servicePrincipals/${application}?$select=appRoles`);
  const body = JSON.stringify({ principalId: id, resourceId: application, appRoleId: appRoles[0].id });
  await graph(`users/${id}/appRoleAssignments`, { method: "POST", body });
  await fetch(`${tenant}/_scimulate/cycle`, { method: "POST" });
};

await test("what is shown anew keeps focus, fields, details and scrolling", async (open) => {
  const page = await open(`${app}/logs`);
  // A part with everything in it that somebody may be at.
  const more = '<details><summary>More</summary><label>Note <input name="note"></label></details>';
  await page.route("**/logs", async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, body: (await answer.text()).replace(/(<div id="live-logs"[^>]*>)/, `$1${more}`) });
  });
  await page.reload();
  await page.getByText("More").click();
  const row = page.locator("tbody a").first();
  const name = await row.innerText();
  await row.focus();
  await page.evaluate(() => scrollTo(0, 40));
  await joins("First Newcomer");
  await page.getByRole("link", { name: "First Newcomer" }).waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.textContent), name, "the link has the focus");
  assert.equal(await page.evaluate(() => scrollY), 40);
  assert.equal(await page.locator("details[open] input[name=note]").count(), 1, "what is open stays open");
  const note = page.getByLabel("Note");
  await note.pressSequentially("typed");
  await note.evaluate((field) => field.setSelectionRange(1, 3));
  await joins("Second Newcomer");
  await page.getByRole("link", { name: "Second Newcomer" }).waitFor();
  await page.keyboard.type("*");
  assert.equal(await note.inputValue(), "t*ed", "what is selected is replaced, in the same field");
});

await test("the state is told to those who do not see it, and tables are not read out", async (open) => {
  const page = await open(app);
  const state = page.locator("#state[aria-live=polite]");
  await state.evaluate((line) => { line.mark = "the same"; });
  const before = await page.locator("caption + thead + tbody tr").count();
  await joins("Third Newcomer");
  await page.locator("caption + thead + tbody tr").nth(Math.min(before, 19)).waitFor();
  assert.equal(await state.evaluate((line) => line.mark), "the same", "a line that is new is not read out");
  assert.equal(await page.locator("table [aria-live], [aria-live] table").count(), 0);
  await page.locator("tbody a").first().click();
  await page.getByText("1 to 1 of 1 lines").waitFor();
  await page.getByRole("link", { name: "Third Newcomer" }).waitFor();
});

await test("a log that is filtered is downloaded as it is shown", async (open) => {
  const page = await open(`${app}/logs`);
  assert.equal(await page.getByLabel("From (UTC)").isVisible(), false);
  await page.locator("select[name=date]").selectOption("custom");
  await page.getByLabel("From (UTC)").fill("2020-01-01T00:00");
  await page.getByLabel("Search").fill("newcomer");
  await press(page, "Filter");
  await page.getByText("1 to 3 of 3 lines").waitFor();
  const begun = page.waitForEvent("download");
  await page.getByRole("link", { name: "Download JSON" }).click();
  const file = await (await begun).path();
  assert.equal(JSON.parse(readFileSync(file, "utf8")).length, 3);
});

await test("a name that is markup stays a name", async (open) => {
  const name = "<script>globalThis.stolen = true</script><img src=x onerror='globalThis.stolen = true'>";
  const { id } = await person(name);
  for (const path of ["/people", `/people/${id}`]) {
    const page = await open(app + path);
    assert.ok((await page.content()).includes("&lt;script&gt;"), path);
    assert.equal(await page.evaluate(() => globalThis.stolen), undefined);
  }
  await fetch(`${tenant}/v1.0/users/${id}`, { method: "DELETE" });
});

/** Nothing in the page is hard to use for somebody who does not see it, or uses no mouse. */
const accessible = async (page, what) => {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  assert.deepEqual(violations.map(({ id, nodes }) => [what, id, nodes[0].html]), []);
};

/** The page is no wider than the window. */
const fits = async (page, what) => {
  const [wide, window] = await page.evaluate(() => [document.documentElement.scrollWidth, globalThis.innerWidth]);
  assert.ok(wide <= window, `${what} is ${wide} wide`);
};

/** A field is marked as wrong, and says why to whoever is at it. */
const mistakeAt = async (field) => {
  assert.equal(await field.getAttribute("aria-invalid"), "true");
  return field.page().locator(`[id="${await field.getAttribute("aria-describedby")}"]`).innerText();
};

const pages = ["", "/on-demand", "/connectivity", "/mapping", "/people", "/logs", "/traffic", "/traffic/5", "/drift?read=now"];
await fetch(`${tenant}/_scimulate/cycle`, { method: "POST" });

for (const colorScheme of ["light", "dark"]) {
  await test(`every page is accessible, ${colorScheme}`, async (open) => {
    for (const path of pages) {
      const page = await open(app + path);
      await accessible(page, path);
      if (screenshots) {
        const name = path.replace(/\?.*/, "").replaceAll("/", "-").replace(/^-/, "") || "overview";
        await page.screenshot({ path: `${screenshots}/tenant-${name}-${colorScheme}.png` });
      }
      await page.close();
    }
  }, { colorScheme });
}

await test("a phone is wide enough", async (open) => {
  for (const path of pages) {
    const page = await open(app + path);
    await fits(page, path);
    if (screenshots && path === "") await page.screenshot({ path: `${screenshots}/tenant-overview-phone.png`, fullPage: true });
    await page.close();
  }
}, { viewport: { width: 400, height: 800 } });

await test("the keyboard is enough", async (open) => {
  const page = await open(app);
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Skip to the content");
  await page.keyboard.press("Enter");
  for (let presses = 0; presses < 10; presses += 1) {
    await page.keyboard.press("Tab");
    if ((await page.evaluate(() => document.activeElement.textContent)) === "Run a cycle now") break;
  }
  await page.keyboard.press("Enter");
  await told(page).getByText("A cycle was begun").waitFor();
});

for (const colorScheme of ["light", "dark"]) {
  await test(`a mistake stands at its field, ${colorScheme}`, async (open) => {
    const name = `Kim ${colorScheme}`;
    await person(name);
    const { id } = await person(name);
    const page = await open(`${app}/people/${id}`);
    await page.getByLabel("jobTitle").fill("Admiral");
    await page.getByLabel("Manager").fill(name);
    await press(page, "Save");
    const manager = page.getByLabel("Manager");
    assert.match(await mistakeAt(manager), /any of 2/);
    assert.deepEqual([await manager.inputValue(), await page.getByLabel("jobTitle").inputValue()], [name, "Admiral"]);
    await told(page).getByRole("link").click();
    assert.equal(await page.evaluate(() => document.activeElement.name), "manager", "the summary leads to the field");
    await accessible(page, "a person");
    await fits(page, "a person");
    await page.goto(`${tenant}${app}/connectivity`);
    await connect(page, "ftp://x", "two words", "Save");
    assert.match(await mistakeAt(page.getByLabel("Tenant URL")), /http/);
    assert.match(await mistakeAt(page.getByLabel("Secret token", { exact: true })), /header/);
    await accessible(page, "connectivity");
    await fits(page, "connectivity");
  }, { colorScheme, viewport: { width: 400, height: 800 } });
}

await test("scoping filters are made clause by clause", async (open) => {
  const page = await open(`${app}/mapping`);
  await press(page, "Add scoping filter");
  await page.getByText("not saved yet").waitFor();
  const clause = (number) => page.getByRole("group", { name: `Clause ${number}`, exact: true });
  await page.getByLabel("Scoping filter title").fill("Engineers in Britain");
  await clause(1).getByLabel("Attribute name").selectOption("department");
  await clause(1).getByLabel("Attribute value").fill("Engineering");
  await press(page, "Add new scoping clause to scoping filter 1");
  await clause(2).getByLabel("Operator").selectOption("IS NOT NULL");
  await clause(2).getByLabel("Attribute value").fill("GB");
  // The key Enter saves, as in any form.
  await clause(2).getByLabel("Attribute value").press("Enter");
  assert.match(await mistakeAt(clause(2).getByLabel("Attribute name")), /Choose an attribute/);
  await clause(2).getByLabel("Attribute name").selectOption("country");
  await press(page, "Save filters");
  assert.match(await mistakeAt(clause(2).getByLabel("Attribute value")), /takes no value/);
  await accessible(page, "scoping filters");
  await fits(page, "scoping filters");
  await clause(2).getByLabel("Operator").selectOption("EQUALS");
  await press(page, "Save filters");
  await told(page).getByText("The mapping was saved").waitFor();
  assert.equal(await page.getByLabel("Scoping filter title").inputValue(), "Engineers in Britain");
  assert.equal(await clause(2).getByLabel("Attribute value").inputValue(), "GB");
  await press(page, "Remove scoping filter 1");
  await press(page, "Save filters");
  await told(page).getByText("The mapping was saved").waitFor();
  assert.equal(await page.getByLabel("Scoping filter title").count(), 0);
}, { viewport: { width: 400, height: 800 } });

await test("groups are mapped where the template maps none", async (open) => {
  const page = await open(`${app}/mapping`);
  await page.getByRole("link", { name: "Groups", exact: true }).click();
  await accessible(page, "groups that are not mapped");
  await press(page, "Add the group mapping");
  await told(page).getByText("members from members").waitFor();
  await accessible(page, "groups that are mapped");
  await press(page, "Switch the group mapping off");
  await page.getByRole("button", { name: "Switch the group mapping on" }).waitFor();
});

await test("thousands of people are paged through", async (open) => {
  await fetch(`${tenant}/_scimulate/people?made-up=10000`, { method: "POST" });
  const page = await open(`${app}/people`);
  await page.getByLabel("Search").fill("contoso");
  await press(page, "Search");
  const began = Date.now();
  await page.getByRole("link", { name: "Next" }).click();
  await page.getByText(/^201 to 400 of 10,0\d\d$/).waitFor();
  assert.ok(Date.now() - began < 5000, "a page of many is there soon");
  assert.equal(await page.getByLabel("Search").inputValue(), "contoso");
  await fits(page, "a long list");
  await page.getByRole("link", { name: "Previous" }).click();
  await page.getByText(/^1 to 200 of 10,0\d\d$/).waitFor();
});

await test("a form of somebody else is refused", async () => {
  const body = new URLSearchParams({ do: "pause" });
  const refused = await fetch(tenant + app, { method: "POST", body });
  assert.equal(refused.status, 403);
});

await browser.close();
console.log(`tenant: ${done} passed`);
