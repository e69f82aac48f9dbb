"""The plain values that fields of the state hold."""

Rgb = tuple[float, float, float]
Vector = tuple[float, float, float]


def wrap_deg(angle: float) -> float:
    """The same angle in [-180, 180)."""
    return (angle + 180.0) % 360.0 - 180.0
