"""Lights that photographers set up every day, around an avatar that faces +Z."""

from app.light_state import LampState

WHITE = (1.0, 1.0, 1.0)


def _sun(azimuth: float, elevation: float, intensity: float, size_deg: float, kelvin: float) -> LampState:
    return LampState(azimuth, elevation, size_deg, WHITE, intensity, temperature_k=kelvin)


LIGHT_PRESETS: dict[str, tuple[LampState, ...]] = {
    "three-point": (_sun(40, 32, 5.5, 6, 5200), _sun(-55, 12, 1.5, 14, 6800), _sun(160, 38, 4.5, 5, 6000)),
    "rim": (_sun(140, 22, 7.0, 4, 5600), _sun(-140, 22, 7.0, 4, 7500), _sun(0, 15, 0.25, 16, 6000)),
    "top": (_sun(10, 84, 7.0, 10, 6000), _sun(-160, 30, 0.6, 14, 6500)),
    "candle": (
        LampState(18, 12, color=WHITE, intensity=1.1, kind="area", distance_m=0.62, radius_m=0.02, temperature_k=1900),
        _sun(-150, 40, 0.05, 16, 9000),
    ),
}
