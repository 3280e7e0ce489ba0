// The sentences people read, from the same files as the program, so that no test repeats one.

import { readFileSync, readdirSync } from "node:fs";

const FOLDER = new URL("../../app/src/locales/", import.meta.url);

function read(lang) {
  const sentences = new Map();
  const folder = new URL(`${lang}/`, FOLDER);
  for (const name of readdirSync(folder).filter((name) => name.endsWith(".json"))) {
    const file = JSON.parse(readFileSync(new URL(name, folder), "utf8"));
    for (const [key, sentence] of Object.entries(file)) sentences.set(`${name.slice(0, -5)}.${key}`, sentence);
  }
  return sentences;
}

/** A function from keys (`listings.submit`) to sentences of one language, with `{n}` filled from its second argument. */
export function wordsOf(lang) {
  const sentences = read(lang);
  return (key, values = {}) => {
    const sentence = sentences.get(key);
    if (sentence === undefined) throw new Error(`no such sentence in ${lang}: ${key}`);
    return sentence.replace(/\{(\w+)\}/g, (gap, name) => (name in values ? String(values[name]) : gap));
  };
}

export const zh = wordsOf("zh-CN");
export const en = wordsOf("en");

/** Escapes text for a regular expression. */
export const literally = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
