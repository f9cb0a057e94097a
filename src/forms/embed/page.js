// What the page tells about itself, and whether a form is meant for it.

const page = document.documentElement;

// Compares with a pattern in which * stands for any characters, in one pass.
const fits = (pattern, text) => {
  const parts = pattern.toLowerCase().split("*");
  text = text.toLowerCase();
  let at = 0;
  return parts.every((part, index) => {
    const isLast = !(index + 1 in parts);
    const found = index && isLast ? text.lastIndexOf(part) : text.indexOf(part, at);
    const isThere = index ? found >= at : !found;
    at = found + part.length;
    return isThere && (!isLast || at === text.length);
  });
};

// Names and slugs of tags are compared alike: "Town hall" is "town-hall".
const asSlug = (text) => text.trim().toLowerCase().replace(/\s+/g, "-");

const isMeant = (form, moreTags) => {
  const rule = form.targeting;
  const metas = document.querySelectorAll('meta[property="article:tag"], meta[name="masthead:tags"]');
  const tags = [...metas].map((meta) => meta.content).concat(moreTags || "").join().split(",").map(asSlug);
  const utm = new URLSearchParams(location.search);
  const referrer = document.referrer.split("/")[2] || "";
  const language = page.lang || navigator.language;
  const now = Date.now();
  const isTagged = (tag) => tags.includes(asSlug(tag));
  const isHere = (pattern) => fits(pattern, location.pathname) || fits(encodeURI(pattern), location.pathname);
  const any = (list, is) => !list[0] || list.some(is);
  return (
    any(rule.tags_any, isTagged) &&
    !rule.tags_none.some(isTagged) &&
    any(rule.paths_any, isHere) &&
    !rule.paths_none.some(isHere) &&
    any(rule.referrers_any, (pattern) => fits(pattern, referrer)) &&
    Object.keys(rule.utm).every((part) => any(rule.utm[part], (pattern) => fits(pattern, utm.get(`utm_${part}`) || ""))) &&
    any(rule.locales, (locale) => fits(locale, language) || fits(`${locale}-*`, language)) &&
    innerWidth >= rule.min_width &&
    innerWidth <= (rule.max_width || Infinity) &&
    now >= Date.parse(rule.from || 0) &&
    now < Date.parse(rule.until || "9999")
  );
};

// The best of the locales at hand: that of the page, else one of the reader, else the form's own.
const chooseLocale = (form) => {
  const there = Object.keys(form.copy);
  for (const wanted of [page.lang, ...(navigator.languages || [])]) {
    const language = new RegExp(`^${wanted.split("-")[0]}(-|$)`, "i");
    const found = there.find((one) => fits(one, wanted)) || there.find((one) => language.test(one));
    if (found) return found;
  }
  return form.default_locale;
};

const isRightToLeft = (locale) => /^(ar|ckb|dv|fa|he|ps|sd|ug|ur|yi)\b/i.test(locale);
