// Shows a form and takes it away again: in the text, or over the page. At most one is over the page at a time.

let shown;

const tell = (type, { key, variant }) =>
  document.dispatchEvent(new CustomEvent("masthead", { detail: { type, form: key, variant } }));

// Counts for the statistics: a kind and a variant, nothing about the reader. Plain text needs no question beforehand.
const count = (kind, form) => {
  const address = `${form.base}api/v1/forms/${form.id}/events`;
  const body = JSON.stringify({ kind, variant: form.variant });
  if (!navigator.sendBeacon || !navigator.sendBeacon(address, body)) {
    fetch(address, { method: "POST", body, keepalive: true }).catch(() => {});
  }
  tell(kind, form);
};

const hang = (form, host) => {
  const view = build(form);
  const shadow = host.attachShadow({ mode: "open" });
  shadow.append(view.root);
  view.paint();
  dress(shadow);
  whenSubmitted(form, view, (topics) => {
    rememberSubscribed(form, topics);
    const hadFocus = shadow.activeElement;
    const done = thank(view);
    if (hadFocus) done.focus();
    tell("success", form);
    view.isDone = true;
    if (/^https?:/.test(form.success.url)) location.assign(form.success.url);
  });
  return view;
};

// `isWanted`: somebody opened it, so it may take the focus.
const showOver = (form, isWanted) => {
  if (shown && isWanted && shown.form.key !== form.key) hide();
  if (shown) return isWanted && focusFirst(shown.view);
  const back = document.activeElement;
  const host = el("div", { "data-masthead-shown": form.key });
  document.body.append(host);
  const view = hang(form, host);
  const { box, close, status, copy } = view;
  const isModal = form.display === "modal";
  shown = { form, host, view, back };
  if (isModal && box.showModal) box.showModal();
  else if (isModal) box.setAttribute("open", "");
  if (isModal || isWanted) focusFirst(view);
  else status.textContent = copy.title;
  // Not by `onclick` and the like: what those give back may call off what the browser does.
  close.addEventListener("click", dismiss);
  // The backdrop counts as the dialog itself. Whoever drags out of a field did not press there.
  let pressed;
  box.addEventListener("pointerdown", ({ target }) => (pressed = target));
  box.addEventListener("click", ({ target }) => isModal && target === box && pressed === box && dismiss());
  box.addEventListener("keydown", (event) => isModal && event.key === "Tab" && stayInside(event, box));
  box.addEventListener("cancel", (event) => {
    event.preventDefault();
    dismiss();
  });
  host.addEventListener("focusin", ({ relatedTarget }) => relatedTarget && (shown.back = relatedTarget));
  document.addEventListener("keydown", leaveByKey);
  rememberShown(form);
  count("show", form);
};

// Not on phones, where a keyboard would cover half of it.
const focusFirst = ({ box, entry }) => (matchMedia("(pointer: coarse)").matches ? box : entry.elements[0]).focus();

const leaveByKey = (event) => event.key === "Escape" && !event.defaultPrevented && dismiss();

const stayInside = (event, box) => {
  const all = [...box.querySelectorAll("a, button, input:not([tabindex]), select")];
  const { activeElement } = box.getRootNode();
  const edge = all[event.shiftKey ? 0 : all.length - 1];
  if (activeElement !== edge && activeElement !== box) return;
  event.preventDefault();
  all[event.shiftKey ? all.length - 1 : 0].focus();
};

const dismiss = () => {
  if (!shown) return;
  const { form, view } = shown;
  hide();
  if (view.isDone) return;
  rememberForm(form, { dismissed: Date.now() });
  count("dismiss", form);
};

const hide = () => {
  const { form, host, back } = shown;
  const hadFocus = document.activeElement === host;
  shown = undefined;
  document.removeEventListener("keydown", leaveByKey);
  host.remove();
  if (hadFocus) back.focus();
  tell("close", form);
};
