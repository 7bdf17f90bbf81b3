"""The appearance of the page: its style sheet, theme and head."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gradio as gr

# Gradio scopes rules within @media to its .contain element, and emits all other rules both scoped and unscoped.
CSS = """
.gradio-container { max-width: 1500px !important; width: 100%; margin: 0 auto; }
.gradio-container main, .gradio-container .contain { width: 100%; }
/* Gradio's own widths grow in jumps, which leave a fifth of a small laptop empty, and half of it at the beginning. */
.gradio-container > .main { max-width: none !important; width: 100% !important; }
/* The browser's own scroll bars and fields, too, and what is seen when the page is pulled beyond its end. */
html:has(body.dark) { color-scheme: dark; background: #0f0f11 !important; }
.dark input[type=range] { --neutral-200: #52525b; }
/* Names in full, on several lines if need be, instead of room for a size and ellipses. */
:is(#photo, #styles, #others) .stem { white-space: normal; overflow: visible; overflow-wrap: anywhere; }
:is(#photo, #styles, #others) .filename { align-items: flex-end; }
/* Nobody downloads the photo that they have just given. */
:is(#photo, #styles, #others) td.download { display: none; }
/* Gradio's element can be clicked as long as it is empty. */
body:not(:has(#photo button[aria-label=Clear])) #replace { display: none; }
/* The picture before stays in sight while the next is made. */
:is(#picture, #result) [data-testid=status-tracker] {
  background: color-mix(in srgb, var(--block-background-fill) 55%, transparent) !important;
}
:is(#picture, #result) [data-testid=status-tracker] :is(.progress-level-inner, .progress-text) {
  background: var(--block-background-fill);
}
/* Of other photos: dimmed from when these are given until they are in it, also where Gradio shows no progress yet. */
:is(body[data-changing], body:has(#warned .changing)) :is(#picture, #result) img { opacity: 0.4; }
:is(body[data-changing], body:has(#warned .changing)) :is(#picture, #result) [data-testid=status-tracker] {
  background: transparent !important;
}
:is(body[data-changing], body:has(#warned .changing)) #warned p { display: none; }
/* Gradio's clock, and "processing": the page says itself what is being done, and how long the rest takes. */
[data-testid=status-tracker] :is(.meta-text, .meta-text-center) { display: none !important; }
/* One sees that something is done also where that takes a while, and nobody knows how long. */
@keyframes at-work { 50% { opacity: 0.45; } }
:is(#picture, #result) :is(.progress-level-inner, .progress-text) { animation: at-work 1.6s ease-in-out infinite; }
/* White on white otherwise. */
input[type=range]::-webkit-slider-thumb { border: 2px solid var(--color-accent) !important; }
input[type=range]::-moz-range-thumb { border: 2px solid var(--color-accent) !important; }
/* Over nothing yet, where what tells of progress is. */
#picture .empty { visibility: hidden; }
/* What a slider means, in one line, which goes on below the number beside its name. */
:is(#strength, #colour, #tone) { overflow: hidden !important; }
:is(#strength, #colour, #tone) .info-text { white-space: nowrap; width: 0; margin-top: 0.35rem; }
/* Paler than can be read, otherwise. */
.info-text { color: color-mix(in srgb, var(--body-text-color) 70%, transparent) !important; }
:is(#strength, #colour, #tone) input[type=number] { width: 4rem; }
.wanted { color: var(--error-text-color, #b91c1c); font-size: 0.8rem; }
#head { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0 1rem; }
#head h1 { font-size: 1.5rem; font-weight: 650; margin: 0; }
#head p { margin: 0.1rem 0 0; opacity: 0.75; }
/* It takes back what was enlarged with the wheel; where there is nothing to take back, it would only be a riddle. */
#picture .icon-button[disabled] { display: none; }
/* With the sliders below it on one screen. */
#picture { --beside: 22.5rem; }
:has(> #noticed p) > #picture { --beside: 25rem; }
#picture:not(.fullscreen) img { max-height: max(16rem, calc(100vh - var(--beside))) !important; }
:is(#lacking, #noticed):not(:has(.prose:not(:empty))) { display: none; }
/* Of the picture before. */
body:is([data-changing], :has(#warned :is(.changing, .busy))) #noticed { display: none; }
#noticed p { font-size: 0.9rem; font-weight: 600; margin: 0; }
/* It has its room when it is empty, too, so that sliders stay below the hand that moves them. */
#clipped { font-size: 0.9rem; min-height: 1.4rem; }
:is(#noticed, #caption, #clipped) .prose { margin-block: -0.45rem; }
body:not(:has(#picture img)) #clipped { display: none; }
#picture .outer::before, #picture .outer::after {
  position: absolute; bottom: 0.5rem; color: #fff; font-size: 0.8rem; text-shadow: 0 0 3px #000, 0 0 3px #000;
  pointer-events: none;
}
#picture .outer::before { content: "before"; right: calc(50% + 0.5rem); }
#picture .outer::after { content: "after"; left: calc(50% + 0.5rem); }
/* Of one size and at one place each, however many there are. */
#given { display: flex; flex-wrap: wrap; gap: 0.5rem; }
#given figure { margin: 0; flex: 0 0 calc(50% - 0.25rem); min-width: 0; max-width: 11rem; }
#given img { width: 100%; aspect-ratio: 3 / 2; object-fit: cover; border-radius: 6px; display: block; }
#given figcaption { font-size: 0.8rem; opacity: 0.75; overflow-wrap: anywhere; }
#preview, #full { padding-inline: 0.5rem; white-space: nowrap; }
:is(#merge, #leave_out, #keep, #undo, #reset) { min-width: max-content !important; flex: 1 1 auto !important; }
body:has(#warned .busy) #caption .prose:not(:empty)::before { content: "The previous picture is "; }
#caption { font-size: 0.9rem; opacity: 0.75; overflow-wrap: anywhere; }
#legend { display: grid; gap: 0.3rem; font-size: 0.9rem; }
/* Gradio shows them, and a line around nothing. */
:is(#brush, #due, #pick, #room, #measure), .form:has(> #room) { display: none !important; }
#legend button { background: none !important; font-weight: inherit; }
#legend button { display: flex; gap: 0.5em; align-items: baseline; padding: 0; text-align: left; }
:is(#legend button, #mine button, #theirs button, input[type=range], #picture [role=slider]):focus-visible {
  outline: 2px solid var(--color-accent) !important; outline-offset: 3px; border-radius: 3px;
}
#legend i { flex: none; padding: 0.15em 0.3em; border-radius: 3px; font-style: normal; line-height: 1; }
#legend b { display: inline-block; min-width: 1.2em; padding: 0.1em; border-radius: 1em; text-align: center; }
#legend b { color: #141414; background: #fff; }
#legend .out { opacity: 0.6; }
#corrected, #lacking { font-weight: 600; }
#legend .chosen { font-weight: 700; }
/* A file's whole line is its link, its name foremost. */
:is(#files, #archive, #mask) tr.file { position: relative; }
:is(#files, #archive, #mask) a { position: static !important; }
:is(#files, #archive, #mask) a::after { content: ""; position: absolute; inset: 0; }
:is(#files, #archive, #mask) td button { position: relative; z-index: 1; }
:is(#files, #archive, #mask) .filename { color: var(--link-text-color); text-decoration: underline; }
#mine img, #theirs img, #place img { cursor: pointer; }
/* Where there is no text yet, what tells of progress is laid over nothing. */
.progress:has([data-testid=status-tracker] .progress-text) { min-height: 6rem; }
#report, #report code { overflow-wrap: anywhere; white-space: normal; word-break: break-word; }
/* As photographers look at pictures, in a dark and in a light page. */
.block.fullscreen {
  --block-background-fill: #1e1e1e; --background-fill-primary: #1e1e1e; --background-fill-secondary: #1e1e1e;
  --block-label-background-fill: #1e1e1e; --block-label-text-color: #b4b4b4; --body-text-color: #d4d4d4;
  --border-color-primary: #3c3c3c; --block-border-color: #3c3c3c; --block-label-border-color: #3c3c3c;
  background: #1e1e1e !important; color: #d4d4d4;
}
/* Without the page's scroll bars around it. */
html:has(.block.fullscreen) { overflow: hidden; }
/* Beside its heading, and as high as it needs to be, up to a window. */
#results [data-testid=block-label] { position: static !important; width: fit-content; }
#results .grid-wrap { min-height: 0 !important; max-height: 85vh !important; overflow-y: auto !important; }
#results .grid-container { padding-top: 0 !important; }
/* At once, before the page has heard that it is so. */
body[data-halting] :is(#stop, #stop_folder) { position: relative; color: transparent !important; pointer-events: none; }
body[data-halting] :is(#stop, #stop_folder)::after {
  content: "Stopping…"; position: absolute; inset: 0; display: grid; place-items: center; color: #fff;
}
body[data-halting] :is(#preview, #full, #weights, #again, #use, #grade, #pack) { opacity: 0.5; pointer-events: none; }
/* Gradio heads messages with the names of their kinds, and takes no other title. */
.toast-title:is(.warning, .info) { font-size: 0 !important; }
.toast-title:is(.warning, .info)::after { font-size: 1rem; content: "verism"; }
.toast-title.warning::after { content: "Please note"; }
#warned { font-size: 0.9rem; }
body:not([data-strokes]) #warned:not(:has(p:not(.untaken))) { display: none; }
body:not([data-strokes]) #warned .untaken { display: none; }
/* Each colour of the brush has its region's number; which, the page says beside it. */
#editor .swatch button { position: relative; opacity: 1 !important; }
#editor .swatch button::after {
  position: absolute; inset: 0; display: grid; place-items: center;
  color: #fff; font: 700 0.8rem system-ui, sans-serif; text-shadow: 0 0 3px #000, 0 0 3px #000, 0 0 2px #000;
}
body[data-switching] #editor { opacity: 0.4; pointer-events: none; }
#editor { min-width: 0; max-width: 100%; overflow: hidden; }
/* Without its button it is not seen, but there: if it is removed while it gets ready, Gradio's editor fails, and
   nothing on the page changes any more. */
body:not(:has(#use)) #editor { display: none; }
/* It stays until a run has begun, and says that it was heard. */
body[data-taking] #use {
  display: block !important; position: relative; color: transparent !important; transition: none !important;
}
body[data-taking] :is(#use, #editor) { pointer-events: none; }
body[data-taking] #use::after {
  content: "Taking over what you painted…"; position: absolute; inset: 0; display: grid; place-items: center;
  color: #fff; animation: at-work 1.6s ease-in-out infinite;
}
body[data-taking] #again { display: none; }
/* Of two previews, the one that takes strokes, if there are any. */
body:not([data-strokes]) #use, body[data-strokes]:has(#use) #again { display: none; }
[data-unpainted] #editor [aria-label=Undo] { opacity: 0.3; pointer-events: none; }
.gradio-container main { padding: clamp(0.5rem, 3vw, 2rem) !important; }
/* On a phone there is no room for Gradio's own margin beside it. */
.gradio-container > .main { padding-inline: clamp(0px, calc(100vw - 640px), 2rem) !important; }
/* Nothing is dropped with a finger. */
@media (pointer: coarse) {
  :is(#photo, #styles, #others) button .wrap { font-size: 0 !important; }
  :is(#photo, #styles, #others) button .wrap > .or { display: none; }
  :is(#photo, #styles, #others) button .wrap::after { content: "Tap to choose"; font-size: 1rem; }
}
@media (max-width: 640px) {
  .column, .row, .tabs { min-width: 0 !important; max-width: calc(100vw - 1.5rem) !important; }
  .row { flex-wrap: wrap !important; }
  .row > .column { flex: 1 1 100% !important; }
  .block { max-width: 100% !important; }
  /* Without a width of its own, so that the page stays as wide as the screen; more than three can be scrolled. */
  #given { flex-wrap: nowrap; overflow-x: auto; width: 0; min-width: 100%; }
  #given figure { flex: 0 0 calc(33% - 0.5rem); }
  /* The last slider on one screen with the picture. */
  #picture:not(.fullscreen) img { max-height: 38vh !important; }
  :is(#strength, #colour, #tone) { padding-block: 0.3rem !important; }
  #tone { padding-bottom: 0.8rem !important; }
  /* What the ends of a slider are, which Gradio leaves out here; and all tabs at once. */
  :is(#strength, #colour, #tone) :is(.min_value, .max_value) { display: inline !important; }
  .tab-wrapper .tab-container button { padding-inline: 0.5rem !important; font-size: 0.85rem; }
  /* A slider to a row, and a box to tick. */
  #strength, #colour, #tone, #clipping, #close, #earlier, #adapt, #whole { flex: 1 1 100% !important; }
  /* The regions as wide as the screen, to be hit with a finger; and two buttons to a row. */
  #mine, #theirs { flex: 1 1 100% !important; height: auto !important; }
  #merge, #leave_out, #keep, #undo, #reset { flex: 1 1 40% !important; }
}
"""

DRESS: Mapping[str, Any] = {
    # System fonts, so that no fonts are downloaded.
    "theme": gr.themes.Default(
        primary_hue="teal",
        neutral_hue="zinc",
        font=["system-ui", "sans-serif"],
        font_mono=["ui-monospace", "monospace"],
        radius_size="sm",
    ),
    "css": CSS,
}

HEAD = """<div id="head"><h1>verism</h1>
<p>One photo takes on the look of another. Photos stay on this computer.</p></div>"""
