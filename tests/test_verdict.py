"""What is said of a result: its figures, its faults, and the options that help."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

import pytest

from verism.commands.options import FitOptions
from verism.look.strength import Strength
from verism.metrics import NAMES
from verism.verdict import (
    CHANGED,
    CLIPPED,
    FAULTS,
    LITTLE,
    PURE,
    SLIGHT,
    Fault,
    exceptions,
    found,
    hardly_there,
    in_words,
    is_astray,
    is_sound,
    look_plainly,
    match,
    pure,
    summary,
)

SOUND = dict.fromkeys(NAMES, 0.0) | {
    "drift": 1.84,
    "lost": 0.092,
    "newly_clipped": 0.004,
    "structure": 0.9812,
    "sliced_wasserstein": 0.0604,
    "color_distance": 0.36,
    "style_distance": 0.448,
}


def faults(figures: Mapping[str, float]) -> list[str]:
    return [fault.of(figures) for fault in found(figures)]


def plainly(figures: Mapping[str, float]) -> list[str]:
    return [*look_plainly(figures), *(fault.plainly(figures) for fault in found(figures))]


def test_what_agrees_with_the_eye_comes_first() -> None:
    """One a line, with names and values below each other."""
    assert summary(SOUND) == [
        "drift            ΔE 1.8   up to 4: the same edit everywhere",
        "detail lost        9.2%   0: none",
        "newly clipped      0.4%   0: none",
        "structure         0.981   1: the content photo's",
        "colour distance    0.36   1: the content photo's, 0: the style's colours",
        "style distance     0.45   1: the content photo's, 0: none",
    ]


def test_three_figures_in_words() -> None:
    assert in_words(SOUND) == [
        "Shapes and edges: 98.1% as in your photo.",
        (
            "Colours: even across the picture, as far as can be measured "
            "(ΔE 1.8; one edit of the whole photo gives up to 4)."
        ),
        "Look: about two thirds of the difference from the style's colours is gone.",
    ]
    for further in (1.0, 1.3):
        assert in_words(SOUND | {"color_distance": further})[2] == (
            "Look: the colours are no nearer to the style's than the photo's were."
        )
    assert in_words(SOUND | {"color_distance": math.nan})[2] == (
        "Look: the colours are close to the style's, as the photo's were already."
    )
    assert in_words({}) == []


@pytest.mark.parametrize(
    ("drift", "plain", "exactly"),
    [
        (
            3.5,
            "even across the picture, as far as can be measured",
            " (ΔE 3.5; one edit of the whole photo gives up to 4)",
        ),
        (4.4, "mostly even; tints within one area differ by ΔE 4.4, and about 2 is just visible side by side", ""),
        (7.0, "mostly even; tints within one area differ by ΔE 7.0, and about 2 is just visible side by side", ""),
        (
            7.1,
            "treated unevenly",
            "; tints within one area differ by ΔE 7.1, and about 2 is just visible side by side",
        ),
    ],
)
def test_what_a_photographer_sees_as_patches_is_not_called_even(drift: float, plain: str, exactly: str) -> None:
    seen = SOUND | {"drift": drift}
    assert plainly(seen)[1] == f"Colours: {plain}."
    assert in_words(seen)[1] == f"Colours: {plain}{exactly}."
    assert is_sound(seen) == (drift <= SLIGHT)


def test_of_several_pictures_what_is_usual_is_left_out() -> None:
    assert exceptions(SOUND) == plainly(SOUND)[2:]
    assert is_sound(SOUND)
    patchy = SOUND | {"drift": 4.4, "structure": 0.9}
    assert exceptions(patchy) == plainly(patchy)[:3]
    # It is told as a fault.
    assert exceptions(SOUND | {"drift": 8.3}) == plainly(SOUND)[2:]
    for fault in ({"structure": 0.9}, {"drift": 8.3}, {"newly_clipped": 0.1}):
        assert not is_sound(SOUND | fault)
    assert exceptions({}) == []


@pytest.mark.parametrize(
    ("strength", "said"),
    [
        (Strength(0), "Look: your photo's own, as asked."),
        (Strength(color=0), "Look: your photo's own colours, as asked."),
        (
            Strength(0.1),
            "Look: at this strength, the colours are hardly any nearer to the style's than the photo's were.",
        ),
    ],
)
def test_no_style_is_blamed_for_what_was_asked_for(strength: Strength, said: str) -> None:
    seen = SOUND | {"color_distance": 0.95, "ciede2000": 9.4}
    assert in_words(seen, SOUND, strength)[2] == said
    assert look_plainly(seen, SOUND, strength)[2:] == exceptions(seen, SOUND, strength) == [said]
    # A photo in its own colours has not gone elsewhere, wherever the whole look has.
    assert (len(look_plainly(seen, seen, strength)) == 3) == (strength.strength * strength.color == 0)


def test_a_picture_in_its_own_light_is_judged_by_its_colours() -> None:
    assert in_words(SOUND, SOUND, Strength(tone=0)) == in_words(SOUND)


@pytest.mark.parametrize(
    ("distance", "way"),
    [
        (0.92, "hardly any nearer to the style's than the photo's were"),
        (1.2, "no nearer to the style's than the photo's were"),
    ],
)
def test_a_look_that_is_seen_is_not_denied(distance: float, way: str) -> None:
    seen = SOUND | {"color_distance": distance, "ciede2000": 9.4}
    look = f"Look: the colours have changed, but are {way}."
    assert in_words(seen)[2] == plainly(seen)[2] == look
    assert plainly(seen)[3].startswith("What may help: a style photo of the same kind of scene, or regions")
    # A part of a look that has not gone elsewhere has not done so either.
    assert look_plainly(seen, SOUND)[3:] == []
    assert is_astray(seen)
    assert not hardly_there(seen)
    for other in ({"ciede2000": 0.99 * CHANGED}, {"color_distance": 1 - 1.01 * LITTLE}, {"color_distance": math.nan}):
        assert not is_astray(seen | other)
    assert not is_astray(SOUND)
    assert not is_astray({})


def test_the_share_that_is_clipped_is_told_from_the_limit_on() -> None:
    clipped = SOUND | {"newly_clipped": 0.0213}
    (said,) = plainly(clipped)[3:]
    assert said.startswith(
        "Shadows or highlights have lost their detail (2.1% newly clipped); a lower --output.strength"
    )
    assert plainly(SOUND | {"newly_clipped": CLIPPED}) == plainly(SOUND)


def test_many_pure_colours_are_a_fact_with_the_option_that_leaves_hardly_any() -> None:
    """Told alike by all, at the strength of the picture, and no fault."""
    vivid = SOUND | {"pure_colors": 0.277}
    said = (
        "Very vivid colours: in 28% of the picture, red, green or blue has come to its limit, where the finest "
        "differences are lost; --output.color 0.8 brings nearly all of it back."
    )
    for tell in (in_words, plainly, look_plainly):
        assert tell(vivid) == [*tell(SOUND), said]
    assert exceptions(vivid)[-1] == said
    assert pure(vivid, Strength(color=0.75)) == [said.replace("color 0.8", "color 0.6")]
    assert is_sound(vivid)
    assert not faults(vivid)
    for few in ({"pure_colors": PURE}, {"pure_colors": math.nan}):
        assert plainly(SOUND | few) == plainly(SOUND)
    assert pure({}, Strength()) == []


def test_the_same_in_plain_words_has_no_units() -> None:
    assert plainly(SOUND) == [
        "Shapes and edges: as in your photo.",
        "Colours: even across the picture, as far as can be measured.",
        "Look: about two thirds of the difference from the style's colours is gone.",
    ]
    _, colours, _, first, second = plainly(SOUND | {"drift": 8.26, "lost": 0.3})
    assert colours == "Colours: treated unevenly."
    assert first.startswith("One colour of the photo has become several in different places; ")
    assert second == "Textures have gone flat; a lower --output.tone keeps more of the photo's own light."
    assert plainly({}) == []
    for structure, shapes in ((0.9, "nearly as"), (0.6, "not all as")):
        assert plainly(SOUND | {"structure": structure})[0] == f"Shapes and edges: {shapes} in your photo."


@pytest.mark.parametrize(
    ("distance", "part"),
    [
        (0.88, "about a tenth"),
        (0.77, "about a quarter"),
        (0.65, "about a third"),
        (0.5, "about half"),
        (0.33, "about two thirds"),
        (0.26, "about three quarters"),
        (0.1, "about nine tenths"),
        (0.03, "nearly all"),
        (0.0, "nearly all"),
    ],
)
def test_what_is_gone_is_told_in_parts_that_one_can_picture(distance: float, part: str) -> None:
    look = f"Look: {part} of the difference from the style's colours is gone."
    assert plainly(SOUND | {"color_distance": distance})[2] == look


def test_a_look_is_hardly_there_if_the_colours_have_hardly_moved() -> None:
    assert not hardly_there(SOUND)
    for distance in (0.98, 1.0, 1.04, math.nan):
        assert hardly_there(SOUND | {"color_distance": distance})
        assert hardly_there(SOUND | {"color_distance": distance, "ciede2000": 0.99 * CHANGED})
        assert not hardly_there(SOUND | {"color_distance": distance, "ciede2000": CHANGED})
        # Nobody knows what is not measured.
        assert not hardly_there({"color_distance": distance})
    # What has moved away from the style has changed, too.
    for distance in (1 - 1.01 * LITTLE, 1.3):
        assert not hardly_there(SOUND | {"color_distance": distance})
    assert not hardly_there({})


def test_nothing_is_said_of_a_sound_result() -> None:
    assert faults(SOUND) == []
    assert faults(SOUND | {fault.metric: fault.limit for fault in FAULTS}) == []
    assert faults(SOUND | {fault.metric: math.nan for fault in FAULTS}) == []
    assert faults({}) == []


@pytest.mark.parametrize(
    ("metric", "value", "told", "option"),
    [
        ("drift", 8.26, "Drift ΔE 8.3: one colour of the photo", "a lower --output.strength"),
        ("lost", 0.256, "Detail lost 26%: textures have gone flat", "a lower --output.tone"),
        ("newly_clipped", 0.0213, "Newly clipped 2.1%: ", "a lower --output.strength"),
        ("blown", 0.035, "Detail blown up 3.5%: contrast", "a lower --output.strength"),
    ],
)
def test_a_fault_is_one_sentence_with_the_option_that_helps(metric: str, value: float, told: str, option: str) -> None:
    (sentence,) = faults(SOUND | {metric: value})
    assert sentence.startswith(told)
    assert option in sentence
    assert re.fullmatch(r"[^.]+(\.\w[^.]*)*\.", sentence), "one sentence"


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.metric)
def test_the_option_that_helps_exists(fault: Fault) -> None:
    (option,) = re.findall(r"--[\w.]+", fault.remedy)
    FitOptions().read(["--data.content", "a.png", "--data.style", "b.png", option, "0.5"])


def test_all_faults_in_order() -> None:
    all_of_them = faults(SOUND | {fault.metric: 10 * fault.limit for fault in FAULTS})
    assert [sentence.partition(" ")[0] for sentence in all_of_them] == ["Drift", "Detail", "Newly", "Detail"]


def test_how_sure_a_match_is() -> None:
    assert [match(sure) for sure in (0, 0.05, 0.06, 1)] == ["no match", "no match", "6% sure", "100% sure"]
