"""Every Warp kernel compiles for the GPUs we name, with no GPU here."""

import pytest

pytest.importorskip("warp", reason="warp-lang is not installed")
import warp

from phynes_core.kernels.cuda import warp_rays, warp_shade, warp_visibility

KERNELS = [warp_rays.cast_pixel_rays, warp_visibility.set_open_bits, warp_shade.add_light]  # one of each file
ARCHITECTURES = [80, 90, 120]


@pytest.mark.parametrize("kernel", KERNELS, ids=lambda kernel: kernel.key)
def test_the_kernels_of_a_file_compile(kernel, tmp_path):
    made = warp.compile_aot_module(kernel.module, arch=ARCHITECTURES, module_dir=tmp_path, use_ptx=False)
    sizes = {path.name: path.stat().st_size for path in tmp_path.iterdir() if path.suffix == ".cubin"}
    assert {arch for arch in ARCHITECTURES if any(f"sm{arch}" in name for name in sizes)} == set(ARCHITECTURES), made
    assert min(sizes.values()) > 1000
