// Twin of phynes_core/render/tonemap.py: the same curves, so that a file looks like the window.

float encode_channel(float linear) {
    return linear <= 0.0031308 ? 12.92 * linear : 1.055 * pow(linear, 1.0 / 2.4) - 0.055;
}

vec3 linear_to_srgb(vec3 linear) {
    return vec3(encode_channel(linear.r), encode_channel(linear.g), encode_channel(linear.b));
}

// Narkowicz's fit of the ACES reference transform (2015), exposed so that 0.18 gray stays 0.18.
vec3 filmic(vec3 light) {
    vec3 scaled = light * 0.722;
    return scaled * (2.51 * scaled + 0.03) / (scaled * (2.43 * scaled + 0.59) + 0.14);
}

// Extended Reinhard (2002, Eq. 4) on luminance, white at 4.
vec3 reinhard(vec3 light) {
    float luminance = dot(light, vec3(0.2126, 0.7152, 0.0722));
    return light * (1.0 + luminance / 16.0) / (1.0 + luminance);
}

const int CURVE_FILMIC = 1;
const int CURVE_REINHARD = 2;

vec3 tonemap(vec3 radiance, float exposure_ev, int curve) {
    vec3 light = max(radiance, vec3(0.0)) * exp2(exposure_ev);
    if (curve == CURVE_FILMIC) light = filmic(light);
    if (curve == CURVE_REINHARD) light = reinhard(light);
    return linear_to_srgb(clamp(light, 0.0, 1.0));
}
