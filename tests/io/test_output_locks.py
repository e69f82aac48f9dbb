"""One run at a time writes a place, and what killed processes leave is removed by the next that writes there."""

import os
import signal
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from phynes_core.errors import OutputError
from phynes_core.io import output_locks
from phynes_core.io.output_files import replacing, replacing_folder
from phynes_core.io.output_locks import claiming

ROOT = Path(__file__).resolve().parents[2]
HOLDER = """
import sys, time
from pathlib import Path
from phynes_core.io.output_files import replacing, replacing_folder
from phynes_core.io.output_locks import claiming
with {block} as temporary:
    {act}
    print("ready", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def hold(tmp_path):
    """Start a process that stays inside a block; it is killed at the end, unless the test does so."""
    processes = []

    def start(block: str, act: str = "pass") -> subprocess.Popen:
        program = HOLDER.format(block=block, act=act)
        process = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        processes.append(process)
        assert process.stdout is not None and process.stdout.readline() == "ready\n"
        return process

    yield start
    for process in processes:
        process.kill()
        process.communicate()


@pytest.fixture(autouse=True)
def next_start(monkeypatch):
    """Folders count as not yet looked through, as in a process that starts."""
    monkeypatch.setattr(output_locks, "_swept", set())


def kill(process: subprocess.Popen) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait(20)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("kind", ["a.ckpt", "frames"])
def test_the_second_is_refused_with_the_firsts_number_until_that_has_ended(kind, hold, tmp_path):
    place = tmp_path / kind
    if not place.suffix:
        place.mkdir()
    first = hold(f"claiming(Path({str(place)!r}))")
    with pytest.raises(OutputError, match=rf"{kind}: process {first.pid} is writing it"), claiming(place):
        pass
    other = tmp_path / "link"
    other.symlink_to(tmp_path)
    with pytest.raises(OutputError, match=f"process {first.pid}"), claiming(tmp_path / "b.ckpt", other / kind):
        pass
    kill(first)
    with claiming(place), pytest.raises(OutputError, match=f"process {os.getpid()}"), claiming(place):
        pass
    assert [name for name in names(tmp_path) if name.startswith(".")] == []


def test_folders_that_were_made_for_a_lock_alone_go_away(tmp_path):
    with claiming(tmp_path / "runs" / "new" / "a.ckpt"):
        assert (tmp_path / "runs" / "new").is_dir()
    assert names(tmp_path) == []
    with claiming(tmp_path / "runs" / "a.ckpt"):
        (tmp_path / "runs" / "a.ckpt").touch()
    assert names(tmp_path / "runs") == ["a.ckpt"]


def test_a_folder_whose_parent_cannot_be_written_is_locked_inside(tmp_path, monkeypatch):
    monkeypatch.setattr(output_locks.os, "access", lambda path, mode: path != tmp_path)
    (tmp_path / "volume").mkdir()
    with claiming(tmp_path / "volume"):
        assert names(tmp_path) == ["volume"] and len(names(tmp_path / "volume")) == 1
    assert names(tmp_path / "volume") == []


def test_a_file_system_without_locks_is_written_all_the_same(tmp_path, monkeypatch):
    def no_lock(descriptor, blocking):
        raise OSError(output_locks.NO_LOCKS[0], "no locks")

    monkeypatch.setattr(output_locks, "lock_descriptor", no_lock)
    with claiming(tmp_path / "a"), replacing(tmp_path / "a") as temporary:
        temporary.write_text("whole")
    assert names(tmp_path) == ["a"]


def test_what_a_killed_process_left_is_swept_and_what_a_living_one_writes_is_not(hold, tmp_path):
    (tmp_path / ".mine.partial.txt").write_text("no number: not ours")
    dead = [
        hold(f"replacing(Path({str(tmp_path / 'dead.ckpt')!r}))", "temporary.write_text('half')"),
        hold(f"replacing_folder(Path({str(tmp_path / 'dead')!r}), print)", "(temporary / '0001.png').touch()"),
        hold(f"claiming(Path({str(tmp_path / 'run')!r}))"),
    ]
    living = hold(f"replacing(Path({str(tmp_path / 'living.ckpt')!r}))", "temporary.write_text('half')")
    for process in dead:
        kill(process)
    (tmp_path / ".old.77.partial.ckpt").write_text("without a lock, from before there were any")
    assert len(names(tmp_path)) == 10  # every partial, its lock, that of the run, and of a folder to move aside
    with replacing(tmp_path / "new.txt") as temporary:
        temporary.write_text("new")
    partial = f".living.{living.pid}.partial.ckpt"
    assert names(tmp_path) == [partial, partial + output_locks.LOCK, ".mine.partial.txt", "new.txt"]


def test_an_old_folder_that_was_moved_aside_when_its_process_was_killed_comes_back(hold, tmp_path):
    (tmp_path / "frames").mkdir()
    (tmp_path / "frames" / "0001.png").write_text("old")
    block = f"replacing_folder(Path({str(tmp_path / 'frames')!r}), print)"
    act = f"Path({str(tmp_path / 'frames')!r}).rename(temporary.with_suffix('.replaced'))"
    process = hold(block, act)
    kill(process)
    assert not (tmp_path / "frames").exists()
    output_locks.sweep(tmp_path)
    assert names(tmp_path) == ["frames"] and (tmp_path / "frames" / "0001.png").read_text() == "old"


def test_a_folder_that_cannot_be_replaced_stays(tmp_path):
    (tmp_path / "frames").mkdir()
    (tmp_path / "frames" / "mine.txt").touch()

    def refuse():
        raise OutputError("other files")

    with pytest.raises(OutputError, match="other files"), replacing_folder(tmp_path / "frames", refuse) as folder:
        (folder / "0001.png").touch()
    assert names(tmp_path) == ["frames"] and names(tmp_path / "frames") == ["mine.txt"]


@pytest.mark.parametrize("name", ["a\0b", "~nobody-of-this-name/a"])
def test_a_name_that_no_file_can_have_is_an_error_of_one_line(name):
    with pytest.raises(OutputError, match="cannot write here") as error, claiming(Path(name)):
        pass
    assert "\n" not in str(error.value)


def test_another_users_lock_that_was_left_behind_stops_nobody(tmp_path, monkeypatch):
    opened = output_locks.os.open

    def not_to_be_written(path, flags, mode=0o777):
        if flags & os.O_RDWR:
            raise PermissionError(13, "Permission denied")
        return opened(path, flags, mode)

    (tmp_path / f".a{output_locks.LOCK}").write_text(" 77\n")
    monkeypatch.setattr(output_locks.os, "open", not_to_be_written)
    with claiming(tmp_path / "a"), pytest.raises(OutputError, match="is writing it"), claiming(tmp_path / "a"):
        pass


def test_a_lock_that_was_removed_while_it_was_opened_is_taken_anew(tmp_path):
    lock = tmp_path / f".a{output_locks.LOCK}"
    opened = output_locks.os.open
    removed = []

    def open_late(path, flags, mode=0o777):
        descriptor = opened(path, flags, mode)
        if not removed:
            removed.append(Path(path).unlink())
        return descriptor

    with ExitStack() as stack, pytest.MonkeyPatch.context() as patch:
        patch.setattr(output_locks.os, "open", open_late)
        stack.enter_context(claiming(tmp_path / "a"))
        assert removed and lock.exists()
