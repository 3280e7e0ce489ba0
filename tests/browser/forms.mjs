// Forms as people see them: by the words beside a field, not by its place in the page.

import { literally, zh } from "./words.mjs";

/** The whole name of a field; a required one says so behind it. */
const named = (label, word) => new RegExp(`^\\s*${literally(label)}\\s*(${literally(word("ui.form.required"))})?\\s*$`);

/** The field with this label. */
export const field = (scope, label, word = zh) => scope.getByLabel(named(label, word));

/** The radios or boxes under this heading. */
export const group = (scope, label, word = zh) => scope.getByRole("group", { name: named(label, word) });

/** Fills fields by their labels: text is typed, `{ choose }` chosen from a list, `{ tick }` ticked in a group. */
export async function fill(scope, values, word = zh) {
  for (const [label, value] of Object.entries(values)) {
    if (typeof value === "string") {
      await field(scope, label, word).fill(value);
    } else if (value.choose !== undefined) {
      await field(scope, label, word).selectOption({ label: value.choose });
    } else {
      for (const option of [value.tick].flat()) await group(scope, label, word).getByLabel(option, { exact: true }).check();
    }
  }
}

/** Presses a button of the page's own, not one of the header. */
export const press = (page, label) => page.getByRole("main").getByRole("button", { name: label, exact: true }).click();

/** Follows a link of the page's own. */
export const follow = (page, label) => page.getByRole("main").getByRole("link", { name: label, exact: true }).click();

/** A refused form's errors. */
export const errors = (page) => page.getByRole("main").getByRole("alert");
