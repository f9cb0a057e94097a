// Finds the forms of a page, and brings them to life.

const fetched = {};
const views = new WeakMap();

const read = (response) => (response.ok ? response.json() : Promise.reject(response));

const fetchForm = (base, key) => {
  const address = `${base}api/v1/forms/${encodeURIComponent(key)}`;
  const tellMissing = (fault) => {
    if (fault.status === 404) console.warn(`masthead: no active form “${key}”`);
    throw fault;
  };
  const request = () => fetch(address).then(read).then((form) => chooseVariant({ ...form, base })).catch(tellMissing);
  return (fetched[address] = fetched[address] || request());
};

// A page that is fetched in advance was not opened yet.
const isOpened = new Promise((resolve) => {
  const wait = () => (document.readyState === "loading" ? document.addEventListener("DOMContentLoaded", resolve) : resolve());
  if (document.prerendering) document.addEventListener("prerenderingchange", wait);
  else wait();
});

// Gives the form if it is meant for this page, and counts that once.
const takeUp = async (base, key, tags) => {
  const form = await fetchForm(base, key);
  await isOpened;
  if (!isMeant(form, tags)) return;
  if (!form.isCounted) count("load", form);
  form.isCounted = true;
  return form;
};

// Places in the text: a form stands there, whatever it does elsewhere on the page.
const placeOf = (key) => document.querySelector(`div[data-masthead-form="${key}"]`);

const standAt = async (place, base, tags) => {
  if (views.has(place)) return;
  views.set(place);
  const form = await takeUp(base, place.dataset.mastheadForm, tags);
  if (!form || !isDue(form, true)) return;
  const view = hang({ ...form, display: "inline" }, place);
  views.set(place, view);
  whenSeen(view.box, () => count("show", form));
};

// A form that a script names. An inline one has its places, or else stands behind the script; that of a script which is not
// in the text ends the page.
const add = async (base, key, script) => {
  const form = await takeUp(base, key, script.dataset.tags);
  if (!form) return;
  const isInline = form.display === "inline";
  const show = () => {
    if (!isInline) return isDue(form) && showOver(form);
    if (placeOf(key)) return;
    const place = el("div", { "data-masthead-form": key });
    document.body.contains(script) ? script.after(place) : document.body.append(place);
  };
  TRIGGERS[form.trigger.kind](form.trigger, show);
};

const start = (script) => {
  const baseOf = ({ src }) => new URL(".", src).href;
  const base = baseOf(script);
  const { tags } = script.dataset;
  const added = [];
  const quietly = (promise) => promise.catch(() => {});
  let planned;
  const look = () => {
    planned = 0;
    document.querySelectorAll("div[data-masthead-form]").forEach((place) => quietly(standAt(place, base, tags)));
  };
  look();
  // Pages that scripts put together bring their places later.
  new MutationObserver(() => (planned = planned || setTimeout(look, 50))).observe(page, { childList: true, subtree: true });
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-masthead-open]");
    if (!opener) return;
    event.preventDefault();
    window.masthead.open(opener.dataset.mastheadOpen);
  });
  window.masthead = {
    // Takes in a further script.
    add: (other) => {
      const key = other.dataset.form;
      if (!key || added.includes(key)) return;
      added.push(key);
      quietly(add(baseOf(other), key, other));
    },

    // Shows a form now, whatever its trigger, frequency and targeting say.
    open: async (key) => {
      const view = views.get(placeOf(key));
      if (view) return focusFirst(view);
      const form = await fetchForm(base, key);
      showOver(form.display === "inline" ? { ...form, display: "modal", position: "center" } : form, true);
    },

    // Takes a form away that is over the page. That is no dismissal.
    close: (key) => shown && (!key || shown.form.key === `${key}`) && hide(),

    // Calls a function at each event of a type, until what it gives is called.
    on: (type, listener) => {
      const hear = ({ detail }) => detail.type === type && listener(detail);
      document.addEventListener("masthead", hear);
      return () => document.removeEventListener("masthead", hear);
    },
  };
  window.masthead.add(script);
};

// Themes are fond of <header id="masthead">, which browsers take for `window.masthead` too.
const script = document.currentScript || document.querySelector('script[src*="/embed.js"]');
if (window.masthead && window.masthead.add) window.masthead.add(script);
else start(script);
