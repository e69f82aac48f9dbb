// What maps of every size have in common: where the hash grid keeps a vertex, and the activation.

const HASH_PRIME = 2654435761u;

// The entry of a level's vertex; level: scale (bits of a float), vertices a side or 0 where hashed, first entry, entries.
fn grid_entry(x: u32, y: u32, level: vec4u) -> u32 {
    let index = select(x + y * level.y, x ^ (y * HASH_PRIME), level.y == 0u);
    return level.z + index % level.w;
}

fn activated(value: vec4f) -> vec4f {
    if (IS_RELU) {
        return max(value, vec4f(0.0));
    }
    return max(value, vec4f(0.0)) + log(1.0 + exp(-SOFTPLUS_BETA * abs(value))) / SOFTPLUS_BETA;
}
