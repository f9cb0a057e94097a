// What this browser remembers, in one entry of its local storage. No cookie, nothing that tells who somebody is:
// { "<form's id>": { variant, shown: [time…], dismissed: time, subscribed: time }, topics: [id…], articles, path }
// Where storage is blocked, it is forgotten with the page.

const HOUR = 3600e3;
let memory = {};

const recall = () => {
  try {
    memory = { ...JSON.parse(localStorage.masthead) };
  } catch (absent) {}
  return memory;
};

const remember = (changes) => {
  memory = { ...recall(), ...changes };
  try {
    localStorage.masthead = JSON.stringify(memory);
  } catch (blocked) {}
};

const recallForm = (form) => recall()[form.id] || {};
const rememberForm = (form, changes) => remember({ [form.id]: { ...recallForm(form), ...changes } });

const timesShown = (form) => [].concat(recallForm(form).shown || []);
const rememberShown = (form) => rememberForm(form, { shown: [...timesShown(form), Date.now()].slice(-50) });

const rememberSubscribed = (form, topics) => {
  rememberForm(form, { subscribed: Date.now() });
  remember({ topics: [...new Set([].concat(recall().topics || [], topics))] });
};

// Whether somebody would get from this form only what they asked for already, by this form or another.
const isSubscribed = (form) => {
  const { topics } = recall();
  return recallForm(form).subscribed || (topics && form.topics.every((topic) => topics.includes(topic.id)));
};

// Whether a reader may be shown a form once more. One that stands in the text is never in the way.
const isDue = (form, isInline) => {
  const rule = form.frequency;
  const shown = timesShown(form);
  const isRecent = (time, hours) => Date.now() - (time || 0) < hours * HOUR;
  if (rule.hide_once_subscribed && isSubscribed(form)) return false;
  return isInline || !(
    isRecent(shown[shown.length - 1], rule.hours_after_shown) ||
    isRecent(recallForm(form).dismissed, rule.hours_after_dismissed) ||
    (rule.most && shown.filter((time) => isRecent(time, rule.per_days * 24)).length >= rule.most)
  );
};

// Counts the articles that a reader opened; one opened again at once is the same. Counted only where a form asks.
const countArticle = () => {
  const kind = document.querySelector('meta[property="og:type"]');
  const { articles = 0, path } = recall();
  if ((kind && kind.content !== "article") || path === location.pathname) return articles;
  remember({ articles: articles + 1, path: location.pathname });
  return articles + 1;
};

// The form as one of its variants has it, which tells only what differs. Whoever saw one sees the same again.
const chooseVariant = (form) => {
  const all = [{ key: "a", weight: form.weight }, ...form.variants];
  // The first look into the storage is slow: it can wait where nothing is to be chosen.
  const before = all[1] && recallForm(form).variant;
  let point = Math.random() * all.reduce((sum, one) => sum + one.weight, 0);
  const chosen = all.find((one) => one.key === before && one.weight) || all.find((one) => (point -= one.weight) < 0) || all[0];
  if (all[1]) rememberForm(form, { variant: chosen.key });
  return { ...form, ...chosen, key: form.key, variant: chosen.key };
};
