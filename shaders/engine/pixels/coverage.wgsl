// The twin of phynes_core.render.coverage:antialiased_fragments. 4 x 4 subsamples say how much of a pixel is covered.
//
// A pixel whose center misses the mesh is sampled at the covered subsample next to it.

struct Params {
    width: u32, // of the picture
    height: u32,
    left: u32, // of the tile, in pixels
    top: u32,
    tile: u32, // pixels a side
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var ids: texture_2d<u32>;
@group(0) @binding(2) var fine_ids: texture_2d<u32>; // of the tile
@group(0) @binding(3) var<storage, read_write> fragments: array<vec4u>;

// numbers of the subsamples, those in the pixel's middle first
const ORDER = array<u32, 16>(5u, 6u, 9u, 10u, 1u, 2u, 4u, 7u, 8u, 11u, 13u, 14u, 0u, 3u, 12u, 15u);

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id: vec3u) {
    let x = params.left + id.x;
    let y = params.top + id.y;
    if (id.x >= params.tile || id.y >= params.tile || x >= params.width || y >= params.height) {
        return;
    }
    var order = ORDER;
    var face = textureLoad(ids, vec2i(vec2u(x, y)), 0).x;
    var place = vec2f(0.5);
    let has_center = face > 0u;
    var count = 0u;
    for (var at = 0u; at < 16u; at++) {
        let own = vec2u(order[at] % 4u, order[at] / 4u);
        let fine = textureLoad(fine_ids, vec2i(4u * id.xy + own), 0).x;
        if (fine > 0u) {
            if (face == 0u) {
                face = fine;
                place = (vec2f(own) + 0.5) / 4.0;
            }
            count++;
        }
    }
    let coverage = max(f32(count) / 16.0, select(0.0, 1.0 / 16.0, has_center));
    place += vec2f(vec2u(x, y));
    fragments[y * params.width + x] = vec4u(face, bitcast<vec2u>(place), bitcast<u32>(coverage));
}
