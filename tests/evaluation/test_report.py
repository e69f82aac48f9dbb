"""Tables, plots and the page."""

import re
from xml.etree import ElementTree

from phynes_core.evaluation.options import spread
from phynes_core.evaluation.report.svg import Series, dot_plot
from phynes_core.evaluation.report.tables import NOT_STATED, comparison_tables, paper_tables, summary
from phynes_core.evaluation.results import Evaluation

RGB = {"psnr": 34.0, "psnr_foreground": 29.0, "psnr_box": 32.0, "ssim": 0.98, "ssim_box": 0.97}
METRICS = {
    "novel_view": {"relit": RGB, "texture": RGB | {"psnr_box": 31.5}},
    "novel_pose": {"relit": RGB | {"psnr_box": 30.0}},
    "albedo": {"psnr": 36.0, "psnr_foreground": 28.0, "psnr_mask": 27.0, "ssim": 0.99},
    "relighting": {
        "psnr": 34.5,
        "probes_only": {"psnr": 34.0},
        "by_light": {"forest": {"psnr": 33.0, "psnr_foreground": 27.5, "probes_only": {"psnr": 31.0}}},
    },
    "geometry": {"p2s_cm": 0.124, "cd_cm": 0.117},
    "protocol": {"psnr": "whole image"},
}


def by_title(evaluation):
    return {re.sub(r":.*", "", table.title): table for table in paper_tables(evaluation)}


def cell(table, row, column):
    rows = {entry[0]: dict(zip(table.columns, entry, strict=True)) for entry in table.rows}
    return next(values for name, values in rows.items() if name.startswith(row))[column]


def test_the_papers_tables_hold_ours_beside_the_papers_own_rows():
    tables = by_title(Evaluation("josh", METRICS, provenance={"training_seconds": 600.0}))
    assert cell(tables["Table I"], "josh, ours, relit", "novel view PSNR") == "32.00"
    assert cell(tables["Table I"], "josh, ours, stage-1 texture", "novel pose PSNR") == "-"  # not measured
    assert cell(tables["Table II"], "josh", "P2S") == "0.124"
    assert (cell(tables["Table II"], "PhyNES", "P2S"), cell(tables["Table II"], "PhyNES", "CD")) == ("0.50", "0.62")
    assert cell(tables["Table III"], "josh", "training") == "10 min"
    assert cell(tables["Table IV"], "PhyNES", "albedo PSNR") == "35.25"
    assert cell(tables["Table IV"], "PhyNES", "visibility PSNR") == "34.52"
    assert cell(tables["Table IV"], "PhyNES", "relighting PSNR") == "35.33"
    assert cell(tables["Table IV"], "PhyNES", "albedo SSIM") == NOT_STATED
    assert cell(tables["Table IV"], "josh, ours, over", "albedo PSNR") == "27.00"


def test_a_real_capture_has_no_tables_of_materials_and_geometry():
    real = {key: METRICS[key] for key in ("novel_view", "novel_pose", "protocol")}
    assert set(by_title(Evaluation("me", real))) == {"Table I", "Table III"}


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
