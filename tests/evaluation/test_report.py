"""Tables, plots and the page."""

import re
from xml.etree import ElementTree

from phynes_core.evaluation.options import spread
from phynes_core.evaluation.report.paper_tables import paper_tables
from phynes_core.evaluation.report.svg import Series, dot_plot
from phynes_core.evaluation.report.tables import comparison_tables, summary
from phynes_core.evaluation.results import Evaluation

RGB = {"psnr": 34.0, "psnr_foreground": 29.0, "psnr_box": 32.0, "ssim": 0.98, "ssim_box": 0.97}
METRICS = {
    "novel_view": {"relit": RGB | {"lpips": 0.041}, "texture": RGB | {"psnr_box": 31.5}},
    "novel_pose": {"relit": RGB | {"psnr_box": 30.0}},
    "albedo": {"psnr": 36.0, "psnr_foreground": 28.0, "psnr_mask": 27.0, "ssim": 0.99},
    "relighting": {
        "psnr": 34.5,
        "probes_only": {"psnr": 34.0},
        "by_light": {"forest": {"psnr": 33.0, "psnr_foreground": 27.5, "probes_only": {"psnr": 31.0}}},
    },
    "geometry": {"p2s_cm": 0.124, "cd_cm": 0.117},
    "speed": {"frames_per_second": 7.5},
    "protocol": {"psnr": "whole image"},
}


def by_title(evaluation):
    return {re.sub(r":.*", "", table.title): table for table in paper_tables(evaluation)}


def cell(table, row, column):
    rows = {entry[0]: dict(zip(table.columns, entry, strict=True)) for entry in table.rows}
    return next(values for name, values in rows.items() if name.startswith(row))[column]


def test_the_papers_tables_hold_ours_beside_every_method_of_the_paper():
    tables = by_title(Evaluation("mine", METRICS, provenance={"training_seconds": 1800.0}))
    assert cell(tables["Table I"], "mine, ours, relit", "seen pose PSNR, dB") == "32.00"
    assert cell(tables["Table I"], "mine, ours, relit", "seen pose LPIPS x 1000") == "41.00"
    assert cell(tables["Table I"], "mine, ours, stage-1 texture", "novel pose PSNR, dB") == "-"  # not measured
    methods = [row[0].removesuffix(", average") for row in tables["Table I"].rows[2:]]
    assert methods == ["AniSDF", "NDF", "SANeRF", "NES", "Relightable Avatar", "PhyNES"]
    assert cell(tables["Table II"], "mine", "frames a second") == "7.5"
    assert cell(tables["Table II"], "PhyNES", "memory, GB") == "3.5"
    assert [cell(tables["Table II"], method, "relightable") for method in ("NES", "PhyNES")] == ["no", "yes"]
    assert cell(tables["Table III"], "mine", "P2S, cm") == "0.124"
    assert [row[0] for row in tables["Table III"].rows[1:3]] == ["Neural Body, average", "AniSDF, average"]
    assert cell(tables["Table IV"], "mine, ours", "training") == "30 min"
    assert cell(tables["Table IV"], "mine, ours, over", "albedo PSNR, dB") == "27.00"
    assert cell(tables["Table IV"], "NeRFactor", "albedo LPIPS x 1000") == "226"
    assert cell(tables["Table IV"], "PhyNES", "training") == "5 h"


def test_a_capture_that_has_no_subjects_name_stands_beside_averages():
    tables = by_title(Evaluation("mine", METRICS, capture="me"))
    assert cell(tables["Table I"], "PhyNES", "novel pose PSNR, dB") == "25.40"
    assert (cell(tables["Table III"], "PhyNES", "P2S, cm"), cell(tables["Table III"], "PhyNES", "CD, cm")) == (
        "0.50",
        "0.62",
    )
    assert cell(tables["Table IV"], "PhyNES", "visibility PSNR, dB") == "34.52"
    assert "averages on ZJU-MoCap (377, 386, 387, 392 and 393)" in tables["Table I"].note


def test_a_capture_that_is_named_after_a_subject_stands_beside_that_subject():
    tables = by_title(Evaluation("mine", METRICS, capture="josh_256"))
    assert cell(tables["Table III"], "AniSDF, S6", "CD, cm") == "0.78"
    assert "S6, taken to be josh, of SyntheticHuman (supplement, table II)" in tables["Table III"].note
    assert cell(tables["Table IV"], "Relighting4D", "relighting LPIPS x 1000") == "39.71"
    assert cell(tables["Table IV"], "Relighting4D", "training") == "over 40 h"
    assert "averages on ZJU-MoCap" in tables["Table I"].note
    real = by_title(Evaluation("mine", METRICS, capture="CoreView_387"))
    assert cell(real["Table I"], "SANeRF", "novel pose LPIPS x 1000") == "36.85"
    missing = by_title(Evaluation("mine", METRICS, capture="malcolm"))
    assert cell(missing["Table IV"], "NeRFactor", "albedo PSNR, dB") == "-"


def test_a_real_capture_has_no_tables_of_materials_and_geometry():
    real = {key: METRICS[key] for key in ("novel_view", "novel_pose", "protocol")}
    assert set(by_title(Evaluation("me", real))) == {"Table I", "Table II"}


def test_the_gain_of_lamps_is_tabulated_for_each_light():
    table = comparison_tables(Evaluation("josh", METRICS))[0]
    assert table.title == "Bright sources as lamps"
    assert table.rows == (("relighting under forest", "31.00", "33.00", "-", "27.50"),)


def test_the_summary_lists_every_group():
    names = [row[0] for row in summary(Evaluation("josh", METRICS)).rows]
    assert names == [
        "novel view relit", "novel view texture", "novel pose relit", "albedo", "relighting", "relighting probes only",
        "geometry",
    ]  # fmt: skip


def test_a_plot_is_well_formed_and_its_dots_lie_in_order_of_their_values():
    series = [Series("a <b>", ("one", "two & three", "four"), (20.0, 30.0, 25.0)), Series("c", ("one",), (22.0,))]
    root = ElementTree.fromstring(dot_plot("PSNR", "dB", series))
    dots = [node for node in root if node.tag == "circle" and node.find("title") is not None]
    assert [dot.find("title").text for dot in dots][1] == "a <b>, two & three: 30.00 dB"
    heights = [float(dot.get("cy")) for dot in dots]
    assert heights[1] < heights[2] < heights[3] < heights[0]  # 30, 25, 22, 20: up is small y
    for height in heights:
        assert 0 < height < float(root.get("viewBox").split()[3])


def test_a_plot_of_equal_values_and_of_nothing():
    assert dot_plot("x", "dB", [Series("a", ("one", "two"), (5.0, 5.0))]).startswith("<svg")
    assert dot_plot("x", "dB", []) == ""


def test_spread_items_are_evenly_apart():
    assert spread(list(range(10)), 2) == [2, 7]
    assert spread([1, 2], 5) == [1, 2]
    assert spread([1, 2], None) == [1, 2]
