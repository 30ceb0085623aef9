/** Chinese is the key; English comes from a catalogue loaded once. Pure: the shell sets language and catalogue. */

/** @type {"zh"|"en"} */
let language = "zh";
/** @type {Record<string, string>} */
let catalogue = {};

/** @param {"zh"|"en"} lang @param {Record<string, string>} [english] */
export function speak(lang, english) {
  language = lang;
  if (english) catalogue = english;
}

/** @returns {"zh"|"en"} */
export const spoken = () => language;

/**
 * The text in the reader's language; `%(name)s` is replaced from `values`.
 * @param {string} zh @param {Record<string, string|number>} [values] @returns {string}
 */
export function t(zh, values) {
  const text = language === "en" ? catalogue[zh] || zh : zh;
  return values ? text.replace(/%\((\w+)\)s/g, (whole, name) => (name in values ? String(values[name]) : whole)) : text;
}

/**
 * One of two columns of a row that carries both languages, e.g. `pick(item, "name")` of name_zh / name_en.
 * @param {Record<string, any>} row @param {string} [stem] @returns {string}
 */
export function pick(row, stem) {
  const zh = stem ? `${stem}_zh` : "zh", en = stem ? `${stem}_en` : "en";
  return (language === "en" ? row[en] || row[zh] : row[zh]) ?? "";
}
