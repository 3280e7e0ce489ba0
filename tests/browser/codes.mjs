// Credit codes that are right by their digits and belong to nobody (GB 32100-2015, GB 11714-1997).

const ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY";
const BODY_WEIGHTS = [3, 7, 9, 10, 5, 8, 4, 2];

// In a body code a letter counts 10 for A up to 35 for Z; the alphabet of the whole code leaves some letters out.
const bodyValue = (character) => Number.parseInt(character, 36);

function bodyCheck(body) {
  const sum = [...body].reduce((sum, character, at) => sum + bodyValue(character) * BODY_WEIGHTS[at], 0);
  return "0123456789X0"[11 - (sum % 11)];
}

function check(code) {
  let weight = 1;
  let sum = 0;
  for (const character of code) {
    sum += ALPHABET.indexOf(character) * weight;
    weight = (weight * 3) % 31;
  }
  return ALPHABET[(31 - (sum % 31)) % 31];
}

/** The whole code of a kind and region (8 characters) and a body (8 characters). */
export function creditCode(start, body) {
  const code = start + body + bodyCheck(body);
  return code + check(code);
}

/** The same code with another last character, which is wrong. */
export function wrongCreditCode(code) {
  return code.slice(0, -1) + (code.endsWith("1") ? "2" : "1");
}
