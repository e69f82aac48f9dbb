// Sine and cosine to 2e-7 on every GPU: WGSL's own may be wrong by 5e-4, which moves a hand by a millimetre.
//
// Polynomials of Cephes (Moshier) within an eighth of a turn.

fn sine_and_cosine(angle: f32) -> vec2f {
    let quarter = round(angle * 0.636619772);
    let rest = ((angle - quarter * 1.5703125) - quarter * 4.83751297e-4) - quarter * 7.54978995489e-8;
    let square = rest * rest;
    let sine = rest + rest * square * (-1.6666654611e-1 + square * (8.3321608736e-3 - 1.9515295891e-4 * square));
    let cosine = 1.0 - 0.5 * square
        + square * square * (4.166664568298827e-2 + square * (-1.388731625493765e-3 + 2.443315711809948e-5 * square));
    switch i32(quarter) & 3 {
        case 0: {
            return vec2f(sine, cosine);
        }
        case 1: {
            return vec2f(cosine, -sine);
        }
        case 2: {
            return vec2f(-sine, -cosine);
        }
        default: {
            return vec2f(-cosine, sine);
        }
    }
}
