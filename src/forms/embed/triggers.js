// Waits for the moment at which a form shows itself.

const TRIGGERS = {
  immediate: (rule, fire) => fire(),

  delay: (rule, fire) => setTimeout(fire, rule.seconds * 1000),

  scroll: (rule, fire) => {
    const look = () => scrollY >= ((page.scrollHeight - innerHeight) * rule.percent) / 100 - 1 && done();
    const done = once(fire, "scroll", look);
    look();
  },

  // The pointer goes for the tabs or the address bar. Fingers can't: there it is a move back up by a whole window.
  exit_intent: (rule, fire) => {
    let last = 0;
    let risen = 0;
    const done = once(fire, "mouseout", (event) => !event.relatedTarget && event.clientY <= 0 && done());
    const rise = once(done, "scroll", () => {
      risen = scrollY < last ? risen + last - scrollY : 0;
      last = scrollY;
      if (risen > innerHeight && matchMedia("(hover: none)").matches) rise();
    });
  },

  element: (rule, fire) => {
    const target = document.querySelector(rule.selector);
    if (target) whenSeen(target, fire);
  },

  nth_article: (rule, fire) => countArticle() >= rule.count && fire(),

  manual: () => {},
};

// Listens until the function that it gives is called, which calls `then`.
const once = (then, type, listener) => {
  addEventListener(type, listener, { passive: true });
  return () => {
    removeEventListener(type, listener);
    then();
  };
};

const whenSeen = (target, then) =>
  new IntersectionObserver((entries, observer) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    observer.disconnect();
    then();
  }).observe(target);
