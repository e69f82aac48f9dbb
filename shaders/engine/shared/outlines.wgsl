// Samples where a ray decides what is seen, because rasterizers round corners to 1/256 pixel: beside the background and
// beside something that is nearer or farther.
//
// The file that includes it includes shared/rays.wgsl, too. What was drawn: face + 1 (0 = background), camera z.

const STEEP = 2.0; // change of depth from a sample to the next, in their distance, that may be an outline

// Whether the 3 x 3 samples around one differ in depth or in being covered.
fn is_outline(drawn: texture_2d<u32>, sample: vec2i, size: vec2i, sample_m: f32) -> bool {
    var nearest = FAR;
    var farthest = 0.0;
    var covered = 0u;
    var all = 0u;
    for (var y = max(sample.y - 1, 0); y <= min(sample.y + 1, size.y - 1); y++) {
        for (var x = max(sample.x - 1, 0); x <= min(sample.x + 1, size.x - 1); x++) {
            let found = textureLoad(drawn, vec2i(x, y), 0).xy;
            all++;
            if (found.x > 0u) {
                covered++;
                nearest = min(nearest, bitcast<f32>(found.y));
                farthest = max(farthest, bitcast<f32>(found.y));
            }
        }
    }
    return covered > 0u && (covered < all || farthest - nearest > STEEP * sample_m * nearest);
}

// The face + 1 that the ray of a sample meets first; the direction has a camera z of one metre.
fn face_on_ray(eye: vec3f, direction: vec3f, near: f32, num_nodes: u32) -> u32 {
    let hit = nearest_hit(eye + near * direction, direction, FAR, num_nodes);
    return select(0u, triangles[3u * hit.slot].w + 1u, hit.distance < FAR);
}
