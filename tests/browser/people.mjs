// People who use a house: they register, confirm their address, belong to an organisation, sign in.

import assert from "node:assert/strict";

import { DEMO_PASSWORD } from "./house.mjs";
import { visit } from "./browser.mjs";
import { fill, follow, group, press } from "./forms.mjs";
import { zh } from "./words.mjs";

export const PASSWORD = "山高水长-2026-云汀";

/** A sentence on the page itself. */
export const says = (page, text) => page.getByRole("main").getByText(text).first().waitFor();

/** Signs in by the form. */
export async function signIn(page, email, password = PASSWORD) {
  await page.goto("/signin");
  await fill(page, { [zh("accounts.email")]: email, [zh("accounts.password")]: password });
  await press(page, zh("accounts.sign_in"));
  await page.getByRole("heading", { level: 1, name: zh("work.title") }).waitFor();
}

/** Registers at the home page and confirms the address by the letter. */
export async function register(page, house, { email, name }) {
  await page.goto("/");
  await page.getByRole("banner").getByRole("link", { name: zh("ui.account.register"), exact: true }).click();
  await fill(page, { [zh("accounts.name")]: name, [zh("accounts.email")]: email, [zh("accounts.password")]: PASSWORD });
  await press(page, zh("accounts.register"));
  await says(page, zh("work.verify"));
  const letter = await house.letter(email, "/verify/");
  await page.goto(letter.links.find((link) => link.includes("/verify/")));
  await press(page, zh("accounts.confirm"));
  await says(page, zh("flash.verified"));
}

/** Enters a new organisation, of which the person becomes the manager. */
export async function found(page, { code, wrongCode, name, kind, legalKind, region, industry }) {
  await page.goto("/work");
  await follow(page, zh("listings.to_organisation"));
  const form = page.getByRole("region", { name: zh("organisations.create_title") });
  await fill(form, {
    [zh("organisations.credit_code")]: wrongCode,
    [zh("organisations.kind")]: { tick: zh(`codes.organisation_kind.${kind}`) },
    [zh("organisations.name")]: name,
    [zh("organisations.legal_kind")]: { choose: zh(`codes.legal_kind.${legalKind}`) },
    [zh("organisations.region")]: { choose: region },
    [zh("organisations.summary")]: `${name}，在${region}。`,
  });
  if (industry) await fill(form, { [zh("organisations.industry")]: { choose: `${industry} ${zh(`codes.industry.${industry}`)}` } });
  // The digits do not hold: nothing is entered, and nothing typed is lost.
  await press(page, zh("organisations.create"));
  await page.getByRole("alert").getByText(zh("ui.form.errors_one")).waitFor();
  await assertChecked(form, kind);
  await fill(form, { [zh("organisations.credit_code")]: code });
  await press(page, zh("organisations.create"));
  await says(page, zh("flash.organisation_created"));
  await page.getByRole("heading", { level: 1, name }).waitFor();
}

async function assertChecked(form, kind) {
  const radio = group(form, zh("organisations.kind")).getByLabel(zh(`codes.organisation_kind.${kind}`), { exact: true });
  assert.ok(await radio.isChecked(), "a refused form keeps what was chosen");
}

/** A window of a demo person, signed in. */
export async function demoVisit(browser, house, role, options) {
  const visitor = await visit(browser, house.url, options);
  await signIn(visitor.page, `${role}@demo.keqiao`, DEMO_PASSWORD);
  return visitor;
}
