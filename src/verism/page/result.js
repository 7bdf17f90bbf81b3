"use strict";

// The blend of verism/look/strength.py, with the same names.
const SHADOW = 0.2;
const TOLERANCE = 0.5 / 255;
const HALVINGS = 12;
const FINE = 65535;

const get = (id) => document.getElementById(id);
const data = JSON.parse(get("data").textContent);

const toLight = (v) => (v <= 0.0031308 * 12.92 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
const fromLight = (v) => (v <= 0.0031308 ? v * 12.92 : 1.055 * v ** (1 / 2.4) - 0.055);
const LIGHT = Float64Array.from({ length: 256 }, (_, level) => toLight(level / 255));
const VALUE = Float32Array.from({ length: FINE + 1 }, (_, light) => 255 * fromLight(light / FINE));
const LOWEST = -TOLERANCE / 12.92;
const HIGHEST = toLight(1 + TOLERANCE);

const trust = (lightness) => 1 - Math.exp(-((lightness / SHADOW) ** 3));
const gain = (lightness, other, trusted, wanted) =>
  (other / Math.max(lightness, 1e-4)) * Math.min(1, trusted / Math.max(wanted, 1e-9));
const lerp = (from, to, share) => from + share * (to - from);

// Returns the Oklab values of 8-bit RGBA pixels, in three arrays.
function encode(pixels) {
  const count = pixels.length / 4;
  const [L, a, b] = [0, 1, 2].map(() => new Float32Array(count));
  for (let i = 0; i < count; i++) {
    const [red, green, blue] = [LIGHT[pixels[4 * i]], LIGHT[pixels[4 * i + 1]], LIGHT[pixels[4 * i + 2]]];
    const l = Math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue);
    const m = Math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue);
    const s = Math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue);
    L[i] = 0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s;
    a[i] = 1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s;
    b[i] = 0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s;
  }
  return { L, a, b };
}

// Writes the linear light of an Oklab colour to `light`; returns whether it is within sRGB.
const light = new Float64Array(3);
function decode(L, a, b) {
  const l = (L + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (L - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (L - 0.0894841775 * a - 1.291485548 * b) ** 3;
  light[0] = 4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s;
  light[1] = -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s;
  light[2] = -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s;
  return Math.min(light[0], light[1], light[2]) >= LOWEST && Math.max(light[0], light[1], light[2]) <= HIGHEST;
}

class Blend {
  constructor(photo, result, width, height) {
    this.shape = [width, height];
    const read = (image) => {
      const canvas = new OffscreenCanvas(width, height);
      const context = canvas.getContext("2d", { willReadFrequently: true });
      context.drawImage(image, 0, 0, width, height);
      return context.getImageData(0, 0, width, height).data;
    };
    [this.before, this.after] = [read(photo), read(result)];
  }

  draw({ strength, color, tone }) {
    const { before, after } = this;
    const image = new ImageData(...this.shape);
    const out = image.data;
    if (color === 1 && tone === 1) {
      for (let i = 0; i < out.length; i++) out[i] = lerp(before[i], after[i], strength);
      return image;
    }
    this.old ??= encode(before);
    this.new ??= encode(after);
    const [old, changed] = [this.old, this.new];
    for (let i = 0, at = 0; at < out.length; i++, at += 4) {
      const [was, is] = [old.L[i], changed.L[i]];
      const L = lerp(was, is, tone);
      const wanted = trust(L);
      const [mine, theirs] = [gain(was, L, trust(was), wanted), gain(is, L, trust(is), wanted)];
      const a = lerp(old.a[i] * mine, changed.a[i] * theirs, color);
      const b = lerp(old.b[i] * mine, changed.b[i] * theirs, color);
      if (!decode(L, a, b)) {
        let [share, step] = [0, 0.5];
        for (let n = 0; n < HALVINGS; n++, step /= 2) if (decode(L, (share + step) * a, (share + step) * b)) share += step;
        decode(L, share * a, share * b);
      }
      for (let c = 0; c < 3; c++) {
        const value = VALUE[Math.round(FINE * Math.min(1, Math.max(0, light[c])))];
        out[at + c] = lerp(before[at + c], value, strength);
      }
      out[at + 3] = before[at + 3];
    }
    return image;
  }
}

const NAMES = ["strength", "color", "tone"];
const chosen = () => Object.fromEntries(NAMES.map((name) => [name, get(name).value / 100]));

const AS_IT_IS = "This is your picture as it is. Move a slider, and the command for what you then see is written here.";
const COMMAND = "The command for what you see, at full size:";
const NO_COMMAND = "No command can write what you see, because the run has kept no checkpoint.";

function tell() {
  const values = chosen();
  for (const name of NAMES) get(`${name}-value`).textContent = `${Math.round(100 * values[name])} %`;
  const options = NAMES.filter((name) => values[name] !== 1).map((name) => `--output.${name} ${values[name]}`);
  get("command").textContent = [data.command, ...options].join(" ");
  // The sliders move in steps.
  const asItIs = NAMES.every((name) => Math.abs(values[name] - data.strength[name]) <= get(name).step / 200);
  get("command").hidden = get("copy").hidden = asItIs || !data.command;
  get("about").textContent = asItIs ? AS_IT_IS : data.command ? COMMAND : NO_COMMAND;
}

async function pictures() {
  const [photo, result] = [get("photo"), get("result")];
  await Promise.all([photo.decode(), result.decode()]);
  const canvas = get("seen");
  const context = canvas.getContext("2d");
  const { naturalWidth: width, naturalHeight: height } = photo;
  [canvas.width, canvas.height] = [width, height];
  const whole = new Blend(photo, result, width, height);
  // While a slider moves, a picture with a third of the width and height is drawn, which is fast enough to keep up.
  const rough = new Blend(photo, result, Math.ceil(width / 3), Math.ceil(height / 3));
  let later = 0;
  let drawings = 0;
  const finish = () => {
    drawings++;
    context.putImageData(whole.draw(chosen()), 0, 0);
    canvas.dataset.drawn = NAMES.map((name) => chosen()[name]).join(" ");
  };
  const move = async () => {
    tell();
    clearTimeout(later);
    later = setTimeout(finish, 120);
    const own = ++drawings;
    const bitmap = await createImageBitmap(rough.draw(chosen()));
    if (own === drawings) context.drawImage(bitmap, 0, 0, width, height);
  };
  for (const name of NAMES) get(name).addEventListener("input", move);
  get("reset").addEventListener("click", () => {
    for (const name of NAMES) get(name).value = Math.round(100 * data.strength[name]);
    tell();
    finish();
  });
  finish();
  canvas.hidden = false;
  result.hidden = true;
}

const divider = get("divider");
const divide = () => get("compare").style.setProperty("--at", `${divider.value}%`);
divider.addEventListener("input", divide);
divide();

get("copy").addEventListener("click", async () => {
  const range = document.createRange();
  range.selectNodeContents(get("command"));
  getSelection().removeAllRanges();
  getSelection().addRange(range);
  // A page that was opened from a file may not be allowed to use the Clipboard API.
  const copied = await (navigator.clipboard?.writeText(get("command").textContent) ?? Promise.reject()).then(
    () => true,
    () => document.execCommand("copy"),
  );
  get("copy").textContent = copied ? "Copied" : "Selected: press Ctrl+C";
});

async function regions() {
  const buttons = [...document.querySelectorAll("button.region")];
  if (!buttons.length) return;
  const sides = await Promise.all(
    ["content", "style"].map(async (side) => {
      const [photo, labels, canvas] = [get(`region-${side}`), get(`labels-${side}`), get(`regions-${side}`)];
      await Promise.all([photo.decode(), labels.decode()]);
      const { naturalWidth: width, naturalHeight: height } = labels;
      const read = (image) => {
        const context = new OffscreenCanvas(width, height).getContext("2d");
        context.drawImage(image, 0, 0, width, height);
        return context.getImageData(0, 0, width, height);
      };
      [canvas.width, canvas.height] = [width, height];
      return { canvas, photo: read(photo), labels: read(labels).data };
    }),
  );
  let pinned = 0;
  const show = (number) => {
    for (const { canvas, photo, labels } of sides) {
      const image = new ImageData(new Uint8ClampedArray(photo.data), photo.width);
      for (let i = 0; number && i < labels.length; i += 4) {
        if (labels[i] === number) continue;
        const grey = 0.22 * (0.3 * image.data[i] + 0.59 * image.data[i + 1] + 0.11 * image.data[i + 2]);
        image.data.fill(grey, i, i + 3);
      }
      canvas.getContext("2d").putImageData(image, 0, 0);
      canvas.dataset.region = number;
    }
    for (const button of buttons) button.classList.toggle("shown", Number(button.value) === number);
  };
  const back = () => show(pinned);
  for (const button of buttons) {
    const number = Number(button.value);
    for (const event of ["pointerenter", "focus"]) button.addEventListener(event, () => show(number));
    for (const event of ["pointerleave", "blur"]) button.addEventListener(event, back);
    button.addEventListener("click", () => {
      pinned = pinned === number ? 0 : number;
      for (const other of buttons) other.setAttribute("aria-pressed", Number(other.value) === pinned);
      back();
    });
  }
  for (const { canvas, labels } of sides) {
    const at = (event) => {
      const box = canvas.getBoundingClientRect();
      const x = Math.min(canvas.width - 1, Math.floor(((event.clientX - box.left) / box.width) * canvas.width));
      const y = Math.min(canvas.height - 1, Math.floor(((event.clientY - box.top) / box.height) * canvas.height));
      show(labels[4 * (y * canvas.width + x)] ?? 0);
    };
    for (const event of ["pointermove", "pointerdown"]) canvas.addEventListener(event, at);
    canvas.addEventListener("pointerleave", back);
  }
  show(0);
}

tell();
pictures();
regions();
