"""The numbers of the registration."""

from dataclasses import dataclass, fields

GAINS = (
    "least_color_gain",
    "least_gain",
    "least_camera_gain",
    "least_early_gain",
)  # below 0: corrections are kept whatever they gain


@dataclass(frozen=True)
class RegistrationConfig:
    """How bodies are fitted to pictures."""

    steps: int = 23  # Gauss-Newton steps; 0: the capture is trusted
    held_steps: int = 2  # of these, the first, which hold the poses while a first surface forms
    trial_steps: int = 4  # with the given poses, and as many from the same state with free ones
    # share by which misfits of colors must fall; else the given poses stay. On josh_256, ada_256 and noa_256, exact
    # poses gained 2 % at most, wrong masks or not; poses off by 0.3 degrees and 1.5 mm gained 2 to 6 %, by 1 degree and
    # 5 mm 14 to 22 %. Outlines say less: they fall by 16 % where masks are wrong, by 5 % where clothes are loose
    least_color_gain: float = 0.03
    least_gain: float = 0.1  # the same of misfits of colors and outlines where the surface is known: held-out frames
    has_cameras: bool = True  # whether cameras may be corrected
    # with the given cameras, and as many from the same state with free ones: before the trial of the poses, and after
    # it where that changed poses and cameras stayed
    camera_steps: int = 3
    # share by which misfits of held-out frames must fall; else the cameras stay. On copies of josh_256, exact cameras
    # gained 1.5 % at most, whatever else was wrong; those off by 0.4 px in the mean gained 5 %, by 1.1 px 23 %
    least_camera_gain: float = 0.03
    # the same under the given poses, which may be wrong: exact cameras gained 3.6 % where joints were off by 1 degree
    # (josh_256), those off by 1.1 px under exact poses 24 %
    least_early_gain: float = 0.1
    first_blur_px: float = 3.0  # of the pictures of a person 200 px tall
    last_blur_px: float = 1.5
    rounds: int = 3  # in which stage 1 lets poses follow its surface, evenly spaced over its steps
    round_steps: int = 2  # of each
    points: int = 600  # of each picture, whose colors are compared
    texels: int = 256  # of the texture, a side
    color_weight: float = 0.025  # of a pixel of a person 200 px tall: neighbors err together, in shadows for example
    outline_weight: float = 0.4  # of a pixel of outline
    joint_deg: float = 2.0  # standard deviation of a given joint rotation, each component
    shift_m: float = 0.01  # of the given translation
    beta: float = 0.007  # of each given beta: clothes say little about the body below them (docs/training.md)
    camera_deg: float = 0.3  # of a given camera's rotation, each component: three times that of a good calibration
    # of its place and, as a share, of its focal length. Turns do nearly the same to pictures; 1 cm and 0.5 % let exact
    # cameras drift by 0.15 px in three steps (not over-relaxed), these by 0.05 px, and both correct wrong ones alike
    camera_m: float = 0.003
    focal: float = 0.002
    offset_m: float = 0.03  # of the surface over the body
    relief_m: float = 1.8e-4  # of its Laplacian
    has_shape: bool = True  # whether the betas may be corrected
    has_masks: bool = True  # whether edges and missing pieces of masks are left out of training
    relaxation: float = 1.5  # of steps: a texture that is still blurred asks for too little

    def __post_init__(self) -> None:
        for name in (entry.name for entry in fields(self) if isinstance(entry.default, float)):
            if not getattr(self, name) > 0 and name not in GAINS:
                raise ValueError(f"expected more than 0, got {name} {getattr(self, name)}; steps=0 trusts the capture")
        if 0 < self.steps < (fewest := self.fewest_steps(False)):
            raise ValueError(f"expected 0 or at least {fewest} steps (held ones and a trial), got {self.steps}")
        if min(self.steps, self.held_steps - 1, self.trial_steps - 1, self.points - 1, self.texels - 2) < 0:
            raise ValueError("expected at least 0 steps, a held and a trial one, a point, and 2 texels a side")
        if self.rounds < 0 or self.round_steps < 0:
            raise ValueError(f"expected 0 or more rounds and steps of each, got {self.rounds} and {self.round_steps}")

    def fewest_steps(self, with_cameras: bool) -> int:
        """That decide about poses, and about cameras before and after them."""
        cameras = 4 * self.camera_steps if with_cameras else 0
        return self.held_steps + 2 * self.trial_steps + cameras
