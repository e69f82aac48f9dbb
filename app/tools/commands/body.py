"""Commands of bodies: joints, poses, the avatar row."""

from pathlib import Path

from app.model import avatar_row, joints
from app.model.avatar_row import MAX_BODIES
from app.model.joints import KEY_STEP_DEG
from app.tools.commands.command import Command, edit_command
from app.tools.commands.context import ADD_AVATAR, LOAD_POSE, SAVE_POSE, CommandContext

JOINT_LINE = "hold the next or the previous joint"
TURN_LINE = "turn the held joint by 5°"
POSE_LINE = "hold the library's next or previous pose"
NOT_TURNED = "Nothing turns: {body.next_joint} or a click takes hold of a joint, which may be at its limit"
NOT_RESET = "Nothing to put back: {body.next_joint} or a click takes hold of a joint"
NOT_MIRRORED = "There are no edits of limbs to swap"
ROW_FULL = f"At most {MAX_BODIES} avatars stand side by side: {{body.remove}} takes one away"
ALONE = "There is no other avatar: {body.add} adds one"
NO_POSES = "The library holds no poses: {body.save_pose} saves one"


def _has_room(context: CommandContext) -> str | None:
    return None if len(context.store.state.bodies) < MAX_BODIES else ROW_FULL


def _choose_avatar(context: CommandContext) -> None:
    """Ask whom, of the avatars that are known, or a file."""

    def joins(path: str) -> Command:
        return edit_command(f"body.add:{path}", Path(path).stem, (), lambda s: avatar_row.add_body(s, path))

    file = Command("body.add:file", "a file...", (), lambda context: context.windows.show_dialog(ADD_AVATAR))
    known = dict.fromkeys((*context.avatars, *(body.avatar for body in context.store.state.bodies)))
    context.windows.show_choice("who stands beside this one", (*(joins(path) for path in known if path), file))


def _step_pose(id: str, title: str, key: str, steps: int) -> Command:
    def needs(context: CommandContext) -> str | None:
        return None if context.poses.has_choices else NO_POSES

    return Command(id, title, (key,), lambda context: context.poses.step(steps), needs, POSE_LINE)


BODY_COMMANDS = (
    edit_command(
        "body.next_joint", "Hold the next joint", ("TAB",), joints.select_next_joint, JOINT_LINE, is_undoable=False
    ),
    edit_command(
        "body.previous_joint", "Hold the previous joint", ("Shift+TAB",), lambda s: joints.select_next_joint(s, -1),
        JOINT_LINE, is_undoable=False,
    ),
    edit_command(
        "body.next_axis", "Choose the next ring", ("X",), joints.choose_next_axis,
        "choose the ring that the next keys turn by", is_undoable=False,
    ),
    edit_command(
        "body.turn_back", "Turn the held joint back by 5°", ("MINUS",),
        lambda s: joints.turn_selected(s, -KEY_STEP_DEG), TURN_LINE, NOT_TURNED,
    ),
    edit_command(
        "body.turn_on", "Turn the held joint by 5°", ("EQUAL",), lambda s: joints.turn_selected(s, KEY_STEP_DEG),
        TURN_LINE, NOT_TURNED,
    ),
    edit_command(
        "body.reset_joint", "Put the held joint back", ("Alt+R",), joints.reset_selected, otherwise=NOT_RESET
    ),
    _step_pose("body.next_pose", "Hold the library's next pose", "PAGE_DOWN", 1),
    _step_pose("body.previous_pose", "Hold the library's previous pose", "PAGE_UP", -1),
    Command(
        "body.save_pose", "Save the pose to the library", ("Alt+S",), lambda context: context.poses.save("")
    ),
    Command(
        "body.save_pose_as", "Save the pose as a file...", (), lambda context: context.windows.show_dialog(SAVE_POSE)
    ),
    Command("body.load_pose", "Load a pose...", (), lambda context: context.windows.show_dialog(LOAD_POSE)),
    edit_command(
        "body.mirror", "Turn left and right limbs together", ("M",), joints.toggle_mirror, is_undoable=False
    ),
    edit_command(
        "body.mirror_pose", "Swap the edits of left and right limbs", ("Shift+M",), joints.mirror_pose,
        otherwise=NOT_MIRRORED,
    ),
    Command(
        "body.add", "Put another avatar beside this one...", ("B",), _choose_avatar, _has_room,
        "choose an avatar that stands beside this one",
    ),
    Command(
        "body.add_file", "Put an avatar from a file beside this one...", (),
        lambda context: context.windows.show_dialog(ADD_AVATAR), _has_room,
    ),
    edit_command(
        "body.remove", "Take the active avatar away", ("Shift+B",), avatar_row.remove_body, otherwise=ALONE
    ),
    edit_command(
        "body.next", "Make the next avatar the active one", ("N",), avatar_row.choose_next_body, otherwise=ALONE
    ),
    edit_command("body.same_pose", "Give all avatars one pose", ("P",), avatar_row.toggle_shared_pose),
)  # fmt: skip
