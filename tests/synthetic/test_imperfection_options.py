"""How imperfections are typed."""

import pytest

from phynes_core.errors import CaptureError
from phynes_core.synthetic.imperfections.settings import PRESETS, Imperfections, parse_imperfections


def test_options_are_read_in_their_units():
    typed = {"body-noise": "1.5deg,5mm", "mask-noise": "2px", "color-noise": "5%", "camera-noise": ".1deg, 2mm"}
    typed |= {"jpeg": "85", "blur": "1.5px", "offset": "0.3frame"}
    made = parse_imperfections(typed, seed=7)
    assert made == Imperfections(1.5, 5.0, 2.0, 5.0, 0.1, 2.0, 85.0, 1.5, 0.3, 7)
    assert parse_imperfections(made.as_typed(), seed=7) == made


def test_options_replace_those_of_a_preset():
    real = PRESETS["real"]
    made = parse_imperfections({"mask-noise": "4px", "offset": "none", "blur": None}, "real")
    assert (made.mask_px, made.offset_frames, made.blur_px) == (4.0, 0.0, real.blur_px)
    assert (made.body_deg, made.jpeg) == (real.body_deg, real.jpeg)
    assert not [name for name, text in real.as_typed().items() if not text] and len(real.as_typed()) == 7


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"body-noise": "1deg"}, "--body-noise: expected NUMBERdeg,NUMBERmm or none, got '1deg'"),
        ({"body-noise": "1deg,5cm"}, "NUMBERmm"),
        ({"body-noise": "5mm,1deg"}, "NUMBERdeg"),
        ({"body-noise": "1deg,5mm,2px"}, "NUMBERmm"),
        ({"body-noise": "90deg,5mm"}, "expected 0 to 45deg"),
        ({"mask-noise": "2"}, "NUMBERpx"),
        ({"mask-noise": "-2px"}, "NUMBERpx"),
        ({"mask-noise": "nanpx"}, "NUMBERpx"),
        ({"color-noise": "0.05"}, "NUMBER%"),
        ({"color-noise": "60%"}, "expected 0 to 50%"),
        ({"camera-noise": "0.1,2"}, "NUMBERdeg,NUMBERmm"),
        ({"jpeg": "0"}, "1 to 100"),
        ({"jpeg": "85.5"}, "whole number"),
        ({"jpeg": "101"}, "--jpeg"),
        ({"blur": "1.5 px"}, "NUMBERpx"),
        ({"offset": "2frame"}, "--offset: expected 0 to 1frame"),
        ({"offset": "0frame"}, "nothing to degrade"),
        ({"blur": None}, "nothing to degrade"),
    ],
)
def test_other_amounts_are_refused(typed, words):
    with pytest.raises(CaptureError) as caught:
        parse_imperfections(typed)
    assert words in str(caught.value) and "\n" not in str(caught.value)
