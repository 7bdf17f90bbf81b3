// A picture of a photo, and beside it its result, becomes one with a divider. Without scripts, both are seen.
document$.subscribe(() => {
  for (const image of document.querySelectorAll('img[src*="before_after/"]')) {
    const box = document.createElement("div");
    box.className = "compare";
    const divider = Object.assign(document.createElement("input"), { type: "range", min: 0, max: 100, value: 50 });
    divider.setAttribute("aria-label", `How much of the photo is shown, from the left: ${image.alt}`);
    divider.addEventListener("input", () => box.style.setProperty("--at", `${divider.value}%`));
    const before = image.cloneNode();
    before.alt = "";
    image.replaceWith(box);
    box.append(image, before, divider, document.createElement("span"));
  }
});
