"""What a hand does to limbs in the picture: a click takes hold of one, a dragged ring turns it."""

from dataclasses import dataclass

from app.model.avatar_row import choose_body
from app.model.edits import edit_tool
from app.model.fields import Vector
from app.model.joints import NO_JOINT, place_joint, select_joint, turned
from app.model.store import Store
from app.rendering.frames import Frame
from app.tools.orbit_view import OrbitView
from app.tools.picking import Letterbox, picked_limb
from app.tools.rings import RingDrag, Rings, rings_of


@dataclass(frozen=True, eq=False)
class HeldLimb:
    """What is drawn of the selected joint."""

    place: int  # of its body in the row
    joint: int
    rings: Rings
    chosen_axis: int  # what the keys turn about
    held_axis: int | None  # of the ring in the hand


GRAB_RADIUS_PX = 9.0  # in the window
CLICK_REACH_PX = 4.0  # a hand that trembles so much still clicks


class LimbTool:
    """Positions are window pixels. The frame is the one that is shown, so that rings stick to it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.frame: Frame | None = None
        self.held_axis: int | None = None  # of the ring in the hand
        self._drag: RingDrag | None = None
        self._joint, self._angles = NO_JOINT, (0.0, 0.0, 0.0)
        self._pressed: tuple[float, float] | None = None

    def rings(self, view: OrbitView) -> Rings | None:
        """Of the selected joint; None without one."""
        state = self._store.state
        if self.frame is None or state.tool.selected_joint == NO_JOINT:
            return None
        if len(self.frame.bodies) != len(state.bodies):
            return None
        return rings_of(self.frame, view, state.avatar_row.active, state.tool.selected_joint)

    def held(self, view: OrbitView) -> HeldLimb | None:
        """What is drawn of the selected joint."""
        rings, state = self.rings(view), self._store.state
        if rings is None:
            return None
        return HeldLimb(
            state.avatar_row.active, state.tool.selected_joint, rings, state.tool.joint_axis, self.held_axis
        )

    def press(self, view: OrbitView, letterbox: Letterbox, x: float, y: float, reach: float = 1.0) -> bool:
        """Whether the press took a ring; else it may become a click. `reach` multiplies how far it hits."""
        self._pressed = (x, y)
        rings, place = self.rings(view), letterbox.to_image(x, y)
        axis = rings.hit(view, *place, reach * GRAB_RADIUS_PX / letterbox.scale) if rings is not None else None
        if rings is None or axis is None:
            return False
        state = self._store.state
        self.held_axis, self._joint = axis, state.tool.selected_joint
        self._angles: Vector = state.body.joint_angles_deg[self._joint]
        self._drag = RingDrag(rings, view, axis, *place)
        self._store.post(lambda s: edit_tool(s, joint_axis=axis), "axis", is_undoable=False)
        return True

    def move(self, letterbox: Letterbox, x: float, y: float) -> None:
        """The pointer moved with a ring in the hand."""
        if self._drag is None or self.held_axis is None:
            return
        degrees = self._drag.move(*letterbox.to_image(x, y))
        joint, angles = self._joint, turned(self._angles, self.held_axis, degrees, is_root=self._joint == 0)
        self._store.post(lambda state: place_joint(state, joint, angles), "turn joint")

    def release(self, view: OrbitView | None, letterbox: Letterbox | None, x: float, y: float) -> None:
        """The button went up; a press that did not move was a click on a limb, or on nothing."""
        was_ring, pressed = self._drag is not None, self._pressed
        self._drag, self.held_axis, self._pressed = None, None, None
        if was_ring or pressed is None or view is None or letterbox is None or self.frame is None:
            return
        if max(abs(x - pressed[0]), abs(y - pressed[1])) > CLICK_REACH_PX:
            return
        limb = picked_limb(self.frame, view, *letterbox.to_image(x, y))
        if limb is None:
            self._store.post(lambda state: select_joint(state, NO_JOINT), "select joint", is_undoable=False)
            return
        place, joint = limb
        self._store.post(lambda s: select_joint(choose_body(s, place), joint), "select joint", is_undoable=False)
