// The four points around a listed pixel's texel coordinates at which its slope is measured.
//
// The file that includes it declares `texels` and `list`, and what shared/steps.wgsl asks for.

#include "shared/steps.wgsl"

fn point_uv(point: u32) -> vec2f {
    let uv = texels[list[1u + min(point / 4u, list[0] - 1u)]];
    let length = step_length(open_steps(uv), point % 4u);
    let toward = select(-1.0, 1.0, point % 2u == 1u) * length;
    return uv + select(vec2f(0.0, toward), vec2f(toward, 0.0), point % 4u < 2u);
}
