// All colours of a form, from the few that its editor chose, so that every text can be read.

const prefersDark = matchMedia("(prefers-color-scheme: dark)");

const channels = (colour) => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));

const luminance = (colour) => {
  const parts = channels(colour).map((value) => (value > 10 ? Math.pow((value / 255 + 0.055) / 1.055, 2.4) : value / 3295));
  return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2] + 0.05;
};

// As WCAG has it: 1 to 21.
const contrast = (one, other) => {
  const ratio = luminance(one) / luminance(other);
  return Math.max(ratio, 1 / ratio);
};

const mix = (one, other, share) =>
  channels(one).reduce((mixed, value, at) => {
    const sum = Math.round(value * share + channels(other)[at] * (1 - share));
    return mixed + sum.toString(16).padStart(2, "0");
  }, "#");

const paletteOf = ({ scheme, background, text, accent }, display) => {
  const dark = background ? luminance(background) < 0.23 : scheme === "dark" || (scheme !== "light" && prefersDark.matches);
  const plain = dark ? "#1a1c21" : "#ffffff";
  const tint = /inline|bar/.test(display) ? (dark ? 0.12 : 0.06) : 0;
  const back = background || mix(accent, plain, tint);
  const legible = (colour, least, other) => (colour && contrast(colour, back) >= least ? colour : other);
  const ink = legible(text, 4.5, dark ? "#f6f7f9" : "#14161a");
  const on = contrast(accent, "#ffffff") < 4.5 ? "#000000" : "#ffffff";
  const line = legible(mix(ink, back, 0.5), 3, ink);
  return {
    scheme: dark ? "dark" : "light",
    back,
    ink,
    accent,
    on,
    soft: legible(mix(ink, back, 0.7), 4.5, ink),
    line,
    hair: mix(ink, back, 0.13),
    field: mix("#ffffff", back, dark ? 0.05 : 0.8),
    edge: legible(accent, 1.5, line),
    ring: legible(accent, 3, ink),
    fault: legible(dark ? "#ffb3a7" : "#b3261e", 4.5, ink),
  };
};
