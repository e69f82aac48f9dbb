// Gradients over the plane of a triangle abc, of what changes linearly over it.

const SMALLEST_AREA = 1.0e-10; // m^2

struct Plane {
    first: vec3f, // of what rises by 1 along ab
    second: vec3f, // along ac
}

fn plane_of(a: vec3f, b: vec3f, c: vec3f) -> Plane { // zero without area
    let along = b - a;
    let across = c - a;
    let twice = cross(along, across);
    let square = dot(twice, twice);
    let least = 4.0 * SMALLEST_AREA * SMALLEST_AREA;
    let normal = select(vec3f(0.0), twice / max(square, least), square > least);
    return Plane(cross(across, normal), cross(normal, along));
}
