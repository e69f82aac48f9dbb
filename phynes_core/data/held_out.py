"""Which pictures judge an avatar: those of the test cameras, else those of the training cameras in held-out frames."""

from dataclasses import replace

from phynes_core.data.capture import Capture

HELD_OUT_EVERY = 10  # of the training frames, where no test camera has a picture
_FRAMES_SHOWN = 6


def hold_frames_out(capture: Capture) -> Capture:
    """Without pictures of test cameras every tenth training frame becomes one of split "novel_pose", at least one.

    Returns the capture itself where test cameras have pictures, where training cameras have pictures of frames that
    nobody trains on already, and where a single frame is all there is. The choice follows from the capture alone, so
    training and evaluation make the same.
    """
    train = [frame for frame in capture.frames if capture.frame_split[frame] == "train"]
    if is_judged_by_test_cameras(capture) or _seen_novel(capture) or len(train) < 2:
        return capture
    first = min(HELD_OUT_EVERY, len(train)) // 2
    held_out = {frame: "novel_pose" for frame in train[first::HELD_OUT_EVERY]}
    return replace(capture, frame_split=capture.frame_split | held_out)


def is_judged_by_test_cameras(capture: Capture) -> bool:
    """Whether any test camera has a picture."""
    cameras = [name for name, split in capture.camera_split.items() if split == "test"]
    return any(capture.has_image(camera, frame) for camera in cameras for frame in capture.frames)


def judging_cameras(capture: Capture, split: str) -> list[str]:
    """The cameras whose pictures of frames of this split training does not see."""
    if is_judged_by_test_cameras(capture):
        return [name for name, of in capture.camera_split.items() if of == "test"]
    return [] if split == "train" else [name for name, of in capture.camera_split.items() if of == "train"]


def judging_pictures(capture: Capture, split: str) -> list[tuple[str, int]]:
    """(camera, frame) of this split's frames that training does not see, by frame; each starts with another camera.

    So evenly spaced pictures do not all show one camera.
    """
    cameras = judging_cameras(capture, split)
    frames = [frame for frame in capture.frames if capture.frame_split[frame] == split]
    seen = [frame for frame in frames if any(capture.has_image(camera, frame) for camera in cameras)]
    pairs = []
    for index, frame in enumerate(seen):
        start = index % len(cameras)
        pairs += [(camera, frame) for camera in (*cameras[start:], *cameras[:start])]
    return [(camera, frame) for camera, frame in pairs if capture.has_image(camera, frame)]


def held_out_note(capture: Capture) -> str:
    """A sentence for people about a capture without pictures of test cameras; empty for the others."""
    if is_judged_by_test_cameras(capture):
        return ""
    held_out = _seen_novel(capture)
    if not held_out:
        return "no test camera and a single frame: nothing is held out, so the avatar is not evaluated"
    shown = ", ".join(map(str, held_out[:_FRAMES_SHOWN])) + (", ..." if len(held_out) > _FRAMES_SHOWN else "")
    frames = "frame" if len(held_out) == 1 else f"{len(held_out)} frames"
    return (
        f"no test camera: {frames} held out of training ({shown}); their pictures from the training cameras judge "
        f"the avatar, as novel poses"
    )


def _seen_novel(capture: Capture) -> list[int]:
    """Frames of split "novel_pose" that a training camera saw."""
    cameras = [name for name, split in capture.camera_split.items() if split == "train"]
    novel = [frame for frame in capture.frames if capture.frame_split[frame] == "novel_pose"]
    return [frame for frame in novel if any(capture.has_image(camera, frame) for camera in cameras)]
