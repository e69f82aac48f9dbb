"""Shading of pixels under packed directional lights: Lambert and the Cook-Torrance lobe of render/brdf.py.

With u = wi + wo (twice the half vector's direction), split into its parts along and across the normal, a2 = alpha^2 and
s(c) = c + sqrt(a2 + (1 - a2) c^2), the lobe is
    D F G / (4 n.l n.v) = a2 |u|^4 F / (pi (|across|^2 + a2 |along|^2)^2 s(n.l) s(n.v)),
which costs two square roots and one division a light and pixel, and keeps its digits where n.h nears 1.

Lights come in groups of sixteen. The pixels of a triangle are shaded together, under copies of those groups of which
any bit is set at a corner: a third is left out (render/probes.py), and half of all lights where groups can be packed.
"""

# pyright: reportCallIssue=false
# numba hands the typing context to an intrinsic itself.

import math

import numpy as np
import torch
from llvmlite import ir
from numba import float32, int32, uint32, uintp
from numba.core import cgutils, types
from numba.extending import intrinsic
from torch import Tensor

from phynes_core.conventions import MIN_COSINE, MIN_ROUGHNESS, PROBE_PATCH
from phynes_core.kernels.cpu.compiler import inlined, parallel, prange, serial
from phynes_core.kernels.cpu.vector_tiles import LANES
from phynes_core.kernels.surface_interfaces import LitSurface, PackedBits

_CHUNK = 2048  # pixels among which those of a triangle are brought together: some rows of a picture
_WORD = 32  # lights whose visibility shares a word
_ONE = float32(1)
GROUP = PROBE_PATCH  # lights: half a word of bits; one or more registers
HELD_ROWS = 9  # of what `hold_open_lights` writes: direction, power, one for each corner's bits
_FLOATS, _INTS, _MASK = (ir.VectorType(kind, GROUP) for kind in (ir.FloatType(), ir.IntType(32), ir.IntType(1)))
_PACKS = LANES == GROUP  # AVX-512 has an instruction for it


@inlined
def _smith(cosine, squared_alpha):
    """Twice the cosine over Smith's masking for GGX: c + sqrt(a2 + (1 - a2) c^2)."""
    return cosine + math.sqrt(squared_alpha + (_ONE - squared_alpha) * cosine * cosine)


@parallel
def _shade(
    normal, wo, albedo, roughness, bits, corners, barycentric, lights, f0, min_roughness, min_cosine, is_shared,
    has_open, radiance, irradiance, irradiance_open,
):  # fmt: skip
    num_pixels, capacity = normal.shape[0], lights.shape[1]
    for chunk in prange((num_pixels + _CHUNK - 1) // _CHUNK):
        first, end = chunk * _CHUNK, min(num_pixels, (chunk + 1) * _CHUNK)
        held, num_held = np.empty((HELD_ROWS, capacity + GROUP), np.float32), 0
        order = np.arange(end - first).astype(np.int32)
        if is_shared:
            order_by_triangle(corners[first:end], bits.shape[0], order)
        a, b, c = int32(-1), int32(-1), int32(-1)
        for i in range(end - first):
            pixel = first + order[i]
            if corners[pixel, 0] != a or corners[pixel, 1] != b or corners[pixel, 2] != c:
                a, b, c = corners[pixel, 0], corners[pixel, 1], corners[pixel, 2]
                num_held = hold_open_lights(bits[a], bits[b], bits[c], lights, held)
            alpha = max(roughness[pixel], min_roughness) ** 2
            _reflect(
                normal[pixel], wo[pixel], albedo[pixel], alpha * alpha, f0, min_cosine, barycentric[pixel], held,
                num_held, radiance[pixel], irradiance[pixel],
            )  # fmt: skip
            if has_open:
                _open(normal[pixel], lights, irradiance_open[pixel])


@serial
def _open(normal, lights, irradiance_open):
    """The irradiance without shadows."""
    n_x, n_y, n_z = normal[0], normal[1], normal[2]
    red, green, blue = float32(0), float32(0), float32(0)
    for light in range(uintp(lights.shape[1])):
        cosine = max(n_x * lights[0, light] + n_y * lights[1, light] + n_z * lights[2, light], float32(0))
        red += cosine * lights[3, light]
        green += cosine * lights[4, light]
        blue += cosine * lights[5, light]
    irradiance_open[0], irradiance_open[1], irradiance_open[2] = red, green, blue


@serial
def _reflect(normal, wo, albedo, squared_alpha, f0, min_cosine, weights, held, num_held, radiance, irradiance):
    """Sum of f V (n.l) dE and of V (n.l) dE over the lights that `hold_open_lights` put into `held`."""
    n_x, n_y, n_z = normal[0], normal[1], normal[2]
    true_cos_view = n_x * wo[0] + n_y * wo[1] + n_z * wo[2]
    cos_view = max(true_cos_view, min_cosine)
    v_x, v_y, v_z = wo[0] - true_cos_view * n_x, wo[1] - true_cos_view * n_y, wo[2] - true_cos_view * n_z
    weight_a, weight_b, weight_c = weights[0], weights[1], weights[2]
    diffuse_r, diffuse_g, diffuse_b = float32(0), float32(0), float32(0)
    specular_r, specular_g, specular_b = float32(0), float32(0), float32(0)
    for light in range(uintp(num_held)):  # unsigned: no wrap-around of negative indices, so it vectorises
        l_x, l_y, l_z = held[0, light], held[1, light], held[2, light]
        cosine = max(n_x * l_x + n_y * l_y + n_z * l_z, float32(0))
        across_x = l_x - cosine * n_x + v_x
        across_y = l_y - cosine * n_y + v_y
        across_z = l_z - cosine * n_z + v_z
        squared_across = across_x * across_x + across_y * across_y + across_z * across_z
        true_along = cosine + true_cos_view
        squared_sum = max(squared_across + true_along * true_along, float32(1e-8))
        cos_light = max(cosine, min_cosine)
        along = cos_light + cos_view
        # exactly |across|^2 wherever no cosine was clamped, else what makes |u| whole again
        squared_rest = max(squared_across + (true_along - along) * (true_along + along), float32(0))
        spread = squared_rest + squared_alpha * min(along * along, squared_sum)
        miss = max(_ONE - float32(0.5) * math.sqrt(squared_sum), float32(0))
        squared_miss = miss * miss
        fresnel = f0 + (_ONE - f0) * squared_miss * squared_miss * miss
        lobe = squared_sum * squared_sum * fresnel / (spread * spread * _smith(cos_light, squared_alpha))
        open_share = weight_a * held[6, light] + weight_b * held[7, light] + weight_c * held[8, light]
        diffuse = open_share * cosine
        diffuse_r += diffuse * held[3, light]
        diffuse_g += diffuse * held[4, light]
        diffuse_b += diffuse * held[5, light]
        specular = diffuse * lobe
        specular_r += specular * held[3, light]
        specular_g += specular * held[4, light]
        specular_b += specular * held[5, light]
    inverse_pi = float32(1 / math.pi)
    lobe_scale = squared_alpha * inverse_pi / _smith(cos_view, squared_alpha)
    irradiance[0], irradiance[1], irradiance[2] = diffuse_r, diffuse_g, diffuse_b
    radiance[0] = albedo[0] * inverse_pi * diffuse_r + lobe_scale * specular_r
    radiance[1] = albedo[1] * inverse_pi * diffuse_g + lobe_scale * specular_g
    radiance[2] = albedo[2] * inverse_pi * diffuse_b + lobe_scale * specular_b


def shade(
    surface: LitSurface, directions: Tensor, power: Tensor, visibility: PackedBits, has_open: bool
) -> tuple[Tensor, Tensor, Tensor]:
    """The interface Shade."""
    radiance, irradiance, irradiance_open = shade_probes(
        surface.normal.contiguous().numpy(),
        surface.wo.contiguous().numpy(),
        surface.albedo.contiguous().numpy(),
        surface.roughness.contiguous().numpy(),
        visibility.bits.contiguous().numpy().view("uint32"),
        visibility.corners.int().contiguous().numpy(),
        visibility.barycentric.contiguous().numpy(),
        directions.contiguous().numpy(),
        power.contiguous().numpy(),
        surface.f0,
        has_open,
    )
    return torch.from_numpy(radiance), torch.from_numpy(irradiance), torch.from_numpy(irradiance_open)


def shade_probes(
    normal: np.ndarray,  # [P, 3] unit, world
    wo: np.ndarray,  # [P, 3] unit, surface -> eye, world
    albedo: np.ndarray,  # [P, 3] linear
    roughness: np.ndarray,  # [P] in (0, 1]
    bits: np.ndarray | None,  # [R, ceil(L / 32)] uint32, bit i of word w is direction 32 w + i; None: all open
    corners: np.ndarray | None,  # [P, 3] int32 rows of bits; None: pixel i reads row i
    barycentric: np.ndarray | None,  # [P, 3] weights of the three rows; None with corners None
    directions: np.ndarray,  # [L, 3] unit, surface -> light, world
    power: np.ndarray,  # [L, 3] radiance x solid angle, linear RGB
    f0: float,
    has_open: bool = True,  # False: the irradiance without shadows is not wanted
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """radiance, irradiance with shadows, irradiance without (0 where not wanted): [P, 3] each, linear RGB."""
    num_pixels, num_lights = len(normal), len(directions)
    num_words = (num_lights + _WORD - 1) // _WORD
    is_shared = bits is not None and corners is not None and len(bits) < num_pixels  # else each pixel has its own
    if bits is None:
        bits = np.full((1, num_words), 0xFFFFFFFF, np.uint32)
        corners = np.zeros((num_pixels, 3), np.int32)
    elif corners is None:
        corners = np.repeat(np.arange(num_pixels, dtype=np.int32)[:, None], 3, axis=1)
    if barycentric is None:
        barycentric = np.tile(np.array([1, 0, 0], np.float32), (num_pixels, 1))
    lights = np.zeros((6, num_words * _WORD), np.float32)  # one row a component, so that the loop over them vectorises
    lights[:3, :num_lights], lights[3:, :num_lights] = directions.T, power.T
    terms = [np.empty((num_pixels, 3), np.float32), np.empty((num_pixels, 3), np.float32)]
    terms.append((np.empty if has_open else np.zeros)((num_pixels, 3), np.float32))
    _shade(
        np.ascontiguousarray(normal, np.float32),
        np.ascontiguousarray(wo, np.float32),
        np.ascontiguousarray(albedo, np.float32),
        np.ascontiguousarray(roughness, np.float32),
        np.ascontiguousarray(bits, np.uint32),
        np.ascontiguousarray(corners, np.int32),
        np.ascontiguousarray(barycentric, np.float32),
        lights,
        np.float32(f0),
        np.float32(MIN_ROUGHNESS),
        np.float32(MIN_COSINE),
        is_shared,
        has_open,
        *terms,
    )
    return terms[0], terms[1], terms[2]


def _group_pointer(context, builder, kind, array, start):
    data = context.make_array(kind)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [start]), _FLOATS.as_pointer())


def _spread(builder, word):
    """Whether bit i of the word is set, lane by lane."""
    zeros, masks = ir.Constant(_INTS, [0] * GROUP), ir.Constant(_INTS, [1 << lane for lane in range(GROUP)])
    lowest = builder.insert_element(zeros, word, ir.IntType(32)(0))
    return builder.icmp_unsigned("!=", builder.and_(builder.shuffle_vector(lowest, zeros, zeros), masks), zeros)


def _packed(builder, values, word):
    """The lanes whose bit is set, side by side; behind them 0. All lanes as they are where no instruction packs."""
    if not _PACKS:
        return values
    kind = ir.FunctionType(_FLOATS, [_FLOATS, _FLOATS, _MASK])
    pack = cgutils.get_or_insert_function(builder.module, kind, f"llvm.x86.avx512.mask.compress.v{GROUP}f32")
    return builder.call(pack, [values, ir.Constant(_FLOATS, [0.0] * GROUP), _spread(builder, word)])


@intrinsic
def _hold_group(typing, source, source_at, kept, target, target_at):
    """target[target_at :] = source[source_at :], one group, `kept` of it; counted from the first item of an array."""

    def generate(context, builder, signature, arguments):
        values = builder.load(_group_pointer(context, builder, signature.args[0], *arguments[:2]), align=4)
        values = _packed(builder, values, arguments[2])
        builder.store(values, _group_pointer(context, builder, signature.args[3], *arguments[3:]), align=4)
        return context.get_dummy_value()

    return types.void(source, types.intp, types.uint32, target, types.intp), generate


@intrinsic
def _hold_bits(typing, word, kept, target, target_at):
    """target[target_at + i] = 1.0 where bit i of the word is set, else 0.0, for one group, `kept` of it."""

    def generate(context, builder, signature, arguments):
        ones, nothing = (ir.Constant(_FLOATS, [value] * GROUP) for value in (1.0, 0.0))
        values = _packed(builder, builder.select(_spread(builder, arguments[0]), ones, nothing), arguments[1])
        builder.store(values, _group_pointer(context, builder, signature.args[2], *arguments[2:]), align=4)
        return context.get_dummy_value()

    return types.void(types.uint32, types.uint32, target, types.intp), generate


@intrinsic
def _num_held(typing, kept):
    """Lights that `_hold_group` holds of a group."""

    def generate(context, builder, signature, arguments):
        count = builder.ctpop(arguments[0]) if _PACKS else ir.IntType(32)(GROUP)
        return builder.zext(count, ir.IntType(64))

    return types.int64(types.uint32), generate


@serial
def hold_open_lights(bits_a, bits_b, bits_c, lights, held):
    """Copy the lights [6, 32 W] that any corner's words [W] let through into held [9, 32 W + GROUP].

    Returns how many are held, filled up to whole groups by some that are closed.
    """
    count, capacity, width = 0, lights.shape[1], held.shape[1]
    for word in range(bits_a.shape[0]):
        a, b, c = bits_a[word], bits_b[word], bits_c[word]
        for half in range(2):
            shift = uint32(GROUP * half)
            kept = ((a | b | c) >> shift) & uint32(0xFFFF)
            if kept != uint32(0):
                start = GROUP * (2 * word + half)
                for row in range(6):
                    _hold_group(lights, row * capacity + start, kept, held, row * width + count)
                _hold_bits(a >> shift, kept, held, 6 * width + count)
                _hold_bits(b >> shift, kept, held, 7 * width + count)
                _hold_bits(c >> shift, kept, held, 8 * width + count)
                count += _num_held(kept)
    whole = (count + GROUP - 1) // GROUP * GROUP
    for row in range(HELD_ROWS):
        held[row, count:whole] = float32(0)
    return whole


@serial
def order_by_triangle(corners, num_rows, order):
    """Fill order [P] with the indices of the rows of corners [P, 3], equal rows next to one another."""
    first = np.zeros(num_rows + 1, np.int32)  # index in `order` where the rows with this first corner begin
    for i in range(corners.shape[0]):
        first[corners[i, 0] + 1] += 1
    for row in range(num_rows):
        first[row + 1] += first[row]
    end = first.copy()
    for i in range(corners.shape[0]):
        a, b, c = corners[i, 0], corners[i, 1], corners[i, 2]
        slot = end[a]
        while slot > first[a]:  # a corner has about six triangles
            b_before, c_before = corners[order[slot - 1], 1], corners[order[slot - 1], 2]
            if b_before < b or (b_before == b and c_before <= c):
                break
            order[slot] = order[slot - 1]
            slot -= 1
        order[slot] = i
        end[a] += 1
