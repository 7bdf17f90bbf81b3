"""Scripts that run in the page, for behaviour that Gradio's elements lack."""

CLOSE_MESSAGES = """() => {
  const close = () => document.querySelectorAll("[data-testid=toast-close]").forEach((button) => button.click());
  const look = ({ target }) => {
    if (!target.closest(".toast-body") && target.closest("button:not([role=tab]), [role=option], input")) close();
  };
  for (const action of ["click", "change", "drop"]) document.addEventListener(action, look, true);
  document.addEventListener("keydown", ({ key, target }) => {
    if (key === "Enter" && target.matches("#weights *")) close();
  }, true);
}"""
"""Closes messages at the user's next action, because they are about the previous one."""

TO_PICTURE = """(photo, styles) => {
  if (!photo || !(styles || []).length) return;
  // The first time, it is only just being made visible.
  setTimeout(() => {
    const picture = document.querySelector("#picture"), top = picture?.getBoundingClientRect().top;
    if (top < 0 || top > innerHeight / 2) picture.scrollIntoView({ behavior: "smooth", block: "start" });
  }, 300);
}"""
"""Scrolls the picture into view if it is out of view, as on a phone."""

TO_RESULT = """() => {
  document.body.toggleAttribute("data-taking", false);
  setTimeout(() => document.querySelector("#result")?.scrollIntoView({ behavior: "smooth", block: "nearest" }), 300);
}"""
"""Scrolls the result of corrected regions into view, once the text about it is above it. The page itself then says what
happens to what was painted."""

TO_EDITOR = """() => setTimeout(() => {
  document.body.toggleAttribute("data-switching", false);
  document.querySelector("#editor")?.scrollIntoView({ behavior: "smooth", block: "nearest" });
  document.dispatchEvent(new Event("editor"));
}, 300)"""
"""Scrolls the painted photo into view once it is there."""

KEEP_GROUND = """() => {
  const tint = () => {
    const editor = document.querySelector("#editor"), drawing = globalThis.__PIXI_APP__;
    if (!editor || !drawing?.renderer?.background || !drawing.stage) return false;
    drawing.renderer.background.color = getComputedStyle(editor).backgroundColor;
    drawing.render();
    return true;
  };
  new MutationObserver(tint).observe(document.body, { attributeFilter: ["class"] });
  document.addEventListener("editor", async () => {
    // It takes a while to get ready the first time.
    for (let times = 0; times < 100 && !tint(); times++) await new Promise((done) => setTimeout(done, 50));
  });
}"""
"""Gives Gradio's editor a dark background when the page is dark. Gradio keeps the one from when the page was opened."""

KEEP_PHOTO = """() => {
  let easel = null, strokes = 0;
  const count = (number) => {
    strokes = Math.max(number, 0);
    document.body.toggleAttribute("data-unpainted", strokes === 0);
    wait(strokes > 0);
  };
  // Of two buttons that make a preview, there is the one that takes strokes as long as there are some to be taken.
  const wait = (is) => document.body.toggleAttribute("data-strokes", is);
  const find = (selector) => document.querySelector(selector);
  const look = () => {
    // It was away, and has another photo.
    if (easel !== find("#use")) count(0);
    easel = find("#use");
  };
  document.addEventListener("pointerover", look, true);
  document.addEventListener("pointerdown", ({ target }) => {
    look();
    if (target.closest("#editor canvas") && !find("#editor [aria-label=Pan].highlight")) count(strokes + 1);
  }, true);
  document.addEventListener("click", (event) => {
    look();
    if (event.target.closest("#begin, #begin_style, #use")) count(0);
    // At once: the editor takes seconds to hand them over.
    if (event.target.closest("#use")) document.body.toggleAttribute("data-taking", true);
    // Strokes on the photo that is about to go would be lost.
    if (event.target.closest("#begin, #begin_style")) document.body.toggleAttribute("data-switching", true);
    if (event.target.closest("#editor [aria-label='Clear canvas']")) wait(false);
    if (event.target.closest("#editor [aria-label=Redo]")) count(strokes + 1);
    if (event.target.closest("#undo") && strokes > 0) {
      // The last thing that was done is a stroke.
      event.stopPropagation();
      find("#editor [aria-label=Undo]").click();
      return;
    }
    if (!event.target.closest("#editor [aria-label=Undo]")) return;
    if (strokes === 0) event.stopPropagation();
    count(strokes - 1);
  }, true);
}"""
"""Limits undoing to strokes. Gradio's editor treats the photo as the first action, which would be undone too, and after
it the strokes on the previous photo."""

KEEP_NUMBERS = """() => {
  const isNumber = (it) => it.matches?.("input[type=number]");
  const isOut = ({ validity }) => validity.rangeOverflow || validity.rangeUnderflow;
  // In the page: browsers' own words beside a field go after seconds, or are not drawn at all.
  const say = (field, words) => {
    const block = field.closest(".block");
    const note = block.querySelector(".wanted") ?? block.appendChild(document.createElement("div"));
    note.className = "wanted";
    note.role = "alert";
    note.textContent = words;
  };
  const hasComma = (0.5).toLocaleString().includes(",");
  for (const action of ["input", "change"]) document.addEventListener(action, (event) => {
    const field = event.target;
    if (isNumber(field) && (field.value === "" || isOut(field))) event.stopPropagation();
    else if (field.matches?.("input[type=range]")) say(field, "");
  }, true);
  const settle = (field) => {
    if (field.value === "") {
      // As of letters, which is said already.
      const known = field.closest(".block").querySelector(".wanted")?.textContent;
      field.value = field.closest(".block").querySelector("input[type=range]").value;
      if (!known) say(field, `No number was typed: it is still ${field.value}.`);
    } else if (isOut(field)) {
      const typed = field.value;
      field.value = Math.min(Math.max(field.value, field.min), field.max);
      field.dispatchEvent(new Event("input", { bubbles: true }));
      say(field, `${typed} is out of range (${field.min} to ${field.max}): taken as ${field.value}.`);
    }
  };
  // What was said is of the action before. A click comes before the field that it leaves is settled.
  const forget = () => document.querySelectorAll(".wanted").forEach((note) => { note.textContent = ""; });
  for (const action of ["pointerdown", "drop"]) document.addEventListener(action, forget, true);
  document.addEventListener("focusout", ({ target }) => { if (isNumber(target)) settle(target); }, true);
  document.addEventListener("keydown", ({ key, target }) => {
    if (key === "Enter" && isNumber(target)) settle(target);
    else if (!["Tab", "Shift", "Control", "Alt", "Meta"].includes(key)) forget();
  }, true);
  document.addEventListener("beforeinput", (event) => {
    const field = event.target, typed = event.data ?? "";
    // Enter, which adds nothing, has what was typed taken, of which is said what it was taken as.
    if (!isNumber(field) || event.inputType === "insertLineBreak") return;
    const isNone = [...typed].some((it) => !"0123456789.,+- ".includes(it));
    say(field, isNone ? `Type a number from ${field.min} to ${field.max}.` : "");
    if (isNone) {
      event.preventDefault();
    } else if (!hasComma && typed.includes(",")) {
      event.preventDefault();
      document.execCommand("insertText", false, typed.replace(",", "."));
    }
  }, true);
}"""
"""Hides values of a slider's field that are not numbers from Gradio, which would raise an error: the field is empty at
times while a number is typed. A field left in that state gets the slider's number back, and a number out of range
becomes the nearest bound. A comma is a decimal point, even where the browser's language has none. For letters, which
some browsers drop, it says that a number is needed. Its message disappears with the next action."""

TAKE_DROPS = """() => {
  // Else the browser leaves this page, and opens the file.
  for (const action of ["dragover", "drop"]) document.addEventListener(action, (event) => event.preventDefault());
  const findClear = (box) => box?.querySelector("button[aria-label=Clear]");
  const put = async (box, given) => {
    const photos = new DataTransfer();
    for (const file of box.id === "photo" ? given.slice(0, 1) : given) photos.items.add(file);
    if (box.id === "photo") findClear(box)?.click();
    for (let times = 0; times < 100 && !box.querySelector("input[type=file]"); times++) {
      await new Promise((done) => setTimeout(done, 50));
    }
    const field = box.querySelector("input[type=file]");
    if (!field) return;
    field.files = photos.files;
    field.dispatchEvent(new Event("change", { bubbles: true }));
  };
  document.addEventListener("drop", (event) => {
    const box = event.target.closest("#photo, #styles, #others"), given = [...event.dataTransfer.files];
    // Gradio's element takes it as long as it is empty.
    if (!findClear(box) || !given.length) return;
    event.preventDefault();
    event.stopPropagation();
    put(box, given);
  }, true);
  const chosen = Object.assign(document.createElement("input"), { type: "file", id: "another", hidden: true });
  document.body.append(chosen);
  chosen.addEventListener("change", () => {
    const given = [...chosen.files];
    // The same can be chosen once more.
    chosen.value = "";
    if (given.length) put(document.querySelector("#photo"), given);
  });
  document.addEventListener("click", ({ target }) => { if (target.closest("#replace")) chosen.click(); });
}"""
"""Lets a photo that is dropped on an existing one, or selected with the button below, replace it or, where several are
allowed, be added to it."""

KEEP_WORK = """addEventListener("beforeunload", (event) => {
  const isRunning = ["#stop", "#stop_folder"].some((it) => document.querySelector(it)?.disabled === false);
  const isCorrected = [...document.querySelectorAll("#warned p")].some((it) => !it.matches(".untaken"));
  if (!isRunning && !isCorrected && !("strokes" in document.body.dataset)) return;
  event.preventDefault();
  // Gradio would end its connection at once, and load the page anew for whoever stays.
  event.stopImmediatePropagation();
});"""
"""Makes the browser ask before leaving a page with region corrections or running work, which would be lost. It is
loaded before Gradio's own scripts."""

QUIET_STREAMS = """{
  const { warn } = console;
  console.warn = (...words) => { if (words[0] !== "Method not implemented.") warn.apply(console, words); };
}"""
"""Suppresses an error that Gradio's client writes to the browser's console at the end of every event, because its
replacement for EventSource cannot be closed."""

BRUSHED = "(session) => [session, document.body.dataset.brush ?? '']"
"""Returns the last selected colour of the brush, as ``#rrggbb``. Empty if none was selected."""

KEEP_BRUSH = """() => {
  const buttons = () => [...document.querySelectorAll("#editor .swatch button")];
  const name = () => buttons().forEach((button) => {
    const number = getComputedStyle(button, "::after").content.replaceAll('"', "");
    if (/^\\d+$/.test(number)) button.ariaLabel = button.title = `Region ${number}`;
  });
  // They are made when the palette is opened.
  new MutationObserver(name).observe(document.body, { childList: true, subtree: true });
  document.addEventListener("click", ({ target }) => {
    const button = target.closest("#editor .swatch button");
    const levels = button?.style.backgroundColor.match(/\\d+/g)?.slice(0, 3);
    if (!levels) return;
    document.body.dataset.brush = `#${levels.map((it) => Number(it).toString(16).padStart(2, "0")).join("")}`;
  }, true);
}"""
"""Labels the colours of the brush with their regions, and records the selected one. Gradio's editor selects the first
again when it gets another photo."""

KEEP_KEYS = """() => {
  const find = () => document.querySelector("#picture [data-testid=slider]");
  // A picture that is less wide than its element has room at both sides.
  const seen = () => {
    const image = document.querySelector("#picture img.fixed"), width = image.clientWidth;
    const own = Math.min(width, image.clientHeight * image.naturalWidth / image.naturalHeight) || width;
    return { image, width, own, room: (width - own) / 2 };
  };
  const position = () => {
    const { image, width, own, room } = seen();
    const inset = Number(image.style.clipPath.match(/([\\d.]+)%/)?.[1] ?? 50);
    return Math.min(Math.max(Math.round((inset * width - 100 * room) / own), 0), 100);
  };
  const name = () => {
    const divider = find();
    if (divider && divider.tabIndex < 0) {
      divider.tabIndex = 0;
      divider.role = "slider";
      divider.ariaLabel = "Divider between before and after";
      divider.ariaValueMin = "0";
      divider.ariaValueMax = "100";
    }
    const whole = document.querySelector("#picture .icon-button[aria-label=Undo]");
    if (whole) whole.ariaLabel = whole.title = "Back to the whole picture";
    if (divider && document.querySelector("#picture img.fixed")) divider.ariaValueNow = String(position());
    for (const [id, photo] of [["mine", "Your photo"], ["theirs", "Style photo"]]) {
      const button = document.querySelector(`#${id} .image-frame`)?.closest("button");
      if (button) button.ariaLabel = `${photo} with its regions: click one, or choose it in the list below`;
    }
  };
  new MutationObserver(name).observe(document.body, { childList: true, subtree: true });
  // The divider is moved as by hand: it takes nothing else.
  const move = (divider, share) => {
    const { left } = divider.parentElement.getBoundingClientRect(), { own, room } = seen();
    const { x, y } = divider.getBoundingClientRect();
    const at = (x) => ({ bubbles: true, cancelable: true, view: window, clientX: x, clientY: y });
    const to = left + room + own * Math.min(Math.max(share, 0), 1);
    divider.dispatchEvent(new MouseEvent("mousedown", at(x)));
    window.dispatchEvent(new MouseEvent("mousemove", at(to)));
    window.dispatchEvent(new MouseEvent("mouseup", at(to)));
    requestAnimationFrame(name);
  };
  const STEPS = { ArrowLeft: -5, ArrowDown: -5, ArrowRight: 5, ArrowUp: 5, Home: -100, End: 100 };
  document.addEventListener("keydown", (event) => {
    const { key, target } = event;
    if (target === find() && key in STEPS) {
      event.preventDefault();
      move(target, (position() + STEPS[key]) / 100);
    }
    // A list opens with this key as it is left, and would stay open over what has the focus then.
    if (key === "Tab" && target.matches("input[role=combobox]")) {
      setTimeout(() => target.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true })));
    }
  }, true);
}"""
"""Makes the divider reachable by keyboard and movable with the arrow keys, and names focusable elements."""

KEEP_PICK = """() => document.addEventListener("click", ({ target }) => {
  document.body.dataset.picked = target.closest("#legend button")?.dataset.region ?? "";
}, true)"""
"""Records which row of the list of regions is clicked, with the mouse or the keyboard."""

PICK = "(session) => [session, document.body.dataset.picked ?? '']"
"""Returns the region of that row, as ``#rrggbb``. Empty if the row is not that of a region."""

PICKED = """() => setTimeout(() => {
  const { picked } = document.body.dataset;
  if (picked) document.querySelector(`#legend [data-region="${picked}"]`)?.focus();
}, 100)"""
"""Keeps the keyboard focus in place after the list is rebuilt."""

_MEASURED = """() => {
  // Without what it is enlarged by.
  const image = document.querySelector("#picture img"), screen = window.devicePixelRatio;
  return image ? `${Math.round(image.clientWidth * screen)}x${Math.round(image.clientHeight * screen)}` : "";
}"""

ROOM = f"() => document.body.dataset.room = ({_MEASURED})()"
"""Returns the space available for a part of the picture, in pixels of the screen."""

KEEP_ROOM = """() => {
  const measured = MEASURED;
  const look = () => {
    if (!document.querySelector("#close input")?.checked) return;
    const room = measured();
    if (room && room !== document.body.dataset.room) document.querySelector("#measure")?.click();
  };
  // The full view comes with a click, and goes with one or with Escape.
  for (const action of ["click", "keyup"]) document.addEventListener(action, () => setTimeout(look, 500), true);
  let due = 0;
  addEventListener("resize", () => { clearTimeout(due); due = setTimeout(look, 500); });
}""".replace("MEASURED", _MEASURED)
"""Requests another part of the picture when the available space changes. Otherwise the part would be scaled."""

AS_IT_IS = "(said) => said"
"""Copies a text to another element."""

TO_REPORT = "() => document.querySelector('#report')?.scrollIntoView({ behavior: 'smooth', block: 'nearest' })"
"""Scrolls the progress of a folder into view."""

DOWNLOAD = """async (name) => {
  const find = () => [...document.querySelectorAll("#files a[download]")].find((it) => it.download === name);
  for (let times = 0; name && times < 100 && !find(); times++) await new Promise((done) => setTimeout(done, 50));
  if (name) find()?.click();
  return "";
}"""
"""Makes the browser download a file that the page offers, once its link exists."""

CHANGING = "() => document.body.toggleAttribute('data-changing', true)"
"""Dims the picture as soon as other photos are given or another method is selected."""

CHANGED = "() => document.body.toggleAttribute('data-changing', false)"
"""Ends that dimming, so that the page decides whether others are still on their way."""

HALTING = """() => document.addEventListener("click", ({ target }) => {
  if (target.closest("#stop, #stop_folder")) document.body.toggleAttribute("data-halting", true);
}, true)"""
"""Makes the stop button say at once that the work is being stopped, before Gradio handles the click, which can take a
while during rendering."""

HALTED = "() => document.body.toggleAttribute('data-halting', false)"
"""Ends that state, so that the page shows its own."""

ON_LOAD = (
    CLOSE_MESSAGES,
    HALTING,
    KEEP_BRUSH,
    KEEP_KEYS,
    KEEP_PICK,
    KEEP_ROOM,
    KEEP_GROUND,
    KEEP_NUMBERS,
    KEEP_PHOTO,
    TAKE_DROPS,
)
"""The scripts that a page loads when it is opened."""
