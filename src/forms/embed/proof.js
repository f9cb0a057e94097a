// The small work that a sign-up must bring along: a number that makes SHA-256 of "challenge:address:number" begin with
// as many zero bits as the server asks. A person does not notice it; whoever signs up thousands does.

// The constants of SHA-256 are the fractions of roots of the first primes.
const sha256Constants = () => {
  const fraction = (root) => ((root - Math.floor(root)) * 4294967296) | 0;
  const start = [];
  const rounds = [];
  for (let n = 2; rounds.length < 64; n++) {
    let divisor = 2;
    while (n % divisor) divisor++;
    if (divisor < n) continue;
    if (start.length < 8) start.push(fraction(Math.sqrt(n)));
    rounds.push(fraction(Math.cbrt(n)));
  }
  return { start: Int32Array.from(start), rounds: Int32Array.from(rounds) };
};

// Takes in one block of 64 bytes: `words` holds it in its first 16 places, `state` is changed.
const takeIn = (state, words, rounds) => {
  for (let i = 16; i < 64; i++) {
    const x = words[i - 15];
    const y = words[i - 2];
    const low = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
    const high = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
    words[i] = (words[i - 16] + low + words[i - 7] + high) | 0;
  }
  let a = state[0], b = state[1], c = state[2], d = state[3];
  let e = state[4], f = state[5], g = state[6], h = state[7];
  for (let i = 0; i < 64; i++) {
    const turned = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const one = (h + turned + ((e & f) ^ (~e & g)) + rounds[i] + words[i]) | 0;
    const other = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    h = g; g = f; f = e; e = (d + one) | 0;
    d = c; c = b; b = a;
    a = (one + other + ((b & c) ^ (b & d) ^ (c & d))) | 0;
  }
  state[0] += a; state[1] += b; state[2] += c; state[3] += d;
  state[4] += e; state[5] += f; state[6] += g; state[7] += h;
};

// Hashes what never changes once, and gives a function: how many zero bits does the hash with this number begin with?
const zeroBits = (prefix) => {
  const { start, rounds } = sha256Constants();
  const bytes = new TextEncoder().encode(prefix);
  const words = new Int32Array(64);
  const whole = bytes.length - (bytes.length % 64);
  for (let at = 0; at < whole; at += 64) {
    const block = new DataView(bytes.buffer, at, 64);
    for (let i = 0; i < 16; i++) words[i] = block.getInt32(i * 4);
    takeIn(start, words, rounds);
  }
  const rest = bytes.subarray(whole);
  const tail = new Uint8Array(128);
  const view = new DataView(tail.buffer);
  const state = new Int32Array(8);
  return (nonce) => {
    tail.fill(0);
    tail.set(rest);
    let end = rest.length;
    for (let i = 0; i < nonce.length; i++) tail[end++] = nonce.charCodeAt(i);
    tail[end] = 0x80;
    const size = end < 56 ? 64 : 128;
    view.setUint32(size - 4, (whole + end) * 8);
    state.set(start);
    for (let at = 0; at < size; at += 64) {
      for (let i = 0; i < 16; i++) words[i] = view.getInt32(at + i * 4);
      takeIn(state, words, rounds);
    }
    return Math.clz32(state[0]);
  };
};

// Searches in slices of six milliseconds, so that the page stays as lively as it was.
const solve = async (challenge, email) => {
  const count = zeroBits(`${challenge.challenge}:${email.toLowerCase()}:`);
  for (let number = 0; ; ) {
    const pause = performance.now() + 6;
    while (performance.now() < pause) {
      for (const end = number + 10; number < end; number++) {
        if (count(String(number)) >= challenge.difficulty) return String(number);
      }
    }
    await new Promise((resume) => setTimeout(resume));
  }
};
