"""Which joint of somebody's skeleton is which of SMPL's: names as Mixamo, LAFAN, CMU, Xsens and others give them."""

import re

from phynes_core.conventions import JOINT_NAMES

_LIMBS = {  # SMPL's joint -> names without their side, in lower case letters
    "hip": ("upleg", "upperleg", "thigh", "hip"),
    "knee": ("leg", "lowerleg", "knee", "shin", "calf", "lowleg"),
    "ankle": ("foot", "ankle"),
    "foot": ("toebase", "toe", "toes", "ball"),
    "collar": ("collar", "clavicle", "shouldergirdle"),
    "shoulder": ("arm", "upperarm", "uparm"),
    "elbow": ("forearm", "lowerarm", "elbow", "lowarm"),
    "wrist": ("hand", "wrist"),
}
_PELVIS = ("hips", "pelvis", "hip")


def smpl_joints_of(names: tuple[str, ...], parents: tuple[int, ...]) -> dict[int, int]:
    """SMPL joint -> joint of the skeleton, for those that it has."""
    parts = [_side_and_part(name) for name in names]
    has_collar = any(part in _LIMBS["collar"] for side, part in parts if side)
    found: dict[int, int] = {}
    for index, (side, part) in enumerate(parts):
        if side and (role := _role(part, has_collar, parts)):
            found.setdefault(JOINT_NAMES.index(f"{side}_{role}"), index)
    pelvis = next((index for index, (side, part) in enumerate(parts) if not side and part in _PELVIS), 0)
    found[0] = pelvis
    head = next((index for index, (side, part) in enumerate(parts) if not side and part == "head"), None)
    if head is not None:
        found |= _spine(
            _ancestors(head, parents), pelvis, [_ancestors(found[j], parents) for j in (16, 17) if j in found]
        )
    return found


def _spine(path: list[int], pelvis: int, arms: list[list[int]]) -> dict[int, int]:
    """From the pelvis to the head: what the arms hang on ends the spine, what follows is the neck."""
    if pelvis not in path:
        return {15: path[-1]}
    path = path[path.index(pelvis) + 1 :]
    chest = max((path.index(joint) for arm in arms for joint in arm if joint in path), default=len(path) - 3)
    spine, neck = path[: chest + 1], path[chest + 1 : -1]
    places = {1: (6,), 2: (3, 9)}.get(len(spine), (3, 6, 9))
    chosen = spine if len(spine) < 3 else [spine[0], spine[len(spine) // 2], spine[-1]]
    found = dict(zip(places, chosen, strict=False))
    if neck:
        found[12] = neck[0]
    return found | {15: path[-1]}


def _ancestors(joint: int, parents: tuple[int, ...]) -> list[int]:
    """From the root to the joint itself."""
    path = [joint]
    while parents[path[-1]] >= 0:
        path.append(parents[path[-1]])
    return path[::-1]


def _role(part: str, has_collar: bool, parts: list[tuple[str, str]]) -> str | None:
    if part == "shoulder":  # the collar bone of Mixamo and LAFAN, the arm's own joint of others
        has_arm = any(other in _LIMBS["shoulder"] for side, other in parts if side)
        return "collar" if has_arm and not has_collar else "shoulder"
    return next((role for role, words in _LIMBS.items() if part in words), None)


def _side_and_part(name: str) -> tuple[str, str]:
    """mixamorig:LeftForeArm -> left, forearm; LowerArm_R -> right, lowerarm; Spine1 -> "", spine1."""
    name = re.sub(r"^(.*:|mixamorig\d*_?|bip\d*[ _])", "", name, flags=re.IGNORECASE)
    for side, letter in (("left", "l"), ("right", "r")):
        if side in name.lower():
            return side, _letters(re.sub(side, "", name, flags=re.IGNORECASE))
        match = re.fullmatch(rf"(?i:{letter}[ _.](.+)|(.+)[ _.]{letter})|{letter.upper()}([A-Z].*)", name)
        if match:
            return side, _letters(next(filter(None, match.groups())))
    return "", _letters(name)


def _letters(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())
