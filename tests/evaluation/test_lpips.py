"""LPIPS with weights made here: both backbones, the heads, and files that are not what they should be."""

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from phynes_core.errors import PhynesError
from phynes_core.evaluation.metrics.lpips import load_lpips

TAPS = {"alex": (64, 192, 384, 256, 256), "vgg": (64, 128, 256, 512, 512)}


def alex_features():
    """torchvision's AlexNet.features."""
    return nn.Sequential(
        nn.Conv2d(3, 64, 11, 4, 2), nn.ReLU(), nn.MaxPool2d(3, 2),
        nn.Conv2d(64, 192, 5, padding=2), nn.ReLU(), nn.MaxPool2d(3, 2),
        nn.Conv2d(192, 384, 3, padding=1), nn.ReLU(),
        nn.Conv2d(384, 256, 3, padding=1), nn.ReLU(),
        nn.Conv2d(256, 256, 3, padding=1), nn.ReLU(), nn.MaxPool2d(3, 2),
    )  # fmt: skip


def vgg_features():
    """torchvision's vgg16.features."""
    layers, inputs = [], 3
    for outputs in (64, 64, None, 128, 128, None, 256, 256, 256, None, 512, 512, 512, None, 512, 512, 512, None):
        if outputs is None:
            layers.append(nn.MaxPool2d(2, 2))
        else:
            layers += [nn.Conv2d(inputs, outputs, 3, padding=1), nn.ReLU()]
            inputs = outputs
    return nn.Sequential(*layers)


BACKBONES = {"alex": (alex_features, (1, 4, 7, 9, 11)), "vgg": (vgg_features, (3, 8, 15, 22, 29))}


def heads(kind, value=1.0):
    return {f"lin{n}.model.1.weight": torch.full((1, width, 1, 1), value) for n, width in enumerate(TAPS[kind])}


def by_hand(features, taps, image, truth):
    """The definition, spelled out with the backbone as a black box; all heads 1."""
    sides = []
    for side in (image, truth):
        values = (side * 2 - 1 - torch.tensor([-0.030, -0.088, -0.188])) / torch.tensor([0.458, 0.448, 0.450])
        values, kept = values.permute(2, 0, 1)[None], []
        for number, layer in enumerate(features):
            values = layer(values)
            if number in taps:
                kept.append(values / (values.square().sum(1, keepdim=True).sqrt() + 1e-10))
        sides.append(kept)
    return sum(float((a - b).square().sum(1).mean()) for a, b in zip(*sides, strict=True))


@pytest.fixture(scope="module")
def pictures():
    generator = torch.Generator().manual_seed(0)
    truth = torch.rand(72, 80, 3, generator=generator)
    return (truth + 0.2 * torch.randn(72, 80, 3, generator=generator)).clamp(0, 1), truth


@pytest.mark.parametrize("kind", ["alex", "vgg"])
@torch.no_grad()
def test_backbone_is_told_by_its_tensors_and_equals_the_definition(kind, pictures, tmp_path):
    make, taps = BACKBONES[kind]
    torch.manual_seed(0)
    features = make()
    backbone = {f"features.{name}": value for name, value in features.state_dict().items()}
    save_file(backbone, tmp_path / "backbone.safetensors")
    torch.save(heads(kind), tmp_path / "heads.pth")
    network = load_lpips((tmp_path / "backbone.safetensors", tmp_path / "heads.pth"))
    assert network.origin.startswith({"alex": "AlexNet", "vgg": "VGG16"}[kind])
    assert "heads.pth sha256" in network.origin
    image, truth = pictures
    assert network.distance(truth, truth) == 0.0
    assert network.distance(image, truth) == pytest.approx(by_hand(features, taps, image, truth), rel=1e-4)


@torch.no_grad()
def test_one_file_of_the_lpips_package_is_read(pictures, tmp_path):
    """Its slices keep torchvision's numbers; its heads are stored twice."""
    features = alex_features()
    slices = {0: 1, 3: 2, 6: 3, 8: 4, 10: 5}
    stored = {
        f"net.slice{slices[int(name.split('.')[0])]}.{name}": value for name, value in features.state_dict().items()
    }
    stored |= heads("alex", 0.5) | {f"lins.{n}.model.1.weight": v for n, v in enumerate(heads("alex", 0.5).values())}
    stored |= {"scaling_layer.shift": torch.zeros(1, 3, 1, 1)}
    torch.save(stored, tmp_path / "alex.pth")
    image, truth = pictures
    expected = 0.5 * by_hand(features, BACKBONES["alex"][1], image, truth)
    assert load_lpips((tmp_path / "alex.pth",)).distance(image, truth) == pytest.approx(expected, rel=1e-4)


def test_wrong_files_are_told_in_one_line(tmp_path):
    backbone = {f"features.{name}": value for name, value in alex_features().state_dict().items()}
    cases = {
        "no heads": (backbone, "expected the heads lin0 to lin4, got none"),
        "no backbone": (heads("alex"), "expected the convolutions of AlexNet or VGG16"),
        "another head": (backbone | heads("vgg"), r"tensor lin1: expected shape \[1, 192, 1, 1\]"),
        "a layer short": (
            {name: value for name, value in (backbone | heads("alex")).items() if name != "features.8.bias"},
            r"tensor features.8.bias: expected shape \[256\], got none",
        ),
    }
    for tensors, message in cases.values():
        torch.save(tensors, tmp_path / "wrong.pth")
        with pytest.raises(PhynesError, match=message) as raised:
            load_lpips((tmp_path / "wrong.pth",))
        assert "\n" not in str(raised.value)


class _Trap:
    def __reduce__(self):
        return (print, ("executed",))


def test_a_pickle_that_would_run_code_is_refused(tmp_path, capsys):
    torch.save({"features.0.weight": _Trap()}, tmp_path / "trap.pth")
    (tmp_path / "text.safetensors").write_text("not weights")
    for name in ("trap.pth", "text.safetensors", "missing.pth"):
        with pytest.raises(PhynesError, match="read") as raised:
            load_lpips((tmp_path / name,))
        assert "\n" not in str(raised.value)
    assert "executed" not in capsys.readouterr().out
